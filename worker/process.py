"""What a scoring process opens once, before its first job: the database, the queue and the classifier."""

from __future__ import annotations

import os

import models
from moderation import counters, settings
from moderation.decisions.scoring import BatchResult, Scorer
from moderation.intake import queues as queues_module
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.store import Store
from moderation.webhooks import afterwards

_opened: list[Scorer] = []


def open_scorer(configuration: Settings) -> Scorer:
    """Open everything, and keep it for `scorer()`."""
    store = Store(configuration.database_url, pool_size=2, secret_keys=configuration.secret_keys)
    return use(
        Scorer(store, Queues(queues_module.connect(configuration.redis_url)), models.load(reader=configuration.reader))
    )


def use(opened: Scorer) -> Scorer:
    """Have this process's jobs run with `opened`."""
    _opened[:] = [opened]
    return opened


def scorer() -> Scorer:
    """The scorer of this process. Opened from the environment under a worker that is not ours, such as `rq worker`."""
    return _opened[0] if _opened else open_scorer(settings.from_environment(os.environ))


def record(result: BatchResult) -> None:
    """Count a batch for `/metrics`, and tell open consoles and delivery processes what it wrote."""
    if not result.claimed:
        return
    queues = scorer().queues
    scored, seconds, waits = result.scored, result.scoring_seconds, result.waits
    queues.breaker.call(
        lambda client: counters.record_scoring(client, scored, seconds, waits), doing="counting a batch"
    )
    afterwards.tell(queues, result.news)
