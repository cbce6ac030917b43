"""A collector: it takes what OpenTelemetry sends and reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.receiver import Receiver
from tests.support.waiting import eventually


@dataclass(frozen=True)
class Sent:
    """A span that arrived."""

    name: str
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    attributes: dict[str, Any]
    part: str
    failed: bool
    nanoseconds: int


class Collector:
    """A real receiver of OTLP over HTTP on loopback."""

    def __init__(self) -> None:
        self.receiver = Receiver()
        self.receiver.answer(200)

    @property
    def url(self) -> str:
        return self.receiver.url.removesuffix("/hook")

    def spans(self) -> dict[str, list[Sent]]:
        """All that arrived, by name."""
        found: dict[str, list[Sent]] = {}
        for request in list(self.receiver.requests):
            assert request.path == "/v1/traces"
            for of_process in ExportTraceServiceRequest.FromString(request.body).resource_spans:
                part = _values(of_process.resource.attributes)
                assert part["service.name"] == "winnow"
                for scope in of_process.scope_spans:
                    for span in scope.spans:
                        found.setdefault(span.name, []).append(_sent(span, str(part["winnow.part"])))
        return found

    def wait_for(self, *names: str) -> dict[str, list[Sent]]:
        """All that arrived, once there is one of each of these."""
        eventually(lambda: set(names) <= self.spans().keys(), what=f"spans {names} arrived")
        return self.spans()


def _sent(span: Any, part: str) -> Sent:
    return Sent(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        tuple(link.span_id.hex() for link in span.links),
        _values(span.attributes),
        part,
        span.status.code == span.status.STATUS_CODE_ERROR,
        span.end_time_unix_nano - span.start_time_unix_nano,
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}
