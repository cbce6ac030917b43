"""The answers, whose bytes and headers the clients of Akismet compare.

Several clients take the presence of X-akismet-debug-help for "the call failed", whatever the body is; some do so for
X-akismet-error. So a verdict has neither. Others take everything but `true` for "not spam". So only clients that are
known to wait are told that we cannot judge: docs/decisions/0065-what-a-client-does-with-an-answer.md.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from flask import Response, g, request

from moderation.sites.archive import CLOSED
from service.compat import refusals, routes
from service.compat.akismet import fields
from service.compat.akismet.fields import MissingField
from service.compat.refusals import Refusal

#: The route that gives verdicts.
CHECK = "akismet.check_comment"
#: Some clients compare this byte for byte.
THANKS = "Thanks for making the web a better place."
#: On any body but `true` and `false`, WordPress's own check holds a comment and asks again later.
HELD, UNANSWERED = "held", "error"

_MOST_PARTS = 5000

_WRONG_KEY = ("invalid-key", "This key is not valid. `winnow site rotate-key` makes a new one.")
#: Kind of refusal -> X-akismet-error and X-akismet-debug-help.
_HELP = {
    "no_key": (
        "invalid-key",
        "Missing required field: api_key. Send it form-encoded, or as the first label of the host.",
    ),
    "wrong_key": _WRONG_KEY,
    "too_many_wrong_keys": _WRONG_KEY,
    "not_allowed": (
        "not-allowed",
        "This key is for pages, and may only have comments scored, on the pages that it is bound to. "
        "Everything else takes the compat key, from a server.",
    ),
    "archived": ("site-archived", CLOSED),
    "too_many": ("too-many-requests", "Too many requests came with this key. Try again in a moment."),
    "too_large": ("too-large", "The request is too large."),
    "not_scored": ("not-scored", "The comment could not be scored now. Try again later."),
    "no_text": ("missing-required-field", "Missing required field: comment_content"),
    "unreadable": (
        "malformed-request",
        "Most letters of the comment cannot be read. Name their charset in blog_charset, or send UTF-8.",
    ),
    "too_long": ("too-large", "The comment is too long."),
    "unavailable": ("unavailable", "Winnow's database is not available now. Try again later."),
    "refused": (
        "malformed-request",
        "The request could not be understood. Send the fields form-encoded, to an address that does not redirect.",
    ),
    "internal": ("internal", "Something went wrong here. Winnow's log says what."),
}
#: Kinds of refusals that say that the key is none of a site's.
_OF_THE_KEY = frozenset({"no_key", "wrong_key", "too_many_wrong_keys"})
#: Kinds of refusals before the form could be read.
_UNREAD = frozenset({"too_large", "refused"})


def prepare() -> None:
    """Before every request: set the limits of its form, and the guid of its answer."""
    request.max_form_memory_size = routes.MAX_BODY_BYTES
    request.max_form_parts = _MOST_PARTS
    g.akismet_guid = str(uuid.uuid4())


def complete(response: Response) -> Response:
    """After every request: add the guid. WordPress ignores verdicts without one, and publishes."""
    response.headers.setdefault("X-akismet-guid", g.get("akismet_guid") or str(uuid.uuid4()))
    return response


def plain(body: str, **headers: str) -> Response:
    """An answer of plain text. `pro_tip="discard"` gives the header `X-akismet-pro-tip: discard`."""
    response = Response(body, content_type="text/plain; charset=utf-8")
    for name, value in headers.items():
        response.headers[f"X-akismet-{name.replace('_', '-')}"] = refusals.one_line(value)
    return response


def document(content: Any) -> Response:
    """An answer of JSON."""
    return Response(json.dumps(content, ensure_ascii=False), content_type="application/json")


def missing(field: MissingField) -> Response:
    """The answer to a call that lacks a field."""
    refusals.note("missing_field", field_name=field.name)
    help_ = f"Missing required field: {field.name}"
    return plain(help_, error="missing-required-field", debug_help=help_)


def fail(refusal: Refusal) -> Response:
    """The answer to a refused request. Only a wrong key is `invalid`, because clients then give up their key."""
    error, help_ = _HELP[refusal.kind]
    of_the_key = refusal.kind in _OF_THE_KEY
    waits = refusal.kind not in _UNREAD and fields.asks_again()
    if request.endpoint == CHECK and not of_the_key and not waits:
        return held("true", help_)
    return plain("invalid" if of_the_key else UNANSWERED, error=error, debug_help=help_)


def held(body: str, why: str, **headers: str) -> Response:
    """An answer about a comment that nobody has judged, with the reason in a header that no client reads."""
    return refusals.say_held(plain(body, **headers), why)
