"""Sends spans by OTLP over HTTP. Only a process that has tracing on loads this module, and OpenTelemetry with it.

All that is held is bounded (`OTEL_BSP_MAX_QUEUE_SIZE`). While the collector is away spans are dropped; nobody waits.
"""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
from collections.abc import Sequence
from importlib.metadata import version

import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Span as Recorded

from moderation import tracing
from moderation.tracing import Attributes, Kind

#: https://www.w3.org/TR/trace-context/#traceparent-header; later versions may say more behind these parts.
_TRACEPARENT = re.compile(
    r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.{0,200})?"
)
#: How long `winnow doctor` tries to reach the collector.
_TRY_SECONDS = 3.0
_KINDS = {kind.name.lower(): kind for kind in SpanKind}
#: They would log a line for each try and each dropped span; `_Telling` says it once.
_QUIET = ("opentelemetry.exporter", "opentelemetry.sdk._shared_internal")

log = structlog.get_logger(__name__)


class _Span:
    """A span of OpenTelemetry's, as the domain sees it."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded

    @property
    def traceparent(self) -> str:
        its = self._recorded.get_span_context()
        return f"00-{its.trace_id:032x}-{its.span_id:016x}-{its.trace_flags & 1:02x}"

    def end(self, attributes: Attributes | None = None, *, failed: str | None = None, at: int | None = None) -> None:
        self._recorded.set_attributes(_known(attributes or {}))
        if failed is not None:
            self._recorded.set_attribute("error.type", failed)
            self._recorded.set_status(StatusCode.ERROR)
        self._recorded.end(end_time=at)


class Sending:
    """Where this process's spans begin, and what sends them. What the operator says in OTEL_* counts."""

    def __init__(self, part: str) -> None:
        _say_less()
        self._exporter = _Telling(OTLPSpanExporter())
        self._provider = TracerProvider(resource=_resource(part), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("winnow")

    def begin(
        self,
        name: str,
        kind: Kind,
        attributes: Attributes,
        *,
        parent: str | None = None,
        links: Sequence[str] = (),
        at: int | None = None,
    ) -> _Span:
        """See `tracing.Spans`."""
        its = _context_of(parent)
        recorded = self._tracer.start_span(
            name,
            context=Context() if its is None else set_span_in_context(NonRecordingSpan(its), Context()),
            kind=_KINDS[kind],
            attributes=_known(attributes),
            links=[Link(one) for one in map(_context_of, dict.fromkeys(links)) if one is not None][
                : tracing.MOST_LINKED
            ],
            start_time=at,
        )
        return _Span(recorded)

    def finish(self, seconds: float) -> None:
        """Send what is left, for at most `seconds`: OpenTelemetry by itself would try a collector that is away again
        and again."""
        sending = threading.Thread(target=self._provider.force_flush, daemon=True, name="last spans")
        sending.start()
        sending.join(seconds)
        self._exporter.shutdown()


def reaches_collector() -> bool:
    """Whether the collector takes an empty message, with the operator's headers and certificates."""
    _say_less()
    return OTLPSpanExporter(timeout=_TRY_SECONDS).export([]) is SpanExportResult.SUCCESS


def _say_less() -> None:
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.CRITICAL)


class _Telling(SpanExporter):
    """Says once that the collector is away, and once that it is back."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner
        self._away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._inner.export(spans)
        away = result is not SpanExportResult.SUCCESS
        if away and not self._away:
            log.warning("traces.away", why="The collector did not take them. Spans are dropped until it does.")
        elif self._away and not away:
            log.info("traces.back")
        self._away = away
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()


def _resource(part: str) -> Resource:
    """What all spans of this process have in common."""
    ours = {
        "service.name": "winnow",
        "service.version": version("winnow"),
        "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
        "winnow.part": part,
    }
    return Resource.create(ours).merge(OTELResourceDetector().detect())


def _context_of(traceparent: str | None) -> SpanContext | None:
    """The span that a `traceparent` names; None where it is none: it may come from anybody."""
    match = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if match is None or (match[1] == "00" and match[5]):
        return None
    return SpanContext(
        int(match[2], 16), int(match[3], 16), is_remote=True, trace_flags=TraceFlags(int(match[4], 16) & 1)
    )


def _known(attributes: Attributes) -> dict[str, str | int | bool]:
    return {name: value for name, value in attributes.items() if value is not None}
