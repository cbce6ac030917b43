"""Whose turn it is: requests that wait for a thread are taken by their senders in turn, not as they came.

Scoring within a request takes the processor for up to a second, and a rate limit counts requests. In the order of their
arrival one site's thousand would come before anybody else's one, before the console and before `/healthz`.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import unquote_to_bytes

from service import paths

Work = TypeVar("Work")

#: Of all threads, those that may score at the same time, and those that may score for one sender. More would not be
#: quicker, since Python runs one thread at a time, and each of them slows all others.
SCORING_PART, SENDER_PART = 2, 4
#: The routes that score within the request.
_SCORING = frozenset(
    {"/api/v1/check", "/v1alpha1/comments:analyze", "/1.1/comment-check", "/v1/moderations", "/coral/phase"}
)
#: What names the sender in a query, a form or a cookie, by the beginning of the path.
_NAMED_BY = {
    "/v1alpha1/": re.compile(rb"(?:^|&)key=([^&]+)"),
    "/coral/": re.compile(rb"(?:^|&)site=([^&]+)"),
    "/1.": re.compile(rb"(?:^|&)(?:api_)?key=([^&]+)"),
    "/console/": re.compile(rb"winnow_session=([^;]+)"),
}
_LOOKED_AT = 64 * 1024


class Lane(NamedTuple):
    """What waits in one line: a sender's requests that score, or the others."""

    sender: bytes
    scores: bool


class Turns(Generic[Work]):
    """Work that waits, by lane. Safe to share between threads."""

    def __init__(self, threads: int) -> None:
        self._of_all, self._of_one = max(1, threads // SCORING_PART), max(1, threads // SENDER_PART)
        self._changed = threading.Condition()
        #: The lane whose turn is next comes first.
        self._waiting: OrderedDict[Lane, deque[Work]] = OrderedDict()
        self._scoring: Counter[Lane] = Counter()

    def add(self, lane: Lane, work: Work) -> None:
        """Put work at the end of its lane."""
        with self._changed:
            self._waiting.setdefault(lane, deque()).append(work)
            self._changed.notify()

    def take(self) -> tuple[Lane, Work]:
        """The next work, waiting for it. Whoever has done it says so by `done`."""
        with self._changed:
            while (lane := self._next()) is None:
                self._changed.wait()
            line = self._waiting[lane]
            work = line.popleft()
            if line:
                self._waiting.move_to_end(lane)
            else:
                del self._waiting[lane]
            if lane.scores:
                self._scoring[lane] += 1
            return lane, work

    def done(self, lane: Lane) -> None:
        """Let others of this lane have their turn."""
        if lane.scores:
            with self._changed:
                self._scoring[lane] -= 1
                if not self._scoring[lane]:
                    del self._scoring[lane]
                self._changed.notify()

    def _next(self) -> Lane | None:
        full = self._scoring.total() >= self._of_all
        return next((lane for lane in self._waiting if not lane.scores or not (full or self._is_full(lane))), None)

    def _is_full(self, lane: Lane) -> bool:
        return self._scoring[lane] >= self._of_one


def lane_of(scope: Mapping[str, Any], body: Callable[[int], bytes]) -> Lane:
    """The lane of a request. Who sends it is told by its key or its session, whether they are valid or not.

    `body` gives the first bytes of the body. Who hides a valid key from this escapes their own lane, and not the limit
    for all that score.
    """
    path = paths.tidy(scope["path"])
    sender = unquote_to_bytes(_sender(path, scope, body)).strip().lower()
    return Lane(hashlib.blake2b(sender, digest_size=16).digest(), path in _SCORING)


def _sender(path: str, scope: Mapping[str, Any], body: Callable[[int], bytes]) -> bytes:
    headers = dict(scope["headers"])
    beginning = next((beginning for beginning in _NAMED_BY if path.startswith(beginning)), None)
    if beginning is None:
        return b"".join(headers.get(b"authorization", b"").split()[-1:])
    where = headers.get(b"cookie", b"") if beginning == "/console/" else scope["query_string"]
    if beginning == "/1." and scope["method"] == "POST":
        where = body(_LOOKED_AT)
    named = _NAMED_BY[beginning].search(where)
    if named:
        return bytes(named[1])
    return bytes(headers.get(b"x-goog-api-key") or headers.get(b"host", b""))
