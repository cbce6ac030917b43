"""Links in comments: shown as text, and opened only through a page of ours that shows the address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from moderation.tables import Comment
from service.console import access
from service.context import context
from texts.links import BEGINNING

#: How many links of one comment can be opened.
MOST = 10
_LINK = re.compile(rf"{BEGINNING}[^\s<>\"'`\[\](){{}}|\\^]{{2,2000}}", re.IGNORECASE)
_TRAILING = ".,;:!?*_~…»”’"


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was written, and its address in plain ASCII, so that no letter can pretend to be another."""

    written: str
    address: str
    host: str


def of_comment(comment: Comment) -> list[Link]:
    """A comment's links: its page and its author's web site, if these are addresses, and the links in its text."""
    texts = [
        text for text in (comment.thread, comment.url) if text and text.lower().startswith(("http://", "https://"))
    ]
    texts += (match[0].rstrip(_TRAILING) for match in _LINK.finditer(comment.comment))
    links = [link for written in dict.fromkeys(texts) if (link := _link(written)) is not None]
    return links[:MOST]


def show_link(comment_id: str, number: int) -> ResponseReturnValue:
    """The page that shows a link's address, and opens it."""
    with context().store.read() as session:
        comment = access.require_comment(session, comment_id)
    links = of_comment(comment)
    if number >= len(links):
        abort(404)
    return render_template("console/card/link.html", link=links[number], comment=comment)


def _link(written: str) -> Link | None:
    try:
        parts = urlsplit(written if "://" in written else f"http://{written}")
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # UnicodeError is a ValueError
        return None
    if not host or parts.scheme.lower() not in {"http", "https"} or not re.fullmatch(r"[0-9a-z.:_-]+", host):
        return None
    bare = f"[{host}]" if ":" in host else host
    rest = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        rest += "?" + quote(parts.query, safe="/?%:@!$&'()*+,;=~-._")
    if parts.fragment:
        rest += "#" + quote(parts.fragment, safe="/?%:@!$&'()*+,;=~-._")
    return Link(written, f"{parts.scheme.lower()}://{bare}{port}{rest}", host)


ROUTES = (("/comments/<comment_id>/links/<int:number>", "GET", show_link),)
