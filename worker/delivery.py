"""The delivery process: its loop leases deliveries that are due, has them sent over `lanes.py`, and writes the results.

Only the loop's thread uses the database, in one transaction a turn: it writes all results that have come meanwhile,
hands back what was not sent, and leases what is sent next. It is woken by a lane that ends, by a nudge through Redis,
or once a second; while anything is on its way, after `TURN_SECONDS`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from queue import Empty, SimpleQueue

import redis
import structlog
from redis.exceptions import RedisError

from moderation import clock, counters, tracing
from moderation.intake import queues as queues_module
from moderation.settings import Settings
from moderation.store import AWAY, Store
from moderation.webhooks import deliveries
from moderation.webhooks.deliveries import Attempt, Due, Result
from moderation.webhooks.sender import Sender
from worker.lanes import Lanes
from worker.stopping import Stopping

POLL_SECONDS = 1.0
#: At least so long from one turn's beginning to the next one's: what comes meanwhile shares a transaction.
TURN_SECONDS = 0.025
#: How long a stopping process waits for deliveries on their way; another process sends the rest again.
FINISH_SECONDS = 5.0

log = structlog.get_logger(__name__)

#: What wakes the loop: sites that have something to send, or None (look now).
Event = frozenset[str] | None


def run(settings: Settings) -> None:
    """Deliver until SIGTERM or SIGINT."""
    events: SimpleQueue[Event] = SimpleQueue()
    stopping = Stopping(also=lambda: events.put(None))
    store = Store(settings.database_url, pool_size=2, secret_keys=settings.secret_keys)
    client = queues_module.connect(settings.redis_url)
    listener = threading.Thread(target=_listen, args=(settings.redis_url, events), daemon=True, name="nudges")
    listener.start()
    courier = Courier(settings, store, client, events)
    log.info("delivery.started")
    while not stopping.requested:
        courier.step(POLL_SECONDS)
    courier.finish(FINISH_SECONDS)
    log.info("delivery.stopped")


class Courier:
    """The loop's state. One for each process; `step` and `finish` are for one thread."""

    def __init__(self, settings: Settings, store: Store, client: redis.Redis, events: SimpleQueue[Event]) -> None:
        self._store, self._redis, self._events = store, client, events
        self._sender = Sender(settings.webhook_allow)
        self._lanes = Lanes(partial(deliveries.send, self._sender, settings), wake=lambda: events.put(None))
        self._unwritten: list[Attempt] = []
        self._unsent: list[Due] = []
        #: When to look for work of all sites again, and when the next turn may begin.
        self._look_at = self._turn_at = 0.0
        #: Endpoint -> when deliveries to it were last claimed.
        self._tried: dict[str, float] = {}
        #: Endpoints with events that can still wait for others of their batch, and until when.
        self._later: dict[str, datetime] = {}
        self._away = False

    def step(self, patience: float) -> None:
        """Wait for something to do, at most `patience` seconds, and do it."""
        sites = self._wait(min(TURN_SECONDS if self._lanes.busy else patience, self._until_next_batch()))
        self._collect()
        try:
            self._write_and_claim(self._endpoints_to_try(sites))
        except AWAY as error:
            if not self._away:
                log.error("database.away", doing="delivering", error=str(error).partition("\n")[0])
            self._away = True
            time.sleep(POLL_SECONDS)
        else:
            self._away = False

    def finish(self, seconds: float) -> None:
        """Wait at most `seconds` for deliveries on their way, and write their results. Hand back what was not sent."""
        until = time.monotonic() + seconds
        self._lanes.stop()
        while self._lanes.busy and time.monotonic() < until:
            self._wait(until - time.monotonic())
        self._collect()
        try:
            self._write_and_claim([])
        except AWAY:
            log.error("database.away", doing="stopping; what was just sent will be sent again")
        self._lanes.close()
        self._sender.break_off()  # Python waits for these threads as it ends

    def _wait(self, patience: float) -> set[str]:
        """Wait for an event, and until the next turn may begin. The sites that have something to send."""
        sites: set[str] = set()
        try:
            sites.update(self._events.get(timeout=max(0.0, patience)) or ())
            time.sleep(max(0.0, self._turn_at - time.monotonic()))
            while True:
                sites.update(self._events.get_nowait() or ())
        except Empty:
            self._turn_at = time.monotonic() + TURN_SECONDS
            return sites

    def _until_next_batch(self) -> float:
        """The seconds until the first endpoint has waited long enough for more events of a batch."""
        now = clock.now()
        return min(((at - now).total_seconds() for at in self._later.values()), default=POLL_SECONDS)

    def _collect(self) -> None:
        attempts, unsent = self._lanes.collect()
        self._unwritten += attempts
        self._unsent += unsent

    def _endpoints_to_try(self, sites: set[str]) -> list[str]:
        """Endpoints that just took a delivery, those of the named sites, and once a second all that have work.

        Those not tried for the longest time come first, so that failing endpoints do not hold up the others.
        """
        endpoint_ids = {attempt.endpoint_id for attempt in self._unwritten if attempt.delivered}
        now = clock.now()
        endpoint_ids.update(endpoint_id for endpoint_id, at in self._later.items() if at <= now)
        all_sites = time.monotonic() >= self._look_at
        if all_sites or sites:
            with self._store.read() as session:
                endpoint_ids.update(deliveries.endpoints_with_work(session, site_ids=None if all_sites else sites))
        if all_sites:
            self._look_at = time.monotonic() + POLL_SECONDS
            self._tried = {endpoint_id: at for endpoint_id, at in self._tried.items() if endpoint_id in endpoint_ids}
            self._sender.tidy()
        return sorted(endpoint_ids, key=lambda endpoint_id: self._tried.get(endpoint_id, 0.0))

    def _write_and_claim(self, endpoint_ids: Sequence[str]) -> None:
        """In one transaction write results, hand back what was not sent, and lease the next deliveries; send these."""
        rooms = self._lanes.rooms(endpoint_ids)
        if self._unwritten or self._unsent or rooms:
            claimed: list[Due] = []
            with self._store.write() as session:
                results = deliveries.record(session, self._unwritten)
                deliveries.hand_back(session, self._unsent)
                for endpoint_id, room in rooms:
                    self._later.pop(endpoint_id, None)
                    claimed += deliveries.claim(session, endpoint_id, room, later=self._later)
            for due in claimed:
                self._tried[due.endpoint_id] = time.monotonic()
            self._lanes.add(claimed)
            written, self._unwritten, self._unsent = self._unwritten, [], []
            self._report(written, results)
        self._lanes.start()

    def _report(self, attempts: Sequence[Attempt], results: Sequence[Result]) -> None:
        """Log the attempts that failed, and count all for `/metrics`."""
        for attempt in attempts:
            if attempt.failure is not None:
                log.warning(
                    "webhook.failed",
                    delivery=attempt.delivery_id,
                    endpoint=attempt.endpoint_id,
                    kind=attempt.failure.kind,
                    why=attempt.failure.message,
                    **tracing.fields_of(attempt.causes),
                )
        try:
            counters.record_attempts(self._redis, results)
        except RedisError:
            log.debug("redis.away", doing="counting attempts")


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
