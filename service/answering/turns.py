"""Whose turn it is: requests that wait for a thread are taken by their senders in turn, not as they came.

Scoring within a request takes the processor for up to a second, and a rate limit counts requests. In the order of their
arrival one site's thousand would come before anybody else's one, before the console and before `/healthz`. Checking a
password is slow on purpose, and anybody may ask for it: that has a few threads of its own.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, NamedTuple, TypeVar
from urllib.parse import unquote_to_bytes

from service import paths

Work = TypeVar("Work")

#: What takes the processor for long.
Heavy = Literal["scores", "signs in"]
#: Of all threads the part that may do it at the same time, and the part that may do it for one sender. More scoring
#: would not be quicker, since Python runs one thread at a time, and each of them slows all others. What is not heavy
#: may be slow as well, such as a page of the console: half of the threads are left to others.
PARTS: Mapping[Heavy | None, tuple[int, int]] = {"scores": (2, 4), "signs in": (8, 8), None: (1, 2)}
#: A sender has two threads where there are two: one may be held by a stream.
_FEWEST = 2
#: The routes that score within the request.
_SCORING = frozenset(
    {"/api/v1/check", "/v1alpha1/comments:analyze", "/1.1/comment-check", "/v1/moderations", "/coral/phase"}
)
_SIGNING_IN = "/console/sign-in"
#: What orchestrators ask before they end a process that does not answer: each a lane of its own.
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
#: What names the sender in a query, a form or a cookie, by the beginning of the path.
_NAMED_BY = {
    "/v1alpha1/": re.compile(rb"(?:^|&)key=([^&]+)"),
    "/coral/": re.compile(rb"(?:^|&)site=([^&]+)"),
    "/1.": re.compile(rb"(?:^|&)(?:api_)?key=([^&]+)"),
    "/console/": re.compile(rb"winnow_session=([^;]+)"),
}
_LOOKED_AT = 64 * 1024


class Lane(NamedTuple):
    """What waits in one line: a sender's requests that are heavy in the same way, or the others."""

    sender: bytes
    heavy: Heavy | None = None


class Turns(Generic[Work]):
    """Work that waits, by lane. Safe to share between threads."""

    def __init__(self, threads: int) -> None:
        self._most = {heavy: [max(1, threads // part) for part in parts] for heavy, parts in PARTS.items()}
        self._most[None][1] = max(self._most[None][1], min(_FEWEST, threads))
        self._changed = threading.Condition()
        #: The lane whose turn is next comes first.
        self._waiting: OrderedDict[Lane, deque[Work]] = OrderedDict()
        #: How many threads are at the work of each lane, and of each kind.
        self._busy: Counter[Lane | Heavy | None] = Counter()

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
            self._busy.update((lane, lane.heavy))
            return lane, work

    def done(self, lane: Lane) -> None:
        """Let others of this lane have their turn."""
        with self._changed:
            self._busy.subtract((lane, lane.heavy))
            if not self._busy[lane]:
                del self._busy[lane]
            self._changed.notify()

    def _next(self) -> Lane | None:
        return next((lane for lane in self._waiting if not self._is_full(lane)), None)

    def _is_full(self, lane: Lane) -> bool:
        of_all, of_one = self._most[lane.heavy]
        return self._busy[lane.heavy] >= of_all or self._busy[lane] >= of_one


def lane_of(scope: Mapping[str, Any], body: Callable[[int], bytes]) -> Lane:
    """The lane of a request. Who sends it is told by its key or its session, whether they are valid or not.

    `body` gives the first bytes of the body. Who hides a valid key from this escapes their own lane, and not the limit
    for all that is as heavy.
    """
    path = paths.tidy(scope["path"])
    sender = unquote_to_bytes(_sender(path, scope, body)).strip().lower()
    return Lane(hashlib.blake2b(sender, digest_size=16).digest(), _heavy(path, scope["method"]))


def _heavy(path: str, method: str) -> Heavy | None:
    if path in _SCORING:
        return "scores"
    return "signs in" if path == _SIGNING_IN and method == "POST" else None


def _sender(path: str, scope: Mapping[str, Any], body: Callable[[int], bytes]) -> bytes:
    if path in _PROBES:
        return path.encode()
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
