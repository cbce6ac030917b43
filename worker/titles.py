"""Reads the titles of pages that comments stand on, for sites that ask for it, beside the clock's other tasks.

In a thread of its own, since a page may take its time and the clock must not wait for it. Only pages on the site's own
host are asked for, and only redirects to such pages are followed, by the same guarded requests as webhooks.
"""

from __future__ import annotations

import threading

import structlog

from moderation.settings import Settings
from moderation.sites import articles
from moderation.sites.articles import Page
from moderation.store import AWAY, Store
from moderation.webhooks.sender import Refused, Sender, Unreachable
from texts import titles

#: So much of a page is read, in at most this time, and so many redirects are followed.
MOST_BYTES, SECONDS, REDIRECTS = 128 * 1024, 5.0, 3
_HEADERS = {"User-Agent": "Winnow titles", "Accept": "text/html,application/xhtml+xml", "Connection": "close"}

log = structlog.get_logger(__name__)


class Unread(Exception):
    """A page has no title for us; the message says why."""


class TitleReader:
    """Asks for a few pages at a time, in a thread that is not waited for."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._store, self._sender = store, Sender(settings.webhook_allow)
        self._thread: threading.Thread | None = None

    def tick(self) -> None:
        """Begin with the pages that are wanted now, unless the last ones are still being read."""
        if self._thread is not None and self._thread.is_alive():
            return
        with self._store.read() as session:
            if not articles.wants(session):
                return
        with self._store.write() as session:
            pages = articles.claim(session)
        if pages:
            self._thread = threading.Thread(target=self._read, args=(pages,), daemon=True, name="titles")
            self._thread.start()

    def finish(self) -> None:
        """Wait for the pages on their way."""
        if self._thread is not None:
            self._thread.join()

    def _read(self, pages: list[Page]) -> None:
        for page in pages:
            try:
                title: str | None = read(self._sender, page)
            except (Unread, Refused, Unreachable) as error:
                log.warning("title.unread", site=page.site_id, why=str(error))
                title = None
            try:
                with self._store.write() as session:
                    articles.record(session, page, title)
            except AWAY:
                return  # they are asked for again


def read(sender: Sender, page: Page) -> str:
    """The title of a page.

    Raises:
        Unread, Refused, Unreachable: it cannot be read; the message says why.
    """
    url = page.url
    for _ in range(REDIRECTS + 1):
        if not articles.is_own(url, page.address):
            raise Unread("The page, or where it redirects to, is not on the host of the site's address.")
        reply = sender.get(url, _HEADERS, most=MOST_BYTES, seconds=SECONDS)
        if not (300 <= reply.status < 400 and reply.location):
            break
        url = reply.location
    if reply.status != 200:
        raise Unread(f"The page answers with status {reply.status}.")
    if "html" not in (reply.kind or "").lower():
        raise Unread("The page is not HTML.")
    title = titles.of_page(reply.body, reply.kind)
    if title is None:
        raise Unread("The page has no title.")
    return title
