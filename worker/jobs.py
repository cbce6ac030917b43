"""The jobs that RQ runs. Their names are in Redis while a release is rolled out: keep them importable."""

from __future__ import annotations

import time

from moderation.scoring import BATCH
from worker import process

#: A job drains for at most this long, so that stopping a worker takes no longer.
DRAIN_SECONDS = 2.0


def score_pending() -> None:
    """Decide what waits. Clears the wake flag first, so that nothing queued from here on goes unnoticed."""
    scorer = process.scorer()
    queues = scorer.queues
    queues.awake()
    until = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < until:
        result = scorer.run_batch()
        process.record(result)
        if result.claimed == 0:
            break
        if result.claimed == BATCH:
            queues.wake()  # more than a batch waits: have another process help
    if queues.has_waiting():
        queues.wake()
