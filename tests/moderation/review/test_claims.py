"""Who has a comment open: it warns the others, ends by itself, and holds nobody up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from moderation import clock as winnow_clock
from moderation import news
from moderation.review import claims, review_items
from moderation.review.claims import LIFETIME, Claim
from moderation.review.review_items import NewItem
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import ReviewItem
from tests.support.clock import Clock
from tests.support.comments import put, rows

pytestmark = pytest.mark.one_database

MO, BO, CY = "user:u_mo", "user:u_bo", "user:u_cy"


@pytest.fixture
def waiting(store: Store, site: CreatedSite, clock: Clock) -> str:
    """A comment that is reported and flagged."""
    comment = put(store, site.id, clock.now, status="flagged")
    with store.write() as session:
        for kind in ("flag", "report"):
            review_items.open_items(session, [NewItem.of(comment, 500)], kind=kind)
    return comment.id


def take(store: Store, comment_id: str, by: str) -> tuple[Claim, list[str]]:
    """The claim, and what open consoles are told."""
    with store.write() as session:
        claim = claims.take(session, comment_id, by=by)
        return claim, [kind for kind, _, _ in news.of(session).happenings]


def release(store: Store, comment_id: str, by: str) -> tuple[bool, list[str]]:
    with store.write() as session:
        released = claims.release(session, comment_id, by=by)
        return released, [kind for kind, _, _ in news.of(session).happenings]


def holder(store: Store, comment_id: str) -> str | None:
    with store.read() as session:
        return claims.holders(session, [comment_id, "c_other"]).get(comment_id)


def test_who_opens_a_comment_has_it_and_whoever_comes_next_is_told(store: Store, waiting: str) -> None:
    assert take(store, waiting, MO) == (Claim(ours=True), ["claimed"])
    assert holder(store, waiting) == MO
    assert take(store, waiting, BO) == (Claim(MO), ["joined"])
    assert holder(store, waiting) == MO, "who was first keeps it"
    assert {item.claimed_by for item in rows(store, ReviewItem)} == {MO}, "of all that waits about it"


def test_a_claim_that_is_renewed_goes_on_and_one_that_is_not_ends_by_itself(
    store: Store, waiting: str, clock: Clock
) -> None:
    take(store, waiting, MO)
    clock.advance(seconds=50)
    assert take(store, waiting, MO) == (Claim(ours=True), ["claimed"])
    clock.advance(seconds=50)
    assert take(store, waiting, BO)[0] == Claim(MO)
    clock.advance(seconds=10)
    assert holder(store, waiting) is None, "a closed browser holds nothing up"
    assert take(store, waiting, BO) == (Claim(ours=True), ["claimed"])
    assert holder(store, waiting) == BO
    assert timedelta(seconds=60) == LIFETIME


def test_who_closes_a_comment_leaves_it_to_the_others(store: Store, waiting: str) -> None:
    take(store, waiting, MO)
    assert release(store, waiting, MO) == (True, ["released"])
    assert holder(store, waiting) is None
    assert release(store, waiting, MO) == (False, [])


def test_who_only_looked_on_tells_who_has_it_that_they_left(store: Store, waiting: str) -> None:
    take(store, waiting, MO)
    take(store, waiting, BO)
    assert release(store, waiting, BO) == (False, ["left"])
    assert holder(store, waiting) == MO


def test_nobody_is_told_of_a_claim_that_has_run_out(store: Store, waiting: str, clock: Clock) -> None:
    take(store, waiting, MO)
    clock.advance(minutes=2)
    assert release(store, waiting, BO) == (False, [])


def test_a_comment_of_which_nobody_is_asked_cannot_be_claimed(store: Store, waiting: str) -> None:
    with store.write() as session:
        review_items.close(session, [waiting], by=CY, outcome="publish")
    assert take(store, waiting, MO) == (Claim(), [])
    assert holder(store, waiting) is None
    assert take(store, "c_none", MO) == (Claim(), [])


def test_what_is_asked_while_somebody_has_it_open_is_theirs_from_the_next_renewal_on(
    store: Store, site: CreatedSite, clock: Clock
) -> None:
    comment = put(store, site.id, clock.now, status="flagged")
    with store.write() as session:
        review_items.open_items(session, [NewItem.of(comment, 500)], kind="flag")
    take(store, comment.id, MO)
    with store.write() as session:
        review_items.open_items(session, [NewItem.of(comment, 500)], kind="report")
    assert take(store, comment.id, BO)[0] == Claim(MO)
    take(store, comment.id, MO)
    assert [item.claimed_by for item in rows(store, ReviewItem)] == [MO, MO]
    assert winnow_clock.now() == clock.now
