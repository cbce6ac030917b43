"""What every request gets: an id, a line in the log, and headers for browsers."""

from __future__ import annotations

import re
import secrets
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from flask import Flask, Response, g, request

from moderation import tracing
from moderation.settings import Settings
from moderation.tracing import Cause, Span

_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
#: Routes that are asked very often, and logged only when they fail.
_QUIET = frozenset({"static", "operations.healthz", "operations.readyz", "operations.metrics"})


def init_app(app: Flask, settings: Settings) -> None:
    """Register the handlers that begin and end every request of this app."""
    render = _renderer(settings)

    def end(response: Response) -> Response:
        headers = response.headers
        headers["X-Request-Id"] = g.request_id
        headers.setdefault("X-Content-Type-Options", "nosniff")
        if response.status_code >= 400 or request.endpoint not in _QUIET:
            sys.stderr.write(render(None, "info", _line(response.status_code)) + "\n")
        if g.span is not None:
            _end_span(g.span, response.status_code)
        return response

    app.before_request(_begin)
    app.after_request(end)


def _begin() -> None:
    own_id = request.environ.get("HTTP_X_REQUEST_ID")
    g.request_id = own_id if own_id and _ID.fullmatch(own_id) else secrets.token_hex(8)
    g.began = time.perf_counter()
    g.span = span = _begin_span()
    tracing.work_for(Cause(g.request_id, None if span is None else span.traceparent))


def _begin_span() -> Span | None:
    """The span of this request, as a part of the trace that its sender names."""
    spans = tracing.spans()
    if spans is None or request.endpoint in _QUIET:
        return None
    route = request.url_rule.rule if request.url_rule else None
    return spans.begin(
        f"{request.method} {route}" if route else "HTTP",
        "server",
        {"http.request.method": request.method[:20], "http.route": route, "winnow.request_id": g.request_id},
        parent=request.environ.get("HTTP_TRACEPARENT"),
    )


def _end_span(span: Span, status: int) -> None:
    span.end(
        {"http.response.status_code": status, "winnow.site": g.get("site_id")},
        failed=str(status) if status >= 500 else None,
    )


def _line(status: int) -> dict[str, Any]:
    asked, known = request._get_current_object(), g._get_current_object()  # type: ignore[attr-defined]
    return {
        "event": "request",
        "level": "info",
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "part": "web",
        "method": asked.method[:20],
        "route": asked.url_rule.rule if asked.url_rule else None,
        "status": status,
        "ms": round((time.perf_counter() - known.began) * 1000, 1),
        "site": known.get("site_id"),
        "request_id": known.request_id,
    } | ({} if known.span is None else Cause(None, known.span.traceparent).fields())


def _renderer(settings: Settings) -> Callable[[Any, str, dict[str, Any]], Any]:
    """Renders the line of a request in the form of the other lines.

    It leaves out the processors that look for what must not be logged: no field of this line can hold such a thing, and
    for a submission they took as long as everything else.
    """
    if settings.log_format == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
