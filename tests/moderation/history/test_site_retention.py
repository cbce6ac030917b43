"""Retention takes away what a site does not keep any longer, and nothing that somebody still waits for."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from moderation import audit, clock
from moderation.decisions import appeals, bulk, comments, erasing
from moderation.decisions.scoring import Scorer
from moderation.history import feedback, site_retention, tallies
from moderation.intake.queues import Queues
from moderation.review import review_items
from moderation.sites import site_settings
from moderation.sites.site_settings import KINDS, Retention, SiteSettings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import (
    Appeal,
    AuditEvent,
    BulkChange,
    BulkJob,
    Comment,
    Feedback,
    KeptLonger,
    Tally,
    Watermark,
    WebhookDelivery,
)
from tests.support.clock import Clock
from tests.support.comments import accept, dump, rows, scored, stored

AUTHOR = {"email": "zqmail@example.org", "ip": "203.0.113.7", "url": "https://zq.example", "user_agent": "Zqagent"}


def keep(store: Store, site: CreatedSite, *, appeals: bool = False, **days: int) -> None:
    with store.write() as session:
        chosen = SiteSettings(
            retention=Retention(**days),
            appeals=appeals,
            grace_seconds=0,
            second_look_automatic=0.0,  # by chance a comment would wait for one
            second_look_moderators=0.0,
        )
        site_settings.save(session, site.id, chosen, actor="operator")


def run(store: Store) -> dict[str, int]:
    return dict(+site_retention.run(store, seconds=60))


def counted(store: Store, site: CreatedSite, **bounds: int) -> dict[str, int]:
    with store.read() as session:
        settings = site_settings.of_sites(session, {site.id})[site.id]
        found = site_retention.counts(session, site.id, settings, **bounds)
    return {kind: count.number for kind, count in found.items() if count.number}


def told(store: Store) -> None:
    """Every message has arrived."""
    with store.write() as session:
        session.execute(update(WebhookDelivery).values(next_attempt_at=None, delivered_at=clock.now()))


@pytest.fixture
def decided(store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock) -> Comment:
    """A comment that was rejected with a note, after a report with another; then two weeks went by."""
    comment = scored(store, queues, scorer, site, "Zqtext is a remark", **AUTHOR)
    with store.write() as session:
        comments.report(session, site.id, comment.id, reason="rude", note="zqreport", reporter="r")
    with store.write() as session:
        comments.decide(session, site.id, comment.id, "reject", actor="user:u_1", reason="Zqnote on zqtext")
    feedback.record(store, site.id, source="akismet", text="zqtext  is a remark", labels={"spam": 1.0})
    clock.advance(days=14)
    tallies.roll_up(store)
    return stored(store, comment.id)


def test_a_site_that_chose_nothing_keeps_everything(store: Store, site: CreatedSite, decided: Comment) -> None:
    before = dump(store)
    assert run(store) == {}
    assert dump(store) == before
    keep(store, site, text=15, identity=15, audit=15, deliveries=15, feedback=15, jobs=15)
    assert run(store) == {}
    assert stored(store, decided.id).comment == "Zqtext is a remark"


def test_texts_go_with_all_that_was_written_of_them_and_the_decision_stays(
    store: Store, site: CreatedSite, decided: Comment
) -> None:
    keep(store, site, text=13)
    assert counted(store, site) == run(store) == {"text": 1}
    after = stored(store, decided.id)
    everything = dump(store).lower()
    assert [trace for trace in ("zqtext", "zqreport", "zqnote") if trace in everything] == []
    assert rows(store, Feedback) == []
    assert (after.status, after.version, after.updated_at) == ("rejected", decided.version, decided.updated_at)
    assert (after.name, after.email, after.author_key) == ("Ada", AUTHOR["email"], decided.author_key)
    assert after.reasons is not None
    assert after.reasons[0]["rule"] == "moderator"
    [event] = rows(store, AuditEvent, action="retention.ran")
    assert (event.actor, event.site_id, event.detail) == ("policy", site.id, {"text": 1})
    assert run(store) == counted(store, site) == {}


@pytest.mark.parametrize(("user_id", "key"), [("7", "7"), (None, None)], ids=["known by id", "known by e-mail"])
def test_who_wrote_it_goes_but_for_name_and_id(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock, user_id: str | None, key: str | None
) -> None:
    comment = scored(store, queues, scorer, site, user_id=user_id, **AUTHOR)
    clock.advance(days=14)
    keep(store, site, identity=13)
    assert counted(store, site) == run(store) == {"identity": 1}
    after = stored(store, comment.id)
    assert (after.name, after.user_id, after.author_key) == ("Ada", user_id, key)
    everything = dump(store).lower()
    assert [trace for trace in AUTHOR.values() if trace.lower() in everything] == []


def wait_pending(store: Store, queues: Queues, scorer: Scorer, comment: Comment) -> None:
    with store.write() as session:
        comments.edit(session, comment.site_id, comment.id, {"comment": "Zqtext, edited"})
        session.execute(update(Comment).values(updated_at=comment.updated_at))


def wait_reported(store: Store, queues: Queues, scorer: Scorer, comment: Comment) -> None:
    with store.write() as session:
        comments.report(session, comment.site_id, comment.id, reason="rude", note=None, reporter=None)


def wait_appealed(store: Store, queues: Queues, scorer: Scorer, comment: Comment) -> None:
    keep_appeals = SiteSettings(appeals=True, appeal_days=1, second_look_automatic=0.0, second_look_moderators=0.0)
    with store.write() as session:
        site_settings.save(session, comment.site_id, keep_appeals, actor="operator")
    with store.write() as session:
        appeals.lodge(session, comments.find(session, comment.site_id, comment.id), "Zqappeal")


def wait_untold(store: Store, queues: Queues, scorer: Scorer, comment: Comment) -> None:
    with store.write() as session:
        session.execute(update(WebhookDelivery).values(next_attempt_at=clock.now()))


@pytest.mark.parametrize("wait", [wait_pending, wait_reported, wait_appealed, wait_untold])
def test_what_somebody_waits_for_stays_until_it_is_settled(
    store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite, clock: Clock, wait: Any
) -> None:
    site = site_with_webhook
    comment = scored(store, queues, scorer, site, "Zqtext")
    with store.write() as session:
        comments.decide(session, site.id, comment.id, "reject", actor="user:u_1")
    told(store)
    clock.advance(days=14)
    tallies.roll_up(store)
    wait(store, queues, scorer, stored(store, comment.id))
    if wait is not wait_untold:
        told(store)
    keep(store, site, text=1, identity=1, audit=1)
    assert counted(store, site).get("text", 0) == run(store).get("text", 0) == 0
    assert stored(store, comment.id).comment.startswith("Zqtext")
    assert rows(store, AuditEvent, comment_id=comment.id)
    with store.write() as session:
        review_items.close(session, [comment.id], by="user:u_2", outcome="reject")
        session.execute(update(Appeal).values(outcome="upheld"))
        session.execute(update(Comment).where(Comment.status == "pending").values(status="published"))
    told(store)
    if wait is wait_pending:  # a decision has its own moment, from which the days count
        with store.write() as session:
            session.execute(update(Comment).values(updated_at=clock.now))
        clock.advance(days=2)
    assert counted(store, site)["text"] == run(store)["text"] == 1
    assert rows(store, KeptLonger) == []
    assert "zqtext" not in dump(store).lower()


def test_texts_stay_for_as_long_as_their_authors_may_appeal(
    store: Store, site: CreatedSite, decided: Comment, clock: Clock
) -> None:
    keep(store, site, appeals=True, text=1)
    assert run(store) == {}
    clock.advance(days=165)
    assert run(store) == {}
    clock.advance(days=2)
    assert run(store) == {"text": 1}
    assert stored(store, decided.id).comment == ""


def test_what_is_imported_with_an_old_date_is_met_too(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, decided: Comment
) -> None:
    keep(store, site, text=13)
    assert run(store) == {"text": 1}
    other = scored(store, queues, scorer, site, "Zqold")
    with store.write() as session:
        session.execute(
            update(Comment).where(Comment.id == other.id).values(updated_at=decided.updated_at - timedelta(days=9))
        )
        site_retention.start_over(session, site.id)
    assert run(store) == {"text": 1}


def test_the_audit_goes_and_the_statistics_stay_however_often_they_are_added_up(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite, clock: Clock
) -> None:
    def sums() -> dict[tuple[str, str, str], int]:
        return {(row.day, row.what, row.key): row.number for row in rows(store, Tally)}

    done = scored(store, queues, scorer, site)
    held = scored(store, queues, scorer, site, "It waits: toxicity=0.7")
    assert held.status == "flagged"
    clock.advance(days=14)
    scored(store, queues, scorer, site, "A later one")
    clock.advance(minutes=5)
    tallies.roll_up(store)
    before = sums()
    keep(store, site, audit=13)
    assert counted(store, site) == run(store) == {"audit": 2}, "of the comment that is done, and of the site's making"
    assert rows(store, AuditEvent, comment_id=done.id) == []
    assert rows(store, AuditEvent, comment_id=held.id), "which was counted, and must not be counted again"
    clock.advance(minutes=5)
    for _ in range(2):
        tallies.rebuild(store)
        assert sums() == before


def test_what_was_not_added_up_yet_is_not_deleted(store: Store, site: CreatedSite, decided: Comment) -> None:
    keep(store, site, audit=13)
    with store.write() as session:
        session.query(Watermark).delete()
    assert run(store) == {}
    assert rows(store, AuditEvent, comment_id=decided.id)


def test_each_other_kind_goes_when_it_is_too_old(
    store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite, other_site: CreatedSite, clock: Clock
) -> None:
    site = site_with_webhook
    scored(store, queues, scorer, site, "One")
    comment = scored(store, queues, scorer, site, "Two")
    for place in (site, other_site):
        feedback.record(store, place.id, source="akismet", text="An example", labels={"spam": 1.0})
    with store.write() as session:
        for criteria in ({"site": site.id, "author": "x"}, {"site": other_site.id}, {"ids": [[comment.id, 2]]}):
            job = bulk.create(session, criteria, "reject", actor="user:u_1", total=1)
            job.state, job.finished_at = "done", clock.now
            session.add(BulkChange(job_id=job.id, comment_id=comment.id, version=2))
        bulk.create(session, {"site": site.id, "author": "y"}, "reject", actor="user:u_1", total=1)
    told(store)
    with store.write() as session:
        due = session.query(WebhookDelivery).first()
        assert due is not None
        due.next_attempt_at = clock.now
    clock.advance(days=14)
    keep(store, site, deliveries=13, feedback=13, jobs=13)
    assert counted(store, site) == run(store) == {"deliveries": 1, "feedback": 1, "jobs": 2}
    assert [row.id for row in rows(store, WebhookDelivery)] == [due.id]
    assert [row.site_id for row in rows(store, Feedback)] == [other_site.id]
    assert [row.finished_at is None for row in rows(store, BulkJob)] == [False, True]
    assert len(rows(store, BulkChange)) == 1


def many(store: Store, queues: Queues, site: CreatedSite, number: int) -> None:
    for at in range(number):
        accept(store, queues, site, f"Zqtext {at}")
    with store.write() as session:
        session.execute(update(Comment).values(status="published"))


def test_two_workers_at_once_take_each_comment_once(
    store: Store, queues: Queues, site: CreatedSite, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_retention, "STEP", 3)
    many(store, queues, site, 20)
    clock.advance(days=2)
    keep(store, site, text=1, identity=1)
    found: list[Counter[str]] = []
    threads = [threading.Thread(target=lambda: found.append(site_retention.run(store, seconds=60))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert +sum(found, Counter()) == {"text": 20}
    assert sum((event.detail or {})["text"] for event in rows(store, AuditEvent, action="retention.ran")) == 20


def test_a_run_that_ends_in_the_middle_goes_on_where_it_was(
    store: Store, queues: Queues, site: CreatedSite, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_retention, "STEP", 3)
    many(store, queues, site, 10)
    clock.advance(days=2)
    keep(store, site, text=1)
    assert dict(site_retention.run(store, seconds=0)) == {"text": 3}
    assert counted(store, site) == {"text": 7}
    assert counted(store, site, most=4) == {"text": 4}
    calls = itertools.count()
    real = erasing.take_words

    def dies(*arguments: Any) -> None:
        real(*arguments)
        if next(calls) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(erasing, "take_words", dies)
    with pytest.raises(KeyboardInterrupt):
        run(store)
    assert counted(store, site) == {"text": 4}, "the step that died is not half done"
    assert run(store) == {"text": 4}
    assert sum((event.detail or {})["text"] for event in rows(store, AuditEvent, action="retention.ran")) == 10


def test_each_kind_can_be_chosen(store: Store, site: CreatedSite) -> None:
    keep(store, site, text=5, identity=5, audit=5, deliveries=5, feedback=5, jobs=5)
    with store.read() as session:
        settings = site_settings.of_sites(session, {site.id})[site.id]
        assert {settings.days_kept(kind) for kind in KINDS} == {5}
        assert set(site_retention.counts(session, site.id, settings)) == set(KINDS)


@pytest.mark.one_database
def test_old_comments_and_events_are_found_by_an_index(store: Store, site: CreatedSite) -> None:
    moment = clock.now()
    queries = {
        "ix_comments_updated": site_retention._next_comments(site.id, f"{moment.isoformat()} c_1", moment),
        "ix_audit_events_site": select(AuditEvent.id).where(
            AuditEvent.site_id == site.id, AuditEvent.id < "a_1", AuditEvent.id > ""
        ),
    }
    for index, query in queries.items():
        with store.read() as session:
            sql = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
            plan = "\n".join(str(row) for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}"))
        assert index in plan
        assert "TEMP B-TREE" not in plan


def test_audit_rows_of_no_comment_go_too(store: Store, site: CreatedSite, clock: Clock) -> None:
    with store.write() as session:
        audit.record(session, [audit.row("site.renamed", actor="operator", site_id=site.id)])
    clock.advance(days=3)
    tallies.roll_up(store)
    keep(store, site, audit=1)
    assert run(store)["audit"] >= 1
    assert rows(store, AuditEvent, action="site.renamed") == []
