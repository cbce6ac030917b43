"""What every request goes through: an id, one line in the log, and headers for browsers."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

log = structlog.get_logger(__name__)

_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
#: Asked so often, and of so little interest, that they are logged only when they fail.
_QUIET = frozenset({"static", "operations.healthz", "operations.readyz", "operations.metrics"})


def init_app(app: Flask) -> None:
    """Follow every request of this app."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    sent = request.headers.get("X-Request-Id", "")
    g.request_id = sent if _ID.fullmatch(sent) else secrets.token_hex(8)
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.request_id
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    status = response.status_code
    if status < 400 and request.endpoint in _QUIET:
        return response
    log.info(
        "request",
        method=request.method,
        route=request.url_rule.rule if request.url_rule else None,
        status=status,
        ms=round((time.perf_counter() - g.began) * 1000, 1),
        site=g.get("site_id"),
        request_id=g.request_id,
    )
    return response
