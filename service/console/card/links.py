"""Links in comments, and to where they stand.

Those in comments are shown as text, and opened only through a page of ours that shows the address. Where a comment
stands is the site's own word: on the host that its settings name such a link leads there at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation.sites import articles, site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.tables import Comment
from service.console import access
from service.context import context
from texts.links import BEGINNING
from texts.translation import gettext, later

#: How many links of one comment can be opened.
MOST = 10
_LINK = re.compile(rf"{BEGINNING}[^\s<>\"'`\[\](){{}}|\\^]{{2,2000}}", re.IGNORECASE)
_TRAILING = ".,;:!?*_~…»”’"


@dataclass(frozen=True, slots=True)
class Way:
    """A way to where a comment stands. `direct`: it leads out of Winnow at once."""

    text: str
    href: str
    direct: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a comment stands, as a card says it: its page's title, and the ways there, the nearest first."""

    title: str | None = None
    links: Sequence[Way] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was written, and its address in plain ASCII, so that no letter can pretend to be another."""

    written: str
    address: str
    host: str


def of_comment(comment: Comment) -> list[Link]:
    """A comment's links: its author's web site, and the links in its text. To its page there is a way of its own."""
    texts = [comment.url] if comment.url and comment.url.lower().startswith(("http://", "https://")) else []
    texts += (match[0].rstrip(_TRAILING) for match in _LINK.finditer(comment.comment))
    links = [link for written in dict.fromkeys(texts) if (link := _link(written)) is not None]
    return links[:MOST]


def places(
    session: Session, comments: Sequence[Comment], settings: Mapping[str, SiteSettings] | None = None
) -> dict[str, Shown]:
    """Comment id -> where it stands."""
    if settings is None:
        settings = site_settings.of_sites(session, {comment.site_id for comment in comments})
    known_articles = articles.of_comments(session, comments, settings)
    return {
        comment.id: _shown(comment, known_articles.get(comment.id, articles.NOWHERE), settings[comment.site_id].address)
        for comment in comments
    }


def _shown(comment: Comment, place: articles.Place, address: str) -> Shown:
    ways = []
    for which, text, url in (
        ("comment", later("Open it where it stands"), place.comment_url),
        ("page", later("Open its page"), place.url),
    ):
        if url is not None:
            direct = articles.is_own(url, address)
            href = url if direct else f"{url_for('console.show_queue')}comments/{comment.id}/place/{which}"
            ways.append(Way(gettext(text), href, direct))
    return Shown(place.title, ways)


def show_place(comment_id: str, which: str) -> ResponseReturnValue:
    """The page that shows the address of where a comment stands, and opens it."""
    with context().store.read() as session:
        comment = access.require_comment(session, comment_id)
        settings = site_settings.of_sites(session, {comment.site_id})
        place = articles.of_comments(session, [comment], settings).get(comment_id, articles.NOWHERE)
    url = {"comment": place.comment_url, "page": place.url}.get(which)
    link = _link(url) if url is not None else None
    if link is None:
        abort(404)
    return render_template("console/card/link.html", link=link, comment=comment)


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


ROUTES = (
    ("/comments/<comment_id>/links/<int:number>", "GET", show_link),
    ("/comments/<comment_id>/place/<which>", "GET", show_place),
)
