"""The catalogue of events: what a site can be told, when, since which version, and what the message holds.

`EVENTS` is the only list of them. The API's document, the table in docs/api.md and the tests are made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moderation.tracing import Cause

#: A schema of JSON Schema 2020-12.
JsonSchema = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class EventType:
    """A kind of event. A message of it is `{type, timestamp, data}`."""

    name: str
    #: The version of Winnow that first sent it.
    since: str
    #: When it is sent: one sentence, in Markdown.
    sent: str
    #: Field of `data` -> its schema. All of them are there.
    data: Mapping[str, JsonSchema]
    #: It says all that is now true of its comment, so that earlier messages that still wait are not needed.
    replaces_earlier: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """What a message of this kind holds."""
        return _object(
            {
                "type": {"type": "string", "const": self.name},
                "timestamp": {"type": "string", "format": "date-time", "description": "When it happened."},
                "data": _object(self.data),
            }
        )


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a site wants to know. `data` never holds a comment's words or its author's details."""

    type: EventType
    site_id: str
    comment_id: str | None
    at: datetime
    data: dict[str, Any]
    #: The `origin` of the comment, which says whom else to tell.
    origin: dict[str, Any] | None = None
    #: The version of the comment that the event tells of.
    version: int | None = None
    #: How long the decision can still be undone. The message does not leave before.
    grace: timedelta = timedelta(0)
    #: The request that caused it; None: the one that this thread works for.
    cause: Cause | None = None

    @property
    def follows_another(self) -> bool:
        """Whether it replaces what was told of the comment before: its first decision makes version 2."""
        return self.type.replaces_earlier and self.version is not None and self.version > 2

    def payload(self) -> dict[str, Any]:
        """The message: `{type, timestamp, data}`."""
        return {"type": self.type.name, "timestamp": self.at.isoformat(), "data": self.data}


def _object(properties: Mapping[str, JsonSchema]) -> dict[str, Any]:
    """An object with all of these fields and no others."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": {name: dict(schema) for name, schema in properties.items()},
        "additionalProperties": False,
    }


def _text(description: str, **keywords: Any) -> dict[str, Any]:
    return {"type": "string", "description": description} | keywords


_COMMENT_ID = _text("The comment's id.")
_EXTERNAL_ID = _text("Your own id for the comment.") | {"type": ["string", "null"]}
_THREAD = _text("The page that the comment belongs to.") | {"type": ["string", "null"]}
_VERSION = {
    "type": "integer",
    "minimum": 1,
    "description": "Counts every change of the comment: what has a lower version than you know is old news.",
}
_PROBABILITY = {"type": "number", "minimum": 0, "maximum": 1}
#: A reason may gain further fields.
_REASON = {
    "type": "object",
    "required": ["rule", "action", "message"],
    "properties": {
        "rule": _text("Which rule, such as `reject_threshold` or `banned_words`."),
        "action": _text("What it asked for.", enum=["publish", "flag", "reject"]),
        "message": _text("For people; it never quotes the comment."),
        "for_author": _text(
            "What the author may be told, in the language that the site has chosen for its authors; only there once it "
            "has chosen one."
        ),
        "label": _text("Which label, for a threshold."),
        "score": _PROBABILITY,
        "threshold": {
            "type": "number",
            "minimum": 0,
            "description": "What it reached; for `links`, how many are allowed.",
        },
        "entry": {"type": "integer", "minimum": 1, "description": "Which entry of a word list, from 1."},
        "list": _text("Of a list that sites share, its id; `entry` is the entry's number there."),
        "code": _text("A moderator's reason, from the site's list."),
        "note": _text("What a moderator added to it."),
    },
}


def _status(*statuses: str) -> JsonSchema:
    return _text("The comment's status.", enum=list(statuses))


def _decided(status: str) -> dict[str, JsonSchema]:
    """What is told of a decision."""
    return {
        "id": _COMMENT_ID,
        "external_id": _EXTERNAL_ID,
        "thread": _THREAD,
        "status": _status(status),
        "version": _VERSION,
        "revision": {"type": "integer", "minimum": 1, "description": "Counts edits of what the comment says."},
        "decided_by": _text(
            "`policy`, `site` (over the API) or `user` (a moderator in the console).", enum=["policy", "site", "user"]
        ),
        "reasons": {"type": "array", "items": _REASON},
        "scores": {
            "type": ["object", "null"],
            "description": "Label to probability, from 0 to 1; null where it was not scored.",
            "additionalProperties": _PROBABILITY,
        },
    }


#: Added on the way out.
_STATEMENT = {
    "statement_url": _text(
        "Where the comment's author is told why, and may appeal: give it to the author, and to nobody else.",
        format="uri",
    )
}

COMMENT_PUBLISHED = EventType(
    name="comment.published",
    since="0.1.0",
    sent="A comment was published, by the policy or by a person.",
    data=_decided("published"),
    replaces_earlier=True,
)
COMMENT_FLAGGED = EventType(
    name="comment.flagged",
    since="0.1.0",
    sent="A comment waits for a moderator, or waits again after a decision was taken back.",
    data=_decided("flagged") | _STATEMENT,
    replaces_earlier=True,
)
COMMENT_REJECTED = EventType(
    name="comment.rejected",
    since="0.1.0",
    sent="A comment was rejected, by the policy or by a person.",
    data=_decided("rejected") | _STATEMENT,
    replaces_earlier=True,
)
COMMENT_ERASED = EventType(
    name="comment.erased",
    since="0.1.0",
    sent="A comment was erased, so that its text and its author are gone.",
    data={"id": _COMMENT_ID, "external_id": _EXTERNAL_ID, "status": _status("erased"), "version": _VERSION},
    replaces_earlier=True,
)
APPEAL_DECIDED = EventType(
    name="appeal.decided",
    since="0.1.0",
    sent="A moderator answered an author's appeal. It comes beside the decision and replaces nothing.",
    data={
        "id": _COMMENT_ID,
        "external_id": _EXTERNAL_ID,
        "thread": _THREAD,
        "status": _status("published", "rejected"),
        "version": _VERSION,
        "outcome": _text(
            "`upheld`: the decision of that version stands. `reversed`: the comment is published.",
            enum=["upheld", "reversed"],
        ),
    },
)
#: Messages about an author name the comment that they are about, never the author: the site knows who wrote it.
_AUTHORS_COMMENT = _text("The comment that it is about: you know who wrote it. Null where none is left.") | {
    "type": ["string", "null"]
}
AUTHOR_WARNED = EventType(
    name="author.warned",
    since="1.0.0",
    sent="A moderator warned the author of a comment. Show the message to them, and to nobody else.",
    data={
        "id": _AUTHORS_COMMENT,
        "external_id": _EXTERNAL_ID,
        "thread": _THREAD,
        "warning": _text("The warning's id."),
        "message": _text("What the moderator wrote to the author, as plain text.", maxLength=1000),
    },
)
AUTHOR_STANDING_CHANGED = EventType(
    name="author.standing_changed",
    since="1.0.0",
    sent="An author was blocked, suspended, trusted or held, or is no longer: by a moderator, by rule, or by time.",
    data={
        "id": _AUTHORS_COMMENT,
        "external_id": _EXTERNAL_ID,
        "thread": _THREAD,
        "standing": _text(
            "`blocked`: rejected. `suspended`: rejected or held until then. `held`: each comment waits for a person. "
            "`trusted`: published without a person's look. `ordinary`: what was said before has ended.",
            enum=["blocked", "suspended", "held", "trusted", "ordinary"],
        ),
        "until": _text("When it ends by itself; null: it does not.", format="date-time") | {"type": ["string", "null"]},
        "because": _text("Why, as a sentence."),
        "decided_by": _text(
            "`policy` (by rule or by time), `site` (over the API), `user` (a moderator) or `operator`.",
            enum=["policy", "site", "user", "operator"],
        ),
    },
)
ENDPOINT_TEST = EventType(
    name="endpoint.test",
    since="0.1.0",
    sent="Somebody asked for a test of the endpoint, over the API or in the console.",
    data={"id": _text("The endpoint's id.")},
)

#: Name -> every event that there is.
EVENTS: Mapping[str, EventType] = {
    event_type.name: event_type
    for event_type in (
        COMMENT_PUBLISHED,
        COMMENT_FLAGGED,
        COMMENT_REJECTED,
        COMMENT_ERASED,
        APPEAL_DECIDED,
        AUTHOR_WARNED,
        AUTHOR_STANDING_CHANGED,
        ENDPOINT_TEST,
    )
}
#: Status -> the event that tells of a decision which gave a comment this status.
DECIDED: Mapping[str, EventType] = {
    "published": COMMENT_PUBLISHED,
    "flagged": COMMENT_FLAGGED,
    "rejected": COMMENT_REJECTED,
}
#: Names of the events after which nothing earlier has to be told of the comment.
REPLACING = tuple(event_type.name for event_type in EVENTS.values() if event_type.replaces_earlier)
