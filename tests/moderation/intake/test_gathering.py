"""Submissions made at the same time share a transaction, and each gets what it would have got alone."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError, OperationalError

from moderation import store as store_module
from moderation.intake import submissions
from moderation.intake.gathering import Intake
from moderation.intake.queues import Queues
from moderation.intake.submissions import Outcome, Request
from moderation.sites.sites import CreatedSite
from moderation.store import Store, WriteTurn
from moderation.tables import Comment
from tests.support.comments import rows, submission
from tests.support.waiting import eventually


@pytest.fixture
def intake(store: Store, queues: Queues) -> Intake:
    return Intake(store, queues)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as found:
        yield found


class Gate:
    """Holds the first transaction of a store until it is opened, and counts those that insert at once."""

    def __init__(self, store: Store) -> None:
        self.inserts = 0
        self.reached, self.opened = threading.Event(), threading.Event()
        self._insert = store.insert
        store.insert = self._hold  # type: ignore[method-assign]

    def _hold(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        self.inserts += 1
        self.reached.set()
        assert self.opened.wait(60)
        self._insert(table, rows)


def gather(
    intake: Intake, pool: ThreadPoolExecutor, gate: Gate, requests: list[tuple[str, str]]
) -> list[Future[Outcome]]:
    """Submit while the first commit is held, so that all but the first `(site id, external id)` gather behind it."""
    first = pool.submit(intake.submit, requests[0][0], submission(external_id=requests[0][1]))
    assert gate.reached.wait(60)
    others = [pool.submit(intake.submit, site_id, submission(external_id=name)) for site_id, name in requests[1:]]
    eventually(lambda: len(intake._gathered) == len(others), what="the others gather")
    gate.opened.set()
    return [first, *others]


def test_what_gathers_during_a_commit_is_committed_together(
    intake: Intake, pool: ThreadPoolExecutor, store: Store, site: CreatedSite, other_site: CreatedSite, queues: Queues
) -> None:
    gate = Gate(store)
    requests = [((site, other_site)[number % 2].id, f"e{number // 2}") for number in range(21)]
    outcomes = [future.result(60) for future in gather(intake, pool, gate, requests)]
    assert gate.inserts == 2
    assert {outcome.kind for outcome in outcomes} == {"accepted"}
    assert [(one.comment.site_id, one.comment.external_id) for one in outcomes if one.comment] == requests
    assert queues.length()["waiting"] == 21


def test_what_gathers_until_the_turn_to_write_has_come_is_committed_together(
    intake: Intake, pool: ThreadPoolExecutor, store: Store, site: CreatedSite
) -> None:
    if not store.is_sqlite:
        pytest.skip("about SQLite")
    gate = Gate(store)
    gate.opened.set()
    with WriteTurn(Path(f"{store.engine.url.database}.lock")):  # as another process has it
        futures = [pool.submit(intake.submit, site.id, submission(external_id=f"e{number}")) for number in range(10)]
        eventually(lambda: len(intake._gathered) == 10, what="all gather")
        before = gate.inserts
    assert {future.result(60).kind for future in futures} == {"accepted"}
    assert (before, gate.inserts) == (0, 1)


def test_when_the_turn_to_write_does_not_come_all_are_told_and_nothing_is_stored(
    intake: Intake, pool: ThreadPoolExecutor, store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not store.is_sqlite:
        pytest.skip("about SQLite")
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 0.3)
    with WriteTurn(Path(f"{store.engine.url.database}.lock")):
        futures = [pool.submit(intake.submit, site.id, submission()) for _ in range(3)]
        for future in futures:
            with pytest.raises(OperationalError, match="database is locked"):
                future.result(60)
    assert intake.submit(site.id, submission()).kind == "accepted"
    assert len(rows(store, Comment)) == 1


def test_a_replay_in_the_same_transaction_is_one(
    intake: Intake, pool: ThreadPoolExecutor, store: Store, site: CreatedSite
) -> None:
    futures = gather(intake, pool, Gate(store), [(site.id, "first"), *[(site.id, "same")] * 10])
    kinds = sorted(future.result(60).kind for future in futures)
    assert kinds == ["accepted"] * 2 + ["replayed"] * 9
    assert len(rows(store, Comment)) == 2


def test_one_to_a_site_that_is_gone_does_not_sink_the_others(
    intake: Intake, pool: ThreadPoolExecutor, store: Store, site: CreatedSite
) -> None:
    requests = [(site.id, "e1"), (site.id, "e2"), ("s_gone", "e3"), (site.id, "e4")]
    *_, third, fourth = gather(intake, pool, Gate(store), requests)
    with pytest.raises(IntegrityError):
        third.result(60)
    assert fourth.result(60).kind == "accepted"
    assert {row.external_id for row in rows(store, Comment)} == {"e1", "e2", "e4"}


def test_when_the_database_refuses_everybody_of_the_transaction_is_told_and_the_next_go_on(
    intake: Intake, pool: ThreadPoolExecutor, store: Store, site: CreatedSite
) -> None:
    refuse = threading.Event()

    gate = Gate(store)
    insert = store.insert

    def fail(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        if refuse.is_set():
            raise OperationalError("INSERT", None, Exception("disk is full"))
        insert(table, rows)

    store.insert = fail  # type: ignore[method-assign]
    first = pool.submit(intake.submit, site.id, submission())
    assert gate.reached.wait(60)
    refuse.set()
    others = [pool.submit(intake.submit, site.id, submission(f"Remark {number}.")) for number in range(5)]
    eventually(lambda: len(intake._gathered) == 5)
    gate.opened.set()
    assert first.result(60).kind == "accepted"
    for future in others:
        with pytest.raises(OperationalError):
            future.result(60)
    refuse.clear()
    assert intake.submit(site.id, submission("The next one.")).kind == "accepted"
    assert len(rows(store, Comment)) == 2


def test_who_waits_behind_a_commit_that_hangs_is_told_in_time_and_is_not_stored(
    intake: Intake, pool: ThreadPoolExecutor, store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 0.3)
    gate = Gate(store)
    first = pool.submit(intake.submit, site.id, submission(external_id="first"))
    assert gate.reached.wait(60)
    others = [pool.submit(intake.submit, site.id, submission(external_id=f"e{number}")) for number in range(5)]
    for future in others:
        with pytest.raises(OperationalError, match="locked"):
            future.result(60)
    gate.opened.set()
    assert first.result(60).kind == "accepted"
    assert [row.external_id for row in rows(store, Comment)] == ["first"]
    assert intake.submit(site.id, submission(external_id="later")).kind == "accepted"


def test_what_the_database_does_not_take_is_refused_alone(
    intake: Intake, pool: ThreadPoolExecutor, store: Store, site: CreatedSite
) -> None:
    gate = Gate(store)
    first = pool.submit(intake.submit, site.id, submission(external_id="first"))
    assert gate.reached.wait(60)
    told: dict[str, Outcome | Exception] = {}
    users = {"before": "u1", "broken": "half a pair: \ud83d", "behind": "u2"}
    intake.hand_over(
        [
            (Request(site.id, submission(user_id=user, external_id=name)), functools.partial(told.__setitem__, name))
            for name, user in users.items()
        ]
    )
    gate.opened.set()
    assert first.result(60).kind == "accepted"
    eventually(lambda: len(told) == 3, what="all are told")
    assert isinstance(told["broken"], UnicodeEncodeError)
    assert {row.external_id for row in rows(store, Comment)} == {"first", "before", "behind"}


@pytest.mark.one_database
def test_what_comes_is_made_ready_before_its_turn(
    intake: Intake, store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading_hash = submissions.reading_hash
    turns_held: list[int] = []

    def note(text: str) -> str:
        turns_held.append(store.turn._depth)  # type: ignore[attr-defined]
        return reading_hash(text)

    monkeypatch.setattr(submissions, "reading_hash", note)
    assert intake.submit(site.id, submission()).kind == "accepted"
    assert turns_held == [0]
