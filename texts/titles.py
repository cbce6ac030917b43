"""The title of a web page, from the first bytes of its HTML. Linear time; no text of it is alive anywhere."""

from __future__ import annotations

import re
from html import unescape

from texts.controls import CONTROL, storable

LONGEST = 300
#: Bounded everywhere, so that no page costs more than its length.
_TITLE = re.compile(r"<title(?:\s[^<>]{0,200})?>([^<]{1,2000})", re.IGNORECASE)
_META = re.compile(r"<meta\s([^<>]{1,2500})>", re.IGNORECASE)
_IS_TITLE = re.compile(r"(?:property|name)\s{0,9}=\s{0,9}[\"']?og:title\b", re.IGNORECASE)
_CONTENT = re.compile(r"content\s{0,9}=\s{0,9}(?:\"([^\"]{1,2000})\"|'([^']{1,2000})')", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([a-z0-9_:.-]{1,40})", re.IGNORECASE)
#: Characters that turn text around or cannot be seen: a title has no use for them.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def of_page(body: bytes, content_type: str | None = None) -> str | None:
    """What the page calls itself: `og:title`, which has no site's name behind it, or else `<title>`; None: nothing."""
    text = _decoded(body, content_type or "")
    head = re.split(r"<body\b", text, maxsplit=1, flags=re.IGNORECASE)[0]
    for attributes in _META.findall(head):
        content = _CONTENT.search(attributes) if _IS_TITLE.search(attributes) else None
        if content and (title := _tidy(content[1] or content[2])):
            return title
    found = _TITLE.search(head)
    return _tidy(found[1]) if found else None


def _decoded(body: bytes, content_type: str) -> str:
    declared = _CHARSET.search(content_type) or _CHARSET.search(body[:2048].decode("ascii", "replace"))
    try:
        return body.decode(declared[1] if declared else "utf-8", "replace")
    except (LookupError, ValueError):  # no encoding of this name, or one that is for no pages, such as `idna`
        return body.decode("utf-8", "replace")


def _tidy(text: str) -> str | None:
    words = " ".join(_UNSEEN.sub("", CONTROL.sub(" ", storable(unescape(text)))).split())
    return (words if len(words) <= LONGEST else words[: LONGEST - 1] + "…") or None
