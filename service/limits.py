"""Rate limits of the API: a bucket of requests for each site key, and one of wrong keys for each address.

Counted in this process alone (docs/decisions/0005-rate-limits.md): a limit holds for each web process.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict

from limits import parse

from service.problems import Problem
from texts import wording

#: Buckets remembered; the one longest unused is forgotten, which at worst fills it.
_MOST_BUCKETS = 20_000


class Buckets:
    """A bucket for each key, which holds as many requests as `rate` allows in its period, and fills evenly.

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
        """Take one from `key`'s bucket: 0.0, or the seconds until one can be had, when none was taken."""
        now = time.monotonic()
        with self._lock:
            full_at = max(self._full_at.get(key, 0.0), now) + self._interval
            wait = full_at - now - self._period
            if wait > 1e-9:
                return wait
            self._full_at[key] = full_at
            self._full_at.move_to_end(key)
            if len(self._full_at) > _MOST_BUCKETS:
                self._full_at.popitem(last=False)
        return 0.0

    def require(self, key: str, detail: str) -> None:
        """Take one from `key`'s bucket.

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
