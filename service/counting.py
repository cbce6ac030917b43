"""Counts what people decide, beside what the workers count: `/metrics` shows both."""

from __future__ import annotations

import structlog
from redis.exceptions import RedisError

from moderation import metrics
from service.context import context

log = structlog.get_logger(__name__)


def count_decision(status: str, actor: str) -> None:
    """Call it once a decision is committed. Without Redis it is not counted; nothing else is lost."""
    try:
        metrics.record_decision(context().queues.redis, status, actor)
    except RedisError as error:
        log.warning("decision.not_counted", error=type(error).__name__)
