"""Submitting: stored once and queued, whatever is sent again, and whoever sends it at the same moment."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import structlog
from sqlalchemy import func, select

from moderation.decisions import comments
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Outcome, Submission
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.support.clock import Clock
from tests.support.comments import accept, rows, stored, submission
from tests.support.processes.redis_server import RedisServer

Submit = Callable[..., list[str]]


@pytest.fixture
def submit(store: Store, queues: Queues, site: CreatedSite) -> Submit:
    """Submits to `site`; the outcomes' kinds."""

    def submit(*several: Submission, key: str | None = None) -> list[str]:
        return [outcome.kind for outcome in submissions.submit(store, queues, site.id, several, idempotency_key=key)]

    return submit


def test_an_accepted_comment_is_stored_pending_as_it_was_sent(
    store: Store, queues: Queues, site: CreatedSite, clock: Clock
) -> None:
    written = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    sent = {
        "name": "Grüße, Ada",
        "comment": "Schön — 很好 💐",
        "thread": "/news/1",
        "external_id": "17",
        "email": "ada@example.org",
        "url": "https://ada.example",
        "ip": "192.0.2.7",
        "user_agent": "Browser/1",
        "user_id": "u7",
        "language": "de",
        "created_at": written,
    }
    comment = stored(store, accept(store, queues, site, **sent).id)  # type: ignore[arg-type]
    assert {name: getattr(comment, name) for name in sent} == sent
    assert (comment.status, comment.revision, comment.version) == ("pending", 1, 1)
    assert comment.accepted_at == comment.updated_at == clock.now
    assert [comment.decided_by, comment.scores, comment.reasons] == [None] * 3


def test_a_comment_without_a_date_was_written_when_it_was_accepted(
    store: Store, queues: Queues, site: CreatedSite, clock: Clock
) -> None:
    assert accept(store, queues, site).created_at == clock.now


def test_an_accepted_comment_waits_in_redis_and_wakes_one_job(store: Store, queues: Queues, site: CreatedSite) -> None:
    first, second = accept(store, queues, site), accept(store, queues, site, "Another.")
    assert {claim.comment_id for claim in queues.claim(10)} == {first.id, second.id}
    assert queues.redis.llen("rq:queue:scoring") == 1


def test_without_redis_a_comment_is_accepted_all_the_same(
    store: Store, site: CreatedSite, own_redis: RedisServer
) -> None:
    from moderation.intake import queues as queues_module  # noqa: PLC0415

    queues = Queues(queues_module.connect(own_redis.url))
    own_redis.kill()
    assert stored(store, accept(store, queues, site).id).status == "pending"


def test_a_redis_that_hangs_delays_one_submission_only(
    store: Store, site: CreatedSite, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moderation.intake import queues as queues_module  # noqa: PLC0415

    monkeypatch.setattr("moderation.intake.breaker.AWAY_SECONDS", 3600.0)
    queues = Queues(queues_module.connect(own_redis.url, timeout=0.2))
    own_redis.freeze()
    try:
        with structlog.testing.capture_logs() as logs:
            for number in range(10):
                accept(store, queues, site, f"Number {number}.")
        assert [entry["event"] for entry in logs].count("redis.away") == 1
    finally:
        own_redis.thaw()


# What is sent first, what is sent again, and what comes of the second.
AGAIN = [
    ("the same under the same external id", {"external_id": "1"}, {"external_id": "1"}, "replayed"),
    ("another text", {"external_id": "1"}, {"external_id": "1", "comment": "Other."}, "conflict"),
    ("another author", {"external_id": "1"}, {"external_id": "1", "name": "Bob"}, "conflict"),
    ("another page", {"external_id": "1", "thread": "a"}, {"external_id": "1", "thread": "b"}, "conflict"),
    ("its page has another title", {"external_id": "1"}, {"external_id": "1", "thread_title": "Chaff"}, "replayed"),
    ("a field less", {"external_id": "1", "email": "a@example.org"}, {"external_id": "1"}, "conflict"),
    ("another external id", {"external_id": "1"}, {"external_id": "2"}, "accepted"),
    ("no external id at all", {}, {}, "accepted"),
    ("an external id now", {}, {"external_id": "1"}, "accepted"),
]


@pytest.mark.parametrize(("first", "second", "kind"), [pytest.param(*case[1:], id=case[0]) for case in AGAIN])
def test_sending_again(submit: Submit, store: Store, first: dict[str, str], second: dict[str, str], kind: str) -> None:
    assert submit(submission(**first)) == ["accepted"]
    assert submit(submission(**second)) == [kind]
    assert len(rows(store, Comment)) == (2 if kind == "accepted" else 1)


def test_a_replay_answers_with_the_first_comment_and_queues_nothing(
    store: Store, queues: Queues, site: CreatedSite
) -> None:
    first = accept(store, queues, site, external_id="1")
    queues.redis.flushall()
    (again,) = submissions.submit(store, queues, site.id, [submission(external_id="1")])
    assert again.comment is not None
    assert again.comment.id == first.id
    assert queues.claim(10) == []


def test_a_replay_after_the_decision_answers_with_the_decision(store: Store, queues: Queues, site: CreatedSite) -> None:
    first = accept(store, queues, site, external_id="1")
    with store.write() as session:
        comments.decide(session, site.id, first.id, "reject", actor="user:u1")
    (again,) = submissions.submit(store, queues, site.id, [submission(external_id="1")])
    assert again.comment is not None
    assert (again.kind, again.comment.status) == ("replayed", "rejected")


def test_an_idempotency_key_stands_for_one_submission(submit: Submit) -> None:
    assert submit(submission("One."), key="k1") == ["accepted"]
    assert submit(submission("One."), key="k1") == ["replayed"]
    assert submit(submission("Two."), key="k1") == ["conflict"]
    assert submit(submission("Two."), key="k2") == ["accepted"]


def test_external_ids_and_keys_belong_to_a_site(
    submit: Submit, store: Store, queues: Queues, other_site: CreatedSite
) -> None:
    submit(submission(external_id="1"), key="k1")
    (outcome,) = submissions.submit(
        store, queues, other_site.id, [submission("Other.", external_id="1")], idempotency_key="k1"
    )
    assert outcome.kind == "accepted"


def test_a_batch_has_an_outcome_for_each_in_order(submit: Submit, store: Store) -> None:
    submit(submission("Old.", external_id="old"))
    assert submit(
        submission("One.", external_id="1"),
        submission("Old.", external_id="old"),
        submission("One.", external_id="1"),
        submission("Else.", external_id="1"),
        submission("Lost.", parent_id="c_nobody"),
        submission("Free."),
        submission("Free."),
        submission("Older.", external_id="old"),
    ) == ["accepted", "replayed", "replayed", "conflict", "unknown_parent", "accepted", "accepted", "conflict"]
    assert sorted(row.comment for row in rows(store, Comment)) == ["Free.", "Free.", "Old.", "One."]


def test_a_batch_of_nothing_is_nothing(submit: Submit) -> None:
    assert submit() == []


def test_a_thousand_at_once(submit: Submit, store: Store, queues: Queues) -> None:
    assert set(submit(*(submission(f"Number {number}.", external_id=str(number)) for number in range(1000)))) == {
        "accepted"
    }
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Comment)) == 1000
    assert queues.length()["waiting"] == 1000


def test_a_reply_names_a_comment_of_its_own_site(
    submit: Submit, store: Store, queues: Queues, site: CreatedSite, other_site: CreatedSite
) -> None:
    ours, theirs = accept(store, queues, site), accept(store, queues, other_site)
    assert submit(submission("Reply.", parent_id=ours.id)) == ["accepted"]
    assert submit(submission("Reply.", parent_id=theirs.id)) == ["unknown_parent"]


def test_comments_accepted_in_different_milliseconds_have_ids_in_that_order(
    store: Store, queues: Queues, site: CreatedSite, clock: Clock
) -> None:
    ids = []
    for number in range(20):
        ids.append(accept(store, queues, site, f"Number {number}.").id)
        clock.advance(milliseconds=1)
    assert ids == sorted(ids)


@pytest.mark.parametrize("kind", ["external_id", "idempotency_key"])
def test_two_at_the_same_moment_make_one_comment(store: Store, queues: Queues, site: CreatedSite, kind: str) -> None:
    """Eight threads send the same twenty times over: one is accepted each time, seven are replays."""
    threads = 8
    for round_ in range(20):
        together = threading.Barrier(threads)
        outcomes: list[Outcome] = []
        failures: list[Exception] = []

        def send(number: int = round_, together: threading.Barrier = together) -> None:
            fields = {"external_id": f"x{number}"} if kind == "external_id" else {}
            key = f"k{number}" if kind == "idempotency_key" else None
            together.wait()
            try:
                outcomes.extend(  # noqa: B023
                    submissions.submit(store, queues, site.id, [submission(**fields)], idempotency_key=key)
                )
            except Exception as error:
                failures.append(error)  # noqa: B023

        senders = [threading.Thread(target=send) for _ in range(threads)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(60)
        assert failures == []
        assert sorted(outcome.kind for outcome in outcomes) == ["accepted"] + ["replayed"] * (threads - 1)
        assert len({outcome.comment.id for outcome in outcomes if outcome.comment}) == 1
    assert len(rows(store, Comment)) == 20


def test_batches_that_overlap_at_the_same_moment_all_come_through(
    store: Store, queues: Queues, site: CreatedSite
) -> None:
    """In opposite orders, as two deliveries of one export may be: neither a deadlock nor a second copy."""
    for round_ in range(10):
        batch = [submission(f"{number}", external_id=f"{round_}-{number}") for number in range(200)]
        together = threading.Barrier(2)
        kinds: list[str] = []
        failures: list[Exception] = []

        def send(batch: list[Submission], together: threading.Barrier = together, kinds: list[str] = kinds) -> None:
            together.wait()
            try:
                kinds.extend(outcome.kind for outcome in submissions.submit(store, queues, site.id, batch))
            except Exception as error:
                failures.append(error)  # noqa: B023

        senders = [threading.Thread(target=send, args=(one,)) for one in (batch, batch[::-1])]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(60)
        assert failures == []
        assert (kinds.count("accepted"), kinds.count("replayed")) == (200, 200)


@pytest.mark.slow
def test_a_process_may_begin_with_a_submission(settings: Settings, site: CreatedSite) -> None:
    """Nothing has been read yet, so SQLAlchemy has had no reason to get ready."""
    program = (
        "import sys; from moderation import store; from moderation.intake import queues, submissions; "
        "from moderation.intake.submissions import Submission; "
        "database, redis, site = sys.argv[1:]; "
        "sent = [Submission(name='Ada', comment='Hello')]; "
        "opened = queues.Queues(queues.connect(redis)); "
        "print(submissions.submit(store.Store(database), opened, site, sent)[0].comment.status)"
    )
    command = [sys.executable, "-c", program, settings.database_url, settings.redis_url, site.id]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "pending\n"
