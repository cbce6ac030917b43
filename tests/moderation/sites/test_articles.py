"""Where a comment stands: by what its site sent, by its thread, and by what its page says, asked for once."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from moderation.review import review_items
from moderation.review.review_items import NewItem
from moderation.sites import articles
from moderation.sites.articles import Page, Place
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Article, Comment, Site
from tests.support.clock import Clock
from tests.support.comments import put, rows

BLOG = "https://blog.example"


def settings(store: Store, site: CreatedSite, **chosen: Any) -> SiteSettings:
    usual: dict[str, Any] = {"address": BLOG, "read_titles": True}
    whole = SiteSettings(**usual | chosen)
    with store.write() as session:
        session.get_one(Site, site.id).settings = asdict(whole)
    return whole


def place(store: Store, comment: Comment, its: SiteSettings) -> Place | None:
    with store.read() as session:
        return articles.of_comments(session, [comment], {comment.site_id: its}).get(comment.id)


#: What a comment has, the site's address, and the address of the comment's page.
ADDRESSES: list[tuple[dict[str, Any], str, str | None]] = [
    # What the site sent counts before all.
    ({"thread": "/a", "place": {"thread_url": "https://other.example/b"}}, BLOG, "https://other.example/b"),
    # A thread that is an address is one; a path is one where the site's address is known.
    ({"thread": "https://blog.example/2019/bridge?x=1"}, "", "https://blog.example/2019/bridge?x=1"),
    ({"thread": "/2019/bridge"}, BLOG, "https://blog.example/2019/bridge"),
    ({"thread": "/2019/bridge"}, "https://blog.example/blog/", "https://blog.example/2019/bridge"),
    ({"thread": "/2019/bridge"}, "", None),
    ({"thread": "bridge"}, BLOG, None),
    # Two slashes would lead to another host.
    ({"thread": "//evil.example/x"}, BLOG, None),
    ({"thread": "javascript:alert(1)"}, BLOG, None),
    ({}, BLOG, None),
    # As it is sent: in ASCII.
    ({"thread": "https://bücher.example/grün?x=ü#ß"}, "", "https://xn--bcher-kva.example/gr%C3%BCn?x=%C3%BC#%C3%9F"),
    ({"thread": "/a b"}, BLOG, "https://blog.example/a%20b"),
    ({"thread": "/100%25"}, BLOG, "https://blog.example/100%25"),
    ({"thread": "x", "place": {"thread_url": "http://[broken"}}, BLOG, None),
    ({"thread": "x", "place": {"thread_url": "https://" + "ü" * 70 + ".example"}}, BLOG, None),
]


@pytest.mark.one_database
@pytest.mark.parametrize(("known", "address", "url"), ADDRESSES)
def test_a_page_has_the_address_that_its_site_sent_or_its_thread_is(
    store: Store, site: CreatedSite, clock: Clock, known: dict[str, Any], address: str, url: str | None
) -> None:
    comment = put(store, site.id, clock.now, thread=known.get("thread"), origin={"place": known.get("place")})
    found = place(store, comment, settings(store, site, address=address, read_titles=False))
    assert found == Place(None, url, None)


def test_a_title_is_the_one_that_was_sent_or_else_the_one_that_was_read(
    store: Store, site: CreatedSite, clock: Clock
) -> None:
    sent = put(store, site.id, clock.now, thread="/a", origin={"place": {"thread_title": "As sent"}})
    read = put(store, site.id, clock.now, thread="/a", origin={"place": {"comment_url": f"{BLOG}/a#c7"}})
    erased = put(store, site.id, clock.now, thread="/a", status="erased")
    with store.write() as session:
        session.add(Article(site_id=site.id, thread="/a", title="As read", tries=1, due_at=None))
    its = settings(store, site)
    assert place(store, sent, its) == Place("As sent", f"{BLOG}/a", None)
    assert place(store, read, its) == Place("As read", f"{BLOG}/a", f"{BLOG}/a#c7")
    assert place(store, erased, its) is None
    assert place(store, read, settings(store, site, read_titles=False)) == Place(None, f"{BLOG}/a", f"{BLOG}/a#c7")


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://blog.example/a", True),
        ("http://BLOG.example", True),
        ("https://blog.example:443/a", True),
        ("https://blog.example:80/a", True),
        ("https://blog.example:8443/a", False),
        ("https://www.blog.example/a", False),
        ("https://blog.example.evil.example/a", False),
        ("https://blog.example@evil.example/", False),
        ("http://[broken", False),
        ("https://blog.example:port/", False),
        ("/a", False),
    ],
)
def test_only_pages_of_the_sites_own_host_are_asked_for(url: str, own: bool) -> None:
    assert articles.is_own(url, BLOG) is own
    assert not articles.is_own(url, "")


def test_a_site_on_a_port_of_its_own_is_that_and_no_other() -> None:
    assert articles.is_own("http://blog.example:8080/a", "http://blog.example:8080")
    assert not articles.is_own("http://blog.example/a", "http://blog.example:8080")


def wait(store: Store, site: CreatedSite, clock: Clock, thread: str | None, **fields: Any) -> Comment:
    """A comment that waits for a moderator."""
    comment = put(store, site.id, clock.now, status="flagged", thread=thread, **fields)
    with store.write() as session:
        review_items.open_items(session, [NewItem.of(comment, 500)], kind="flag")
    return comment


def claim(store: Store, limit: int = 5) -> list[str]:
    with store.write() as session:
        return [page.url for page in articles.claim(session, limit=limit)]


def test_what_moderators_are_about_to_see_is_asked_for_once(
    store: Store, site: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    settings(store, site)
    settings(store, other_site, read_titles=False)
    wait(store, site, clock, "/a")
    wait(store, site, clock, "/a")
    wait(store, site, clock, "https://elsewhere.example/b")
    wait(store, site, clock, "/c", origin={"place": {"thread_title": "As sent"}})
    wait(store, site, clock, None)
    wait(store, other_site, clock, "/d")
    put(store, site.id, clock.now, thread="/e")
    with store.read() as session:
        assert articles.wants(session)
    assert claim(store) == [f"{BLOG}/a"]
    assert claim(store) == []
    with store.read() as session:
        assert not articles.wants(session), "somebody is at it"


def test_of_many_pages_some_are_asked_for_at_a_time(store: Store, site: CreatedSite, clock: Clock) -> None:
    settings(store, site)
    for number in range(7):
        wait(store, site, clock, f"/{number}")
    parts = [claim(store, limit=3) for _ in range(4)]
    assert [len(part) for part in parts] == [3, 3, 1, 0]
    assert sorted(url for part in parts for url in part) == [f"{BLOG}/{number}" for number in range(7)]


def test_an_archived_site_asks_for_nothing(store: Store, site: CreatedSite, clock: Clock) -> None:
    settings(store, site)
    wait(store, site, clock, "/a")
    with store.write() as session:
        session.get_one(Site, site.id).archived_at = clock.now
    assert claim(store) == []


def test_a_page_that_does_not_answer_is_asked_again_twice_and_then_given_up(
    store: Store, site: CreatedSite, clock: Clock
) -> None:
    settings(store, site)
    wait(store, site, clock, "/a")
    page = Page(site.id, "/a", f"{BLOG}/a", BLOG)
    for pause in (timedelta(hours=1), timedelta(days=1)):
        assert claim(store) == [page.url]
        with store.write() as session:
            articles.record(session, page, None)
        clock.now += pause - timedelta(seconds=1)
        assert claim(store) == []
        clock.advance(seconds=1)
    assert claim(store) == [page.url]
    with store.write() as session:
        articles.record(session, page, None)
    clock.advance(days=99)
    assert claim(store) == []
    [article] = rows(store, Article)
    assert (article.title, article.tries, article.due_at) == (None, 3, None)


def test_a_title_that_was_read_stays_and_a_process_that_died_is_replaced(
    store: Store, site: CreatedSite, clock: Clock
) -> None:
    settings(store, site)
    wait(store, site, clock, "/a")
    assert claim(store) == [f"{BLOG}/a"]
    clock.advance(minutes=9)
    assert claim(store) == []
    clock.advance(minutes=1)
    assert claim(store) == [f"{BLOG}/a"]
    with store.write() as session:
        articles.record(session, Page(site.id, "/a", f"{BLOG}/a", BLOG), "The bridge")
        articles.record(session, Page(site.id, "/gone", f"{BLOG}/gone", BLOG), "Nobody's")
    clock.advance(days=99)
    assert claim(store) == []
    assert [(article.thread, article.title) for article in rows(store, Article)] == [("/a", "The bridge")]
