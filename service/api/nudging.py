"""Tells the delivery processes that there is something to send."""

from __future__ import annotations

import structlog
from redis import RedisError

from moderation import deliveries
from service.context import context

log = structlog.get_logger(__name__)


def nudge(site_id: str) -> None:
    """Call it once the deliveries are committed. Without Redis they are found a little later."""
    try:
        deliveries.nudge(context().queues.redis, [site_id])
    except RedisError as error:
        log.warning("deliveries.not_nudged", error=type(error).__name__)
