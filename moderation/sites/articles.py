"""The pages that comments stand on, for moderators: title and address, as the site sends them or as its page says.

A page's title is read from the page once, where a site asks for it: what is looked for is what moderators are about to
see. A row is written before its page is asked for, so that two processes do not ask twice, and one that dies leaves a
moment at which it is tried again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from moderation import clock
from moderation.intake import submissions
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.store import insert_missing
from moderation.tables import Article, Comment, ReviewItem, Site
from texts import links

#: Of each end of a site's queue so many items are looked at, and so many pages are asked for at a time.
LOOKED_AT, AT_ONCE = 60, 5
#: After a first and a second failure a page is asked again; after a third no more.
_AGAIN = (timedelta(hours=1), timedelta(days=1))
#: A page that was to be read and was not, because the process ended, is asked again after this.
_LEASE = timedelta(minutes=10)
_KEPT = "/:?&=%@!$'()*+,;~-._[]#"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment stands: its page's title and address, and its own address there, as far as they are known."""

    title: str | None = None
    url: str | None = None
    comment_url: str | None = None


#: Where an erased comment stands.
NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Page:
    """A page whose title is to be read. Only hosts of the site's own `address` may answer."""

    site_id: str
    thread: str
    url: str
    address: str


def of_comments(
    session: Session, comments: Sequence[Comment], settings: Mapping[str, SiteSettings]
) -> dict[str, Place]:
    """Comment id -> where it stands."""
    asked = {
        (comment.site_id, comment.thread)
        for comment in comments
        if comment.thread is not None and settings[comment.site_id].read_titles and not _sent(comment, "thread_title")
    }
    titles = _titles(session, asked) if asked else {}
    return {
        comment.id: Place(
            _sent(comment, "thread_title") or titles.get((comment.site_id, comment.thread or "")),
            _url(comment, settings[comment.site_id].address),
            _encoded(_sent(comment, "comment_url")),
        )
        for comment in comments
        if comment.status != "erased"
    }


def is_own(url: str, address: str) -> bool:
    """Whether a URL is on the host of a site's address, and there on its port, or both on a usual one."""
    try:
        own, other = urlsplit(address), urlsplit(url)
        return bool(own.hostname) and own.hostname == other.hostname and _port(own) == _port(other)
    except ValueError:
        return False


def wants(session: Session) -> bool:
    """Whether there is a page to ask for now."""
    return next(_wanted(session), None) is not None


def claim(session: Session, *, limit: int = AT_ONCE) -> list[Page]:
    """Pages to ask for now, in the caller's transaction: they are this caller's for a while."""
    pages = list(_first(limit, _wanted(session)))
    now = clock.now()
    ordered = sorted({(page.site_id, page.thread) for page in pages})
    if not ordered:
        return []
    rows = [{"site_id": site, "thread": thread, "tries": 0, "due_at": now} for site, thread in ordered]
    insert_missing(session, Article, rows)
    mine = update(Article).where(_is_one_of(ordered), Article.due_at <= now)
    taken = session.execute(
        mine.values(due_at=now + _LEASE, tries=Article.tries + 1)
        .returning(Article.site_id, Article.thread)
        .execution_options(synchronize_session=False)
    )
    won = {(site_id, thread) for site_id, thread in taken}
    return [page for page in pages if (page.site_id, page.thread) in won]


def record(session: Session, page: Page, title: str | None) -> None:
    """Keep a page's title, in the caller's transaction; None: it could not be read, and may be asked again."""
    article = session.get(Article, (page.site_id, page.thread))
    if article is None:  # its site was deleted meanwhile
        return
    pause = _AGAIN[article.tries - 1] if title is None and 0 < article.tries <= len(_AGAIN) else None
    article.title, article.due_at = title, None if pause is None else clock.now() + pause


def _wanted(session: Session) -> Iterator[Page]:
    """Pages of what moderators are about to see: at both ends of each site's queue, by its indexes."""
    in_use = select(Site.id, Site.settings).where(Site.archived_at.is_(None))
    for site_id, document in session.execute(in_use.order_by(Site.id)).all():
        settings = site_settings.read(document)
        if not (settings.read_titles and settings.address):
            continue
        comments_by_address: dict[str, Comment] = {}
        for order in ((ReviewItem.due, ReviewItem.id), (ReviewItem.opened_at.desc(), ReviewItem.id.desc())):
            items = select(ReviewItem.comment_id).where(ReviewItem.site_id == site_id, ReviewItem.is_open)
            ids = session.scalars(items.order_by(*order).limit(LOOKED_AT)).all()
            comments = session.scalars(select(Comment).where(Comment.id.in_(ids), Comment.thread.is_not(None)))
            comments_by_address |= {
                comment.thread or "": comment for comment in comments if not _sent(comment, "thread_title")
            }
        not_due = _not_due(session, site_id, comments_by_address)
        for thread, comment in comments_by_address.items():
            url = _url(comment, settings.address)
            if thread not in not_due and url is not None and is_own(url, settings.address):
                yield Page(site_id, thread, url, settings.address)


def _not_due(session: Session, site_id: str, threads: Collection[str]) -> set[str]:
    """Those of these pages that were asked for, and need not be asked again now."""
    of_site = select(Article.thread, Article.due_at).where(Article.site_id == site_id, Article.thread.in_(threads))
    now = clock.now()
    return {thread for thread, due_at in session.execute(of_site) if due_at is None or due_at > now}


def _titles(session: Session, asked: Collection[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
    rows = session.execute(select(Article.site_id, Article.thread, Article.title).where(_is_one_of(asked)))
    return {(site_id, thread): title for site_id, thread, title in rows}


def _is_one_of(keys: Collection[tuple[str, str]]) -> Any:
    return tuple_(Article.site_id, Article.thread).in_(sorted(keys))


def _first(number: int, pages: Iterator[Page]) -> Iterator[Page]:
    for _, page in zip(range(number), pages, strict=False):
        yield page


def _sent(comment: Comment, name: str) -> str | None:
    return submissions.place_of(comment)[name]


def _url(comment: Comment, address: str) -> str | None:
    """The address of a comment's page: as the site sent it, or from its thread, if that is an address or a path."""
    url, thread = _sent(comment, "thread_url"), comment.thread
    if url is None and thread is not None:
        if links.is_address(thread):
            url = thread
        elif address and thread.startswith("/") and not thread.startswith("//"):
            url = urljoin(address, thread)
    return _encoded(url)


def _encoded(url: str | None) -> str | None:
    """An address as it is sent: its host and the rest in ASCII. None for one that cannot be."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    except ValueError:  # UnicodeError is one
        return None
    return parts._replace(netloc=host, **{name: quote(getattr(parts, name), safe=_KEPT) for name in _PARTS}).geturl()


_PARTS = ("path", "query", "fragment")


def _port(parts: Any) -> int | None:
    """The port that an address names, unless it is the one of http or of https."""
    return None if parts.port in {80, 443} else parts.port
