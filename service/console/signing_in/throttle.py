"""Limits on attempts to sign in: by IP address, so that one machine cannot guess many names, and by name, so that many
machines cannot guess one. Counted in Redis for all web processes; while Redis is away, in this process alone."""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass

import structlog
from flask import Flask, Response, current_app, url_for
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from moderation.intake import queues
from moderation.people import totp
from moderation.settings import Settings
from service.console import refusals
from service.console.signing_in import known_browsers
from service.limits import client_key
from texts import wording
from texts.translation import gettext

log = structlog.get_logger(__name__)

#: A person mistypes a few times; somebody who guesses needs thousands of attempts.
BY_NAME = parse("10 per minute")
#: Three of a million codes are right at any time, so guessing one takes about a year.
BY_CODE = parse("20 per hour")


class TooManyAttempts(Exception):
    """Signing in was tried too often; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        wait = wording.seconds(retry_after)
        super().__init__(gettext("Too many attempts to sign in. Wait %(time)s, then try again.", time=wait))
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Throttle:
    """The counters of recent attempts."""

    by_address: RateLimitItem
    shared: MovingWindowRateLimiter
    #: Counts while Redis is away.
    here: MovingWindowRateLimiter

    def require(self, limit: RateLimitItem, *key: str) -> None:
        """Count an attempt.

        Raises:
            TooManyAttempts: `limit` is reached.
        """
        try:
            _require(self.shared, limit, *key)
        except RedisError as error:
            log.warning("throttle.counts_here", why=type(error).__name__)
            _require(self.here, limit, *key)


def init_app(app: Flask, settings: Settings) -> None:
    """Make the throttle, which connects to Redis when somebody first signs in."""
    pool = queues.connect(settings.redis_url).connection_pool
    storage = RedisStorage("redis://", pool, key_prefix="winnow:throttle")
    app.extensions["winnow_throttle"] = Throttle(
        parse(settings.rate_limit_auth), MovingWindowRateLimiter(storage), MovingWindowRateLimiter(MemoryStorage())
    )


def count_attempt(name: str | None = None) -> None:
    """Count this request, and the user's name that it gives: apart from others' in a browser that knows the person.

    Raises:
        TooManyAttempts: it is one too many.
    """
    throttle: Throttle = current_app.extensions["winnow_throttle"]
    throttle.require(throttle.by_address, "address", client_key() or "unknown")
    if name:
        digest = hashlib.sha256(name.casefold().encode(errors="replace")).hexdigest()
        browser = known_browsers.find(name)
        throttle.require(BY_NAME, "name", digest, *([browser] if browser else []))


def count_visit() -> None:
    """Count this request to a page that any other site can have a browser ask for: apart from attempts by password, so
    that a page full of such requests does not use up the attempts of whoever looks at it.

    Raises:
        TooManyAttempts: it is one too many.
    """
    throttle: Throttle = current_app.extensions["winnow_throttle"]
    throttle.require(throttle.by_address, "visit", client_key() or "unknown")


def count_code(user_id: str, code: str) -> None:
    """Count a code that was entered for this user: recovery codes apart, for who guesses must not use these up as well.

    Raises:
        TooManyAttempts: it is one too many.
    """
    throttle: Throttle = current_app.extensions["winnow_throttle"]
    throttle.require(BY_CODE, "recovery" if totp.is_recovery_code(code) else "code", user_id)


def refuse(error: TooManyAttempts) -> Response:
    """The answer to too many attempts; for `register_error_handler`."""
    response = refusals.refuse(429, str(error), back=url_for("console.show_sign_in"))
    response.headers["Retry-After"] = str(error.retry_after)
    return response


def _require(limiter: MovingWindowRateLimiter, limit: RateLimitItem, *key: str) -> None:
    if not limiter.hit(limit, *key):
        free_at = limiter.get_window_stats(limit, *key).reset_time
        raise TooManyAttempts(max(1, math.ceil(free_at - time.time())))
