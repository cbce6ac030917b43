"""The delivery process: sends webhooks from many threads, and keeps slow endpoints from taking every place.

One thread, the loop, does all that touches the database: it writes results and claims what is due. It is woken by a
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
from moderation.webhooks.deliveries import MOST_IN_FLIGHT, Due, Result, Sent
from moderation.webhooks.sender import Sender
from worker.stopping import Stopping

PLACES = 64
#: Places for endpoints that failed or were slow the last time; and for these together with those not yet tried. The
#: rest are for endpoints that are known to be quick.
PLACES_FOR_SLOW, PLACES_FOR_OTHERS = 32, 48
QUICK_SECONDS = 1.0
POLL_SECONDS = 1.0
#: How long a stopping process waits for what is on its way; the rest is sent again by another.
FINISH_SECONDS = 5.0

log = structlog.get_logger(__name__)

#: What wakes the loop: an attempt made, sites that have something to send, or None to have a look.
Event = Sent | frozenset[str] | None


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
    while not stopping.wanted:
        courier.step(POLL_SECONDS)
    courier.finish(FINISH_SECONDS)
    log.info("delivery.stopped")


class Places:
    """Who may send next, so that endpoints that hang cannot take every place.

    An endpoint that failed or was slow the last time, or was never tried yet, has one place; a quick one has as many
    as `deliveries` allows it.
    """

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        #: Whether an endpoint was quick the last time; not there: never tried by this process.
        self._quick: dict[str, bool] = {}

    @property
    def taken(self) -> int:
        return self._taken.total()

    def free(self, endpoint_id: str) -> int:
        """How many more may be sent to this endpoint now."""
        left = PLACES - self.taken
        quick = self._quick.get(endpoint_id)
        if quick:
            return min(left, MOST_IN_FLIGHT - self._taken[endpoint_id])
        left = min(left, PLACES_FOR_OTHERS - self._taken_by(None) - self._taken_by(False))
        if quick is False:
            left = min(left, PLACES_FOR_SLOW - self._taken_by(False))
        return max(0, min(left, 1 - self._taken[endpoint_id]))

    def _taken_by(self, quick: bool | None) -> int:
        return sum(number for one, number in self._taken.items() if self._quick.get(one) is quick)

    def take(self, endpoint_id: str) -> None:
        """Something is being sent there."""
        self._taken[endpoint_id] += 1

    def drop(self, endpoint_id: str) -> None:
        """It is not being sent, or no longer."""
        self._taken[endpoint_id] -= 1
        if not self._taken[endpoint_id]:
            del self._taken[endpoint_id]

    def give_back(self, sent: Sent) -> None:
        """An attempt was made: from what came of it follows how many places its endpoint gets."""
        self.drop(sent.endpoint_id)
        self._quick[sent.endpoint_id] = sent.delivered and sent.duration_ms < 1000 * QUICK_SECONDS


class Courier:
    """The loop's state. One for each process; `step` and `finish` are for one thread."""

    def __init__(self, settings: Settings, store: Store, client: redis.Redis, events: SimpleQueue[Event]) -> None:
        self._settings, self._store, self._redis, self._events = settings, store, client, events
        self._sender = Sender(settings.webhook_allow)
        self._threads = ThreadPoolExecutor(PLACES, thread_name_prefix="send")
        self._places = Places()
        self._unwritten: list[Sent] = []
        self._look_at = 0.0
        self._tried: dict[str, float] = {}
        self._away = False

    def step(self, patience: float) -> None:
        """Wait for something to do, at most `patience` seconds, and do it."""
        made, sites = self._collect(patience)
        self._unwritten += made
        try:
            self._write_and_claim(self._endpoints_to_try(made, sites))
        except AWAY as error:
            if not self._away:
                log.error("database.away", doing="delivering", error=str(error).partition("\n")[0])
            self._away = True
            time.sleep(POLL_SECONDS)
        else:
            self._away = False

    def finish(self, seconds: float) -> None:
        """Let what is on its way arrive, for so long, and write what came of it."""
        until = time.monotonic() + seconds
        while self._places.taken and time.monotonic() < until:
            self._unwritten += self._collect(until - time.monotonic())[0]
        try:
            self._write_and_claim([])
        except AWAY:
            log.error("database.away", doing="stopping; what was just sent will be sent again")
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _collect(self, patience: float) -> tuple[list[Sent], set[str]]:
        """What has happened since: attempts made, and sites that were named."""
        made: list[Sent] = []
        sites: set[str] = set()
        for event in _drain(self._events, patience):
            if isinstance(event, Sent):
                made.append(event)
                self._places.give_back(event)
            elif event is not None:
                sites |= event
        return made, sites

    def _endpoints_to_try(self, made: Iterable[Sent], sites: set[str]) -> list[str]:
        """Endpoints that just took something, those of sites that were named, and once a second all with work.

        The longest untried come first, so that endpoints that fail do not keep the others from their turn.
        """
        wanted = {sent.endpoint_id for sent in made if sent.delivered}
        everything = time.monotonic() >= self._look_at
        if everything or sites:
            with self._store.read() as session:
                wanted.update(deliveries.endpoints_with_work(session, site_ids=None if everything else sites))
        if everything:
            self._look_at = time.monotonic() + POLL_SECONDS
            self._tried = {one: at for one, at in self._tried.items() if one in wanted}
        return sorted((one for one in wanted if self._places.free(one)), key=lambda one: self._tried.get(one, 0.0))

    def _write_and_claim(self, endpoint_ids: Sequence[str]) -> None:
        """In one transaction, write what came of attempts and lease what is to be sent next; then send it."""
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
        for sent in self._unwritten:
            if sent.failure is not None:
                log.warning(
                    "webhook.failed",
                    delivery=sent.delivery_id,
                    endpoint=sent.endpoint_id,
                    kind=sent.failure.kind,
                    why=sent.failure.message,
                )
        self._unwritten = []
        try:
            counters.record_attempts(self._redis, results)
        except RedisError:
            log.debug("redis.away", doing="counting attempts")

    def _send(self, due: Due) -> None:
        self._events.put(deliveries.send(self._sender, self._settings, due))


def _drain(events: SimpleQueue[Event], patience: float) -> Iterable[Event]:
    """The next event, awaited for a while, and all that came with it."""
    try:
        yield events.get(timeout=max(0.0, patience))
        while True:
            yield events.get_nowait()
    except Empty:
        return


def _listen(redis_url: str, events: SimpleQueue[Event]) -> None:
    """Pass nudges on. While Redis is away there are none, and the loop looks by itself."""
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
