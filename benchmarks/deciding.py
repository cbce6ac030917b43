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
from moderation.intake import submissions
from moderation.intake.submissions import Submission
from moderation.tables import Comment

SINGLES_TARGET, BATCHES_TARGET = 20, 100
NAIVE_JOBS, NAIVE_WARM_UP = 400, 40
SINGLES, BATCHES, BATCH = 8_000, 30_000, 1_000
CONNECTIONS, WITHIN = 16, 180.0


def run() -> Report:
    """The yardstick first, then ours under a load of single comments, then of batches."""
    report = Report(
        "deciding",
        "From accepted to decided",
        f"Comments a second from the first POST until the last decision, with one scoring process: {SINGLES:,} posted "
        f"one by one over {CONNECTIONS} connections, and {BATCHES:,} in batches of {BATCH:,}. `winnow serve`, the "
        "worker and the load generator share the two cores. The yardstick is `benchmarks/naive.py`: one RQ job a "
        "comment, RQ's default (forking) worker, "
        "TfidfVectorizer and LogisticRegression loaded before it forks, the same texts and the same database writes; "
        "its jobs are queued beforehand, so that it has both cores to itself. SQLite, `synchronous=FULL`.",
    )
    yardsticks = [_naive()]
    singles = _sustained(comments=SINGLES, batch=0)
    batches = _sustained(comments=BATCHES, batch=BATCH)
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
        outcomes = submissions.submit(installation.store, installation.queues, installation.site.id, made)
        queue = Queue(naive.QUEUE, connection=redis.Redis.from_url(installation.settings.redis_url))
        for outcome in outcomes:
            assert outcome.comment is not None
            queue.enqueue(naive.decide, outcome.comment.id)
        process = installation.start([sys.executable, "-c", "from benchmarks import naive; naive.main()"])
        until(lambda: installation.decided() >= NAIVE_WARM_UP, "the naive worker works", process)
        before, began = installation.decided(), time.monotonic()
        until(lambda: installation.decided() == NAIVE_JOBS, "the naive worker is done", process)
        return (NAIVE_JOBS - before) / (time.monotonic() - began)


def _sustained(*, comments: int, batch: int) -> float:
    """Comments a second, from the first POST until all are decided."""
    with installed("sqlite") as installation:
        port = installation.serve()
        installation.work()
        path = "/api/v1/comments/batch" if batch else "/api/v1/comments"
        posts = comments // max(batch, 1)
        requests = Requests(port, path, headers(installation.site), batch=batch, count=posts)
        with Load(requests, connections=1 if batch else CONNECTIONS) as load:
            began = time.monotonic()
            load.begin(WITHIN, most=posts)
            until(lambda: _all_decided(installation, comments), "all are decided", within=WITHIN)
            rate = comments / (time.monotonic() - began)
            accepted = load.result()
        if accepted.statuses.keys() - {200, 202}:
            raise AssertionError(f"answers were {accepted.statuses}")
        return rate


def _all_decided(installation: Installation, comments: int) -> bool:
    """Whether so many comments are stored and none waits; little work, however often it is asked."""
    with installation.store.read() as session:
        if session.scalar(select(Comment.id).where(Comment.status == "pending").limit(1)) is not None:
            return False
        return session.scalar(select(func.count()).select_from(Comment)) == comments
