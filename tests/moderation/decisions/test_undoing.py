"""A decision taken back: what holds is what held before, and who has not been told of the decision never will be."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal

import pytest

from moderation import actors, news
from moderation import clock as time_of_day
from moderation.decisions import comments, undoing
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.review import review_items
from moderation.settings import Settings
from moderation.sites import site_settings, sites
from moderation.sites.site_settings import RejectionReason, SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, ReviewItem, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import afterwards, deliveries, endpoints
from tests.support.akismet import Akismet, WordPress
from tests.support.clock import Clock
from tests.support.comments import accept, rows, stored
from tests.support.processes.parts import Part
from tests.support.receiver import Receiver
from tests.support.waiting import eventually

GRACE = timedelta(seconds=10)
RESTORED = ("status", "reasons", "decided_by", "decided_at", "scores", "spans", "revision", "comment")


@pytest.fixture
def flagged(
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site_with_webhook: CreatedSite,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
) -> Comment:
    """A comment that was flagged, at version 2; its site has been told, and the receiver has forgotten it."""
    comment = accept(store, queues, site_with_webhook, "You fool. toxicity=0.7", external_id="17", thread="/a")
    scorer.run_batch()
    assert deliver() == ["delivered"]
    receiver.requests.clear()
    return stored(store, comment.id)


def decide(
    store: Store, comment: Comment, action: Literal["publish", "reject"] = "reject", *, grace: timedelta = GRACE
) -> Comment:
    with store.write() as session:
        return comments.decide(session, None, comment.id, action, actor="user:u1", grace=grace)


def undo(store: Store, comment: Comment) -> undoing.UndoResult:
    with store.write() as session:
        return undoing.undo(session, comment.id, comment.version, actor="user:u1")


def sent(receiver: Receiver) -> list[tuple[str, int]]:
    return [(request.json["type"], request.json["data"]["version"]) for request in receiver.requests]


# --- what an undo restores ----------------------------------------------------------------------------------------


def test_everything_is_as_it_was_at_a_new_version(store: Store, flagged: Comment) -> None:
    with store.read() as session:
        before = review_items.page(session, flagged.site_id)
    undone = undo(store, decide(store, flagged))
    now = stored(store, flagged.id)
    assert [getattr(now, name) for name in RESTORED] == [getattr(flagged, name) for name in RESTORED]
    assert (now.version, undone.comment.version) == (4, 4)
    assert now.updated_at > flagged.updated_at, "who asks what changed since hears of it"
    with store.read() as session:
        after = review_items.page(session, flagged.site_id)
    assert [item.id for item, _ in after.rows] == [item.id for item, _ in before.rows]
    (event,) = rows(store, AuditEvent, comment_id=flagged.id, action="comment.undone")
    assert (event.action, event.actor, event.status, event.version) == ("comment.undone", "user:u1", "flagged", 4)
    assert event.detail == {"undoes": 3}


def test_a_second_decision_that_is_undone_leaves_the_first(store: Store, flagged: Comment) -> None:
    first = decide(store, flagged, "publish")
    undo(store, decide(store, first, "reject"))
    now = stored(store, flagged.id)
    assert (now.status, now.decided_by, now.decided_at) == ("published", "user:u1", first.decided_at)
    assert [item.closed_version for item in rows(store, ReviewItem)] == [3], "what the first closed stays closed"


def test_a_decision_before_the_score_is_undone_to_pending_and_then_scored(
    store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite
) -> None:
    comment = accept(store, queues, site_with_webhook, "A remark.")
    decided = decide(store, comment)
    with store.write() as session:
        undone = undoing.undo(session, comment.id, decided.version, actor="user:u1")
    assert undone.comment.status == "pending"
    afterwards.tell(queues, news.of(session))
    scorer.run_batch()
    assert stored(store, comment.id).status == "published"


def test_a_report_that_came_since_stays_and_is_not_doubled(store: Store, flagged: Comment) -> None:
    def report() -> None:
        with store.write() as session:
            comments.report(session, flagged.site_id, flagged.id, reason="spam", note=None, reporter=None)

    report()
    decided = decide(store, flagged)
    report()
    undo(store, decided)
    still_open = [item.kind for item in rows(store, ReviewItem) if item.closed_at is None]
    assert sorted(still_open) == ["flag", "report"]


def test_only_the_latest_decision_can_be_undone(store: Store, flagged: Comment) -> None:
    first = decide(store, flagged, "publish")
    decide(store, first, "reject")
    with pytest.raises(comments.Stale), store.write() as session:
        undoing.undo(session, flagged.id, first.version, actor="user:u1")
    assert stored(store, flagged.id).status == "rejected"


def test_the_policys_decisions_and_undos_cannot_be_undone(store: Store, flagged: Comment) -> None:
    with pytest.raises(undoing.NotUndoable), store.write() as session:
        undoing.undo(session, flagged.id, 2, actor="user:u1")
    undone = undo(store, decide(store, flagged))
    with pytest.raises(undoing.NotUndoable):
        undo(store, undone.comment)


# --- a reason of the site's list ----------------------------------------------------------------------------------


def test_a_reason_of_the_sites_list_gives_its_words_its_label_and_the_note(store: Store, flagged: Comment) -> None:
    own = SiteSettings(reasons=(RejectionReason("rude", "Rude", "insult"),))
    with store.write() as session:
        site_settings.save(session, flagged.site_id, own, actor="operator")
    with store.write() as session:
        comments.decide(session, None, flagged.id, "reject", actor="user:u1", code="rude", reason="Twice.")
    assert stored(store, flagged.id).reasons == [
        {
            "rule": "moderator",
            "action": "reject",
            "message": "Rude: Twice.",
            "label": "insult",
            "code": "rude",
            "note": "Twice.",
        }
    ]


# --- who is told --------------------------------------------------------------------------------------------------


def test_undone_within_its_grace_nobody_hears_of_it(
    store: Store, flagged: Comment, receiver: Receiver, deliver: Callable[[], list[str]], clock: Clock
) -> None:
    decided = decide(store, flagged)
    clock.advance(seconds=9)
    assert deliver() == [], "it waits for the end of its grace"
    assert not undo(store, decided).told
    clock.advance(days=2)
    assert deliver() == []
    assert receiver.requests == []
    delivery = rows(store, WebhookDelivery)[-1]
    assert (delivery.version, delivery.attempts, delivery.next_attempt_at) == (3, 0, None)
    assert delivery.cancelled_at is not None


def test_undone_after_it_left_two_messages_follow_each_other(
    store: Store, flagged: Comment, receiver: Receiver, deliver: Callable[[], list[str]], clock: Clock
) -> None:
    decided = decide(store, flagged)
    clock.advance(seconds=10)
    assert deliver() == ["delivered"]
    assert undo(store, decided).told
    assert deliver() == ["delivered"], "at once"
    assert sent(receiver) == [("comment.rejected", 3), ("comment.flagged", 4)]


@pytest.mark.parametrize("failure", [500, None])
def test_what_may_have_arrived_counts_as_told(
    store: Store,
    flagged: Comment,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
    clock: Clock,
    failure: int | None,
) -> None:
    decided = decide(store, flagged)
    clock.advance(seconds=10)
    if failure:
        receiver.answer(failure, 204)
        assert deliver() == ["failed"]
    else:
        with store.write() as session:  # a process has it in its hands, or died with it
            (endpoint,) = session.query(WebhookEndpoint)
            assert deliveries.claim(session, endpoint.id)
    assert undo(store, decided).told
    assert rows(store, WebhookDelivery)[-1].version == 4


def test_what_was_delivered_and_is_to_be_sent_once_more_counts_as_told(
    store: Store, flagged: Comment, receiver: Receiver, deliver: Callable[[], list[str]], clock: Clock
) -> None:
    decided = decide(store, flagged)
    clock.advance(seconds=10)
    assert deliver() == ["delivered"]
    [*_, delivery] = rows(store, WebhookDelivery)
    with store.write() as session:
        endpoints.redeliver(session, flagged.site_id, delivery.endpoint_id, delivery.id, actor=actors.SITE)
    assert undo(store, decided).told
    deliver()
    assert sent(receiver)[-1] == ("comment.flagged", 4)


def test_each_endpoint_is_told_only_if_it_heard_of_the_decision(
    store: Store,
    settings: Settings,
    flagged: Comment,
    receiver: Receiver,
    receivers: Callable[[], Receiver],
    deliver: Callable[[], list[str]],
    clock: Clock,
) -> None:
    later = receivers()
    with store.write() as session:
        endpoint, _ = endpoints.add(session, settings, flagged.site_id, later.url, actor=actors.OPERATOR)
    decided = decide(store, flagged)
    with store.write() as session:
        for row in session.query(WebhookDelivery).filter_by(endpoint_id=endpoint.id):
            row.next_attempt_at = clock.now + timedelta(minutes=1)
    clock.advance(seconds=10)
    assert deliver() == ["delivered"]
    undo(store, decided)
    clock.advance(minutes=2)
    assert deliver() == ["delivered"]
    assert sent(receiver) == [("comment.rejected", 3), ("comment.flagged", 4)]
    assert later.requests == []


def test_a_later_decision_that_leaves_at_once_is_not_overtaken_by_one_in_its_grace(
    store: Store, flagged: Comment, receiver: Receiver, deliver: Callable[[], list[str]], clock: Clock
) -> None:
    decide(store, flagged, "publish")
    clock.advance(seconds=3)
    with store.write() as session:
        comments.decide(session, None, flagged.id, "reject", actor="site")
    assert deliver() == ["delivered"]
    clock.advance(seconds=20)
    assert deliver() == []
    assert sent(receiver) == [("comment.rejected", 4)]


def test_an_undo_gives_back_what_its_decision_had_withdrawn(
    store: Store, flagged: Comment, receiver: Receiver, deliver: Callable[[], list[str]], clock: Clock
) -> None:
    first = decide(store, flagged, "publish")
    clock.advance(seconds=3)
    second = decide(store, first, "reject")
    clock.advance(seconds=3)
    undo(store, second)
    assert deliver() == ["delivered"]
    clock.advance(minutes=1)
    assert deliver() == []
    assert sent(receiver) == [("comment.published", 3)], "the first decision still stands, and nobody knew of the other"


def test_an_undo_and_a_delivery_at_the_same_moment_agree_on_whether_it_left(
    store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite
) -> None:
    accepted = [accept(store, queues, site_with_webhook, f"{number} toxicity=0.7") for number in range(30)]
    scorer.run_batch()
    with store.write() as session:
        for row in session.query(WebhookDelivery):
            row.next_attempt_at, row.delivered_at = None, time_of_day.now()
    (endpoint,) = rows(store, WebhookEndpoint)
    decided = [decide(store, stored(store, one.id), grace=timedelta(0)) for one in accepted]
    claimed: list[str] = []
    told: dict[str, bool] = {}
    together = threading.Barrier(2)

    def claim() -> None:
        together.wait()
        for _ in decided:
            with store.write() as session:
                due = deliveries.claim(session, endpoint.id)
                claimed.extend(one.payload["data"]["id"] for one in due)
                session.query(WebhookDelivery).filter(WebhookDelivery.id.in_([one.id for one in due])).update(
                    {"leased_until": None, "next_attempt_at": None, "attempts": 1}
                )

    thread = threading.Thread(target=claim)
    thread.start()
    together.wait()
    for one in reversed(decided):
        told[one.id] = undo(store, one).told
    thread.join()
    left = {one.id for one in decided if one.id in claimed and told[one.id]}
    assert {one for one, heard in told.items() if heard} == left
    behind_our_back = {row.comment_id for row in rows(store, WebhookDelivery) if row.cancelled_at and row.attempts}
    assert behind_our_back == set(), "what was cancelled was never handed out"
    assert len(told) == 30


# --- Akismet's callback -------------------------------------------------------------------------------------------


@pytest.fixture
def blog(app: Any, site: CreatedSite, receiver: Receiver) -> Akismet:
    from tests.support.compat import choose_scores  # noqa: PLC0415

    choose_scores(app)
    return Akismet(app.test_client(), site.compat_key, WordPress(receiver, site.compat_key).blog)


@pytest.fixture
def held(blog: Akismet, store: Store, receiver: Receiver) -> Comment:
    answer = blog.check_as_wordpress("toxicity=0.6")
    [comment] = rows(store, Comment, external_id=answer.headers["X-akismet-guid"])
    wordpress = WordPress(receiver, blog.key)
    wordpress.guids.add(comment.external_id or "")
    return comment


def results(receiver: Receiver) -> list[str]:
    return [request.json["comments"][0]["result"] for request in receiver.requests]


def test_a_callback_waits_for_the_grace_and_an_undo_cancels_it(
    held: Comment, store: Store, receiver: Receiver, deliver: Callable[[], list[str]], clock: Clock
) -> None:
    decided = decide(store, held)
    assert deliver() == []
    undo(store, decided)
    clock.advance(minutes=1)
    assert deliver() == []
    again = decide(store, stored(store, held.id), "publish")
    clock.advance(seconds=10)
    assert deliver() == ["delivered"]
    assert results(receiver) == ["false"]
    undo(store, again)
    assert deliver() == [], "the protocol has no word for a comment that waits again"


def test_a_callback_that_a_decision_had_withdrawn_is_tried_again_once_that_is_undone(
    held: Comment, store: Store, receiver: Receiver, deliver: Callable[[], list[str]], clock: Clock
) -> None:
    receiver.answer(500, 500)
    first = decide(store, held, "publish", grace=timedelta(0))
    assert deliver() == ["failed"]
    second = decide(store, first, "reject")
    clock.advance(seconds=6)
    assert deliver() == [], "what it has not been told yet is no longer true"
    undo(store, second)
    assert deliver() == ["failed"]
    assert results(receiver) == ["false", "false"]


# --- the delivery process -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_in_the_grace_time_a_delivery_process_loses_nothing(
    settings: Settings, store: Store, flagged: Comment, receiver: Receiver
) -> None:
    with Part(settings, "delivery") as part:
        eventually(lambda: "delivery.started" in part.log)
        decide(store, flagged, grace=timedelta(seconds=2))
        part.kill()
    assert receiver.requests == []
    due_at = rows(store, WebhookDelivery)[-1].next_attempt_at
    assert due_at is not None
    with Part(settings, "delivery"):
        receiver.wait_for(1)
    assert sent(receiver) == [("comment.rejected", 3)]


@pytest.mark.slow
def test_a_delivery_process_notices_the_end_of_a_grace_and_an_undo_before_it(
    settings: Settings, store: Store, queues: Queues, scorer: Scorer, flagged: Comment, receiver: Receiver
) -> None:
    site = stored(store, flagged.id).site_id
    [outcome] = submissions.submit(
        store, queues, site, [submissions.Submission(name="Bea", comment="And you. toxicity=0.7")]
    )
    assert outcome.comment is not None
    scorer.run_batch()
    with Part(settings, "delivery") as part:
        eventually(lambda: "delivery.started" in part.log)
        receiver.wait_for(1)
        receiver.requests.clear()
        kept = decide(store, stored(store, outcome.comment.id), grace=timedelta(seconds=2))
        due_at = rows(store, WebhookDelivery)[-1].next_attempt_at
        undo(store, decide(store, flagged, grace=timedelta(seconds=2)))
        receiver.wait_for(1)
        late = time_of_day.now() - (due_at or time_of_day.now())
        assert timedelta(0) <= late < timedelta(seconds=3), "about a second, on a machine with nothing else to do"
        eventually(lambda: time_of_day.now() > (due_at or time_of_day.now()) + timedelta(seconds=4))
    assert [request.json["data"]["id"] for request in receiver.requests] == [kept.id]


def test_another_sites_settings_say_nothing_about_ours(store: Store, settings: Settings, flagged: Comment) -> None:
    other = sites.create_site(store, settings, "Other")
    with store.write() as session:
        site_settings.save(session, other.id, SiteSettings(reasons=()), actor="operator")
    with store.write() as session:
        comments.decide(session, None, flagged.id, "reject", actor="user:u1", code="spam")
    assert (stored(store, flagged.id).reasons or [{}])[0]["message"] == "Spam or advertising"
