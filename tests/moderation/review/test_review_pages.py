"""Pages of the review queue by filters, orders and text: each item that matches once, in order, at a bounded cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, insert, text

from moderation import clock as winnow_clock
from moderation.review import review_counts, review_items, review_pages
from moderation.review.review_items import Filters, Page
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, ReviewItem

START = datetime(2026, 1, 1, tzinfo=UTC)

Fill = Callable[..., list[str]]


@pytest.fixture
def fill(store: Store, site: CreatedSite, other_site: CreatedSite) -> Fill:
    """Makes items, each from what it has beside the defaults; gives their ids. `site` is 0 or 1, `minute` its age."""
    site_ids = [site.id, other_site.id]

    def make(*items: dict[str, Any]) -> list[str]:
        comments, rows = [], []
        for item in items:
            known: dict[str, Any] = {
                "site": 0,
                "minute": 0,
                "priority": 500,
                "comment": "Hm.",
                "name": "Ada",
                "closed": False,
            } | item
            moment = START + timedelta(minutes=known["minute"])
            shared: dict[str, Any] = {"site_id": site_ids[known["site"]]} | {
                name: known.get(name) for name in ("language", "author_key", "thread")
            }
            comments.append(
                shared
                | {"id": winnow_clock.new_id("c"), "name": known["name"], "comment": known["comment"]}
                | {"status": "flagged", "revision": 1, "version": 2}
                | dict.fromkeys(("created_at", "accepted_at", "updated_at"), moment)
            )
            rows.append(
                shared
                | {"id": winnow_clock.new_id("q"), "comment_id": comments[-1]["id"], "opened_at": moment}
                | {"priority": known["priority"], "due": review_items.due(known["priority"], moment)}
                | {"kind": known.get("kind", "flag"), "closed_at": moment if known["closed"] else None}
                | {name: known.get(name) for name in ("label", "rule", "not_for")}
            )
        with store.write() as session:
            session.execute(insert(Comment), comments)
            session.execute(insert(ReviewItem), rows)
        return [row["id"] for row in rows]

    return make


def read(store: Store, *args: Any, **kwargs: Any) -> Page:
    with store.read() as session:
        return review_items.page(session, *args, **kwargs)


def ids(page: Page) -> list[str]:
    return [item.id for item, _ in page.rows]


@dataclass(frozen=True)
class Bounds:
    """How little a test lets one page look at."""

    counted: int
    looked_at: int
    step: int


_values = st.sampled_from([None, "a", "b"])
_item = st.fixed_dictionaries(
    {
        "site": st.integers(0, 1),
        "minute": st.integers(0, 3),
        "priority": st.sampled_from([0, 1, 2]),
        "label": _values,
        "language": _values,
        "not_for": st.sampled_from([None, None, "user:me"]),
        "comment": st.sampled_from(["Red apples", "GREEN apples", "nothing"]),
        "closed": st.booleans(),
    }
)
_asked = st.fixed_dictionaries(
    {},
    optional={
        "label": st.sampled_from(["a", "b"]),
        "language": st.sampled_from(["a", "b"]),
        "opened_since": st.integers(0, 3).map(lambda minute: START + timedelta(minutes=minute)),
        "opened_before": st.integers(0, 3).map(lambda minute: START + timedelta(minutes=minute)),
        "text": st.sampled_from(["apples", "APPLES green", "  ", "pears"]),
        "not_for": st.just("user:me"),
    },
)


def matches(item: dict[str, Any], asked: dict[str, Any]) -> bool:
    """What the filters mean, said plainly."""
    moment = START + timedelta(minutes=item["minute"])
    words = asked.get("text", "").lower().split()
    return (
        not item["closed"]
        and all(item[name] == asked[name] for name in ("label", "language") if name in asked)
        and not ("not_for" in asked and item["not_for"] == asked["not_for"])
        and moment >= asked.get("opened_since", moment)
        and ("opened_before" not in asked or moment < asked["opened_before"])
        and all(word in f"ada {item['comment'].lower()}" for word in words)
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(_item, max_size=14),
    _asked,
    st.sampled_from(["due", "oldest", "newest"]),
    st.sampled_from(["one", "both", "every"]),
    st.integers(1, 4),
    st.sampled_from([Bounds(1000, 5000, 500), Bounds(2, 4, 2), Bounds(0, 3, 1)]),
)
def test_pages_have_all_that_matches_once_and_in_order(
    store: Store,
    site: CreatedSite,
    other_site: CreatedSite,
    fill: Fill,
    items: list[dict[str, Any]],
    asked: dict[str, Any],
    order: review_items.Order,
    sites: str,
    limit: int,
    bounds: Bounds,
) -> None:
    with store.write() as session:
        session.execute(delete(ReviewItem))
        session.execute(delete(Comment))
    made = fill(*items) if items else []
    wanted = [
        (
            item["minute"]
            if order != "due"
            else review_items.due(item["priority"], START + timedelta(minutes=item["minute"])),
            one,
        )
        for one, item in zip(made, items, strict=True)
        if matches(item, asked) and (sites != "one" or item["site"] == 0)
    ]
    expected = [one for _, one in sorted(wanted, reverse=order == "newest")]
    site_ids = {"one": [site.id], "both": [site.id, other_site.id], "every": None}[sites]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(review_pages, "COUNT_UP_TO", bounds.counted)
        patch.setattr(review_pages, "LOOKED_AT", bounds.looked_at)
        patch.setattr(review_pages, "_STEP", bounds.step)
        found, after = [], None
        while True:
            page = read(store, site_ids, Filters(**asked), order, after=after, limit=limit)
            assert len(page.rows) <= limit
            found += ids(page)
            if (after := page.next) is None:
                break
            assert page.rows or page.cut_short
    assert found == expected


def test_a_search_looks_at_so_many_items_and_says_where_it_stopped(
    store: Store, site: CreatedSite, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_pages, "COUNT_UP_TO", 10)
    monkeypatch.setattr(review_pages, "LOOKED_AT", 20)
    monkeypatch.setattr(review_pages, "_STEP", 5)
    made = fill(*({"minute": minute, "comment": "rare" if minute in {3, 33} else "Hm."} for minute in range(40)))
    first = read(store, [site.id], Filters(text="rare"))
    assert (ids(first), first.looked_at, first.cut_short) == ([made[3]], 20, True)
    second = read(store, [site.id], Filters(text="rare"), after=first.next)
    assert (ids(second), second.looked_at, second.cut_short) == ([made[33]], 20, True)
    last = read(store, [site.id], Filters(text="rare"), after=second.next)
    assert (ids(last), last.next, last.cut_short) == ([], None, False)


def test_long_comments_end_a_search_sooner(
    store: Store, site: CreatedSite, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review_pages, "COUNT_UP_TO", 0)
    monkeypatch.setattr(review_pages, "CHARACTERS", 1000)
    monkeypatch.setattr(review_pages, "_STEP", 5)
    fill(*({"minute": minute, "comment": "x" * 300} for minute in range(20)))
    assert read(store, [site.id], Filters(text="rare")).looked_at == 5


@pytest.mark.parametrize("words", ["straße", "STRASSE", "ﬁsh", "jane fish", "  FISH   straße "])
def test_a_text_is_found_in_any_case_and_width_and_in_the_authors_name_too(
    store: Store, site: CreatedSite, fill: Fill, words: str
) -> None:
    [found, _] = fill({"comment": "Fish in the Straße", "name": "Jane"}, {"comment": "Meat", "name": "Jane"})
    assert ids(read(store, [site.id], Filters(text=words))) == [found]


def test_a_phrase_is_found_where_its_words_stand_together(store: Store, site: CreatedSite, fill: Fill) -> None:
    [found, _] = fill({"comment": "I know where you live"}, {"comment": "Where do you live?"})
    assert ids(read(store, [site.id], Filters(text='"WHERE you live" know'))) == [found]


def test_several_hundred_sites_are_read_in_few_queries(store: Store, fill: Fill, site: CreatedSite) -> None:
    """SQLite joins no more than 500 queries to one."""
    made = fill({"label": "a"})
    assert ids(read(store, [site.id, *(f"s_{number}" for number in range(900))], Filters(label="a"))) == made


INDEXES = {
    "kind": ("kind", "flag"),
    "label": ("label", "a"),
    "rule": ("rule", "a"),
    "language": ("language", "a"),
    "author": ("author_key", "a"),
    "thread": ("thread", "a"),
}


def test_each_filter_and_each_order_is_read_off_its_own_index(
    store: Store, site: CreatedSite, other_site: CreatedSite, fill: Fill
) -> None:
    """So that a page costs the same however many wait. `benchmarks/` measures it with a million."""
    rows: list[dict[str, Any]] = [
        {"minute": number, "priority": number % 7, "closed": number % 9 == 0} for number in range(400)
    ]
    names = ("label", "rule", "language", "author_key", "thread")
    for number, row in enumerate(rows):
        row["site"] = 0 if number % 10 == 0 else 1
        row.update(dict.fromkeys(names, "a" if number % 80 == 0 else "b"))
        row["kind"] = "flag" if number % 80 == 0 else "report"
    fill(*rows)
    wrong = []
    for name, site_ids, one_of_each in product(
        [*INDEXES, "site", "opened"], ([site.id], [site.id, other_site.id]), (True, False)
    ):
        asked: dict[str, Any] = {INDEXES[name][0]: INDEXES[name][1]} if name in INDEXES else {}
        filters = Filters(**asked, one_of_each=site_ids if one_of_each else None)
        plan = head_plan(store, site_ids, filters, "newest" if name == "opened" else "due")
        of_one_site = len(site_ids) == 1
        if (
            f"ix_review_items_{name}" not in plan
            or "SCAN review_items" in plan
            # Only the few that were found on several sites are put in order in the end, outside.
            or plan.count("TEMP B-TREE FOR ORDER BY") > (0 if of_one_site else 1)
            or re.search(rf"Sort Key: review_items{'' if of_one_site else '_[0-9]'}\.(due|opened_at)", plan)
        ):
            wrong.append((name, len(site_ids), one_of_each, plan))
    assert wrong == []


def head_plan(store: Store, site_ids: list[str], filters: Filters, order: review_items.Order) -> str:
    """How the database reads the items of a page."""
    asked: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    read(store, site_ids, filters, order, limit=3)
    # What keys are kept is read again every few seconds, by the clock: that is not what is asked about.
    statement, parameters = next(one for one in asked if one[0].startswith("SELECT") and "review_items" in one[0])
    explain = "EXPLAIN QUERY PLAN" if store.is_sqlite else "EXPLAIN"
    with store.engine.connect() as connection:
        if not store.is_sqlite:
            connection.exec_driver_sql("ANALYZE")
            for other_way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
                connection.execute(text(f"SET enable_{other_way} = off"))
        return str([tuple(row) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters)])


class TestCounts:
    def test_what_a_person_may_not_take_is_found_by_an_index_of_that(
        self, store: Store, site: CreatedSite, fill: Fill
    ) -> None:
        fill(*({"kind": "second_look", "not_for": f"user:u_{number % 50}"} for number in range(200)))
        parameters = {"site_ids": [site.id], "not_for": "user:u_1", "most": 10}
        asked: list[tuple[str, Any]] = []
        event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
        with store.read() as session:
            assert len(session.execute(review_counts._NOT_TAKEN, parameters).all()) == 4
        statement, values = next(one for one in asked if "not_for" in one[0])
        with store.engine.connect() as connection:
            if not store.is_sqlite:
                connection.execute(text("SET enable_seqscan = off"))
            explain = "EXPLAIN QUERY PLAN" if store.is_sqlite else "EXPLAIN"
            plan = str(connection.exec_driver_sql(f"{explain} {statement}", values).fetchall())
        assert "ix_review_items_withheld" in plan, plan

    def test_each_value_that_occurs_is_counted_the_most_frequent_first(
        self, store: Store, site: CreatedSite, other_site: CreatedSite, fill: Fill
    ) -> None:
        fill(
            {"label": "spam", "rule": "links"},
            {"label": "insult", "language": "de"},
            {"label": "insult", "language": "de", "site": 1},
            {"label": "threat", "closed": True},
            {"kind": "report"},
        )
        with store.read() as session:
            found = review_counts.counts(session, [site.id, other_site.id])
            own = review_counts.counts(session, [site.id])
            by_site = review_counts.by_site(session, [site.id, other_site.id])
        assert {name: list(values.items()) for name, values in found.items()} == {
            "kind": [("flag", 3), ("report", 1)],
            "label": [("insult", 2), ("spam", 1)],
            "rule": [("links", 1)],
            "language": [("de", 2)],
        }
        assert own["label"] == {"insult": 1, "spam": 1}
        assert by_site == {site.id: 3, other_site.id: 1}

    def test_what_somebody_may_not_take_does_not_count(self, store: Store, site: CreatedSite, fill: Fill) -> None:
        fill(
            {"kind": "second_look", "not_for": "user:me", "rule": "moderator", "label": "spam"},
            {"kind": "second_look", "not_for": "user:you", "rule": "links"},
            {"rule": "links"},
        )
        with store.read() as session:
            left_out = review_counts.left_out(session, [site.id], "user:me")
            mine = review_counts.counts(session, [site.id], left_out)
            by_site = review_counts.for_person(session, [site.id], left_out)
        assert mine["kind"] == {"flag": 1, "second_look": 1}
        assert mine["rule"] == {"links": 2}, "a value of which there is nothing for this person is not offered"
        assert mine["label"] == {}
        assert by_site == {site.id: 2}, "the sites' numbers add up to that of the page"

    def test_nobody_counts_further_than_a_thousand(
        self, store: Store, site: CreatedSite, fill: Fill, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(review_counts, "COUNT_UP_TO", 3)
        fill(*({"label": "spam"} for _ in range(9)))
        with store.read() as session:
            assert review_counts.counts(session, [site.id])["label"] == {"spam": 4}
        assert review_counts.capped([3, 3]) == 4
