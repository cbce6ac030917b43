"""Every event that sites are told of: its name, when it is sent, what it carries, and since which version of Winnow.

The OpenAPI document's `webhooks`, the table in docs/api.md and the tests are made from it; an event that is not here
cannot be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: A JSON Schema.
Schema = Mapping[str, Any]

_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_VERSION: Schema = {"type": "integer", "minimum": 1}
_STATED = "The page that tells the comment's author why; only of what is flagged or rejected, and only as it is sent."

#: What names a comment in every message about one.
_NAMES: dict[str, Schema] = {"id": _TEXT, "external_id": _TEXT_OR_NULL}
_REASON: Schema = {
    "type": "object",
    "required": ["rule", "action", "message"],
    "properties": {
        "rule": _TEXT,
        "action": {"enum": ["publish", "flag", "reject"]},
        "message": _TEXT,
        "label": _TEXT,
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "threshold": {"type": "number"},
        "entry": {"type": "integer", "minimum": 1},
    },
}


@dataclass(frozen=True, kw_only=True)
class EventType:
    """One kind of event. `data` maps the names under a message's `data` to their JSON Schemas."""

    name: str
    sent: str
    data: Mapping[str, Schema]
    since: str = "1.0"
    #: Names of `data` that a message may do without.
    optional: frozenset[str] = frozenset()

    def schema(self) -> Schema:
        """The JSON Schema of the message, as it is posted."""
        return {
            "type": "object",
            "description": self.sent,
            "required": ["type", "timestamp", "data"],
            "additionalProperties": False,
            "properties": {
                "type": {"const": self.name},
                "timestamp": {"type": "string", "format": "date-time"},
                "data": {
                    "type": "object",
                    "required": sorted(self.data.keys() - self.optional),
                    "additionalProperties": False,
                    "properties": dict(self.data),
                },
            },
        }


def _decision(status: str, sent: str) -> EventType:
    data: dict[str, Schema] = {
        **_NAMES,
        "thread": _TEXT_OR_NULL,
        "status": {"const": status},
        "version": _VERSION,
        "revision": _VERSION,
        "decided_by": {"enum": ["policy", "site", "operator", "user"]},
        "reasons": {"type": "array", "items": _REASON},
        "scores": {"type": ["object", "null"], "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}},
    }
    if status != "published":
        data["statement_url"] = {"type": ["string", "null"], "format": "uri", "description": _STATED}
    return EventType(name=f"comment.{status}", sent=sent, data=data, optional=frozenset({"statement_url"}))


_ALL = (
    _decision("published", "Readers may see the comment: by the policy, by a person, or since a rejection was undone."),
    _decision("flagged", "The comment waits for a moderator, and readers do not see it."),
    _decision("rejected", "Readers will not see the comment."),
    EventType(
        name="comment.erased",
        sent="The comment's text and author are gone for good, at the site's own request.",
        data={**_NAMES, "status": {"const": "erased"}, "version": _VERSION},
    ),
    EventType(
        name="appeal.decided",
        sent="An author's appeal was answered. `version` is the decision that it was against.",
        data={
            **_NAMES,
            "thread": _TEXT_OR_NULL,
            "status": {"enum": ["published", "rejected"]},
            "version": _VERSION,
            "outcome": {"enum": ["upheld", "reversed"]},
        },
    ),
    EventType(
        name="endpoint.test",
        sent="Somebody asked for a test of this webhook. `id` is the webhook's.",
        data={"id": _TEXT},
    ),
)

#: By name.
EVENTS: Mapping[str, EventType] = {event.name: event for event in _ALL}


def of_status(status: str) -> str:
    """The event that tells of a comment's new status."""
    return EVENTS[f"comment.{status}"].name


def table() -> str:
    """The catalogue as docs/api.md shows it, in Markdown."""
    rows = [
        f"| `{event.name}` | {event.sent} | {', '.join(f'`{name}`' for name in event.data)} | {event.since} |"
        for event in EVENTS.values()
    ]
    return "\n".join(["| event | sent when | `data` | since |", "|---|---|---|---|", *rows])
