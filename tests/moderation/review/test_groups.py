"""One open item of a group stands for it on its site; the others wait behind it, and none is lost."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import update

from moderation import clock
from moderation.decisions import comments, undoing
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.review import groups, review_items, review_pages
from moderation.review.groups import BEHIND
from moderation.review.review_items import Filters, NewItem
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, ReviewItem
from tests.support.attacks import attack
from tests.support.comments import accept, rows, stored

Ask = Callable[..., str]


@pytest.fixture
def ask(store: Store, queues: Queues) -> Ask:
    """Opens an item for a new comment, or for the one given; gives the comment's id."""

    def open_one(
        site: CreatedSite, priority: int, *, group: str | None = "g_1", kind: str = "flag", of: str = ""
    ) -> str:
        comment_id = of or accept(store, queues, site).id
        wanted = NewItem(site_id=site.id, comment_id=comment_id, priority=priority, group_id=group)
        with store.write() as session:
            review_items.open_items(session, [wanted], kind=kind)
        return comment_id

    return open_one


def close(store: Store, *comment_ids: str) -> None:
    with store.write() as session:
        review_items.close(session, comment_ids, by="user:1", outcome="reject")


def shown(store: Store, *sites: CreatedSite) -> list[str]:
    with store.read() as session:
        page = review_items.page(session, None, Filters(one_of_each=[site.id for site in sites]))
    return [comment.id for _, comment in page.rows]


def followed(store: Store) -> list[str]:
    return [item.comment_id for item in rows(store, ReviewItem, closed_at=None) if item.due >= BEHIND]


def test_the_one_that_is_due_first_stands_for_its_group(store: Store, site: CreatedSite, ask: Ask) -> None:
    second, third = ask(site, 300), ask(site, 400)
    alone = ask(site, 350, group=None)
    assert shown(store, site) == [second, alone]
    first = ask(site, 100)
    assert shown(store, site) == [first, alone]
    assert sorted(followed(store)) == sorted([second, third])


def test_items_opened_together_line_up_as_well(store: Store, queues: Queues, site: CreatedSite) -> None:
    ids = [accept(store, queues, site).id for _ in range(4)]
    wanted = [
        NewItem(site_id=site.id, comment_id=one, priority=priority, group_id="g_1")
        for one, priority in zip(ids, (400, 200, 300, 100), strict=True)
    ]
    with store.write() as session:
        review_items.open_items(session, wanted, kind="flag")
    assert shown(store, site) == [ids[3]]
    assert len(followed(store)) == 3


def test_when_it_is_closed_the_next_moves_up_and_is_due_when_it_was(store: Store, site: CreatedSite, ask: Ask) -> None:
    first, second, third = ask(site, 100), ask(site, 200), ask(site, 300)
    close(store, first)
    assert shown(store, site) == [second]
    [item] = rows(store, ReviewItem, comment_id=second)
    assert item.due == review_items.due(200, item.opened_at)
    close(store, third)
    assert shown(store, site) == [second], "one that only followed moves nobody"
    close(store, second)
    assert shown(store, site) == []
    assert {one.due < BEHIND for one in rows(store, ReviewItem)} == {True}, "what is closed follows nobody"


def test_each_site_has_one_in_front_and_who_sees_both_sees_one(
    store: Store,
    site: CreatedSite,
    other_site: CreatedSite,
    ask: Ask,
) -> None:
    here, there = ask(site, 100), ask(other_site, 200)
    ask(site, 300), ask(other_site, 400)
    assert shown(store, site, other_site) == [here]
    with store.read() as session:
        page = review_items.page(session, [other_site.id], Filters(one_of_each=[other_site.id]))
        assert [comment.id for _, comment in page.rows] == [there]
        assert groups.count(session, ["g_1"], [site.id, other_site.id]) == {"g_1": 4}
        assert groups.count(session, ["g_1"], [other_site.id]) == {"g_1": 2}


FRONT: dict[str, Any] = {"label": "a", "rule": "reported", "language": "en", "text": "Ada: I agree."}


@pytest.mark.parametrize(
    ("behind", "asked"),
    [
        ({"label": "b"}, {"label": "b"}),
        ({"rule": "repeated"}, {"rule": "repeated"}),
        ({"language": "de"}, {"language": "de"}),
        ({}, {"kind": "flag"}),
        ({"text": "Omar: I agree entirely."}, {"text": "omar agree"}),
        ({"rule": "repeated", "text": "Omar: I agree."}, {"rule": "repeated", "text": "agree"}),
        ({}, {"opened_before": 1}),
        ({"rule": "repeated"}, {"rule": "repeated", "opened_before": 1}),
    ],
)
def test_of_a_group_the_first_that_matches_is_shown_not_only_the_first(
    store: Store, site: CreatedSite, ask: Ask, monkeypatch: pytest.MonkeyPatch,
    behind: dict[str, Any], asked: dict[str, Any],
) -> None:  # fmt: skip
    now = clock.now()
    second, third, front = ask(site, 200), ask(site, 300), ask(site, 100, kind="report")
    seen = {second: FRONT | behind, third: FRONT | behind, front: FRONT}
    with store.write() as session:
        for comment_id, known in seen.items():
            opened = now if comment_id == front else now - timedelta(minutes=10)
            columns = {name: known[name] for name in ("label", "rule", "language")}
            session.execute(update(ReviewItem).where(ReviewItem.comment_id == comment_id).values(columns))
            session.execute(update(ReviewItem).where(ReviewItem.comment_id == comment_id).values(opened_at=opened))
            name, words = known["text"].split(": ")
            changed = update(Comment).where(Comment.id == comment_id)
            session.execute(changed.values(name=name, comment=words))
    if "opened_before" in asked:
        asked = asked | {"opened_before": now - timedelta(minutes=5)}
    filters = Filters(one_of_each=[site.id], **asked)
    orders: tuple[review_items.Order, ...] = ("due", "oldest", "newest")
    for counted, order in product((1000, 0), orders):  # where few wait, and where many do
        monkeypatch.setattr(review_pages, "COUNT_UP_TO", counted)
        with store.read() as session:
            page = review_items.page(session, [site.id], filters, order)
            found = [comment.id for _, comment in page.rows]
            again = review_items.page(session, [site.id], filters, order, after=page.next) if page.next else None
        assert len(found) == 1, (counted, order)
        assert found[0] in {second, third}, (counted, order)
        assert again is None, (counted, order)
    assert shown(store, site) == [front], "without a filter one stands for all"


def test_on_one_sites_page_a_group_is_shown_that_comes_earlier_on_another(
    store: Store, site: CreatedSite, other_site: CreatedSite, ask: Ask
) -> None:
    ask(site, 100)
    there = ask(other_site, 200)
    with store.read() as session:
        page = review_items.page(session, [other_site.id], Filters(one_of_each=[site.id, other_site.id]))
    assert [comment.id for _, comment in page.rows] == [there]


def test_a_filtered_page_looks_at_so_many_that_follow_and_says_where_it_stopped(
    store: Store, site: CreatedSite, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_pages, "COUNT_UP_TO", 0)
    monkeypatch.setattr(review_pages, "LOOKED_AT", 4)
    monkeypatch.setattr(review_pages, "_STEP", 2)
    first = ask(site, 100)
    for _ in range(6):
        ask(site, 200)
    filters = Filters(one_of_each=[site.id], kind="flag")
    with store.read() as session:
        page = review_items.page(session, [site.id], filters, limit=1)
        assert ([comment.id for _, comment in page.rows], page.looked_at, page.cut_short) == ([first], 4, True)
        rest = review_items.page(session, [site.id], filters, limit=1, after=page.next)
    assert (rest.rows, rest.next) == ([], None)


def test_a_report_never_follows_its_own_comment(store: Store, site: CreatedSite, ask: Ask) -> None:
    first, second = ask(site, 100), ask(site, 200)
    ask(site, 300, kind="report", of=first)
    assert shown(store, site) == [first], "a comment is one card"
    ask(site, 50, kind="report", of=second)
    assert shown(store, site)[0] == second
    with store.read() as session:
        assert groups.count(session, ["g_1"], [site.id]) == {"g_1": 2}, "comments, not items"


def test_second_looks_and_appeals_stand_alone(store: Store, site: CreatedSite, ask: Ask) -> None:
    first = ask(site, 100)
    ask(site, 200, kind="appeal")
    assert followed(store) == []
    close(store, first)


def test_what_is_opened_again_falls_in_behind(store: Store, site: CreatedSite, ask: Ask) -> None:
    ids = [ask(site, priority) for priority in (100, 200, 300)]
    close(store, *ids)
    with store.write() as session:
        for item in session.query(ReviewItem):
            item.closed_at = None
        session.flush()
        groups.fall_in(session, ids)
    assert shown(store, site) == [ids[0]]
    assert sorted(followed(store)) == sorted(ids[1:])


def test_age_still_counts(store: Store, site: CreatedSite) -> None:
    assert review_items.due(1000, clock.now() + timedelta(days=36_500)) < BEHIND


def test_people_who_decide_and_undo_neighbours_at_once_do_not_block_each_other(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    ids = attack(store, queues, scorer, site, 30)

    def moderate(number: int) -> None:
        chance = random.Random(number)
        for _ in range(40):
            comment_id = chance.choice(ids)
            version = stored(store, comment_id).version
            with suppress(comments.CommentError), store.write() as session:
                if chance.random() < 0.5:
                    comments.decide(session, None, comment_id, "reject", actor=f"user:{number}", version=version)
                else:
                    undoing.undo(session, comment_id, version, actor=f"user:{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(moderate, range(4)))
    assert len(shown(store, site)) == min(1, len(rows(store, ReviewItem, closed_at=None))), "one stands for all"
