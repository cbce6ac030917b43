"""The job that drains the queue: a wake-up is enough, a database that is away costs nobody anything, none hangs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
import structlog

from moderation import counters
from moderation.decisions import scoring
from moderation.decisions.scoring import ALONE_SECONDS, BATCH_SECONDS, LEAST_BATCH, MOST_BATCH, QUIET_SECONDS, Scorer
from moderation.intake import submissions
from moderation.intake.queues import LEASE_SECONDS, Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.support.classifier import ChosenScores
from tests.support.comments import accept, rows, submission
from worker import jobs, process


@pytest.fixture(autouse=True)
def _opened(scorer: Scorer) -> None:
    process.use(scorer)


def waiting_jobs(queues: Queues) -> int:
    return int(queues.redis.llen("rq:queue:scoring"))


def pending(store: Store) -> int:
    return sum(row.status == "pending" for row in rows(store, Comment))


def test_one_job_drains_what_waits(
    store: Store, queues: Queues, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "DRAIN_SECONDS", 60.0)  # a busy machine leaves some for the next job
    submissions.submit(store, queues, site.id, [submission(f"Remark {number}.") for number in range(300)])
    jobs.score_pending()
    assert pending(store) == 0
    assert counters.read(queues.redis).decisions == {("published", "policy"): 300}


def test_the_wake_flag_is_cleared_before_the_first_claim(store: Store, queues: Queues, site: CreatedSite) -> None:
    """So that a comment queued while the job ends wakes another."""
    accept(store, queues, site)
    assert waiting_jobs(queues) == 1
    jobs.score_pending()
    accept(store, queues, site)
    assert waiting_jobs(queues) == 2


def test_what_is_left_after_its_time_wakes_another_job(
    store: Store, queues: Queues, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "DRAIN_SECONDS", 0.0)
    accept(store, queues, site)
    jobs.score_pending()
    assert pending(store) == 1
    assert waiting_jobs(queues) == 2


def test_while_the_database_is_away_nothing_is_counted_against_anybody(
    queues: Queues, classifier: ChosenScores, store: Store, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "AWAY_SECONDS", 0.0)
    accept(store, queues, site)
    process.use(Scorer(Store("sqlite:////nowhere/at/all.db"), queues, classifier))
    for _ in range(5):
        with structlog.testing.capture_logs() as logs:
            jobs.score_pending()
        assert [entry["event"] for entry in logs] == ["database.away"]
    assert waiting_jobs(queues) == 1, (
        "it does not wake itself again and again: the sweep does, when the database is back"
    )
    (claim,) = queues.claim(1)
    assert claim.attempts == 0


@pytest.mark.slow
def test_a_batch_that_hangs_ends_the_process_which_is_started_again() -> None:
    hang = "from worker import jobs; import time\nwith jobs._bounded(0.2): time.sleep(600)"
    ended = subprocess.run([sys.executable, "-c", hang], capture_output=True, timeout=120, check=False)
    assert ended.returncode != 0
    assert b"Timeout" in ended.stderr


def test_what_hangs_a_process_is_not_claimed_by_another_before_that_one_is_back() -> None:
    """Two workers would be held up by one comment at the same time, and with them all others."""
    assert jobs.HUNG_SECONDS + 2 <= LEASE_SECONDS


class Timed(ChosenScores):
    """Is a clock as well: a batch takes as long as its texts do, whatever else the machine has to do."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds, self.now, self.quiet = seconds, 0.0, 0.0

    def score(self, texts: Sequence[str], signals: Any = None) -> Any:
        self.now += self.seconds * len(texts)
        return super().score(texts, signals)

    def thread_time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now + self.quiet

    perf_counter = thread_time


def test_batches_grow_as_far_as_their_time_allows_and_shrink_where_it_does_not(
    store: Store, queues: Queues, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed = Timed(ALONE_SECONDS / 10_000)
    monkeypatch.setattr(scoring, "time", timed)
    scorer = Scorer(store, queues, timed)
    for _ in range(2):
        submissions.submit(store, queues, site.id, [submission(f"Remark {number}.") for number in range(1000)])
    texts = 2  # a comment's own, and its author's name
    for _ in range(6):
        scorer.run_batch()
    assert timed.batches[-1] == texts * MOST_BATCH
    timed.seconds = ALONE_SECONDS / 4
    for _ in range(6):
        scorer.run_batch()
    assert timed.batches[-1] == texts * LEAST_BATCH
    assert all(texts * LEAST_BATCH <= size <= texts * MOST_BATCH for size in timed.batches)


def test_batches_are_longer_while_no_other_site_sends_comments_that_would_wait_for_them(
    store: Store, queues: Queues, site: CreatedSite, other_site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = 2  # a comment's own, and its author's name
    timed = Timed(BATCH_SECONDS / 20 / texts)
    monkeypatch.setattr(scoring, "time", timed)
    scorer = Scorer(store, queues, timed)
    numbers = count()

    def comments_in_a_batch() -> float:
        for _ in range(12):
            sent = [submission(f"Remark {next(numbers)}.") for _ in range(100)]
            submissions.submit(store, queues, site.id, sent)
            scorer.run_batch()
        return timed.batches[-1] / texts

    alone = round(20 * ALONE_SECONDS / BATCH_SECONDS)
    assert comments_in_a_batch() == pytest.approx(alone, abs=1)
    accept(store, queues, other_site)
    assert comments_in_a_batch() == pytest.approx(20, abs=1)
    timed.quiet = QUIET_SECONDS
    assert comments_in_a_batch() == pytest.approx(alone, abs=1)
