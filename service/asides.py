"""What is said to Redis beside the work: counts, and nudges to deliveries. It may be lost, and it delays nobody."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import redis
import structlog
from redis.exceptions import RedisError

from moderation.history import metrics
from moderation.intake.queues import AWAY_SECONDS
from moderation.webhooks import console_channel, deliveries

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")


class Asides:
    """A process's Redis, left alone for a moment after it failed, so that one that hangs does not slow all requests."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._away_until = 0.0

    def say(self, action: Callable[[redis.Redis], Answer], *, doing: str) -> Answer | None:
        """What `action` makes of Redis; None while Redis is away."""
        if time.monotonic() < self._away_until:
            return None
        try:
            return action(self._redis)
        except RedisError as error:
            self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("redis.away", doing=doing, error=type(error).__name__)
            return None

    def nudge(self, site_id: str) -> None:
        """Call it once deliveries are committed. Without Redis they are found a little later."""
        self.say(lambda client: deliveries.nudge(client, [site_id]), doing="nudging deliveries")

    def tell_console(
        self, kind: console_channel.Kind, site_id: str, comment_ids: Sequence[str], *, by: str | None = None
    ) -> None:
        """Call it once it is committed: open pages of the console see it at once. Without Redis they look again."""
        if comment_ids:
            message = console_channel.Message(kind, site_id, comment_ids, by)
            self.say(lambda client: console_channel.publish(client, message), doing="telling the console")

    def count_decisions(self, decisions: Sequence[tuple[str, str]]) -> None:
        """Call it once decisions, each `(status, actor)`, are committed: `/metrics` shows them beside the workers'."""
        if decisions:
            self.say(lambda client: metrics.record_decisions(client, decisions), doing="counting decisions")
