"""What a site has seen of a comment's author."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from moderation import clock as winnow_clock
from moderation.history import author_records
from moderation.history.author_records import Record
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment

START = datetime(2026, 1, 1, tzinfo=UTC)


def add(store: Store, site: CreatedSite, status: str, author: str = "ada", day: int = 0, **known: Any) -> str:
    """A stored comment of this author, decided on that day."""
    moment = START + timedelta(days=day)
    comment_id = winnow_clock.new_id("c", moment)
    values: dict[str, Any] = {
        "id": comment_id,
        "site_id": site.id,
        "name": author.title(),
        "author_key": author,
        "comment": "Hm.",
    }
    values |= {"status": status, "revision": 1, "version": 2, "decided_by": "policy", "decided_at": moment}
    values |= dict.fromkeys(("created_at", "accepted_at", "updated_at"), moment)
    with store.write() as session:
        session.execute(insert(Comment), [values | known])
    return comment_id


def of(store: Store, comment_id: str) -> Record:
    with store.read() as session:
        return author_records.of_authors(session, [comment_id])[comment_id]


def test_the_comment_in_question_does_not_count(store: Store, site: CreatedSite) -> None:
    record = of(store, add(store, site, "published"))
    assert (record.published, record.first_seen, record.decisions) == (0, None, [])


def test_an_authors_other_comments_on_the_same_site_are_counted(
    store: Store, site: CreatedSite, other_site: CreatedSite
) -> None:
    for day, status in enumerate(["published", "published", "rejected", "flagged", "pending"]):
        add(store, site, status, day=day)
    add(store, other_site, "rejected", day=-1)
    add(store, site, "rejected", author="bob")
    record = of(store, add(store, site, "flagged", day=9))
    assert (record.published, record.rejected, record.waiting, record.partly) == (2, 1, 1, False)
    assert record.first_seen == START


def test_the_last_decisions_come_first(store: Store, site: CreatedSite) -> None:
    made = [
        add(store, site, status, day=day, decided_by=f"user:{day}")
        for day, status in enumerate(["rejected", "published", "flagged", "rejected", "published"])
    ]
    decisions = of(store, add(store, site, "flagged", day=9)).decisions
    assert [(one.comment_id, one.status, one.actor) for one in decisions] == [
        (made[4], "published", "user:4"),
        (made[3], "rejected", "user:3"),
        (made[1], "published", "user:1"),
    ]
    assert decisions[0].at == START + timedelta(days=4)


def test_others_from_the_same_address_are_named(store: Store, site: CreatedSite, other_site: CreatedSite) -> None:
    for author in ("bob", "bob", "ada", "cleo"):
        add(store, site, "published", author=author, ip="192.0.2.7")
    add(store, site, "published", author="dora", ip="192.0.2.8")
    add(store, other_site, "published", author="emil", ip="192.0.2.7")
    comment_id = add(store, site, "flagged", ip="192.0.2.7", day=1)
    assert (of(store, comment_id).names, of(store, comment_id).more_names) == (["Bob", "Cleo"], False)
    for author in ("fritz", "gus"):
        add(store, site, "published", author=author, ip="192.0.2.7")
    assert (of(store, comment_id).names, of(store, comment_id).more_names) == (["Bob", "Cleo", "Fritz"], True)
    assert of(store, add(store, site, "flagged", day=1)).names == []


def test_only_the_latest_comments_are_read(store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(author_records, "COUNTED", 3)
    monkeypatch.setattr(author_records, "FROM_ADDRESS", 3)
    for day in range(6):
        add(store, site, "rejected" if day < 3 else "published", day=day, ip="192.0.2.7")
    add(store, site, "published", author="bob", ip="192.0.2.7", day=0)
    record = of(store, add(store, site, "flagged", day=9, ip="192.0.2.7"))
    assert (record.published, record.rejected, record.partly, record.names) == (2, 0, True, [])
    assert record.first_seen == START


def test_a_page_of_authors_takes_as_many_queries_as_one(store: Store, site: CreatedSite) -> None:
    made = [add(store, site, "flagged", author=f"author {number}") for number in range(20)]
    asked: list[object] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    with store.read() as session:
        assert len(author_records.of_authors(session, made)) == 20
        assert author_records.of_authors(session, []) == {}
    assert len([one for one in asked if one != "BEGIN"]) == 4


def test_an_author_who_was_brought_with_their_past_was_seen_when_they_wrote(store: Store, site: CreatedSite) -> None:
    today = START + timedelta(days=30)
    for day in (2, 5):
        add(store, site, "published", day=day, accepted_at=today)
    record = of(store, add(store, site, "flagged", day=14, accepted_at=today + timedelta(minutes=1)))
    assert record.first_seen == START + timedelta(days=2), "and not when the site's past was brought"
