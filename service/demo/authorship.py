"""Which comments a browser wrote: a signed cookie holds their ids, so that authors see what was decided on them."""

from __future__ import annotations

from flask import Response
from itsdangerous import BadSignature, URLSafeSerializer

from service import pages
from service.context import context

COOKIE = "winnow_demo"
#: A cookie holds 4 KB; older ids are forgotten.
MOST = 30
_LIFETIME = 30 * 24 * 3600


def own_ids() -> list[str]:
    """The ids of this browser's comments, oldest first."""
    try:
        ids = _serializer().loads(pages.read_cookie(COOKIE))
    except BadSignature:
        return []
    return [comment_id for comment_id in ids if isinstance(comment_id, str)] if isinstance(ids, list) else []


def remember(response: Response, comment_id: str) -> None:
    """Note in the browser's cookie that it wrote this comment."""
    ids = str(_serializer().dumps([*own_ids(), comment_id][-MOST:]))
    pages.set_cookie(response, context().settings, COOKIE, ids, seconds=_LIFETIME, below="demo.show")


def _serializer() -> URLSafeSerializer:
    keys = pages.signing_keys(context().settings, "demo authorship")
    return URLSafeSerializer(keys[::-1], salt="comment ids")  # itsdangerous signs with the last
