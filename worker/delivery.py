"""The delivery process: sends webhooks from many threads, and keeps slow endpoints from taking all places.

Only one thread, the loop, uses the database: it writes results and claims what is due. It is woken by a
result, by a nudge through Redis, or once a second.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

import redis
import structlog
from redis.exceptions import RedisError

from moderation import counters
from moderation.intake import queues as queues_module
from moderation.settings import Settings
from moderation.store import AWAY, Store
from moderation.webhooks import deliveries
from moderation.webhooks.deliveries import MOST_IN_FLIGHT, Attempt, Due, Result
from moderation.webhooks.sender import Sender
from worker.stopping import Stopping

PLACES = 64
#: Places for endpoints that failed or were slow the last time, and places for these and the untried ones together. The
#: rest are for endpoints that were quick.
PLACES_FOR_SLOW, PLACES_FOR_OTHERS = 32, 48
QUICK_SECONDS = 1.0
POLL_SECONDS = 1.0
#: How long a stopping process waits for deliveries on their way; another process sends the rest again.
FINISH_SECONDS = 5.0

log = structlog.get_logger(__name__)

#: What wakes the loop: a finished attempt, sites that have something to send, or None (look now).
Event = Attempt | frozenset[str] | None


def run(settings: Settings) -> None:
    """Deliver until SIGTERM or SIGINT."""
    events: SimpleQueue[Event] = SimpleQueue()
    stopping = Stopping(also=lambda: events.put(None))
    store = Store(settings.database_url, pool_size=2)
    client = queues_module.connect(settings.redis_url)
    listener = threading.Thread(target=_listen, args=(settings.redis_url, events), daemon=True, name="nudges")
    listener.start()
    courier = Courier(settings, store, client, events)
    log.info("delivery.started")
    while not stopping.requested:
        courier.step(POLL_SECONDS)
    courier.finish(FINISH_SECONDS)
    log.info("delivery.stopped")


class Places:
    """The places for sending, shared out so that hanging endpoints cannot take them all.

    An endpoint that failed or was slow the last time, or was never tried, gets one place; a quick one gets up to
    `MOST_IN_FLIGHT`.
    """

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        #: Endpoint -> whether it was quick the last time; not there: not yet tried by this process.
        self._quick: dict[str, bool] = {}

    @property
    def taken(self) -> int:
        return self._taken.total()

    def free(self, endpoint_id: str) -> int:
        """How many more deliveries may be sent to this endpoint now."""
        room = PLACES - self.taken
        quick = self._quick.get(endpoint_id)
        if quick:
            return min(room, MOST_IN_FLIGHT - self._taken[endpoint_id])
        room = min(room, PLACES_FOR_OTHERS - self._taken_by(None) - self._taken_by(False))
        if quick is False:
            room = min(room, PLACES_FOR_SLOW - self._taken_by(False))
        return max(0, min(room, 1 - self._taken[endpoint_id]))

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

    def give_back(self, attempt: Attempt) -> None:
        """Give up the place of a finished attempt. Its result decides how many places the endpoint gets next."""
        self.drop(attempt.endpoint_id)
        self._quick[attempt.endpoint_id] = attempt.delivered and attempt.duration_ms < 1000 * QUICK_SECONDS


class Courier:
    """The loop's state. One for each process; `step` and `finish` are for one thread."""

    def __init__(self, settings: Settings, store: Store, client: redis.Redis, events: SimpleQueue[Event]) -> None:
        self._settings, self._store, self._redis, self._events = settings, store, client, events
        self._sender = Sender(settings.webhook_allow)
        self._threads = ThreadPoolExecutor(PLACES, thread_name_prefix="send")
        self._places = Places()
        self._unwritten: list[Attempt] = []
        self._look_at = 0.0
        self._tried: dict[str, float] = {}
        self._away = False

    def step(self, patience: float) -> None:
        """Wait for something to do, at most `patience` seconds, and do it."""
        attempts, sites = self._collect(patience)
        self._unwritten += attempts
        try:
            self._write_and_claim(self._endpoints_to_try(attempts, sites))
        except AWAY as error:
            if not self._away:
                log.error("database.away", doing="delivering", error=str(error).partition("\n")[0])
            self._away = True
            time.sleep(POLL_SECONDS)
        else:
            self._away = False

    def finish(self, seconds: float) -> None:
        """Wait at most `seconds` for deliveries on their way, and write their results."""
        until = time.monotonic() + seconds
        while self._places.taken and time.monotonic() < until:
            self._unwritten += self._collect(until - time.monotonic())[0]
        try:
            self._write_and_claim([])
        except AWAY:
            log.error("database.away", doing="stopping; what was just sent will be sent again")
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._sender.break_off()  # Python waits for these threads as it ends

    def _collect(self, patience: float) -> tuple[list[Attempt], set[str]]:
        """The attempts that finished, and the sites that have something to send."""
        attempts: list[Attempt] = []
        sites: set[str] = set()
        for event in _drain(self._events, patience):
            if isinstance(event, Attempt):
                attempts.append(event)
                self._places.give_back(event)
            elif event is not None:
                sites |= event
        return attempts, sites

    def _endpoints_to_try(self, attempts: Iterable[Attempt], sites: set[str]) -> list[str]:
        """Endpoints that just took a delivery, those of the named sites, and once a second all that have work.

        Those not tried for the longest time come first, so that failing endpoints do not hold up the others.
        """
        endpoint_ids = {attempt.endpoint_id for attempt in attempts if attempt.delivered}
        all_sites = time.monotonic() >= self._look_at
        if all_sites or sites:
            with self._store.read() as session:
                endpoint_ids.update(deliveries.endpoints_with_work(session, site_ids=None if all_sites else sites))
        if all_sites:
            self._look_at = time.monotonic() + POLL_SECONDS
            self._tried = {tried_id: at for tried_id, at in self._tried.items() if tried_id in endpoint_ids}
        return sorted(
            filter(self._places.free, endpoint_ids), key=lambda endpoint_id: self._tried.get(endpoint_id, 0.0)
        )

    def _write_and_claim(self, endpoint_ids: Sequence[str]) -> None:
        """In one transaction write the results of attempts and lease the next deliveries; then send these."""
        if not self._unwritten and not endpoint_ids:
            return
        claimed: list[Due] = []
        try:
            with self._store.write() as session:
                results = deliveries.record(session, self._unwritten)
                for endpoint_id in endpoint_ids:
                    for due in deliveries.claim(session, endpoint_id, self._places.free(endpoint_id)):
                        claimed.append(due)
                        self._places.take(endpoint_id)
        except AWAY:
            for due in claimed:
                self._places.drop(due.endpoint_id)
            raise
        for due in claimed:
            self._tried[due.endpoint_id] = time.monotonic()
            self._threads.submit(self._send, due)
        self._tell(results)

    def _tell(self, results: Sequence[Result]) -> None:
        for attempt in self._unwritten:
            if attempt.failure is not None:
                log.warning(
                    "webhook.failed",
                    delivery=attempt.delivery_id,
                    endpoint=attempt.endpoint_id,
                    kind=attempt.failure.kind,
                    why=attempt.failure.message,
                )
        self._unwritten = []
        try:
            counters.record_attempts(self._redis, results)
        except RedisError:
            log.debug("redis.away", doing="counting attempts")

    def _send(self, due: Due) -> None:
        self._events.put(deliveries.send(self._sender, self._settings, due))


def _drain(events: SimpleQueue[Event], patience: float) -> Iterable[Event]:
    """The next event, awaited for `patience` seconds, and all others that are there."""
    try:
        yield events.get(timeout=max(0.0, patience))
        while True:
            yield events.get_nowait()
    except Empty:
        return


def _listen(redis_url: str, events: SimpleQueue[Event]) -> None:
    """Pass nudges from Redis on to the loop, which also looks by itself while Redis is away."""
    while True:
        try:
            with queues_module.connect(redis_url).pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
                channel.subscribe(deliveries.CHANNEL)
                while True:
                    message = channel.get_message(timeout=30.0)
                    if message is not None:
                        events.put(frozenset(message["data"].decode().split(",")))
        except RedisError:
            time.sleep(POLL_SECONDS)
