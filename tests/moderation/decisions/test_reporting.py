"""A reader's report: a moderator is asked, and the same reader counts once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from moderation.decisions import comments, second_looks
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.review import review_pages, urgency
from moderation.review.fingerprints import Fingerprint
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, Report, ReviewItem
from tests.support.comments import accept, rows, scored, stored

FOUND = Fingerprint((1, 2, 3))


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
    assert item.priority == urgency.of_reports({"rude": 1})
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


# --- where it stands in the queue ---------------------------------------------------------------------------------


def queue(store: Store, site: CreatedSite, **known: Any) -> list[str]:
    filters = review_pages.Filters(one_of_each=[site.id], **known)
    with store.read() as session:
        return [comment.id for _, comment in review_pages.page(session, [site.id], filters).rows]


def say(store: Store, comment: Comment, reason: str, *readers: str) -> None:
    for reader in readers:
        with store.write() as session:
            comments.report(session, comment.site_id, comment.id, reason=reason, note=None, reporter=reader)


def test_what_readers_see_and_report_comes_before_the_worst_that_they_do_not(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    held = scored(store, queues, scorer, site, "worst toxicity=0.89")
    threat, dull, doxing = (scored(store, queues, scorer, site, f"{one} one") for one in ("red", "grey", "blue"))
    say(store, dull, "off_topic", "r1")
    say(store, threat, "offensive", "r1")
    say(store, doxing, "personal_data", "r1")
    assert queue(store, site) == [doxing.id, threat.id, dull.id, held.id]
    say(store, threat, "offensive", "r2", "r3", "r4", "r5", "r6", "r7")
    assert queue(store, site) == [threat.id, doxing.id, dull.id, held.id]
    since = held.created_at - timedelta(hours=1)
    assert len(queue(store, site, opened_since=since)) == 4, "a range of days knows of what came forward"
    assert queue(store, site, opened_before=since) == []


def test_a_reported_comment_is_one_card_and_never_a_blind_one(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    with store.write() as session:
        site_settings.save(session, site.id, SiteSettings(second_look_automatic=1.0), actor="operator")
    public = scored(store, queues, scorer, site, "a good one")
    held = scored(store, queues, scorer, site, "worst toxicity=0.85")
    assert [item.kind for item in rows(store, ReviewItem, comment_id=public.id)] == ["second_look"]
    with store.read() as session:
        assert second_looks.awaited(session, [public.id], "user:u1") == {public.id}
    for comment in (public, held):
        say(store, comment, "illegal", "r1")
    assert queue(store, site) == [public.id, held.id]
    waits = [item.kind for item in rows(store, ReviewItem, comment_id=public.id) if item.closed_at is None]
    assert waits == ["report"]
    with store.read() as session:
        assert second_looks.awaited(session, [public.id], "user:u1") == set()


def test_what_more_readers_report_comes_forward_in_its_group_too(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    first, second = (scored(store, queues, scorer, site, f"Number {number}.") for number in range(2))
    for comment in (first, second):
        with store.write() as session:
            comments.report(
                session,
                site.id,
                comment.id,
                reason="spam",
                note=None,
                reporter="r1",
                fingerprint=FOUND,
            )
    assert queue(store, site) == [first.id]
    for reader in ("r2", "r3"):
        with store.write() as session:
            comments.report(session, site.id, second.id, reason="illegal", note=None, reporter=reader)
    assert queue(store, site) == [second.id]
    with store.write() as session:
        comments.decide(session, site.id, second.id, "reject", actor="user:u1")
    assert queue(store, site) == [first.id]
