"""What a scoring process opens once, before its first job: the database, the queue and the classifier."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence

import structlog
from redis.exceptions import RedisError

import models
from moderation import settings
from moderation.decisions import comments
from moderation.decisions.scoring import BatchResult, Scorer
from moderation.history import metrics
from moderation.intake import queues as queues_module
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import Comment
from moderation.webhooks import console_channel, deliveries

log = structlog.get_logger(__name__)

_opened: list[Scorer] = []


def open_scorer(found: Settings) -> Scorer:
    """Open everything, and keep it for `scorer()`."""
    store = Store(found.database_url, pool_size=2)
    return use(Scorer(store, Queues(queues_module.connect(found.redis_url)), models.load()))


def use(opened: Scorer) -> Scorer:
    """Have this process's jobs run with `opened`."""
    _opened[:] = [opened]
    return opened


def scorer() -> Scorer:
    """The scorer of this process. Opened from the environment under a worker that is not ours, such as `rq worker`."""
    return _opened[0] if _opened else open_scorer(settings.from_environment(os.environ))


def record(result: BatchResult) -> None:
    """Count a batch for `/metrics`, and tell the delivery processes and the console of what it wrote for them."""
    if not result.claimed:
        return
    client = scorer().queues.redis
    try:
        metrics.record_batch(client, result)
        deliveries.nudge(client, {change.site_id for change in result.written})
        for site_id, comment_ids in _asked_about(result).items():
            console_channel.publish(client, console_channel.Message("opened", site_id, comment_ids))
    except RedisError:  # the decisions are written; delivery looks by itself every second
        log.warning("redis.away", doing="counting a batch")


def _asked_about(result: BatchResult) -> dict[str, list[str]]:
    """Which comments a moderator is asked about now, by site."""
    opened: dict[str, list[str]] = defaultdict(list)
    for change in result.written:
        if change.priority is not None:
            opened[change.site_id].append(change.comment_id)
    return opened


def record_decisions(decided: Sequence[Comment]) -> None:
    """Count decisions by people, tell the delivery processes of them, and queue what an undo made `pending` again."""
    if not decided:
        return
    queues = scorer().queues
    for comment in decided:
        if comment.status == "pending":
            comments.announce(queues, comment)
    try:
        metrics.record_decisions(queues.redis, [(one.status, "user") for one in decided if one.status != "pending"])
        deliveries.nudge(queues.redis, {comment.site_id for comment in decided})
    except RedisError:  # the decisions are written; delivery looks by itself every second
        log.warning("redis.away", doing="counting decisions")
