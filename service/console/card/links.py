"""Links in what others wrote: shown as text, and opened only through a page of ours that says where they lead."""

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

#: So many links of one comment can be opened; somebody who sends more wants no click.
MOST = 10
_LINK = re.compile(rf"{BEGINNING}[^\s<>\"'`\[\](){{}}|\\^]{{2,2000}}", re.IGNORECASE)
_TRAILING = ".,;:!?*_~…»”’"


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was written, and the address it leads to: plain ASCII, so that nothing in it can pretend."""

    written: str
    address: str
    host: str


def of_comment(comment: Comment) -> list[Link]:
    """The page that it belongs to and the author's own, where those are addresses, and what its text holds."""
    found = [one for one in (comment.thread, comment.url) if one and one.lower().startswith(("http://", "https://"))]
    found += (match[0].rstrip(_TRAILING) for match in _LINK.finditer(comment.comment))
    links = [link for written in dict.fromkeys(found) if (link := _link(written)) is not None]
    return links[:MOST]


def show_link(comment_id: str, number: int) -> ResponseReturnValue:
    """Where a link leads, and the way there."""
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
    except ValueError:  # UnicodeError is one
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
