"""What caused a piece of work, and the spans that tell how long its parts took.

The id of a request goes with its comments into their rows, and from there into the lines that a worker or a delivery
process logs. Where tracing is on, the `traceparent` of a span goes the same way, so that what happened to a comment in
several processes is one trace. This is all that the domain knows of OpenTelemetry, which is loaded only where tracing
is on: by `operations/traces/sending.py`, which calls `use`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attributes = Mapping[str, str | int | bool | None]

#: Request ids that a line about several comments names.
MOST_NAMED = 20
#: Spans that one is linked to.
MOST_LINKED = 128


@dataclass(frozen=True, slots=True)
class Cause:
    """The request that caused something, and the span that what follows belongs to, as W3C's `traceparent`."""

    request_id: str | None = None
    traceparent: str | None = None

    def fields(self) -> dict[str, str]:
        """What a line in the log says of it."""
        fields = {}
        if self.request_id is not None:
            fields["request_id"] = self.request_id
        if self.traceparent is not None:
            fields["trace_id"] = self.traceparent[3:35]
        return fields


UNKNOWN = Cause()
_current: ContextVar[Cause] = ContextVar("cause", default=UNKNOWN)


def current() -> Cause:
    """What this thread works for."""
    return _current.get()


def work_for(cause: Cause) -> None:
    """Note what this thread works for from now on."""
    _current.set(cause)


def fields_of(causes: Iterable[Cause]) -> dict[str, Any]:
    """What a line in the log says of the causes of several things: `Cause.fields` where they have one in common."""
    different = dict.fromkeys(causes)
    if len(different) == 1:
        return dict(next(iter(different)).fields())
    ids = list(dict.fromkeys(cause.request_id for cause in different if cause.request_id is not None))
    return {"request_ids": ids[:MOST_NAMED]} if ids else {}


class Span(Protocol):
    """A span that has begun."""

    @property
    def traceparent(self) -> str:
        """By which what follows from it is told to belong to it."""

    def end(self, attributes: Attributes | None = None, *, failed: str | None = None, at: int | None = None) -> None:
        """End it, now or at a moment (nanoseconds since 1970); `failed` says what went wrong."""


class Spans(Protocol):
    """Where spans begin."""

    def begin(
        self,
        name: str,
        kind: Kind,
        attributes: Attributes,
        *,
        parent: str | None = None,
        links: Sequence[str] = (),
        at: int | None = None,
    ) -> Span:
        """Begin a span, now or at a moment (nanoseconds since 1970), as part of what `parent` (a `traceparent`) is.

        Without a parent, or with one that is none, a trace of its own begins.
        """


_in_use: list[Spans] = []


def spans() -> Spans | None:
    """Where this process's spans begin; None: tracing is off, and nothing is to be computed for it."""
    return _in_use[0] if _in_use else None


def use(kept: Spans | None) -> None:
    """Have spans begin there from now on; None: nowhere."""
    _in_use[:] = [] if kept is None else [kept]
