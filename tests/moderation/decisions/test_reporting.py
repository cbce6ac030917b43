"""A reader's report: a moderator is asked, and the same reader counts once."""

from __future__ import annotations

import pytest

from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, Report, ReviewItem
from tests.support.comments import accept, rows, scored, stored


@pytest.fixture
def published(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite) -> Comment:
    return scored(store, queues, scorer, site)


def report(store: Store, comment: Comment, reporter: str | None, *, site_id: str | None = None) -> str:
    with store.write() as session:
        return comments.report(
            session, site_id or comment.site_id, comment.id, reason="rude", note="Qwnote.", reporter=reporter
        ).id


def test_a_report_asks_a_moderator_and_leaves_the_comment_published(store: Store, published: Comment) -> None:
    report(store, published, "r1")
    (item,) = rows(store, ReviewItem)
    assert (item.kind, item.comment_id, item.closed_at) == ("report", published.id, None)
    assert item.priority == comments.REPORT_PRIORITY
    assert (stored(store, published.id).status, stored(store, published.id).version) == ("published", 2)


def test_the_same_reporter_counts_once_for_a_comment(store: Store, published: Comment) -> None:
    assert report(store, published, "r1") == report(store, published, "r1")
    assert len(rows(store, Report)) == 1
    assert len(rows(store, AuditEvent, action="comment.reported")) == 1


def test_each_reader_is_recorded_and_one_review_item_is_open(store: Store, published: Comment) -> None:
    for reporter in ("r1", "r2", None, None):
        report(store, published, reporter)
    assert len(rows(store, Report)) == 4
    assert len(rows(store, ReviewItem)) == 1


def test_a_report_after_the_moderators_answer_asks_again(store: Store, published: Comment) -> None:
    report(store, published, "r1")
    with store.write() as session:
        comments.decide(session, published.site_id, published.id, "publish", actor="user:u1")
    report(store, published, "r2")
    assert [item.closed_at is None for item in rows(store, ReviewItem)] == [False, True]


def test_a_flagged_comment_that_is_reported_waits_for_both_reasons(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    comment = accept(store, queues, site, "Fool. toxicity=0.6")
    scorer.run_batch()
    report(store, comment, "r1")
    assert sorted(item.kind for item in rows(store, ReviewItem)) == ["flag", "report"]


def test_the_audit_holds_the_reason_and_not_the_note(store: Store, published: Comment) -> None:
    report(store, published, "r1")
    (event,) = rows(store, AuditEvent, action="comment.reported")
    assert event.detail == {"reason": "rude"}


def test_another_sites_comment_cannot_be_reported(store: Store, published: Comment, other_site: CreatedSite) -> None:
    with pytest.raises(comments.NotFound):
        report(store, published, "r1", site_id=other_site.id)
    assert rows(store, Report) == []
