"""Declares the API's operations: path, request, answers, and the checks that every request passes first.

One declaration serves both the requests and the OpenAPI document, so that they cannot contradict each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from flask import Blueprint, Response, g, request
from marshmallow import Schema
from werkzeug.datastructures import Headers

from moderation.sites.archive import CLOSED
from service.api import bodies
from service.api.authentication import require_caller
from service.api.schemas import load
from service.api.state import state
from service.context import context
from service.problems import Problem, invalid
from texts.controls import CONTROL

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

blueprint = Blueprint("api", __name__)

View = Callable[..., Response]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What an operation takes and answers. Its view's docstring is its description."""

    summary: str
    tag: str
    #: Status -> (what it means, the body's schema or None for an empty one).
    answers: Mapping[int, tuple[str, type[Schema] | None]]
    #: The body, if there is one; a list of up to `many` of them where that is set.
    body: type[Schema] | None = None
    many: int = 0
    #: Whether a form will do as well as JSON, and NDJSON as well as a list.
    forms: bool = False
    query: type[Schema] | None = None
    #: Its problems beside those of every operation, from `problems.KINDS`; with `archived`, an archived site's requests
    #: are refused.
    problems: tuple[str, ...] = ()
    headers: tuple[str, ...] = field(default=())


def operation(method: str, path: str, declared: Operation) -> Callable[[View], View]:
    """Serve `declared` with the decorated view, which gets `site_id`, the path's parts, and `body` and `query`."""
    body = declared.body() if declared.body is not None and not declared.many else None
    query = declared.query() if declared.query is not None else None

    def declare(view: View) -> View:
        @wraps(view)
        def serve(**arguments: Any) -> Response:
            current = state()
            caller = require_caller(current.keys, current.wrong_keys)
            g.site_id = site_id = caller.site_id
            current.requests.require(site_id, "This site sends too many requests")
            if caller.is_archived and "archived" in declared.problems:
                raise Problem("archived", CLOSED)
            _check_path(arguments)
            if query is not None:
                arguments["query"] = load(query, _read_query())
            if declared.many:
                arguments["body"] = bodies.read_list(limit=context().settings.max_batch_bytes, most=declared.many)
            elif body is not None:
                limit = context().settings.max_body_bytes
                arguments["body"] = load(body, bodies.read_object(limit=limit, forms=declared.forms))
            return view(site_id, **arguments)

        serve.operation = declared  # type: ignore[attr-defined]
        blueprint.add_url_rule(
            path, f"{view.__module__.rpartition('.')[2]}.{view.__name__}".replace(".", "_"), serve, methods=[method]
        )
        return serve

    return declare


def answer(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return _Finished(encoded(document), status=status, headers=headers, content_type="application/json")


def encoded(document: object) -> bytes:
    """A document as answers have it."""
    return (_json(document) + "\n").encode()


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class _Finished(Response):
    """An answer whose headers need no more work: its length is known, and its Location is a path in ASCII."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:  # noqa: ARG002
        return self.headers


def empty() -> Response:
    """204: done, and nothing to say."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def _check_path(arguments: Mapping[str, str]) -> None:
    if arguments:
        _require_utf8(request.environ["PATH_INFO"].encode("latin-1", "replace"))
    for part in arguments.values():
        if CONTROL.search(part) or len(part) > 500:  # no id and no thread is like that
            raise Problem("not-found", f"There is no {bodies.shown(part)} here.")


def _require_utf8(written: bytes) -> None:
    """Refuse an address that is not UTF-8: `caf%E9` would be another thread than `caf%C3%A9`, and nothing is there."""
    try:
        written.decode()
    except UnicodeDecodeError as error:
        fault = f"The address is not UTF-8: byte 0x{error.object[error.start]:02X} cannot be read."
        raise Problem("malformed", f"{fault} Encode it as encodeURIComponent does.") from None


def _read_query() -> dict[str, str]:
    _require_utf8(unquote_to_bytes(request.query_string))
    values_by_name = {}
    for name, values in request.args.lists():
        if len(values) > 1:
            raise invalid({name if name.isprintable() else bodies.shown(name): ["Give it once."]})
        if values[0]:
            values_by_name[name] = values[0]
    return values_by_name
