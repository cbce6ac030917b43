"""The answers to requests that fail: a problem for programs, a page for people, and never a traceback."""

from __future__ import annotations

from traceback import format_exception

import structlog
from babel.lists import format_list
from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from moderation import counters
from moderation.store import AWAY
from service import pages
from service.context import context
from service.problems import KINDS, Problem

log = structlog.get_logger(__name__)

_KIND_OF_STATUS = {status: kind for kind, (status, _) in KINDS.items() if kind not in {"stale", "refused"}}
_RETRY_AFTER = "2"


def init_app(app: Flask) -> None:
    """Register the handlers for all failures of this app."""
    app.register_error_handler(Problem, _show)
    app.register_error_handler(HTTPException, _show_http)
    for error in AWAY:
        app.register_error_handler(error, _show_unavailable)
    app.register_error_handler(Exception, _show_unforeseen)


def _show(problem: Problem) -> Response:
    if wants_page():
        page = render_template("failure.html", title=KINDS[problem.kind][1], detail=problem.detail)
        response = Response(page, problem.status, problem.headers, content_type="text/html; charset=utf-8")
        return pages.set_headers(response)
    return problem.response()


def _show_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # a redirect
        return Response(error.get_response(request.environ).get_data(), status, dict(error.get_headers()))
    kind = _KIND_OF_STATUS.get(status, "refused" if status < 500 else "internal")
    return _show(Problem(kind, _sentence(status, error), status=status, headers=_headers(error)))


def _show_unavailable(error: Exception) -> Response:
    log.warning("database.unavailable", error=type(error).__name__, why=str(getattr(error, "orig", "")) or None)
    context().queues.breaker.call(counters.count_unavailable, doing="counting a request that was not served")
    return _show(
        Problem(
            "unavailable",
            "The database cannot be used right now, so nothing was stored. Send the request again in a moment.",
            headers={"Retry-After": _RETRY_AFTER},
        )
    )


def _show_unforeseen(error: Exception) -> Response:
    # As a text, because a formatter that shows local variables would log somebody's comment.
    log.error("request.failed", request_id=g.get("request_id"), exception="".join(format_exception(error)))
    return _show(Problem("internal", f"This is a fault of ours. The log has more on it under {g.get('request_id')}."))


def wants_page() -> bool:
    """Whether to answer with a page: a browser asks, and not for the API."""
    if request.path.startswith("/api/"):
        return request.path.startswith("/api/docs")
    return "text/html" in request.headers.get("Accept", "")


def _sentence(status: int, error: HTTPException) -> str:
    sentences = {
        404: f"There is no {request.path[:200]} here{_slash()}. The routes are listed at /api/docs.",
        405: f"{request.method[:20]} is not possible here{_possible(error)}.",
        413: "The body is larger than this route takes.",
    }
    return sentences.get(status) or error.description or "The request was refused."


def _possible(error: HTTPException) -> str:
    """The methods that are possible, but for those that every route has beside them."""
    methods = set(getattr(error, "valid_methods", None) or ()) - {"HEAD", "OPTIONS"}
    if not methods:
        return ""
    return f"; {format_list(sorted(methods), locale='en_GB')} {'is' if len(methods) == 1 else 'are'}"


def _slash() -> str:
    return ", with a slash at its end" if request.path[:200].rstrip("/") != request.path[:200] else ""


def _headers(error: HTTPException) -> dict[str, str]:
    return {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
