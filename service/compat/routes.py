"""What the routes of all drop-in protocols have: bounded bodies, counted calls, and an answer to every failure."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from moderation.history import calls
from moderation.store import AWAY
from service.compat import refusals
from service.compat.refusals import Kind, Refusal
from service.context import context

log = structlog.get_logger(__name__)

#: Room for the longest text and what is around it; an escaped character has up to twelve bytes.
MAX_BODY_BYTES = 1280 * 1024
#: What pages may send. The star is for what client libraries add, and does not stand for a key's header.
_FROM_PAGES = "authorization, content-type, x-goog-api-key, x-goog-api-client, *"


def prepare(blueprint: Blueprint, *, verdicts: str, refuse: Callable[[Refusal], Response]) -> None:
    """Give the routes of a protocol what all have.

    Args:
        verdicts: the endpoint of the route that gives verdicts: its calls are counted, and the refusals logged.
        refuse: answers a failure in the words of the original service.
    """
    blueprint.before_request(_bound_body)
    _answer_failures(blueprint, refuse)

    @blueprint.after_request
    def count(response: Response) -> Response:
        if request.endpoint == verdicts and request.method not in {"OPTIONS", "HEAD"}:
            _count_call(blueprint.name)
        return response


def let_pages(blueprint: Blueprint, *endpoints: str) -> None:
    """Let pages of any origin call these routes of a blueprint, and read their answers: a browser asks for that.

    They need a key all the same, and one that stands in a page only scores.
    """

    @blueprint.after_request
    def let(response: Response) -> Response:
        if request.endpoint in endpoints:
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = "*"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
                response.headers["Access-Control-Allow-Headers"] = _FROM_PAGES
                response.headers["Access-Control-Max-Age"] = "3600"
        return response


def _bound_body() -> None:
    request.max_content_length = MAX_BODY_BYTES


def _answer_failures(blueprint: Blueprint, answer: Callable[[Refusal], Response]) -> None:
    @blueprint.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> Response:
        refusals.note(refusal.counted_as)
        return answer(refusal)

    @blueprint.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> Response:
        status = error.code or 500
        kind: Kind = "too_large" if status == 413 else "refused" if status < 500 else "internal"
        return refuse(Refusal(kind, status=status))

    @blueprint.errorhandler(Exception)
    def refuse_unforeseen(error: Exception) -> Response:
        if isinstance(error, AWAY):
            log.warning("database.unavailable", error=type(error).__name__)
            return refuse(Refusal("unavailable", retry_after=2))
        log.error("request.failed", request_id=g.get("request_id"), **refusals.without_message(error))
        return refuse(Refusal("internal"))


def _count_call(protocol: str) -> None:
    site_id, refused = g.get("site_id") or "", g.get("call_refused")
    if refused:
        log.warning("call.refused", protocol=protocol, site=site_id or None, why=refused, what=g.get("call_lacks"))
    outcome = refused or calls.ANSWERED
    context().queues.breaker.call(
        lambda client: calls.record(client, site_id, protocol, outcome), doing="counting calls for a verdict"
    )
