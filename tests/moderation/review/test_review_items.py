"""The review queue: the open items, most urgent first, in pages that cover each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, text

from moderation import clock as winnow_clock
from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.policy.terms import Threshold
from moderation.review import review_items
from moderation.review.urgency import of_reports, of_scores
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment, ReviewItem
from tests.support.clock import Clock
from tests.support.comments import accept, rows

START = datetime(2026, 1, 1, tzinfo=UTC)


def pages(store: Store, site_id: str | None, limit: int) -> list[str]:
    """The ids of the items of every page, one after another."""
    seen: list[str] = []
    after = None
    while True:
        with store.read() as session:
            page = review_items.page(session, None if site_id is None else [site_id], after=after, limit=limit)
        seen += [item.id for item, _ in page.rows]
        if page.next is None:
            return seen
        after = page.next


def fill(store: Store, site_ids: Sequence[str], waiting: Sequence[tuple[int, int, int, bool]]) -> list[str]:
    """Review items `(site, priority, minute, open)`; the ids of those that are open, in the queue's order."""
    expected = []
    with store.write() as session:
        session.execute(delete(ReviewItem))
        session.execute(delete(Comment))
        for site, urgency, minute, is_open in waiting:
            moment = START + timedelta(minutes=minute)
            comment_id, item_id = winnow_clock.new_id("c"), winnow_clock.new_id("q")
            known = {"site_id": site_ids[site], "name": "Ada", "comment": "Hm.", "status": "flagged"}
            moments = {"created_at": moment, "accepted_at": moment, "updated_at": moment}
            session.execute(insert(Comment).values(id=comment_id, **known, **moments, revision=1, version=2))
            session.execute(
                insert(ReviewItem).values(
                    id=item_id,
                    site_id=site_ids[site],
                    comment_id=comment_id,
                    kind="flag",
                    priority=urgency,
                    opened_at=moment,
                    due=review_items.due(urgency, moment),
                    closed_at=None if is_open else moment,
                )
            )
            if is_open:
                expected.append((review_items.due(urgency, moment), item_id))
    return [item_id for _, item_id in sorted(expected)]


# Few different values, so that ties are the rule.
items = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 2), st.booleans()), max_size=25)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items, st.integers(1, 7))
def test_pages_cover_every_open_item_once_and_in_order(
    store: Store, site: CreatedSite, other_site: CreatedSite, waiting: list[tuple[int, int, int, bool]], limit: int
) -> None:
    expected = fill(store, [site.id, other_site.id], waiting)
    assert pages(store, None, limit) == expected
    by_site = {one.id: pages(store, one.id, limit) for one in (site, other_site)}
    owners = {item.id: item.site_id for item in rows(store, ReviewItem)}
    assert by_site == {one.id: [item for item in expected if owners[item] == one.id] for one in (site, other_site)}


def test_an_item_closed_between_two_pages_moves_no_other(store: Store, site: CreatedSite) -> None:
    expected = fill(store, [site.id], [(0, 5, minute, True) for minute in range(6)])
    with store.read() as session:
        first = review_items.page(session, [site.id], limit=3)
    with store.write() as session:
        comments.decide(session, site.id, first.rows[0][1].id, "publish", actor="user:u1")
    with store.read() as session:
        second = review_items.page(session, [site.id], after=first.next, limit=3)
    assert [item.id for item, _ in first.rows + second.rows] == expected


def test_the_highest_score_comes_first_among_what_is_as_old_and_then_the_longest_waiting(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    texts = ["mild toxicity=0.55", "also mild toxicity=0.55", "bad spam=0.8", "cannot be unscorable"]
    for one in texts:
        accept(store, queues, site, one)
        scorer.run_batch()
        clock.advance(seconds=1)
    with store.read() as session:
        queue = [comment.comment for _, comment in review_items.page(session, [site.id]).rows]
    assert queue == ["cannot be unscorable", "bad spam=0.8", "mild toxicity=0.55", "also mild toxicity=0.55"]


@pytest.mark.parametrize(
    ("scores", "urgency"),
    [
        (None, 0),
        ({"insult": 1.0}, 75),  # as bad as can be
        ({"insult": 0.9}, 85),  # on the reject threshold: it might have been rejected
        ({"insult": 0.5}, 425),  # on the flag threshold: it might have been published
        ({"insult": 0.7}, 405),  # between the two, as sure as a flag can be
        ({"spam": 0.2, "insult": 0.7}, 405),
        ({"spam": 0.7}, 405),  # no threshold on spam: nothing to be unsure of
        ({"insult": 0.0, "spam": 0.0}, 1000),
    ],
)
def test_what_looks_worse_and_what_the_policy_is_less_sure_of_is_more_urgent(
    scores: dict[str, float] | None, urgency: int
) -> None:
    assert of_scores(scores, {"insult": Threshold(0.5, 0.9)}) == urgency


@pytest.mark.parametrize(
    ("more_urgent", "less_urgent"),
    [
        ({"illegal": 1}, {"offensive": 1}),
        ({"personal_data": 1}, {"spam": 1}),
        ({"offensive": 1}, {"off_topic": 1}),
        ({"offensive": 4}, {"offensive": 1}),
        ({"off_topic": 1, "illegal": 1}, {"illegal": 1}),
        ({"other": 1}, {"spam": 1}),
    ],
)
def test_the_number_and_the_kind_of_reports_count(more_urgent: dict[str, int], less_urgent: dict[str, int]) -> None:
    assert of_reports(more_urgent) < of_reports(less_urgent)


def test_asking_twice_for_the_same_reason_opens_one_item(store: Store, queues: Queues, site: CreatedSite) -> None:
    comment = accept(store, queues, site)
    for kind in ("flag", "flag", "report"):
        with store.write() as session:
            review_items.open_items(
                session, [review_items.NewItem(site_id=site.id, comment_id=comment.id, priority=5)], kind=kind
            )
    assert sorted(item.kind for item in rows(store, ReviewItem)) == ["flag", "report"]


@pytest.mark.parametrize("of_one_site", [True, False])
def test_a_page_is_read_off_an_index_of_the_open_items(store: Store, site: CreatedSite, of_one_site: bool) -> None:
    """So that it costs the same however many are closed. `benchmarks/` measures it with a million."""
    fill(store, [site.id], [(0, number % 7, number, number % 2 == 0) for number in range(400)])
    index = "ix_review_items_site" if of_one_site else "ix_review_items_all"
    where = f"site_id = '{site.id}' AND" if of_one_site else ""
    query = f"SELECT * FROM review_items WHERE {where} closed_at IS NULL ORDER BY due, id LIMIT 5"
    with store.write() as session:
        if not store.is_sqlite:
            for other_way in ("seqscan", "bitmapscan", "sort"):
                session.execute(text(f"SET LOCAL enable_{other_way} = off"))
        explain = "EXPLAIN QUERY PLAN" if store.is_sqlite else "EXPLAIN"
        plan = str([tuple(row) for row in session.execute(text(f"{explain} {query}"))])
    assert index in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort " not in plan


def test_what_has_waited_for_long_comes_up_among_what_is_worse(store: Store, site: CreatedSite) -> None:
    """A day evens out the whole range of priorities: nothing waits for ever behind a flood of worse comments."""
    hours = 60
    [old, worse, worst] = fill(
        store, [site.id], [(0, 900, 0, True), (0, 100, 20 * hours, True), (0, 5, 24 * hours, True)]
    )
    assert pages(store, site.id, 10) == [old, worse, worst]


def test_an_item_has_the_language_that_the_site_names_or_else_the_text_tells(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    for words, language in (("und insult=0.6", None), ("und insult=0.7", "nl"), ("Hm insult=0.8", None)):
        accept(store, queues, site, words, language=language)
        scorer.run_batch()
    assert [item.language for item in rows(store, ReviewItem)] == ["de", "nl", None]
