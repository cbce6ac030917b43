"""From accepted to decided, sustained, beside the naive pipeline: one scoring process against one RQ worker."""

from __future__ import annotations

import sys
import time
from itertools import islice

import redis
from rq import Queue
from sqlalchemy import func, select

from benchmarks import naive, texts
from benchmarks.installation import Installation, headers, installed, until
from benchmarks.load import Load, Requests
from benchmarks.report import Report
from moderation import comments
from moderation.comments import Submission
from moderation.tables import Comment

SINGLES_TARGET, BATCHES_TARGET = 20, 100
NAIVE_JOBS, NAIVE_WARM_UP = 400, 40
CONNECTIONS, WARM_UP, SECONDS = 16, 4.0, 15.0


def run() -> Report:
    """The yardstick first, then ours under a load of single comments, then of batches."""
    report = Report(
        "deciding",
        "From accepted to decided",
        "Decisions a second, sustained, of one scoring process, while `winnow serve` accepts what is decided on the "
        "same two cores. The yardstick is `benchmarks/naive.py`: one RQ job a comment, RQ's default (forking) worker, "
        "TfidfVectorizer and LogisticRegression loaded before it forks, the same texts and the same database writes; "
        "its jobs are queued beforehand, so that it has both cores to itself. SQLite, `synchronous=FULL`.",
    )
    yardsticks = [_naive()]
    singles = _sustained(batch=0)
    batches = _sustained(batch=1000)
    yardsticks.append(_naive())
    yardstick = sum(yardsticks) / len(yardsticks)
    report.add("naive pipeline", f"{yardstick:,.1f} per second")
    for what, rate, target in (
        ("comments posted one by one", singles, SINGLES_TARGET),
        ("comments posted in batches of 1,000", batches, BATCHES_TARGET),
    ):
        ratio = rate / yardstick
        report.add(
            f"{what} / naive", f"{ratio:,.0f} times ({rate:,.0f} per second)", f"{target} times", ratio >= target
        )
    return report


def _naive() -> float:
    """Decisions a second of the naive pipeline."""
    with installed("sqlite") as installation:
        made = [Submission(name="Ada", comment=text) for text in islice(texts.comments(), NAIVE_JOBS)]
        outcomes = comments.submit(installation.store, installation.queues, installation.site.id, made)
        queue = Queue(naive.QUEUE, connection=redis.Redis.from_url(installation.settings.redis_url))
        for outcome in outcomes:
            assert outcome.comment is not None
            queue.enqueue(naive.decide, outcome.comment.id)
        process = installation.start([sys.executable, "-c", "from benchmarks import naive; naive.main()"])
        until(lambda: installation.decided() >= NAIVE_WARM_UP, "the naive worker works", process)
        before, began = installation.decided(), time.monotonic()
        until(lambda: installation.decided() == NAIVE_JOBS, "the naive worker is done", process)
        return (NAIVE_JOBS - before) / (time.monotonic() - began)


def _sustained(*, batch: int) -> float:
    """Decisions a second while the load lasts."""
    with installed("sqlite") as installation:
        port = installation.serve()
        installation.work()
        path = "/api/v1/comments/batch" if batch else "/api/v1/comments"
        requests = Requests(port, path, headers(installation.site), batch=batch, count=40 if batch else 20_000)
        with Load(requests, connections=1 if batch else CONNECTIONS) as load:
            load.begin(WARM_UP + SECONDS)
            time.sleep(WARM_UP)
            before, began = _last_decisions(installation), time.monotonic()
            time.sleep(SECONDS - 0.5)
            rate = (_last_decisions(installation) - before) / (time.monotonic() - began)
            accepted = load.result()
        if set(accepted.statuses) - {200, 202}:
            raise AssertionError(f"answers were {accepted.statuses}")
        return rate


def _last_decisions(installation: Installation) -> int:
    """How many are decided, counted without reading every row: all less those that wait."""
    with installation.store.read() as session:
        waiting = session.scalar(select(func.count()).select_from(Comment).where(Comment.status == "pending")) or 0
        return (session.scalar(select(func.count()).select_from(Comment)) or 0) - waiting
