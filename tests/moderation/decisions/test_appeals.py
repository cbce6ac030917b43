"""Appeals: once for each rejection, answered by somebody else, told to the site, and open again when that is undone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

import pytest

from moderation import actors
from moderation.decisions import appeals, comments, undoing
from moderation.decisions.appeals import AppealRefused, TooLate
from moderation.decisions.comments import NotYours
from moderation.decisions.scoring import Scorer
from moderation.decisions.undoing import NotUndoable
from moderation.intake.queues import Queues
from moderation.review import urgency
from moderation.sites import archive, site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Appeal, AuditEvent, Comment, ReviewItem, WebhookDelivery
from tests.support.clock import Clock
from tests.support.comments import rows, scored, stored

pytestmark = pytest.mark.one_database

MO, BO = "user:u_mo", "user:u_bo"


def choose(store: Store, site: CreatedSite, **chosen: Any) -> None:
    usual = {"appeals": True, "second_look_automatic": 0.0, "second_look_moderators": 0.0, "grace_seconds": 0}
    with store.write() as session:
        site_settings.save(session, site.id, SiteSettings(**usual | chosen), actor="operator")


@pytest.fixture
def rejected(store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite) -> Comment:
    """A comment that the policy rejected, on a site that takes appeals."""
    choose(store, site_with_webhook)
    return scored(store, queues, scorer, site_with_webhook, "You fool. toxicity=0.95", external_id="17", thread="/a")


def lodge(store: Store, comment_id: str, text: str = "I only quoted him.") -> None:
    with store.write() as session:
        appeals.lodge(session, comments.find(session, None, comment_id, lock=True), text)


def decide(
    store: Store, comment_id: str, action: Literal["publish", "reject"], *, actor: str = MO, **known: Any
) -> Comment:
    with store.write() as session:
        return comments.decide(session, None, comment_id, action, actor=actor, **known)


def told(store: Store) -> list[dict[str, Any]]:
    """What the site is told of appeals."""
    return [row.payload["data"] for row in rows(store, WebhookDelivery, event="appeal.decided")]


def waits(store: Store) -> list[str]:
    return [item.kind for item in rows(store, ReviewItem) if item.closed_at is None]


def noted(store: Store, comment_id: str) -> list[tuple[str, str]]:
    events = rows(store, AuditEvent, comment_id=comment_id)
    return [(event.action, event.actor) for event in events if "appeal" in event.action]


def test_an_appeal_asks_a_person_before_most_flags(store: Store, rejected: Comment) -> None:
    lodge(store, rejected.id)
    [item] = rows(store, ReviewItem)
    assert (item.kind, item.priority, item.not_for) == ("appeal", urgency.APPEAL, None), "the policy is nobody"
    assert item.about == {"version": 2, "status": "rejected", "actor": "policy", "labels": []}
    assert noted(store, rejected.id) == [("comment.appealed", actors.AUTHOR)]
    with store.read() as session:
        assert appeals.waiting(session, [rejected.id, "c_other"]) == {rejected.id: "I only quoted him."}
    assert told(store) == []


@pytest.mark.parametrize("status", ["published", "flagged"])
def test_only_a_rejection_can_be_appealed(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, status: str
) -> None:
    choose(store, site)
    comment = scored(store, queues, scorer, site, "Calm." if status == "published" else "toxicity=0.6")
    assert comment.status == status
    with pytest.raises(AppealRefused, match="cannot be appealed"):
        lodge(store, comment.id)


def test_a_decision_is_appealed_once(store: Store, rejected: Comment) -> None:
    lodge(store, rejected.id)
    with pytest.raises(AppealRefused, match="was sent already"):
        lodge(store, rejected.id)
    assert len(rows(store, Appeal)) == 1


@pytest.mark.parametrize("closed", ["appeals", "archived"])
def test_a_site_that_takes_none_or_is_archived_refuses(
    store: Store, site_with_webhook: CreatedSite, rejected: Comment, closed: str
) -> None:
    if closed == "appeals":
        choose(store, site_with_webhook, appeals=False)
    else:
        with store.write() as session:
            archive.archive(session, site_with_webhook.id, actor=actors.OPERATOR)
    with store.read() as session:
        assert not appeals.is_open(session, comments.find(session, None, rejected.id))
    with pytest.raises(AppealRefused):
        lodge(store, rejected.id)


def test_upholding_leaves_the_decision_and_tells_the_site_and_the_author(
    store: Store, rejected: Comment, clock: Clock
) -> None:
    lodge(store, rejected.id)
    before = len(rows(store, WebhookDelivery))
    clock.advance(hours=1)
    after = decide(store, rejected.id, "reject", reason="It was no quotation.")
    assert (after.status, after.version, after.decided_by) == ("rejected", 2, "policy"), "it is the same decision"
    [appeal] = rows(store, Appeal)
    assert (appeal.outcome, appeal.answer, appeal.decided_at) == ("upheld", "It was no quotation.", clock.now)
    assert told(store) == [
        {
            "id": rejected.id,
            "external_id": "17",
            "thread": "/a",
            "status": "rejected",
            "version": 2,
            "outcome": "upheld",
        }
    ]
    assert len(rows(store, WebhookDelivery)) == before + 1, "and of nothing else"
    assert waits(store) == []
    assert noted(store, rejected.id)[1:] == [("comment.appeal_upheld", MO)]
    with store.read() as session:
        assert appeals.waiting(session, [rejected.id]) == {}
    with pytest.raises(AppealRefused):
        lodge(store, rejected.id)


def test_publishing_reverses_with_a_decision_of_its_own(store: Store, rejected: Comment) -> None:
    lodge(store, rejected.id)
    after = decide(store, rejected.id, "publish")
    assert (after.status, after.version, after.decided_by) == ("published", 3, MO)
    [appeal] = rows(store, Appeal)
    assert (appeal.outcome, appeal.answer, appeal.version) == ("reversed", None, 2)
    assert [(data["outcome"], data["status"], data["version"]) for data in told(store)] == [
        ("reversed", "published", 2)
    ]
    assert rows(store, WebhookDelivery, event="comment.published"), "readers see it again, and the site is told"


def test_who_rejected_does_not_answer_the_appeal_against_it(store: Store, rejected: Comment) -> None:
    decide(store, rejected.id, "publish", actor=BO)
    decide(store, rejected.id, "reject", actor=MO)
    lodge(store, rejected.id)
    with pytest.raises(NotYours, match="another moderator"):
        decide(store, rejected.id, "reject", actor=MO)
    with pytest.raises(NotYours):
        decide(store, rejected.id, "publish", actor=MO)
    assert rows(store, Appeal)[0].outcome is None
    assert decide(store, rejected.id, "publish", actor=BO).status == "published"


def test_over_the_api_nobody_is_told_apart_so_everybody_may_answer(store: Store, rejected: Comment) -> None:
    decide(store, rejected.id, "publish", actor=actors.SITE)
    decide(store, rejected.id, "reject", actor=actors.SITE)
    lodge(store, rejected.id)
    assert decide(store, rejected.id, "reject", actor=actors.SITE).version == 4
    assert rows(store, Appeal)[0].outcome == "upheld"


def test_each_rejection_can_be_appealed_anew(store: Store, rejected: Comment) -> None:
    lodge(store, rejected.id, "First")
    decide(store, rejected.id, "publish", actor=BO)
    decide(store, rejected.id, "reject", actor=MO)
    lodge(store, rejected.id, "Second")
    assert [(appeal.version, appeal.text, appeal.outcome) for appeal in rows(store, Appeal)] == [
        (2, "First", "reversed"),
        (4, "Second", None),
    ]


def test_undoing_what_reversed_it_opens_the_appeal_again_at_the_new_version(store: Store, rejected: Comment) -> None:
    lodge(store, rejected.id)
    decide(store, rejected.id, "publish", actor=BO)
    with store.write() as session:
        undoing.undo(session, rejected.id, 3, actor=BO)
    row = stored(store, rejected.id)
    assert (row.status, row.version) == ("rejected", 4)
    [appeal] = rows(store, Appeal)
    assert (appeal.version, appeal.outcome, appeal.answer, appeal.decided_at) == (4, None, None, None)
    assert waits(store) == ["appeal"]
    assert decide(store, rejected.id, "reject", actor=MO).version == 4
    assert rows(store, Appeal)[0].outcome == "upheld"


def test_an_answer_that_upheld_is_taken_back_until_the_author_has_read_it(
    store: Store, site_with_webhook: CreatedSite, rejected: Comment, clock: Clock
) -> None:
    choose(store, site_with_webhook, grace_seconds=60)
    lodge(store, rejected.id)
    for seconds, in_time in ((59, True), (60, False)):
        decide(store, rejected.id, "reject", reason="No.", grace=timedelta(seconds=60))
        clock.advance(seconds=seconds)
        with store.write() as session:
            if in_time:
                result = undoing.undo(session, rejected.id, 2, actor=MO)
                assert (result.told, result.asked_again) == (False, frozenset({"appeal"}))
            else:
                with pytest.raises(NotUndoable, match="the author has been told"):
                    undoing.undo(session, rejected.id, 2, actor=MO)
        assert rows(store, Appeal)[0].outcome == (None if in_time else "upheld")
        assert waits(store) == (["appeal"] if in_time else [])


def test_there_is_nothing_to_take_back_where_nothing_was_upheld(store: Store, rejected: Comment, clock: Clock) -> None:
    later = clock.now + timedelta(hours=1)
    with store.write() as session:
        assert appeals.reopen(session, session.get_one(Comment, rejected.id), told_at=later) is None
    lodge(store, rejected.id)
    with store.write() as session:
        assert appeals.reopen(session, session.get_one(Comment, rejected.id), told_at=later) is None
    decide(store, rejected.id, "reject", grace=timedelta(hours=1))
    with pytest.raises(TooLate), store.write() as session:
        appeals.reopen(session, session.get_one(Comment, rejected.id), told_at=clock.now)
    with store.write() as session:
        reopened = appeals.reopen(session, session.get_one(Comment, rejected.id), told_at=later)
    assert reopened is not None
    assert rows(store, Appeal)[0].outcome is None


def test_with_the_comment_goes_what_its_author_wrote_against_the_decision(store: Store, rejected: Comment) -> None:
    lodge(store, rejected.id)
    decide(store, rejected.id, "reject", reason="Because I say so.")
    with store.write() as session:
        comments.erase(session, rejected.site_id, rejected.id)
    [appeal] = rows(store, Appeal)
    assert (appeal.text, appeal.answer, appeal.outcome) == ("", None, "upheld")
