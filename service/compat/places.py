"""Places for large requests: one site's do not take the threads that answer everybody else.

A request may hold up to a thousand texts, whose scoring takes seconds, and the rate limit counts requests.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

#: With more characters than this a request is large. A short text takes as long as one with so many.
LARGE, EACH = 25_000, 300
#: Large requests of a site at a time, in each web process. Those of all sites together get a quarter of its threads.
OF_A_SITE, PART_OF_ALL = 2, 4


class NoPlace(Exception):
    """Too many large requests are being answered."""


class Places:
    """The places of a web process. Safe to share between threads."""

    def __init__(self, web_threads: int) -> None:
        self._most = max(1, web_threads // PART_OF_ALL)
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def take(self, site_id: str, texts: Sequence[str]) -> Iterator[None]:
        """Hold a place while a request with these texts is answered, if it is large.

        Raises:
            NoPlace: there is none.
        """
        if sum(len(text) + EACH for text in texts) <= LARGE:
            yield
            return
        with self._lock:
            if self._taken[site_id] >= OF_A_SITE or self._taken.total() >= self._most:
                raise NoPlace
            self._taken[site_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[site_id] -= 1
                if not self._taken[site_id]:
                    del self._taken[site_id]
