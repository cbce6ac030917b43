"""Batches: several events of one endpoint in one signed message.

A batch is made when its deliveries are leased. Until it arrives it comes again whole, under its id: what an id stands
for never changes. When one of its events is not to be sent any more, the others go into new batches. Each event keeps
the id that it would have had alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from moderation import clock
from moderation.tracing import Cause
from moderation.webhooks.catalogue import EVENTS, JsonSchema

#: The `type` of a message that is a batch.
TYPE = "events.batch"
#: The least and the most that an endpoint may ask for, and what it gets when it does not say.
EVENTS_RANGE, USUAL_EVENTS = (2, 500), 100
BYTES_RANGE, USUAL_BYTES = (16 * 1024, 1024 * 1024), 256 * 1024
SECONDS_RANGE, USUAL_SECONDS = (0, 60), 1
#: What an event's id and the link to its statement add to its size in a batch, at most.
_AROUND = 400


@dataclass(frozen=True, slots=True)
class Batching:
    """How an endpoint wants its batches: the most events and bytes in one, and how long the first of them may wait."""

    events: int = USUAL_EVENTS
    bytes: int = USUAL_BYTES
    seconds: int = USUAL_SECONDS

    def document(self) -> dict[str, int]:
        """As an endpoint's row holds it."""
        return asdict(self)


class Waiting(Protocol):
    """The columns of a delivery that is due."""

    @property
    def id(self) -> str: ...
    @property
    def batch_id(self) -> str | None: ...
    @property
    def batch_size(self) -> int | None: ...
    @property
    def next_attempt_at(self) -> datetime | None: ...
    @property
    def payload(self) -> dict[str, Any]: ...
    @property
    def request_id(self) -> str | None: ...
    @property
    def traceparent(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Message:
    """What leaves in one request: a delivery by itself, which has the same id, or the deliveries `batched` together."""

    id: str
    payload: dict[str, Any]
    #: The requests that caused it.
    causes: tuple[Cause, ...]
    batched: tuple[str, ...] = ()


def formed(
    waiting: Sequence[Waiting], batching: Batching, moment: datetime, *, all_there: bool
) -> tuple[list[Message], datetime | None]:
    """The batches to send now, made of the deliveries that are due, in order; and when to look again, if one can wait.

    `all_there`: these are all that are due. If they are not, the last batch may be here in part only.
    """
    of_batch: dict[str, list[Waiting]] = {}
    for delivery in waiting:
        if delivery.batch_id is not None:
            of_batch.setdefault(delivery.batch_id, []).append(delivery)
    whole = {batch_id for batch_id, members in of_batch.items() if len(members) == members[0].batch_size}
    cut = waiting[-1].batch_id if waiting and not all_there else None
    batches = [_batch(batch_id, members) for batch_id, members in of_batch.items() if batch_id in whole]
    begun = whole | {cut}
    fresh = [delivery for delivery in waiting if delivery.batch_id is None or delivery.batch_id not in begun]
    parts, is_full = _parted(fresh, batching)
    look_again = None
    if parts and not is_full:
        first_due = min(delivery.next_attempt_at for delivery in parts[-1] if delivery.next_attempt_at is not None)
        complete_at = first_due + timedelta(seconds=batching.seconds)
        if moment < complete_at:
            parts.pop()
            look_again = complete_at
    return batches + [_batch(clock.new_id("batch", moment), part) for part in parts], look_again


def events_in(payload: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The events of a payload that is a batch; None for another one."""
    if payload.get("type") != TYPE:
        return None
    events: list[dict[str, Any]] = payload["data"]["events"]
    return events


def schema() -> dict[str, Any]:
    """What a batch holds, as JSON Schema."""
    one_of = []
    for event in EVENTS.values():
        alone = event.schema
        properties = {"id": {"type": "string", "description": "The event's own id."}, **alone["properties"]}
        one_of.append({**alone, "required": list(properties), "properties": properties})
    events: JsonSchema = {"type": "array", "minItems": 1, "maxItems": EVENTS_RANGE[1], "items": {"oneOf": one_of}}
    return {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "const": TYPE},
            "timestamp": {"type": "string", "format": "date-time", "description": "When the latest of them happened."},
            "data": {
                "type": "object",
                "required": ["events"],
                "properties": {"events": events},
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
    }


def _batch(batch_id: str, members: Sequence[Waiting]) -> Message:
    events = [{"id": delivery.id, **delivery.payload} for delivery in members]
    latest = max(str(event["timestamp"]) for event in events)
    payload = {"type": TYPE, "timestamp": latest, "data": {"events": events}}
    causes = tuple(Cause(delivery.request_id, delivery.traceparent) for delivery in members)
    return Message(batch_id, payload, causes, tuple(delivery.id for delivery in members))


def _parted(waiting: Sequence[Waiting], batching: Batching) -> tuple[list[list[Waiting]], bool]:
    """Deliveries in parts that fit into a batch each, and whether the last part is full.

    A delivery that is too large for any batch is alone in its part.
    """
    parts: list[list[Waiting]] = []
    room = 0
    for delivery in waiting:
        size = _size(delivery)
        if not parts or len(parts[-1]) == batching.events or size > room:
            parts.append([])
            room = batching.bytes
        parts[-1].append(delivery)
        room -= size
    return parts, bool(parts) and (len(parts[-1]) == batching.events or room < 0)


def _size(delivery: Waiting) -> int:
    return len(json.dumps(delivery.payload, separators=(",", ":"), ensure_ascii=False).encode()) + _AROUND
