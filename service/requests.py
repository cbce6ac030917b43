"""What every request gets: an id, a line in the log, and headers for browsers."""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import structlog
from flask import Flask, Response, g, request

from moderation import tracing
from moderation.settings import Settings
from moderation.tracing import Cause, Span
from service import static_files

_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
#: Routes that are asked very often, and logged only when they fail.
_QUIET = frozenset({"operations.healthz", "operations.readyz", "operations.metrics"})


#: The status of Werkzeug's redirects, all of which add a slash.
_TO_THE_SLASH = 308
#: Where the environment of a request has its `Begun`, if it had begun before Flask got it.
BEGUN = "winnow.begun"


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that has begun: its id, when (`perf_counter`), and its span, if there is tracing."""

    id: str
    at: float
    span: Span | None

    @property
    def cause(self) -> Cause:
        """What its comments note."""
        return Cause(self.id, None if self.span is None else self.span.traceparent)


def begin(method: str, route: str | None, own_id: str | None, parent: str | None, *, quiet: bool = False) -> Begun:
    """Begin a request: `own_id` and `parent` are its headers `X-Request-Id` and `traceparent`, as they came."""
    request_id = own_id if own_id and _ID.fullmatch(own_id) else f"{random.getrandbits(64):016x}"
    spans = None if quiet else tracing.spans()
    if spans is None:
        return Begun(request_id, time.perf_counter(), None)
    attributes = {"http.request.method": method[:20], "http.route": route, "winnow.request_id": request_id}
    # a part of the trace that its sender names
    span = spans.begin(f"{method} {route}" if route else "HTTP", "server", attributes, parent=parent)
    return Begun(request_id, time.perf_counter(), span)


class Ends:
    """Ends requests: each gets a line in the log, and its span an end."""

    def __init__(self, settings: Settings) -> None:
        self._render = _renderer(settings)

    def end(
        self, begun: Begun, method: str, route: str | None, status: int, site_id: str | None, *, quiet: bool = False
    ) -> None:
        """Write its line, and end its span."""
        if not quiet:
            sys.stderr.write(self._render(None, "info", _line(begun, method, route, status, site_id)) + "\n")
        if begun.span is not None:
            begun.span.end(
                {"http.response.status_code": status, "winnow.site": site_id},
                failed=str(status) if status >= 500 else None,
            )


def init_app(app: Flask, settings: Settings) -> None:
    """Register the handlers that begin and end every request of this app."""
    ends = Ends(settings)

    def end(response: Response) -> Response:
        begun: Begun = g.begun
        response.headers["X-Request-Id"] = begun.id
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if response.status_code == _TO_THE_SLASH:
            response.headers["Location"] = _without_host(response.headers["Location"])
        quiet = response.status_code < 400 and _is_quiet(request.endpoint)
        ends.end(begun, request.method, _route(), response.status_code, g.get("site_id"), quiet=quiet)
        return response

    app.before_request(_begin)
    app.after_request(end)


def _without_host(address: str) -> str:
    """An address of ours as a path.

    Werkzeug puts the request's `Host` in front, which is whatever a client sent or a proxy made of it; and a browser,
    or a cache for many, remembers where this redirect leads.
    """
    parts = urlsplit(address)
    return urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, ""))


def _is_quiet(endpoint: str | None) -> bool:
    return endpoint in _QUIET or static_files.is_static(endpoint)


def _begin() -> None:
    environ = request.environ
    g.begun = begun = environ.get(BEGUN) or begin(
        request.method,
        _route(),
        environ.get("HTTP_X_REQUEST_ID"),
        environ.get("HTTP_TRACEPARENT"),
        quiet=_is_quiet(request.endpoint),
    )
    g.request_id = begun.id
    tracing.work_for(begun.cause)


def _route() -> str | None:
    return request.url_rule.rule if request.url_rule else None


def _line(begun: Begun, method: str, route: str | None, status: int, site_id: str | None) -> dict[str, Any]:
    return {
        "event": "request",
        "level": "info",
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "part": "web",
        "method": method[:20],
        "route": route,
        "status": status,
        "ms": round((time.perf_counter() - begun.at) * 1000, 1),
        "site": site_id,
        "request_id": begun.id,
    } | ({} if begun.span is None else Cause(None, begun.span.traceparent).fields())


def _renderer(settings: Settings) -> Callable[[Any, str, dict[str, Any]], Any]:
    """Renders the line of a request in the form of the other lines.

    It leaves out the processors that look for what must not be logged: no field of this line can hold such a thing, and
    for a submission they took as long as everything else.
    """
    if settings.log_format == "json":
        encode = json.JSONEncoder().encode  # made once: `json.dumps` makes one for each line
        return lambda _logger, _method, line: encode(line)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
