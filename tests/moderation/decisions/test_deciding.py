"""A person's decision: guarded on the version they saw, and written whole or not at all."""

from __future__ import annotations

import threading
from typing import Any, Literal

import pytest

from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, ReviewItem, WebhookDelivery
from tests.support.clock import Clock
from tests.support.comments import accept, rows, stored


@pytest.fixture
def flagged(store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite) -> Comment:
    """A comment of `site_with_webhook` that the policy flagged: version 2, one open review item, one delivery."""
    comment = accept(store, queues, site_with_webhook, "You fool. toxicity=0.7", external_id="17", thread="/a")
    scorer.run_batch()
    assert stored(store, comment.id).status == "flagged"
    return stored(store, comment.id)


@pytest.mark.parametrize(("action", "status"), [("publish", "published"), ("reject", "rejected")])
def test_a_decision_becomes_the_status_with_who_what_why_and_when(
    store: Store, flagged: Comment, clock: Clock, action: Literal["publish", "reject"], status: str
) -> None:
    with store.write() as session:
        comments.decide(session, flagged.site_id, flagged.id, action, actor="user:u1", reason="House rules.", version=2)
    comment = stored(store, flagged.id)
    assert (comment.status, comment.version, comment.revision) == (status, 3, 1)
    assert (comment.decided_by, comment.decided_at, comment.updated_at) == ("user:u1", clock.now, clock.now)
    assert comment.reasons == [
        {"rule": "moderator", "action": action, "message": "House rules.", "note": "House rules."}
    ]
    assert comment.scores == flagged.scores, "what the classifier said stays"

    event = rows(store, AuditEvent, comment_id=flagged.id)[-1]
    assert (event.action, event.actor, event.status, event.version) == ("comment.decided", "user:u1", status, 3)
    assert (event.reasons, event.created_at) == (comment.reasons, clock.now)

    (item,) = rows(store, ReviewItem)
    assert (item.closed_at, item.closed_by, item.outcome) == (clock.now, "user:u1", action)

    delivery = rows(store, WebhookDelivery, event=f"comment.{status}")[-1]
    assert delivery.payload["type"] == f"comment.{status}"
    assert delivery.payload["data"] | {"reasons": None, "scores": None} == {
        "id": flagged.id,
        "external_id": "17",
        "thread": "/a",
        "status": status,
        "version": 3,
        "revision": 1,
        "decided_by": "user",
        "reasons": None,
        "scores": None,
    }


def test_without_a_reason_it_says_that_a_moderator_chose(store: Store, flagged: Comment) -> None:
    with store.write() as session:
        comment = comments.decide(session, None, flagged.id, "publish", actor="user:u1")
    assert comment.reasons is not None
    assert comment.reasons[0]["message"] == "A moderator chose to publish it."


def test_a_decision_closes_every_open_item_of_its_comment_and_no_other(
    store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite, flagged: Comment
) -> None:
    other = accept(store, queues, site_with_webhook, "Fool. toxicity=0.6")
    scorer.run_batch()
    with store.write() as session:
        comments.report(session, flagged.site_id, flagged.id, reason="rude", note=None, reporter="r1")
    with store.write() as session:
        comments.decide(session, flagged.site_id, flagged.id, "reject", actor="user:u1")
    still_open = [item for item in rows(store, ReviewItem) if item.closed_at is None]
    assert [item.comment_id for item in still_open] == [other.id]


def test_a_stale_decision_is_refused_and_changes_nothing(store: Store, flagged: Comment) -> None:
    with store.write() as session:
        comments.decide(session, flagged.site_id, flagged.id, "publish", actor="user:u1", version=2)
    before = (stored(store, flagged.id).version, len(rows(store, AuditEvent)), len(rows(store, WebhookDelivery)))
    with pytest.raises(comments.Stale, match="at version 3 now: published, by user:u1") as stale, store.write() as s:
        comments.decide(s, flagged.site_id, flagged.id, "reject", actor="user:u2", version=2)
    assert stale.value.current.status == "published"
    assert before == (
        stored(store, flagged.id).version,
        len(rows(store, AuditEvent)),
        len(rows(store, WebhookDelivery)),
    )


def test_of_two_moderators_at_the_same_moment_one_decides(store: Store, flagged: Comment) -> None:
    together = threading.Barrier(2)
    results: list[str] = []

    def decide(action: Literal["publish", "reject"]) -> None:
        together.wait()
        try:
            with store.write() as session:
                comments.decide(session, None, flagged.id, action, actor=f"user:{action}", version=2)
            results.append(action)
        except comments.Stale:
            results.append("stale")

    moderators = [threading.Thread(target=decide, args=(action,)) for action in ("publish", "reject")]
    for moderator in moderators:
        moderator.start()
    for moderator in moderators:
        moderator.join(60)
    assert sorted(results) in (["publish", "stale"], ["reject", "stale"])
    assert stored(store, flagged.id).version == 3


def test_without_a_version_a_decision_overrides(store: Store, flagged: Comment) -> None:
    for action in ("publish", "reject"):
        with store.write() as session:
            comments.decide(session, None, flagged.id, action, actor="user:u1")
    assert stored(store, flagged.id).status == "rejected"
    assert [event.status for event in rows(store, AuditEvent, action="comment.decided")] == [
        "flagged",
        "published",
        "rejected",
    ]


def test_a_moderator_may_decide_before_the_worker_whose_scores_are_then_dropped(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    comment = accept(store, queues, site, "Fool. toxicity=0.95")
    with store.write() as session:
        comments.decide(session, site.id, comment.id, "publish", actor="user:u1")
    assert scorer.run_batch().written == []
    assert stored(store, comment.id).status == "published"


def test_a_transaction_that_fails_after_a_decision_leaves_nothing_of_it(store: Store, flagged: Comment) -> None:
    tables = (AuditEvent, ReviewItem, WebhookDelivery)
    before = [len(rows(store, table)) for table in tables]

    def decide_and_fail() -> None:
        with store.write() as session:
            comments.decide(session, None, flagged.id, "publish", actor="user:u1")
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decide_and_fail()
    assert (stored(store, flagged.id).status, stored(store, flagged.id).version) == ("flagged", 2)
    assert [len(rows(store, table)) for table in tables] == before
    assert rows(store, ReviewItem)[0].closed_at is None


def test_another_sites_comment_is_not_there_to_decide(store: Store, flagged: Comment, other_site: CreatedSite) -> None:
    with pytest.raises(comments.NotFound), store.write() as session:
        comments.decide(session, other_site.id, flagged.id, "publish", actor="site")
    assert stored(store, flagged.id).status == "flagged"


#: The site's reason and the note that a person gives -> what is kept of it.
REASONS: list[tuple[str | None, str | None, dict[str, str]]] = [
    ("insult", None, {"message": "Insults somebody", "label": "insult", "code": "insult"}),
    (
        "insult",
        "Twice.",
        {"message": "Insults somebody: Twice.", "label": "insult", "code": "insult", "note": "Twice."},
    ),
    # A reason that says nothing of a label.
    ("off_topic", None, {"message": "Not about the subject", "code": "off_topic"}),
    (None, "Twice.", {"message": "Twice.", "note": "Twice."}),
    (None, None, {"message": "A moderator chose to reject it."}),
    (None, "", {"message": "A moderator chose to reject it."}),
    # One that the site has taken from its list since stands for itself.
    ("old_rule", None, {"message": "old_rule", "code": "old_rule"}),
]


@pytest.mark.one_database
@pytest.mark.parametrize(("code", "note", "kept"), REASONS)
def test_a_reason_is_kept_as_its_words_its_label_and_the_note(
    store: Store, flagged: Comment, code: str | None, note: str | None, kept: dict[str, str]
) -> None:
    with store.write() as session:
        comments.decide(session, None, flagged.id, "reject", actor="user:u1", code=code, reason=note)
    assert stored(store, flagged.id).reasons == [{"rule": "moderator", "action": "reject"} | kept]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("action", "actor", "given", "refused"),
    [
        ("reject", "user:u1", {}, True),
        ("reject", "user:u1", {"reason": ""}, True),
        ("reject", "user:u1", {"reason": "Because."}, False),
        ("reject", "user:u1", {"code": "insult"}, False),
        # Nobody has to say why something stays, and a site's own software has its own reasons.
        ("publish", "user:u1", {}, False),
        ("reject", "site", {}, False),
    ],
)
def test_where_a_site_asks_for_reasons_people_give_one_when_they_reject(
    store: Store, flagged: Comment, action: Literal["publish", "reject"], actor: str, given: Any, refused: bool
) -> None:
    with store.write() as session:
        site_settings.save(session, flagged.site_id, SiteSettings(require_reason=True), actor="operator")
    with store.write() as session:
        if refused:
            with pytest.raises(comments.ReasonMissing, match="asks for a reason when you reject"):
                comments.decide(session, None, flagged.id, action, actor=actor, **given)
        else:
            comments.decide(session, None, flagged.id, action, actor=actor, **given)
    assert stored(store, flagged.id).version == (2 if refused else 3)


@pytest.mark.parametrize(("site", "found"), [("own", True), ("none", True), ("other", False)])
def test_a_comment_is_found_on_its_site_or_wherever_it_is(
    store: Store, other_site: CreatedSite, flagged: Comment, site: str, found: bool
) -> None:
    site_id = {"own": flagged.site_id, "none": None, "other": other_site.id}[site]
    with store.read() as session:
        if found:
            assert comments.find(session, site_id, flagged.id).id == flagged.id
        else:
            with pytest.raises(comments.NotFound, match=f"There is no comment {flagged.id}"):
                comments.find(session, site_id, flagged.id)


def test_what_was_in_force_is_kept_with_the_decision_so_that_an_undo_has_it(store: Store, flagged: Comment) -> None:
    with store.write() as session:
        comments.decide(session, None, flagged.id, "reject", actor="user:u1")
    event = rows(store, AuditEvent, comment_id=flagged.id, action="comment.decided")[-1]
    assert flagged.decided_at is not None
    assert event.detail == {
        "was": {
            "status": "flagged",
            "reasons": flagged.reasons,
            "decided_by": "policy",
            "decided_at": flagged.decided_at.isoformat(),
        }
    }
