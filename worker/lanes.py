"""Where a delivery process sends: each endpoint's deliveries wait in a line, and leave over a few lanes.

A lane is a thread that sends the deliveries of one endpoint one after the other, so that a connection is used again and
nobody else has to be woken for the next one. The loop of `delivery.py` leases deliveries ahead for endpoints that are
quick, puts them here, and collects what became of them.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from moderation.webhooks.deliveries import HOLD_SECONDS, MOST_LEASED, Attempt, Due

PLACES = 64
#: Places for endpoints that failed or were slow the last time, and places for these and the untried ones together. The
#: rest are for endpoints that were quick.
PLACES_FOR_SLOW, PLACES_FOR_OTHERS = 32, 48
#: Deliveries that a process has on their way to one endpoint at a time.
MOST_IN_FLIGHT = 8
QUICK_SECONDS = 1.0
#: After so long a lane makes room, should others wait for a place.
RUN_SECONDS = 0.25
#: For a quick endpoint as many deliveries are leased as it took in this time, and no fewer than `FEWEST_AHEAD`.
AHEAD_SECONDS, FEWEST_AHEAD = 0.5, 16


class Places:
    """The places for lanes, shared out so that hanging endpoints cannot take them all.

    An endpoint that failed or was slow the last time, or was never tried, gets one place; a quick one gets up to
    `MOST_IN_FLIGHT`.
    """

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        #: Endpoint -> whether it was quick the last time; not there: not yet tried by this process.
        self._quick: dict[str, bool] = {}

    @property
    def taken(self) -> int:
        """How many are taken, by all endpoints together."""
        return self._taken.total()

    def free(self, endpoint_id: str) -> int:
        """How many more lanes this endpoint may have now."""
        room = PLACES - self.taken
        quick = self._quick.get(endpoint_id)
        if quick:
            return min(room, MOST_IN_FLIGHT - self._taken[endpoint_id])
        room = min(room, PLACES_FOR_OTHERS - self._taken_by(None) - self._taken_by(False))
        if quick is False:
            room = min(room, PLACES_FOR_SLOW - self._taken_by(False))
        return max(0, min(room, 1 - self._taken[endpoint_id]))

    def is_quick(self, endpoint_id: str) -> bool:
        """Whether it was quick the last time."""
        return self._quick.get(endpoint_id, False)

    def _taken_by(self, quick: bool | None) -> int:
        return sum(number for endpoint_id, number in self._taken.items() if self._quick.get(endpoint_id) is quick)

    def take(self, endpoint_id: str) -> None:
        """Take a place for this endpoint."""
        self._taken[endpoint_id] += 1

    def drop(self, endpoint_id: str) -> None:
        """Give up a place of this endpoint."""
        self._taken[endpoint_id] -= 1
        if not self._taken[endpoint_id]:
            del self._taken[endpoint_id]

    def learn(self, attempt: Attempt) -> None:
        """Heed how an attempt went: it decides how many places its endpoint gets next."""
        self._quick[attempt.endpoint_id] = attempt.delivered and attempt.duration_ms < 1000 * QUICK_SECONDS


class Lanes:
    """The lines and the lanes of one process. All but what the lanes do is for the loop's thread."""

    def __init__(self, send: Callable[[Due], Attempt], wake: Callable[[], None]) -> None:
        self._send, self._wake = send, wake
        self._threads = ThreadPoolExecutor(PLACES, thread_name_prefix="send")
        self._lock = threading.Lock()
        self._places = Places()
        #: Endpoint -> what waits for a lane, each with the moment until which its lease lets it be sent.
        self._lines: dict[str, deque[tuple[float, Due]]] = {}
        self._paces: dict[str, _Pace] = {}
        self._attempts: list[Attempt] = []
        self._unsent: list[Due] = []
        #: How many lanes were opened so far.
        self._opened = 0

    @property
    def busy(self) -> bool:
        """Whether anything is on its way."""
        with self._lock:
            return self._places.taken > 0

    def rooms(self, endpoint_ids: Iterable[str]) -> list[tuple[str, int]]:
        """How many deliveries to lease for each of these endpoints. Endpoints that need none are left out."""
        reserved: list[str] = []
        rooms: list[tuple[str, int]] = []
        with self._lock:
            for endpoint_id in endpoint_ids:
                waiting = len(self._lines.get(endpoint_id, ()))
                if self._places.is_quick(endpoint_id):
                    ahead = self._pace(endpoint_id).ahead()
                    if waiting <= ahead // 2:
                        rooms.append((endpoint_id, ahead - waiting))
                elif not waiting and self._places.free(endpoint_id):
                    self._places.take(endpoint_id)  # for those that come behind it in this list
                    reserved.append(endpoint_id)
                    rooms.append((endpoint_id, 1))
            for endpoint_id in reserved:
                self._places.drop(endpoint_id)
        return rooms

    def add(self, leased: Iterable[Due]) -> None:
        """Put deliveries that were just leased at the end of their endpoints' lines."""
        until = monotonic() + HOLD_SECONDS
        with self._lock:
            for due in leased:
                self._lines.setdefault(due.endpoint_id, deque()).append((until, due))

    def start(self) -> None:
        """Open lanes where deliveries wait: first one for each endpoint, then more while there are places."""
        with self._lock:
            lines = sorted(self._lines, key=lambda endpoint_id: self._pace(endpoint_id).served)
            waiting = {endpoint_id: len(self._lines[endpoint_id]) for endpoint_id in lines}
            opened: list[str] = []
            for most in (1, MOST_IN_FLIGHT):
                for endpoint_id in lines:
                    for _ in range(min(most, waiting[endpoint_id], self._places.free(endpoint_id))):
                        self._places.take(endpoint_id)
                        waiting[endpoint_id] -= 1
                        opened.append(endpoint_id)
            for endpoint_id in opened:
                self._opened += 1
                self._pace(endpoint_id).served = self._opened
        for endpoint_id in opened:
            self._threads.submit(self._run, endpoint_id)

    def collect(self) -> tuple[list[Attempt], list[Due]]:
        """The attempts that ended since the last time, and the deliveries to hand back unsent."""
        with self._lock:
            attempts, self._attempts = self._attempts, []
            unsent, self._unsent = self._unsent, []
            return attempts, unsent

    def stop(self) -> None:
        """Send nothing of what still waits. What is on its way arrives."""
        with self._lock:
            for endpoint_id in list(self._lines):
                self._empty(endpoint_id)

    def close(self) -> None:
        """Let the threads end when their attempts do."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, endpoint_id: str) -> None:
        """One lane's life."""
        until = monotonic() + RUN_SECONDS
        while (due := self._next(endpoint_id, until)) is not None:
            attempt = self._send(due)
            with self._lock:
                self._attempts.append(attempt)
                self._places.learn(attempt)
                self._pace(endpoint_id).count += 1
                if not self._places.is_quick(endpoint_id):
                    self._empty(endpoint_id)
        self._wake()

    def _next(self, endpoint_id: str, until: float) -> Due | None:
        """What this lane sends next; None when it has to end, which gives up its place."""
        with self._lock:
            now = monotonic()
            line = self._lines.get(endpoint_id)
            while line and now < until:
                send_until, due = line.popleft()
                if not line:
                    del self._lines[endpoint_id]
                if now < send_until:
                    return due
                self._unsent.append(due)
            self._places.drop(endpoint_id)
            return None

    def _empty(self, endpoint_id: str) -> None:
        self._unsent += [due for _, due in self._lines.pop(endpoint_id, ())]

    def _pace(self, endpoint_id: str) -> _Pace:
        return self._paces.setdefault(endpoint_id, _Pace())


class _Pace:
    """How fast an endpoint takes messages."""

    def __init__(self) -> None:
        #: Attempts since `ahead` was last asked.
        self.count = 0
        #: The number of its latest lane. Lanes are numbered over all endpoints, so the endpoint with
        #: the lowest number has waited longest.
        self.served = 0
        self._since = monotonic()
        self._ahead = FEWEST_AHEAD

    def ahead(self) -> int:
        """How many deliveries to have leased for it, those that wait included."""
        now = monotonic()
        passed = now - self._since
        if passed > 0.01:
            ahead = round(AHEAD_SECONDS * self.count / passed)
            self._ahead = max(FEWEST_AHEAD, min(MOST_LEASED, ahead))
            self._since, self.count = now, 0
        return self._ahead
