"""The database: one turn to write at a time on SQLite, whole transactions, and moments that come back as they went."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import psutil
import pytest
from sqlalchemy import Table, delete, func, make_url, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from moderation import clock
from moderation import store as store_module
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store, WriteTurn
from moderation.tables import ApiKey, AuditEvent, Site
from tests.support.comments import rows
from tests.support.waiting import eventually

spawn = multiprocessing.get_context("spawn")
fork = multiprocessing.get_context("fork")


def event(number: object = 0, *, at: datetime | None = None) -> AuditEvent:
    return AuditEvent(id=f"a_{number}", action="test", actor="test", created_at=at or clock.now())


def count(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(AuditEvent)) or 0


@pytest.fixture
def sqlite(store: Store) -> Store:
    if not store.is_sqlite:
        pytest.skip("about SQLite")
    return store


def test_a_write_is_there_afterwards(store: Store) -> None:
    with store.write() as session:
        session.add(event())
    assert count(store) == 1


def test_a_new_database_is_waited_for_while_another_process_opens_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "new.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as another:
        another.execute("CREATE TABLE of_another (id)")
        another.execute("BEGIN IMMEDIATE")
        until_it_ends = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: another.rollback())
        monkeypatch.setattr(store_module, "time", until_it_ends)
        monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 60.0)  # a busy machine may pause for seconds
        with closing(Store(f"sqlite:///{database}")) as store, store.read() as session:
            assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert not another.in_transaction, "it was waited for"


def test_a_new_database_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 0.1)
    database = tmp_path / "new.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as another:
        another.execute("CREATE TABLE of_another (id)")
        another.execute("BEGIN IMMEDIATE")
        store = Store(f"sqlite:///{database}")
        with closing(store), pytest.raises(OperationalError, match="locked"), store.read() as session:
            session.scalar(text("SELECT 1"))


def test_an_exception_leaves_nothing_of_a_write(store: Store) -> None:
    def write_and_fail() -> None:
        with store.write() as session:
            session.add(event(1))
            session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert count(store) == 0
    with store.write() as session:
        session.add(event(2))
    assert count(store) == 1, "the turn was given back"


def test_a_write_that_the_database_refuses_leaves_nothing_either(store: Store) -> None:
    def write_twice() -> None:
        with store.write() as session:
            session.add_all([event(1), Site(id="s", name="n", created_at=clock.now(), policy_version=1)])
            session.flush()
            session.execute(text("INSERT INTO sites SELECT * FROM sites"))

    with pytest.raises(IntegrityError):
        write_twice()
    assert (count(store), rows(store, Site)) == (0, [])


def test_foreign_keys_hold(store: Store) -> None:
    def orphan() -> None:
        with store.write() as session:
            session.add(ApiKey(prefix="wk_x", site_id="s_nobody", digest="", created_at=clock.now()))

    with pytest.raises(IntegrityError):
        orphan()


def test_a_write_that_begins_by_reading_keeps_others_from_writing_in_between(sqlite: Store) -> None:
    """Had it begun as a mere reader, its own write would fail as soon as another, ours or not, had come first."""
    with sqlite.write() as session:
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == 0
        outsider = sqlite3.connect(str(sqlite.engine.url.database), timeout=0)
        with closing(outsider), pytest.raises(sqlite3.OperationalError, match="locked"):
            outsider.execute("DELETE FROM audit_events")
        session.add(event())
    assert count(sqlite) == 1


def test_reading_goes_on_while_another_writes(store: Store) -> None:
    with store.write() as session:
        session.add(event())
        session.flush()
        assert count(store) == 0  # who waited for the writer would be refused


def test_a_reader_sees_one_snapshot_on_sqlite(sqlite: Store) -> None:
    with sqlite.read() as session:
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == 0
        with sqlite.write() as writing:
            writing.add(event())
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == 0


def test_sqlite_is_durable_and_overwrites_what_it_deletes(sqlite: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    with sqlite.read() as session:
        assert {name: session.scalar(text(f"PRAGMA {name}")) for name in wanted} == wanted


def _write_many(url: str, name: str, threads: int, each: int, pipe: Connection) -> None:
    store = Store(url)
    failures: list[str] = []

    def write(thread: int) -> None:
        for number in range(each):
            try:
                with store.write() as session:
                    session.add(event(f"{name}_{thread}_{number}"))
            except Exception as error:  # also for whoever waited longer than WRITE_TIMEOUT
                failures.append(str(error))

    store.engine.connect().close()
    pipe.send("ready")
    pipe.recv()
    writers = [threading.Thread(target=write, args=(thread,)) for thread in range(threads)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    pipe.send(failures)


@pytest.mark.slow
def test_two_processes_of_eight_threads_write_without_one_failing(store: Store, database_url: str) -> None:
    pipes = []
    for name in ("first", "second"):
        ours, theirs = spawn.Pipe()
        spawn.Process(target=_write_many, args=(database_url, name, 8, 200, theirs), daemon=True).start()
        pipes.append(ours)
    for pipe in pipes:
        assert pipe.poll(120), "it has begun"
        pipe.recv()
    for pipe in pipes:
        pipe.send("go")
    for pipe in pipes:
        assert pipe.poll(60), "all have written"
        assert pipe.recv() == []
    assert count(store) == 2 * 8 * 200


def _hold(url: str, pipe: Connection) -> None:
    with Store(url).write() as session:
        session.add(event("of the killed one"))
        session.flush()
        pipe.send("holding")
        time.sleep(60)


@pytest.mark.slow
def test_a_killed_writer_frees_the_turn_and_leaves_nothing(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 60.0)
    ours, theirs = spawn.Pipe()
    holder = spawn.Process(target=_hold, args=(database_url, theirs), daemon=True)
    holder.start()
    assert ours.poll(120), "it has begun"
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGKILL)
    holder.join(60)
    began = time.monotonic()
    with store.write() as session:
        session.add(event("of the survivor"))
    assert time.monotonic() - began < store_module.WRITE_TIMEOUT - 1
    assert [row.id for row in rows(store, AuditEvent)] == ["a_of the survivor"]


@pytest.fixture
def stopped(sqlite: Store, database_url: str) -> Iterator[psutil.Process]:
    """A process that holds the turn to write and is stopped: it neither goes on nor dies."""
    ours, theirs = spawn.Pipe()
    holder = spawn.Process(target=_hold, args=(database_url, theirs), daemon=True)
    holder.start()
    assert ours.poll(120), "it has begun"
    ours.recv()
    process = psutil.Process(holder.pid)
    process.suspend()
    eventually(lambda: process.status() == psutil.STATUS_STOPPED, what="it is stopped")
    yield process
    process.kill()
    holder.join(60)


def _try_to_write(store: Store, name: str, outcomes: list[tuple[str, float]]) -> None:
    began = time.monotonic()
    try:
        with store.write() as session:
            session.add(event(name))
    except OperationalError as error:
        outcomes.append((str(error.orig), time.monotonic() - began))
    else:
        outcomes.append(("written", time.monotonic() - began))


@pytest.mark.slow
def test_nobody_waits_for_ever_for_a_stopped_process(
    stopped: psutil.Process, sqlite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 1.5)
    outcomes: list[tuple[str, float]] = []
    least = 12 * store_module.WRITE_TIMEOUT  # if one waited after the other
    writers = [threading.Thread(target=_try_to_write, args=(sqlite, str(n), outcomes)) for n in range(12)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [what for what, _ in outcomes] == ["database is locked"] * 12
    assert max(seconds for _, seconds in outcomes) < least / 2, "each waited its time, not one after the other"

    outcomes.clear()
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 60.0)
    _try_to_write(sqlite, "soon after", outcomes)
    assert outcomes[0][0] == "database is locked"
    assert outcomes[0][1] < 30, "while it is stuck, nobody keeps a thread for long"

    stopped.kill()
    eventually(lambda: not psutil.pid_exists(stopped.pid) or stopped.status() == psutil.STATUS_ZOMBIE, what="it died")
    outcomes.clear()
    monkeypatch.setattr(store_module, "_STUCK_PATIENCE", 60.0)  # a busy machine may pause for longer than half a second
    _try_to_write(sqlite, "afterwards", outcomes)
    assert outcomes[0][0] == "written"
    outsider = os.open(f"{sqlite.engine.url.database}.lock", os.O_RDWR)
    fcntl.flock(outsider, fcntl.LOCK_EX | fcntl.LOCK_NB)  # what came too late for who waited was given back
    os.close(outsider)
    assert [row.id for row in rows(sqlite, AuditEvent)] == ["a_afterwards"]


def test_a_turn_that_comes_too_late_is_given_back(stopped: psutil.Process, sqlite: Store) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_module, "WRITE_TIMEOUT", 0.2)
        outcomes: list[tuple[str, float]] = []
        _try_to_write(sqlite, "in vain", outcomes)
    assert outcomes[0][0] == "database is locked"
    stopped.kill()
    another = Store(str(sqlite.engine.url))  # a turn of its own, as another process would have
    with another.write() as session:
        session.add(event("of another"))
    assert [row.id for row in rows(sqlite, AuditEvent)] == ["a_of another"]


def test_a_thread_that_waits_too_long_for_its_turn_says_that_the_database_is_locked(
    sqlite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 0.1)
    with sqlite.write():
        caught: list[BaseException] = []

        def write() -> None:
            try:
                with sqlite.write():
                    pass
            except OperationalError as error:
                caught.append(error)

        writer = threading.Thread(target=write)
        writer.start()
        writer.join(60)
    assert "database is locked" in str(caught[0])


def test_on_postgresql_nobody_waits_for_ever_for_somebody_elses_lock(
    store: Store, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request would hold its thread as long, and a batch would be taken for one that kills its worker."""
    if store.is_sqlite:
        pytest.skip("about PostgreSQL")
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 0.1)
    impatient = Store(database_url)
    with store.write() as session:
        session.execute(text("LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(store_module.AWAY, match="lock timeout"), impatient.write() as other:
            other.execute(delete(AuditEvent))
        with pytest.raises(store_module.AWAY, match="lock timeout"):
            count(impatient)
    with impatient.write() as other:
        other.add(event("in time"))
    assert [row.id for row in rows(store, AuditEvent)] == ["a_in time"]


def test_a_postgresql_that_takes_no_writes_is_away(store: Store, database_url: str) -> None:
    if store.is_sqlite:
        pytest.skip("SQLite's error is of the kind that a database has that is away")
    url = make_url(database_url).update_query_dict({"options": "-c default_transaction_read_only=on"})
    standby = Store(url.render_as_string(hide_password=False))

    def write() -> None:
        with standby.write() as session:
            session.add(event())

    def insert() -> None:
        row = {"id": "a_1", "action": "test", "actor": "test", "created_at": clock.now()}
        standby.insert(cast(Table, AuditEvent.__table__), [row])

    with closing(standby):
        for put in (write, insert):
            with pytest.raises(store_module.AWAY, match="read-only transaction"):
                put()
    assert count(store) == 0


def test_a_forked_process_takes_turns_of_its_own(tmp_path: Path) -> None:
    """RQ forks: a descriptor that was open before would be one lock for both."""
    turn = WriteTurn(tmp_path / "lock")
    with turn:
        pass
    ours, theirs = fork.Pipe()

    def child() -> None:
        theirs.recv()
        with turn:
            theirs.send("has it")

    process = fork.Process(target=child, daemon=True)
    process.start()
    with turn:
        ours.send("go")
        assert not ours.poll(0.3), "the child waits while the parent has it"
    assert ours.poll(60), "and has it afterwards"
    process.join(60)


def test_a_thread_that_has_the_turn_may_take_it_again_and_frees_it_with_the_last(tmp_path: Path) -> None:
    turn, other = WriteTurn(tmp_path / "lock"), WriteTurn(tmp_path / "lock")
    with ThreadPoolExecutor() as pool:

        def wait_for_it() -> None:
            with other:
                pass

        with turn:
            with turn:
                pass
            waiting = pool.submit(wait_for_it)
            with pytest.raises(TimeoutError):
                waiting.result(0.2)
        waiting.result(60)


def test_others_on_the_machine_cannot_read_the_lock_file(tmp_path: Path) -> None:
    with WriteTurn(tmp_path / "lock"):
        assert (tmp_path / "lock").stat().st_mode & 0o077 == 0


# Moments


MOMENTS = [
    datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    datetime(2026, 1, 2, 3, 4, 5, 1, tzinfo=UTC),
    datetime(2026, 7, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2100, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(-timedelta(hours=11))),
]


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_moment_comes_back_as_it_went_and_in_utc(store: Store, moment: datetime) -> None:
    with store.write() as session:
        session.add(event(at=moment))
    (row,) = rows(store, AuditEvent)
    assert row.created_at == moment
    assert row.created_at.utcoffset() == timedelta(0)


def test_moments_sort_and_compare_as_time_does(store: Store) -> None:
    with store.write() as session:
        session.add_all([event(number, at=moment) for number, moment in enumerate(MOMENTS)])
    with store.read() as session:
        found = session.scalars(select(AuditEvent.created_at).order_by(AuditEvent.created_at)).all()
        assert found == sorted(MOMENTS)
        for moment in MOMENTS:
            earlier = session.scalars(select(AuditEvent.created_at).where(AuditEvent.created_at < moment)).all()
            assert sorted(earlier) == sorted(one for one in MOMENTS if one < moment)
            equal = session.scalars(select(AuditEvent.created_at).where(AuditEvent.created_at == moment)).all()
            assert equal == [moment]


def test_an_empty_moment_stays_empty(store: Store, site: CreatedSite) -> None:
    assert rows(store, ApiKey)[0].revoked_at is None


def test_documents_come_back_as_they_went(store: Store, settings: Settings) -> None:
    document = {"text": "Grüße 很好 💐 \u0001", "number": 0.1, "list": [1, None, {"deep": True}], "empty": {}}
    with store.write() as session:
        row = event()
        row.detail = document
        session.add(row)
    assert rows(store, AuditEvent)[0].detail == document


def test_no_document_is_null_and_not_json_null(store: Store) -> None:
    with store.write() as session:
        session.add(event())
    with store.read() as session:
        assert session.scalar(text("SELECT COUNT(*) FROM audit_events WHERE detail IS NULL")) == 1


def test_ids_are_unique_and_sort_by_time() -> None:
    ids = [clock.new_id("c", MOMENTS[0] + timedelta(milliseconds=number)) for number in range(1000)]
    assert ids == sorted(set(ids))
    assert {len(one) for one in ids} == {28}


def test_ids_that_one_thread_makes_in_a_millisecond_are_in_order_and_cannot_be_guessed() -> None:
    moments = [MOMENTS[0] + timedelta(milliseconds=number // 100) for number in range(1000)]
    ids = [clock.new_id("a", moment) for moment in moments]
    assert ids == sorted(set(ids))
    assert [clock.milliseconds(clock.moment_of(one)) for one in ids] == [clock.milliseconds(one) for one in moments]
    assert len({one[-8:] for one in ids}) == 1000


def test_sites_made_at_the_same_time_are_all_there(store: Store, settings: Settings) -> None:
    makers = [threading.Thread(target=sites.create_site, args=(store, settings, str(n))) for n in range(8)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join(60)
    assert len(rows(store, Site)) == 8
