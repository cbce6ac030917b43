"""The clock process, for real: it sweeps, and outlives whatever goes away."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import event, make_url, update
from sqlalchemy.exc import OperationalError

from moderation import clock as time_of_day
from moderation.intake import queues as queues_module
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment
from tests.support.comments import accept
from tests.support.processes.parts import Part
from tests.support.processes.redis_server import RedisServer
from tests.support.waiting import eventually
from worker.clock import SOON_SECONDS, Task, run, tasks

#: What the clock does, and what comes of it where nothing is to be done.
REGULAR: dict[str, object] = dict.fromkeys(
    (
        "worker.clock.Sweeper.tick",
        "worker.titles.TitleReader.tick",
        "moderation.alerts.digests.write_due",
        "moderation.alerts.operator.Alerts.check",
        "moderation.alerts.watching.Watching.check",
        "moderation.decisions.bulk.queue_again",
        "moderation.decisions.standing.lapse",
        "moderation.decisions.standing.take_out_ended",
        "moderation.history.past_standing.count",
        "moderation.history.retention.purge",
        "moderation.history.site_retention.run",
        "moderation.history.tallies.roll_up",
        "moderation.history.tallies.sample_queue",
        "moderation.policy.hidden_entries.clear_all",
        "moderation.policy.shared_lists.take_out_ended",
        "moderation.store.Store.empty_log",
        "moderation.webhooks.set_back.bring_forward",
    ),
    0,
) | {"moderation.review.cases.bring_back_due": []}


def make_old(store: Store) -> None:
    with store.write() as session:
        earlier = time_of_day.now() - timedelta(seconds=10)
        session.execute(update(Comment).values(accepted_at=earlier, updated_at=earlier))


@pytest.mark.slow
def test_what_redis_forgot_is_queued_within_seconds_also_after_redis_was_away(
    settings: Settings, store: Store, site: CreatedSite, own_redis: RedisServer
) -> None:
    queues = Queues(queues_module.connect(own_redis.url))
    accept(store, queues, site)
    make_old(store)
    own_redis.kill()
    with Part(dataclasses.replace(settings, redis_url=own_redis.url), "clock") as clock:
        eventually(lambda: "redis.away" in clock.log)
        own_redis.start()
        eventually(lambda: queues.length()["waiting"] == 1)
        eventually(lambda: queues.redis.llen("rq:queue:scoring") == 1)  # and a worker woken
        own_redis.kill()
        eventually(lambda: clock.log.count("redis.away") == 2)
        own_redis.start()
        eventually(lambda: queues.length()["waiting"] == 1)
        assert clock.alive
        assert clock.stop() == 0


@pytest.mark.slow
@pytest.mark.one_database
def test_it_empties_sqlites_log(settings: Settings, store: Store) -> None:
    """What was erased is in the write-ahead log until that is written back."""
    with store.write() as session:
        session.add(AuditEvent(id="a_1", action="test", actor="test", created_at=time_of_day.now()))
    log = Path(f"{store.engine.url.database}-wal")
    assert log.stat().st_size > 0
    with Part(settings, "clock"):
        eventually(lambda: log.stat().st_size == 0, within=60, what="the log is empty")


@pytest.mark.one_database
def test_sigterm_ends_it_at_once(settings: Settings) -> None:
    with Part(settings, "clock") as clock:
        eventually(lambda: "clock.started" in clock.log)
        assert clock.stop(within=30) == 0


@pytest.mark.one_database
def test_whatever_has_to_happen_regularly_is_done(
    settings: Settings, store: Store, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def noting(name: str, answer: object) -> Callable[..., object]:
        def note(*_: object, **__: object) -> object:
            done.append(name)
            return answer

        return note

    for name, answer in REGULAR.items():
        monkeypatch.setattr(name, noting(name, answer))
    again = [task.tick() for task in tasks(settings, store, queues)]
    assert sorted(done) == sorted(REGULAR)
    assert max(again) <= 300.0


def test_an_outage_is_logged_once_and_its_end_as_well() -> None:
    away = True

    def do() -> None:
        if away:
            raise OperationalError("SELECT 1", None, ConnectionError("server closed the connection"))

    task = Task("sweep", 1.0, do)
    with structlog.testing.capture_logs() as logs:
        for _ in range(5):
            task.tick()
        away = False
        task.tick()
        task.tick()
    assert [entry["event"] for entry in logs] == ["database.away", "clock.recovered"]


def test_a_fault_of_ours_in_one_task_ends_neither_the_clock_nor_the_others() -> None:
    def fail() -> None:
        raise KeyError("unforeseen")

    with structlog.testing.capture_logs() as logs:
        Task("sweep", 1.0, fail).tick()
    assert [entry["event"] for entry in logs] == ["clock.failed"]


def test_a_database_that_takes_no_writes_is_told_in_a_sentence(settings: Settings) -> None:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "postgresql":
        url = url.update_query_dict({"options": "-c default_transaction_read_only=on"})
    standby = Store(url.render_as_string(hide_password=False), secret_keys=settings.secret_keys)
    if standby.is_sqlite:
        event.listen(standby.engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = on"))
    with closing(standby), structlog.testing.capture_logs() as logs:
        for task in tasks(settings, standby, Queues(queues_module.connect(settings.redis_url))):
            task.tick()
    told = {entry["error"] for entry in logs if entry["event"] == "database.away"}
    assert any("read-only" in one or "readonly" in one for one in told), logs
    assert "clock.failed" not in {entry["event"] for entry in logs}


def test_what_is_done_in_parts_goes_on_soon_while_there_is_more_of_it() -> None:
    left = [50, 50, 0]
    task = Task("purge", 60.0, lambda: left.pop(0), in_parts=True)
    assert [task.tick() for _ in range(3)] == [SOON_SECONDS, SOON_SECONDS, 60.0]
    assert Task("sweep", 2.0, lambda: 50).tick() == 2.0, "another does not begin again for having done something"


@pytest.mark.one_database
def test_people_are_told_by_one_thread_that_ends_with_the_clock(settings: Settings, store: Store) -> None:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    seen: list[int] = []

    def look() -> None:
        try:
            eventually(senders)  # by then the clock hears signals
            time.sleep(0.2)
            seen.append(senders())
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    def senders() -> int:
        return [thread.name for thread in threading.enumerate()].count("alerts")

    looking = threading.Thread(target=look)
    try:
        looking.start()
        run(settings)
    finally:
        looking.join()
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert seen == [1]
    assert senders() == 0
