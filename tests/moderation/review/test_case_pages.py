"""What is put off, page by page: each comment once, the first to come back first, and only what a filter asks for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moderation import clock as winnow_clock
from moderation.review import case_pages, cases, review_items
from moderation.review.case_pages import Place
from moderation.review.cases import ADMINS, Turn
from moderation.review.review_pages import Filters
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Case, ReviewItem
from tests.support import comments

ADA, BO = "user:u_ada", "user:u_bo"
ANY = Filters()
START = datetime(2026, 1, 1, tzinfo=UTC)


def make(store: Store, site: CreatedSite, key: str, *, hours: int | None = None, **known: Any) -> str:
    """A comment with an item that waits, or is put off for so many hours; `assigned` says whose turn it is."""
    assigned = known.pop("assigned", None)
    item = {name: known.pop(name, None) for name in ("label", "rule", "language", "not_for")}
    kinds = known.pop("kinds", ("flag",))
    comment = comments.put(store, site.id, START, id=f"c_{key}", status="flagged", **known)
    with store.write() as session:
        for kind in kinds:
            session.add(
                ReviewItem(
                    id=winnow_clock.new_id("q"),
                    site_id=site.id,
                    comment_id=comment.id,
                    kind=kind,
                    opened_at=START,
                    priority=500,
                    due=review_items.due(500, START),
                    author_key=comment.author_key,
                    thread=comment.thread,
                    closed_at=None if hours is None else START,
                    closed_by=None if hours is None else ADA,
                    outcome=None if hours is None else cases.PUT_OFF,
                    **item,
                )
            )
        if hours is not None or assigned is not None:
            until = None if hours is None else START + timedelta(hours=hours)
            by = None if hours is None else ADA
            session.add(
                Case(comment_id=comment.id, site_id=site.id, put_off_until=until, put_off_by=by, assigned_to=assigned)
            )
    return comment.id


def pages(store: Store, sites: Collection[CreatedSite], filters: Filters = ANY, limit: int = 2) -> list[list[str]]:
    """All pages of what is put off, without the letters in front."""
    found, after = [], None
    while True:
        with store.read() as session:
            page, after = case_pages.put_off(session, [one.id for one in sites], filters, after=after, limit=limit)
        found.append([comment.id.removeprefix("c_") for comment in page])
        if after is None:
            return found


def counted(store: Store, sites: Collection[CreatedSite], filters: Filters = ANY) -> int:
    with store.read() as session:
        return case_pages.count_put_off(session, [one.id for one in sites], filters)


def test_pages_have_each_comment_once_the_first_to_come_back_first(store: Store, site: CreatedSite) -> None:
    for key, hours in (("e", 9), ("b", 2), ("a", 5), ("d", 2), ("c", 1)):
        make(store, site, key, hours=hours)
    assert pages(store, [site]) == [["c", "b"], ["d", "a"], ["e"]]
    assert pages(store, [site], limit=5) == [["c", "b", "d", "a", "e"]], "a full page is not followed by an empty one"
    assert pages(store, [site], limit=4) == [["c", "b", "d", "a"], ["e"]]
    assert counted(store, [site]) == 5


def test_a_page_goes_on_where_the_last_ended_whatever_came_back_meanwhile(store: Store, site: CreatedSite) -> None:
    for key, hours in (("a", 1), ("b", 2), ("c", 3), ("d", 4)):
        make(store, site, key, hours=hours)
    place: Place | None
    with store.read() as session:
        first, place = case_pages.put_off(session, [site.id], Filters(), after=None, limit=2)
    with store.write() as session:
        cases.bring_back(session, [one.id for one in first])
    with store.read() as session:
        second, end = case_pages.put_off(session, [site.id], Filters(), after=place, limit=2)
    assert [one.id for one in second] == ["c_c", "c_d"]
    assert end is None


def test_only_what_is_put_off_on_the_sites_that_somebody_sees(
    store: Store, site: CreatedSite, other_site: CreatedSite
) -> None:
    make(store, site, "here", hours=1)
    make(store, other_site, "there", hours=2)
    make(store, site, "waits")
    make(store, site, "assigned", assigned=ADA)
    assert pages(store, [site]) == [["here"]]
    assert pages(store, [site, other_site]) == [["here", "there"]]
    assert pages(store, []) == [[]]
    assert [counted(store, sites) for sites in ([site], [site, other_site], [])] == [1, 2, 0]


#: A filter, and what it leaves of the comments of the test.
FILTERS: dict[str, tuple[Filters, list[str]]] = {
    "any": (Filters(), ["plain", "spam", "german", "report", "both"]),
    "a label": (Filters(label="spam"), ["spam"]),
    "a rule": (Filters(rule="links"), ["spam"]),
    "a language": (Filters(language="de"), ["german"]),
    "a kind, which is another tab": (Filters(kind="report"), ["plain", "spam", "german", "report", "both"]),
    "an author": (Filters(author_key="u1"), ["spam"]),
    "a thread": (Filters(thread="/a"), ["german"]),
    "a word of the text": (Filters(text="APPLES"), ["plain", "spam"]),
    "two words": (Filters(text="apples red"), ["spam"]),
    "a word of the name": (Filters(text="bob"), ["report"]),
    "a word of both": (Filters(text="bob pears"), ["report"]),
    "what is nowhere": (Filters(text="plums"), []),
    "two at once": (Filters(label="spam", text="pears"), []),
    "not what somebody may not take": (Filters(not_for=ADA), ["plain", "spam", "german", "report"]),
}


@pytest.mark.parametrize(("filters", "found"), FILTERS.values(), ids=FILTERS)
def test_filters_are_those_of_the_queue(store: Store, site: CreatedSite, filters: Filters, found: list[str]) -> None:
    make(store, site, "plain", hours=1, comment="Green apples")
    make(store, site, "spam", hours=2, label="spam", rule="links", user_id="u1", comment="Red apples")
    make(store, site, "german", hours=3, language="de", thread="/a", comment="Etwas")
    make(store, site, "report", hours=4, kinds=("report",), name="Bob", comment="Pears")
    make(store, site, "both", hours=5, kinds=("flag", "report"), not_for=ADA, comment="Nothing")
    assert [key for page in pages(store, [site], filters) for key in page] == found
    if filters.text is None:
        assert counted(store, [site], filters) == len(found), "a comment counts once, whatever it waits for"


def test_who_counts_stops_after_a_thousand(store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_pages, "COUNT_UP_TO", 2)
    for number in range(4):
        make(store, site, f"off{number}", hours=number)
        make(store, site, f"mine{number}", assigned=ADA)
    with store.read() as session:
        assert case_pages.count_put_off(session, [site.id], Filters()) == 3
        assert case_pages.count_turn(session, [site.id], Turn(ADA), Filters()) == 3


#: Whose turn, with which filter, and how many comments that is.
TURNS: dict[str, tuple[Turn, Filters, int]] = {
    "mine": (Turn(ADA), Filters(), 2),
    "somebody else's": (Turn(BO), Filters(), 1),
    "an admin's": (Turn(BO, administered=["here"]), Filters(), 2),
    "an admin's of another site": (Turn(BO, administered=["there"]), Filters(), 2),
    "mine with a label": (Turn(ADA), Filters(label="spam"), 1),
    "mine, of a kind, which is another tab": (Turn(ADA), Filters(kind="report"), 2),
    "mine that I may take": (Turn(ADA), Filters(not_for=ADA), 1),
    "nobody's": (Turn("user:u_cy"), Filters(), 0),
}


@pytest.mark.parametrize(("turn", "filters", "number"), TURNS.values(), ids=TURNS)
def test_whose_turn_it_is_is_counted_with_the_filters(
    store: Store, site: CreatedSite, other_site: CreatedSite, turn: Turn, filters: Filters, number: int
) -> None:
    make(store, site, "one", assigned=ADA, label="spam", kinds=("flag", "report"))
    make(store, site, "two", assigned=ADA, not_for=ADA)
    make(store, site, "off", assigned=ADA, hours=1)  # it is hers, and waits for nobody now
    make(store, site, "bo", assigned=BO)
    make(store, site, "admin", assigned=ADMINS)
    make(store, other_site, "there", assigned=ADMINS)
    sites = {"here": site.id, "there": other_site.id}
    asked = Turn(turn.actor, [sites[name] for name in turn.administered])
    with store.read() as session:
        assert case_pages.count_turn(session, list(sites.values()), asked, filters) == number
