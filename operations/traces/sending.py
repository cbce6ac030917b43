"""Whether this process sends traces, and when it begins and ends to."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from importlib import metadata
from typing import Protocol

from moderation import tracing
from moderation.settings import Settings
from moderation.tracing import Spans
from operations.errors import OperatorError
from operations.traces import hiding

#: How long a process that stops may take to send its last spans.
FINISH_SECONDS = 2.0


class Sending(Spans, Protocol):
    """`otlp.Sending`, which is loaded only where it is wanted."""

    def finish(self, seconds: float) -> None:
        """Send what is left, for at most so long."""


_running: list[Sending] = []


def wanted(settings: Settings, environ: Mapping[str, str] | None = None) -> bool:
    """Whether spans are to be sent.

    Raises:
        OperatorError: they are, and cannot be.
    """
    environ = os.environ if environ is None else environ
    if not settings.tracing or environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    for name in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if (protocol := environ.get(name, "").strip()) and protocol != "http/protobuf":
            raise OperatorError(
                f"{name} is {protocol!r}, and Winnow sends traces by http/protobuf. Set it to that, and the endpoint "
                "to the collector's port for HTTP, which is 4318 by default."
            )
    if not _installed():
        raise OperatorError(
            "WINNOW_TRACING is on, and OpenTelemetry is not installed. Install it with "
            "`pip install 'winnow[tracing]'`, or set WINNOW_TRACING=off."
        )
    return True


def start(settings: Settings, *, part: str) -> None:
    """Begin to send this process's spans, if that is wanted.

    For the process that does the work, after it was forked: the thread and the connections that send are its own.
    """
    if wanted(settings):
        hiding.show()
        _running[:] = [importlib.import_module("operations.traces.otlp").Sending(part)]
        tracing.use(_running[0])


def reaches_collector() -> bool:
    """Whether the collector takes what is sent. Where `wanted` says that something is."""
    hiding.show()
    taken: bool = importlib.import_module("operations.traces.otlp").reaches_collector()
    return taken


def stop() -> None:
    """Send what is left, for at most `FINISH_SECONDS`."""
    tracing.use(None)
    while _running:
        _running.pop().finish(FINISH_SECONDS)


def _installed() -> bool:
    try:
        metadata.version("opentelemetry-exporter-otlp-proto-http")
    except metadata.PackageNotFoundError:
        return False
    return True
