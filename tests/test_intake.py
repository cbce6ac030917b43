"""Submissions that a process's threads make at the same time share a transaction, and nothing else."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError

from moderation import store as store_module
from moderation.comments import Outcome
from moderation.intake import MOST_TOGETHER, Intake
from moderation.queues import Queues
from moderation.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.support.comments import rows, submission

THREADS, EACH = 16, 20


@pytest.fixture
def intake(store: Store, queues: Queues) -> Intake:
    return Intake(store, queues)


class Crowd:
    """Threads that submit to one intake, all at once. `outcomes` and `errors` by the text that was sent."""

    def __init__(self, intake: Intake) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.errors: dict[str, Exception] = {}
        self._intake = intake

    def submit(self, *, threads: int, each: int, sites: list[str]) -> None:
        together = threading.Barrier(threads)

        def work(number: int) -> None:
            together.wait()
            for turn in range(each):
                text = f"{number}-{turn}"
                try:
                    self.outcomes[text] = self._intake.submit(sites[number % len(sites)], submission(text))
                except Exception as error:
                    self.errors[text] = error

        workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(30)
        assert not any(worker.is_alive() for worker in workers)


def test_everybody_gets_the_outcome_of_what_they_sent(
    intake: Intake, store: Store, site: CreatedSite, other_site: CreatedSite
) -> None:
    crowd = Crowd(intake)
    crowd.submit(threads=THREADS, each=EACH, sites=[site.id, other_site.id])
    assert crowd.errors == {}
    found = {row.id: (row.comment, row.site_id) for row in rows(store, Comment)}
    assert len(found) == THREADS * EACH
    for text, outcome in crowd.outcomes.items():
        assert outcome.comment is not None
        owner = (site, other_site)[int(text.partition("-")[0]) % 2]
        assert (outcome.kind, found[outcome.comment.id]) == ("accepted", (text, owner.id))


def test_those_that_come_while_one_commits_share_the_next_commit(
    intake: Intake, store: Store, site: CreatedSite
) -> None:
    commits: Counter[str] = Counter()
    event.listen(store.engine, "commit", lambda _: commits.update(["commit"]))
    Crowd(intake).submit(threads=THREADS, each=EACH, sites=[site.id])
    assert commits["commit"] < THREADS * EACH / 2


def test_one_that_is_alone_waits_for_nobody(intake: Intake, store: Store, site: CreatedSite) -> None:
    outcome = intake.submit(site.id, submission("Alone."))
    assert outcome.kind == "accepted"
    assert [row.comment for row in rows(store, Comment)] == ["Alone."]


def test_one_that_cannot_be_stored_fails_alone(intake: Intake, store: Store, site: CreatedSite) -> None:
    crowd = Crowd(intake)
    crowd.submit(threads=8, each=5, sites=[site.id, site.id, site.id, "s_deleted_meanwhile"])
    assert {type(error) for error in crowd.errors.values()} == {IntegrityError}
    assert {text.partition("-")[0] for text in crowd.errors} == {"3", "7"}
    assert len(crowd.outcomes) == len(rows(store, Comment)) == 30


def test_replays_within_one_transaction_are_replays(intake: Intake, store: Store, site: CreatedSite) -> None:
    together = threading.Barrier(THREADS)
    kinds: list[str] = []

    def send() -> None:
        together.wait()
        kinds.append(intake.submit(site.id, submission("Same."), "the key").kind)

    senders = [threading.Thread(target=send) for _ in range(THREADS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(20)
    assert Counter(kinds) == {"accepted": 1, "replayed": THREADS - 1}
    assert len(rows(store, Comment)) == 1


def test_a_database_that_is_away_is_told_to_everybody_and_the_next_is_accepted(
    intake: Intake, store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not store.is_sqlite:
        pytest.skip("on PostgreSQL one transaction does not lock the others out")
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 0.1)
    holding, enough = threading.Event(), threading.Event()

    def hold() -> None:
        with store.write():
            holding.set()
            enough.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait(10)
    crowd = Crowd(intake)
    crowd.submit(threads=8, each=1, sites=[site.id])
    enough.set()
    holder.join(10)
    assert {type(error) for error in crowd.errors.values()} == {OperationalError}
    assert len(crowd.errors) == 8
    assert intake.submit(site.id, submission("Again.")).kind == "accepted"
    assert [row.comment for row in rows(store, Comment)] == ["Again."]


def test_a_transaction_stays_short_however_many_wait(intake: Intake, site: CreatedSite, store: Store) -> None:
    largest: list[int] = []

    def watch(_connection: object, _cursor: object, _statement: str, parameters: object, *rest: object) -> None:
        if isinstance(parameters, list):
            largest.append(len(parameters))

    event.listen(store.engine, "before_cursor_execute", watch)
    Crowd(intake).submit(threads=MOST_TOGETHER + 36, each=2, sites=[site.id])
    assert max(largest, default=0) <= MOST_TOGETHER
    assert len(rows(store, Comment)) == (MOST_TOGETHER + 36) * 2
