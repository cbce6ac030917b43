"""The clock process: runs what has to happen regularly. It survives a database or a Redis that is away."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from redis.exceptions import RedisError

from moderation.alerts import digests
from moderation.alerts.operator import Alerts
from moderation.alerts.watching import Watching
from moderation.decisions import bulk, standing
from moderation.history import past_standing, retention, site_retention, tallies
from moderation.intake import queues as queues_module
from moderation.intake import sweep
from moderation.intake.queues import Queues
from moderation.policy import hidden_entries, shared_lists
from moderation.review import cases
from moderation.settings import Settings
from moderation.store import AWAY, Store
from moderation.webhooks import afterwards, set_back
from worker.alerts import AlertSender
from worker.stopping import Stopping
from worker.titles import TitleReader

SWEEP_SECONDS, BULK_SECONDS, LISTS_SECONDS, ALERT_SECONDS = 2.0, 5.0, 60.0, 30.0
LOG_SECONDS = 30.0
#: How often what is too old is deleted, and for how long: the sweep waits meanwhile. For everybody, and by site.
PURGE_SECONDS, PURGE_TAKES = 60.0, 1.0
RETENTION_SECONDS, RETENTION_TAKES = 60.0, 1.0
#: How soon a task that left something undone goes on: soon, but so that the other tasks have most of the time.
SOON_SECONDS = 3.0
TALLY_SECONDS, SAMPLE_SECONDS, COUNT_SECONDS = 10.0, 300.0, 10.0
BACK_SECONDS, SET_BACK_SECONDS = 10.0, 10.0
TITLE_SECONDS = 5.0

log = structlog.get_logger(__name__)


@dataclass
class Task:
    """A regular task. `failing` from its first failure until it succeeds, so that each outage is logged once."""

    name: str
    every: float
    do: Callable[[], object]
    #: `do` works for a limited time, and returns something true where there may be more to do.
    in_parts: bool = False
    next_at: float = 0.0
    failing: bool = False

    def tick(self) -> float:
        """Run the task, and return in how many seconds it is due again. What it raises does not end the clock."""
        more: object = None
        try:
            more = self.do()
        except (*AWAY, RedisError) as error:
            self._failed("database.away" if isinstance(error, AWAY) else "redis.away", error)
        except Exception:
            log.exception("clock.failed", task=self.name)
        else:
            if self.failing:
                log.info("clock.recovered", task=self.name)
            self.failing = False
        return min(self.every, SOON_SECONDS) if self.in_parts and more else self.every

    def _failed(self, event: str, error: Exception) -> None:
        if not self.failing:
            log.error(event, doing=self.name, error=str(error).partition("\n")[0])
        self.failing = True


class Sweeper:
    """Sweeps tick by tick, going on where the last one stopped."""

    def __init__(self, store: Store, queues: Queues) -> None:
        self._store, self._queues = store, queues
        self._cursor: sweep.Cursor | None = None

    def tick(self) -> None:
        """Sweep once."""
        swept = sweep.sweep(self._store, self._queues, self._cursor)
        self._cursor = swept.cursor
        if swept.queued:
            log.info("sweep.queued", comments=swept.queued)


def _bring_back(store: Store, queues: Queues) -> None:
    for told in cases.bring_back_due(store):
        afterwards.tell(queues, told)


def _bring_forward(store: Store) -> None:
    if deliveries := set_back.bring_forward(store):
        log.warning("clock.set_back", deliveries=deliveries)


def tasks(settings: Settings, store: Store, queues: Queues) -> tuple[Task, ...]:
    """All regular tasks."""
    return (
        Task("sweep", SWEEP_SECONDS, Sweeper(store, queues).tick),
        Task("bulk jobs", BULK_SECONDS, lambda: bulk.queue_again(store, queues)),
        Task("put off", BACK_SECONDS, lambda: _bring_back(store, queues)),
        Task("ended entries", LISTS_SECONDS, lambda: standing.take_out_ended(store)),
        Task("ended entries of shared lists", LISTS_SECONDS, lambda: shared_lists.take_out_ended(store)),
        Task("hidden entries of shared lists", LISTS_SECONDS, lambda: hidden_entries.clear_all(store)),
        Task("standing", LISTS_SECONDS, lambda: standing.lapse(store)),
        Task("past standing", COUNT_SECONDS, lambda: past_standing.count(store)),
        Task("alerts", ALERT_SECONDS, Alerts(settings, store, queues.redis).check),
        Task("alerts to people", ALERT_SECONDS, Watching(settings, store, queues).check),
        Task("digests", ALERT_SECONDS, lambda: digests.write_due(store)),
        Task("clock set back", SET_BACK_SECONDS, lambda: _bring_forward(store)),
        Task("purge", PURGE_SECONDS, lambda: retention.purge(store, seconds=PURGE_TAKES), in_parts=True),
        Task(
            "retention",
            RETENTION_SECONDS,
            lambda: site_retention.run(store, seconds=RETENTION_TAKES),
            in_parts=True,
        ),
        Task("titles", TITLE_SECONDS, TitleReader(settings, store).tick),
        Task("log", LOG_SECONDS, store.empty_log),
        Task("tallies", TALLY_SECONDS, lambda: tallies.roll_up(store) >= tallies.STEP, in_parts=True),
        Task("queue samples", SAMPLE_SECONDS, lambda: tallies.sample_queue(store)),
    )


def run(settings: Settings) -> None:
    """Run the tasks until SIGTERM or SIGINT."""
    stopping = Stopping()
    store = Store(settings.database_url, pool_size=3, secret_keys=settings.secret_keys)
    regular = tasks(settings, store, Queues(queues_module.connect(settings.redis_url)))
    sender = AlertSender(settings, store)
    sender.start()
    log.info("clock.started")
    while not stopping.requested:
        for task in regular:
            if time.monotonic() >= task.next_at and not stopping.requested:
                wait = task.tick()
                task.next_at = time.monotonic() + wait
        stopping.wait(min(task.next_at for task in regular) - time.monotonic())
    sender.stop()
    log.info("clock.stopped")
