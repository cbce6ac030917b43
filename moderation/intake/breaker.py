"""A circuit breaker for Redis: after a failure Redis is not asked for a moment, so that it delays one request only.

It is for messages that may be lost and must delay nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import redis
import structlog
from redis.exceptions import RedisError

#: How long Redis is not asked after it failed.
AWAY_SECONDS = 1.0

log = structlog.get_logger(__name__)

Answer = TypeVar("Answer")


class Breaker:
    """One for each process and its connection; safe to share between threads."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._away_until = 0.0

    def call(self, action: Callable[[redis.Redis], Answer], *, doing: str) -> Answer | None:
        """What `action` returns for the client; None while Redis is away."""
        if time.monotonic() < self._away_until:
            return None
        try:
            return action(self._client)
        except RedisError as error:
            if isinstance(error, (redis.ConnectionError, redis.TimeoutError)):  # other errors come at once
                self._away_until = time.monotonic() + AWAY_SECONDS
            log.warning("redis.away", doing=doing, error=type(error).__name__)
            return None
