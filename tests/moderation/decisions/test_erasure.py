"""Erasing takes a comment's words and its author away everywhere; the audit, which held neither, stays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from moderation.decisions import comments
from moderation.decisions.scoring import Scorer
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, Report, ReviewItem, WebhookDelivery
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
        store, queues, site_with_webhook.id, [submission(WORDS, **AUTHORS)], idempotency_key="qwkey"
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
    assert [trace for trace in (*TRACES, "qwnote", "qwreporter", "qwkey") if trace in everything] == []


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
        store, queues, flagged.site_id, [submission("New.", external_id="qwexternal")], idempotency_key="qwkey"
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
