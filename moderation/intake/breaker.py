"""A circuit breaker for Redis: after a failure it is left alone for a moment, so that one that hangs slows one request.

For what Redis is told beside the work: it may be lost, and it delays nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import redis
import structlog
from redis.exceptions import RedisError

#: How long we do without Redis after it failed.
AWAY_SECONDS = 1.0

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")


class Breaker:
    """One for each process and its connection; safe to share between threads."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._away_until = 0.0

    def call(self, action: Callable[[redis.Redis], Answer], *, doing: str) -> Answer | None:
        """What `action` makes of Redis; None while Redis is away."""
        if time.monotonic() < self._away_until:
            return None
        try:
            return action(self._client)
        except RedisError as error:
            if isinstance(error, (redis.ConnectionError, redis.TimeoutError)):  # what it refuses, it refuses at once
                self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("redis.away", doing=doing, error=type(error).__name__)
            return None
