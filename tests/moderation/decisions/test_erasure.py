"""Erasing takes a comment's words and its author away everywhere; the audit, which held neither, stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from moderation import clock as time_of_day
from moderation.decisions import bulk, comments
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.policy import policies, policy_lists
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import (
    AuditEvent,
    BulkChange,
    BulkJob,
    Comment,
    PolicyVersion,
    Report,
    ReviewItem,
    WebhookDelivery,
)
from tests.support.clock import Clock
from tests.support.comments import accept, dump, rows, stored, submission

AUTHORS = {
    "name": "Qwname",
    "email": "qwmail@example.org",
    "url": "https://qwurl.example",
    "ip": "203.0.113.77",
    "user_agent": "Qwagent/1",
    "user_id": "qwuser",
    "language": "qw-language",
    "external_id": "qwexternal",
}
WORDS = "qwtext is what toxicity=0.7 said"
TRACES = ("qwtext", *(value.lower() for name, value in AUTHORS.items() if name != "external_id"))


@pytest.fixture
def flagged(store: Store, queues: Queues, scorer: Scorer, site_with_webhook: CreatedSite) -> Comment:
    """A flagged comment with everything known of its author, and a reader's report with a note."""
    (outcome,) = submissions.submit(
        store, queues, site_with_webhook.id, [submission(WORDS, **AUTHORS)], idempotency_key="qwidempotent"
    )
    assert outcome.comment is not None
    scorer.run_batch()
    with store.write() as session:
        comments.report(
            session,
            site_with_webhook.id,
            outcome.comment.id,
            reason="rude",
            note="qwnote quotes qwtext",
            reporter="qwreporter",
        )
    return stored(store, outcome.comment.id)


def erase(store: Store, comment: Comment) -> None:
    with store.write() as session:
        comments.erase(session, comment.site_id, comment.id)


def test_before_the_erasure_the_words_are_there_to_be_found(store: Store, flagged: Comment) -> None:
    everything = dump(store).lower()
    assert [trace for trace in TRACES if trace not in everything] == []
    assert flagged.spans is not None


def test_after_it_they_are_in_no_table(store: Store, flagged: Comment) -> None:
    erase(store, flagged)
    everything = dump(store).lower()
    assert [trace for trace in (*TRACES, "qwnote", "qwreporter", "qwidempotent") if trace in everything] == []


def test_after_it_they_are_not_in_the_sqlite_file_either(store: Store, flagged: Comment) -> None:
    """Nor in its free pages, once the log has been written back, as SQLite does by itself every 1,000 pages."""
    if not store.is_sqlite:
        pytest.skip("PostgreSQL's autovacuum does this")
    erase(store, flagged)
    with store.engine.connect() as connection:
        connection.execute(text("ROLLBACK"))
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        connection.execute(text("BEGIN"))
    path = Path(str(store.engine.url.database))
    everything = b"".join(file.read_bytes() for file in path.parent.glob("winnow.db*")).lower()
    assert flagged.id.encode() in everything
    assert [trace for trace in TRACES if trace.encode() in everything] == []


LISTED = ("qwmail@example.org", "203.0.113.77", "qwuser", "Qwname")


def surround(store: Store, queues: Queues, comment: Comment) -> None:
    """What moderators do with a comment and its author: notes, lists, bulk jobs by author, by address and by search."""
    with store.write() as session:
        comments.decide(session, None, comment.id, "reject", actor="user:u_1", reason="Zqnote quotes qwtext here")
    for name, entries in (("blocked_authors", LISTED), ("blocked_ips", LISTED[1:2])):
        for entry in entries:
            with store.write() as session:
                end = time_of_day.now() + timedelta(days=1)
                policy_lists.add(session, comment.site_id, name, entry, until=end, actor="user:u_1")
    with store.write() as session:
        policies.save(session, comment.site_id, {}, actor="user:u_1")
    criteria: list[dict[str, Any]] = [
        {"site": comment.site_id, "author": comment.author_key},
        {"site": comment.site_id, "address": comment.ip},
        {"search": {"words": ["zqsearch"], "email": comment.email}},
        {"ids": [[comment.id, comment.version]]},
    ]
    for one in criteria:
        with store.write() as session:
            job = bulk.create(session, one, "reject", actor="user:u_1", total=1, code="spam", note="Zqnote of a job")
            job.state, job.finished_at = "done", time_of_day.now()
            if "ids" in one or "search" in one:
                session.add(BulkChange(job_id=job.id, comment_id=comment.id, version=comment.version))
    with store.write() as session:
        for delivery in session.query(WebhookDelivery):
            delivery.next_attempt_at, delivery.delivered_at = None, time_of_day.now()


@pytest.mark.parametrize("traces", [TRACES, ("zqnote", "zqsearch")], ids=["author", "notes"])
def test_nothing_of_it_is_left_in_notes_bulk_jobs_old_policies_or_messages(
    store: Store, queues: Queues, flagged: Comment, traces: tuple[str, ...]
) -> None:
    surround(store, queues, flagged)
    before = dump(store).lower()
    assert [trace for trace in traces if trace not in before] == []
    erase(store, flagged)
    everything = dump(store).lower()
    assert [trace for trace in traces if trace in everything] == []


def test_nothing_of_it_is_left_in_any_file_once_the_clock_has_emptied_the_log(
    store: Store, queues: Queues, flagged: Comment, redis_url: str
) -> None:
    if not store.is_sqlite:
        pytest.skip("PostgreSQL's autovacuum does this")
    surround(store, queues, flagged)
    path = Path(str(store.engine.url.database))

    def files() -> bytes:
        return b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*")).lower()

    wanted = (*TRACES, "zqnote", "zqsearch")
    assert [trace for trace in wanted if trace.encode() not in files()] == []
    erase(store, flagged)
    assert store.empty_log()
    assert flagged.id.encode() in files()
    assert [trace for trace in wanted if trace.encode() in files()] == []
    kept = [queues.redis.dump(key) or b"" for key in queues.redis.scan_iter()]
    assert [trace for trace in wanted if trace.encode() in b"".join(kept).lower()] == []


def test_who_is_blocked_now_stays_blocked_and_is_forgotten_when_that_ends(
    store: Store, flagged: Comment, clock: Clock
) -> None:
    with store.write() as session:
        end = clock.now + timedelta(days=1)
        policy_lists.add(session, flagged.site_id, "blocked_ips", "203.0.113.77", until=end, actor="user:u_1")
    erase(store, flagged)
    with store.read() as session:
        assert policies.current(session, flagged.site_id).document["blocked_ips"] == ["203.0.113.77"]
    clock.advance(days=2)
    assert policy_lists.take_out_ended(store) == 1
    assert "203.0.113.77" not in dump(store)


def test_what_is_not_the_authors_stays(store: Store, flagged: Comment) -> None:
    with store.write() as session:
        policies.save(session, flagged.site_id, {"blocked_authors": ["else@example.org", "QWUSER"]}, actor="user:u_1")
    with store.write() as session:
        bulk.create(session, {"site": "s", "author": "else@example.org"}, "reject", actor="user:u_1", total=0)
        policies.save(session, flagged.site_id, {}, actor="user:u_1")
    erase(store, flagged)
    with store.read() as session:
        assert [row.document["blocked_authors"] for row in session.query(PolicyVersion).order_by("version")] == [
            [],
            ["else@example.org"],
            [],
        ]
        assert session.query(BulkJob).one().criteria["author"] == "else@example.org"


def test_a_message_that_is_still_to_be_sent_names_the_comment(store: Store, flagged: Comment) -> None:
    erase(store, flagged)
    assert [row.payload["data"]["external_id"] for row in rows(store, WebhookDelivery)] == ["qwexternal"] * 2


def test_what_happened_to_it_stays_on_record(store: Store, flagged: Comment, clock: Clock) -> None:
    before = [(event.id, event.reasons, event.scores) for event in rows(store, AuditEvent, comment_id=flagged.id)]
    erase(store, flagged)
    events = rows(store, AuditEvent, comment_id=flagged.id)
    assert {event.action for event in events} == {"comment.decided", "comment.reported", "comment.erased"}
    assert [one for one in before if one not in [(event.id, event.reasons, event.scores) for event in events]] == []
    comment = stored(store, flagged.id)
    assert (comment.status, comment.version, comment.updated_at) == ("erased", flagged.version + 1, clock.now)


def test_its_external_id_and_key_may_be_used_again(store: Store, queues: Queues, flagged: Comment) -> None:
    erase(store, flagged)
    (outcome,) = submissions.submit(
        store, queues, flagged.site_id, [submission("New.", external_id="qwexternal")], idempotency_key="qwidempotent"
    )
    assert outcome.kind == "accepted"


def test_nobody_is_asked_about_it_any_more(store: Store, flagged: Comment) -> None:
    erase(store, flagged)
    assert {(item.outcome, item.closed_at is not None) for item in rows(store, ReviewItem)} == {("erase", True)}
    (report,) = rows(store, Report)
    assert (report.reason, report.note, report.reporter) == ("rude", None, None)


def test_the_site_is_told_by_the_id_that_it_knows(store: Store, flagged: Comment) -> None:
    erase(store, flagged)
    (delivery,) = rows(store, WebhookDelivery, event="comment.erased")
    assert delivery.payload["data"]["id"] == flagged.id
    assert delivery.payload["data"]["external_id"] == "qwexternal"


@pytest.mark.parametrize(
    "attempt",
    [
        partial(comments.find),
        partial(comments.erase),
        partial(comments.decide, action="publish", actor="user:u1"),
        partial(comments.edit, fields={"comment": "Back."}),
        partial(comments.report, reason="rude", note=None, reporter=None),
    ],
    ids=lambda attempt: attempt.func.__name__,
)
def test_an_erased_comment_is_gone_for_every_verb(store: Store, flagged: Comment, attempt: Callable[..., Any]) -> None:
    erase(store, flagged)
    with pytest.raises(comments.Erased, match=f"Comment {flagged.id} was erased"), store.write() as session:
        attempt(session, flagged.site_id, flagged.id)


def test_a_comment_erased_while_it_waits_is_not_decided(
    store: Store, queues: Queues, scorer: Scorer, site: CreatedSite
) -> None:
    comment = accept(store, queues, site, WORDS)
    erase(store, comment)
    assert scorer.run_batch().written == []
    assert stored(store, comment.id).status == "erased"
    assert queues.length() == {"waiting": 0, "leased": 0, "retry": 0}


def test_another_site_cannot_erase_it(store: Store, flagged: Comment, other_site: CreatedSite) -> None:
    with pytest.raises(comments.NotFound), store.write() as session:
        comments.erase(session, other_site.id, flagged.id)
    assert stored(store, flagged.id).comment == WORDS
