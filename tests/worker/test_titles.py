"""Titles of articles: which pages are asked for, how often, and what a page may answer. Against a real server."""

from __future__ import annotations

import dataclasses
from ipaddress import ip_network
from typing import Any

import pytest

from moderation import actors
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import articles, site_settings
from moderation.sites.articles import Page
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Article, Comment
from moderation.webhooks.sender import Refused, Sender, Unreachable
from tests.support.clock import Clock
from tests.support.comments import rows, scored
from tests.support.receiver import Receiver
from worker import titles
from worker.titles import TitleReader, Unread

HTML = {"Content-Type": "text/html; charset=utf-8"}
LOOPBACK = (ip_network("127.0.0.0/8"),)


class Blog:
    """A site whose pages are a receiver's, and comments that wait on them."""

    def __init__(self, store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, pages: Receiver) -> None:
        self.store, self.queues, self.scorer, self.site, self.pages = store, queues, scorer, site, pages
        self.address = pages.url.removesuffix("/hook")
        pages.answer(200, headers=HTML, body=b"<title>Of wheat &amp; chaff</title>")
        self.choose(address=self.address, read_titles=True)

    def choose(self, **chosen: Any) -> None:
        with self.store.write() as session:
            site_settings.save(session, self.site.id, SiteSettings(**chosen), actor=actors.OPERATOR)

    def held(self, thread: str | None = "/2026/wheat", **fields: Any) -> Comment:
        return scored(self.store, self.queues, self.scorer, self.site, "insult=0.7", thread=thread, **fields)

    def tick(self, settings: Settings) -> None:
        reader = TitleReader(dataclasses.replace(settings, webhook_allow=LOOPBACK), self.store)
        reader.tick()
        reader.finish()

    @property
    def asked(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.pages.requests]

    def title(self, comment: Comment) -> str | None:
        with self.store.read() as session:
            settings = site_settings.of_sites(session, {comment.site_id})
            return articles.of_comments(session, [comment], settings)[comment.id].title


@pytest.fixture
def blog(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, receiver: Receiver) -> Blog:
    return Blog(store, queues, scorer, site, receiver)


def test_a_page_is_asked_for_once_and_all_its_comments_have_the_title(blog: Blog, settings: Settings) -> None:
    first, second = blog.held(), blog.held()
    blog.tick(settings)
    blog.tick(settings)
    assert blog.asked == ["GET /2026/wheat"]
    assert "authorization" not in blog.pages.requests[0].headers
    assert blog.title(first) == blog.title(second) == "Of wheat & chaff"


def test_what_nobody_asks_for_is_not_read(blog: Blog, settings: Settings) -> None:
    blog.held(thread_title="The site's own word")
    blog.held(None)
    blog.held("https://elsewhere.example/page")
    blog.held("//127.0.0.1/page")
    blog.held("a name that is no path")
    blog.choose(address=blog.address)
    blog.held()
    blog.tick(settings)
    assert blog.asked == []
    blog.choose(address=blog.address, read_titles=True)
    blog.tick(settings)
    assert blog.asked == ["GET /2026/wheat"]


def test_a_page_that_fails_is_asked_again_later_three_times_in_all(
    blog: Blog, settings: Settings, clock: Clock
) -> None:
    blog.pages.answer(500)
    comment = blog.held()
    for hours in (0, 2, 48, 720):
        clock.advance(hours=hours)
        blog.tick(settings)
        blog.tick(settings)
    assert len(blog.asked) == 3
    assert blog.title(comment) is None


def test_a_process_that_dies_on_the_way_leaves_the_page_to_the_next(
    blog: Blog, settings: Settings, clock: Clock
) -> None:
    blog.held()
    with blog.store.write() as session:
        assert len(articles.claim(session)) == 1
    with blog.store.write() as session:
        assert articles.claim(session) == []
    clock.advance(minutes=11)
    blog.tick(settings)
    assert [row.title for row in rows(blog.store, Article)] == ["Of wheat & chaff"]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("status", "headers", "body", "why"),
    [
        (404, HTML, b"<title>Not found</title>", "status 404"),
        (200, {"Content-Type": "image/png"}, b"<title>x</title>", "not HTML"),
        (200, HTML, b"nothing to see", "no title"),
        (200, HTML, b"x" * titles.MOST_BYTES + b"<title>too far</title>", "no title"),
        (302, {"Location": "http://127.0.0.2/inside"}, b"", "not on the host"),
        (302, {"Location": "https://evil.example/"}, b"", "not on the host"),
        (302, {"Location": "/again"}, b"", "status 302"),
    ],
)
def test_a_page_may_answer_anything(
    receiver: Receiver, status: int, headers: dict[str, str], body: bytes, why: str
) -> None:
    receiver.answer(status, headers=headers, body=body)
    with pytest.raises(Unread, match=why):
        titles.read(Sender(LOOPBACK), Page("s", "/", receiver.url, receiver.url))
    assert len(receiver.requests) <= titles.REDIRECTS + 1


@pytest.mark.one_database
def test_inner_addresses_and_slow_pages_are_refused(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page("s", "/", receiver.url, receiver.url)
    with pytest.raises(Refused, match="private or reserved"):
        titles.read(Sender(), page)
    assert receiver.requests == []
    monkeypatch.setattr(titles, "SECONDS", 0.2)
    receiver.drip()
    with pytest.raises(Unreachable, match=r"longer than 0\.2 seconds"):
        titles.read(Sender(LOOPBACK), page)
