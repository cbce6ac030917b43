"""The jobs that RQ runs. During an upgrade their names are still in Redis: keep them importable."""

from __future__ import annotations

import faulthandler
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from moderation import news, tracing
from moderation.decisions import bulk
from moderation.decisions.scoring import BatchResult, Scorer
from moderation.store import AWAY
from moderation.webhooks import afterwards
from worker import process

#: A job drains for at most this long, so that stopping a worker takes no longer.
DRAIN_SECONDS = 2.0
#: A bulk job runs this long before comments that wait to be scored have their turn.
BULK_SECONDS = 0.5
#: A batch that takes longer than this hangs: the process ends itself, and is started again. This is shorter than a
#: lease, or else another process would claim the same comments, and hang as well, before this one is back.
HUNG_SECONDS = 25.0
#: How long a process waits when the database is away.
AWAY_SECONDS = 0.5

log = structlog.get_logger(__name__)


def score_pending() -> None:
    """Decide the waiting comments. Clears the wake flag first, so that comments queued meanwhile wake a worker."""
    scorer = process.scorer()
    scorer.queues.clear_wake()
    until = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < until:
        result = _run_batch(scorer)
        if result is None:
            return  # the sweep wakes a worker when the database is back
        process.record(result)
        if result.claimed == 0:
            break
        if result.full:
            scorer.queues.wake()  # more than a batch waits: have another process help
    scorer.queues.wake_if_waiting()


def run_bulk_job(job_id: str) -> None:
    """Go on with a bulk job for a moment, then queue it again behind other work. Killed anywhere, it loses nothing."""
    scorer = process.scorer()
    until = time.monotonic() + BULK_SECONDS
    unfinished = True
    try:
        while unfinished and time.monotonic() < until:
            unfinished = _run_step(scorer, job_id)
    finally:
        tracing.work_for(tracing.UNKNOWN)
    if unfinished:
        scorer.queues.start_bulk_job(job_id)


def _run_step(scorer: Scorer, job_id: str) -> bool:
    """Do a step; returns whether to go on. After an outage of the database the clock queues the job again."""
    try:
        with _bounded(HUNG_SECONDS):
            step = bulk.run_step(scorer.store, job_id)
    except AWAY as error:
        log.error("database.away", doing="a bulk job", error=str(error).partition("\n")[0])
        time.sleep(AWAY_SECONDS)
        return False
    except Exception as error:
        log.exception("bulk.failed", job=job_id)
        with scorer.store.write() as session:
            bulk.fail(session, job_id, f"{type(error).__name__}: see the worker's log.")
        afterwards.tell(scorer.queues, news.of(session))
        return False
    afterwards.tell(scorer.queues, step.news, by=step.by)
    return step.more


def _run_batch(scorer: Scorer) -> BatchResult | None:
    """Run a batch; None when the database is away."""
    try:
        with _bounded(HUNG_SECONDS):
            return scorer.run_batch()
    except AWAY as error:
        log.error("database.away", doing="deciding comments", error=str(error).partition("\n")[0])
        time.sleep(AWAY_SECONDS)
        return None


@contextmanager
def _bounded(seconds: float) -> Iterator[None]:
    """End the process, with a traceback on standard error, if the block takes longer.

    A thread that is no thread of Python's does so: it needs no lock that the block may hold.
    """
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
