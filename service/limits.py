"""Rate limits: a bucket of requests for each site key, and a bucket of wrong keys for each address.

Counted in this process alone (docs/decisions/0005-rate-limits.md): a limit holds for each web process.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict

from flask import request
from limits import parse

from moderation import addresses
from service.problems import Problem
from texts import wording

#: Buckets that are remembered. The one unused for the longest time is forgotten, as if it were full.
_MOST_BUCKETS = 20_000


def client_key() -> str:
    """Who sends the current request, as far as a limit can tell: the key of their bucket."""
    return addresses.client(request.remote_addr)


class Buckets:
    """A bucket for each key: it holds as many requests as `rate` allows in its period, and refills evenly.

    Args:
        rate: in the notation of `limits`, such as `1000 per second`.

    Raises:
        ValueError: `rate` cannot be read.
    """

    def __init__(self, rate: str) -> None:
        limit = parse(rate)
        self.rate = rate
        self._interval = limit.get_expiry() / limit.amount
        self._period = float(limit.get_expiry())
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Take a request from `key`'s bucket. Returns 0.0; or, when it is empty, the seconds until one is there."""
        moment = time.monotonic()
        with self._lock:
            full_at = max(self._full_at.get(key, 0.0), moment) + self._interval
            wait = full_at - moment - self._period
            if wait > 1e-9:
                return wait
            self._full_at[key] = full_at
            self._full_at.move_to_end(key)
            if len(self._full_at) > _MOST_BUCKETS:
                self._full_at.popitem(last=False)
        return 0.0

    def give_back(self, key: str) -> None:
        """Put back a request that was taken from `key`'s bucket."""
        with self._lock:
            if key in self._full_at:
                self._full_at[key] -= self._interval

    def require(self, key: str, detail: str) -> None:
        """Take a request from `key`'s bucket.

        Raises:
            Problem: none is left; Retry-After says when to come back.
        """
        if wait := self.take(key):
            seconds = math.ceil(wait)
            raise Problem(
                "too-many-requests",
                f"{detail} ({self.rate}). Try again in {wording.seconds(seconds)}.",
                headers={"Retry-After": str(seconds)},
            )
