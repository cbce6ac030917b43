"""What happens to the database: PostgreSQL, and SQLite where it can."""

from __future__ import annotations

import contextlib
import fcntl
import sqlite3
from pathlib import Path

import psycopg
from sqlalchemy import text

from tests.faults.catalogue import BOTH, POSTGRESQL, Fault, Surroundings
from tests.faults.counting import Counts
from tests.faults.world import World

_ONLY = (POSTGRESQL,)


def _killed(world: World) -> None:
    world.postgres.kill()
    world.last(2)
    world.postgres.start()


def _restarted(world: World) -> None:
    world.postgres.stop()
    world.postgres.start()


def _cut(world: World) -> None:
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name <> 'other' AND pid <> pg_backend_pid()"
    )
    with world.store.engine.connect() as connection:
        connection.execute(text(cut))


def _frozen(world: World) -> None:
    """As when its disk hangs: connections are kept and accepted, and nothing is answered."""
    world.postgres.freeze()
    world.last(30)
    world.postgres.thaw()


def _connections_cut(world: World) -> None:
    for _ in range(4):
        _cut(world)
        world.last(0.5)


def _out_of_connections(world: World) -> None:
    """Somebody else takes every connection that there is, and those of Winnow's that are cut."""
    taken: list[psycopg.Connection] = []
    try:
        for _ in range(5):
            _take_all(world, taken)
            world.postgres.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'winnow' AND application_name <> 'other'"
            )
        _take_all(world, taken)
        world.last(4)
    finally:
        for one in taken:
            one.close()


def _take_all(world: World, taken: list[psycopg.Connection]) -> None:
    address = world.postgres.address("winnow", "winnow")
    with contextlib.suppress(psycopg.OperationalError):
        while True:
            taken.append(psycopg.connect(address, application_name="other", connect_timeout=2))


def _long_lock(world: World) -> None:
    """Somebody else holds a lock on all comments for 8 seconds."""
    if world.database == POSTGRESQL:
        with psycopg.connect(world.postgres.address("winnow")) as connection:
            connection.execute("LOCK TABLE comments IN ACCESS EXCLUSIVE MODE")
            world.last(8)
            connection.rollback()
        return
    with Path(f"{world.store.engine.url.database}.lock").open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        world.last(8)


def _lock_of_minutes(world: World) -> None:
    """Another program holds a lock for two minutes: on the comments, or SQLite's own, as a shell left open does."""
    other: psycopg.Connection | sqlite3.Connection
    if world.database == POSTGRESQL:
        other = psycopg.connect(world.postgres.address("winnow"))
        other.execute("LOCK TABLE comments IN ACCESS EXCLUSIVE MODE")
    else:
        other = sqlite3.connect(str(world.store.engine.url.database), isolation_level=None, timeout=30)
        other.execute("BEGIN IMMEDIATE")
    with contextlib.closing(other):
        world.last(120)
        other.rollback()


def _told_of_lock(world: World, _counts: Counts) -> list[str]:
    told = world.logged("database is locked") + world.logged("lock timeout")
    return [] if told else ["the log says that it is locked"]


def _disk_full(world: World) -> None:
    filler = world.disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    world.last(5)
    filler.unlink()
    if world.database == POSTGRESQL and not world.postgres.alive:  # what its supervisor does; it ends itself
        world.postgres.start()


def _failed_over(world: World) -> None:
    world.postgres.kill()
    world.last(1)
    world.standby.promote()


FAULTS = [
    Fault("postgresql-killed", _killed, _ONLY, refuses=True),
    Fault("postgresql-restarted", _restarted, _ONLY, refuses=True),
    Fault("postgresql-frozen", _frozen, _ONLY, refuses=True, within=60),  # 1,200 comments then come at once
    Fault("postgresql-connections-cut", _connections_cut, _ONLY, refuses=True, short=_ONLY),
    Fault("postgresql-out-of-connections", _out_of_connections, _ONLY, refuses=True),
    Fault("database-long-lock", _long_lock, BOTH, refuses=True),
    Fault("database-lock-of-minutes", _lock_of_minutes, BOTH, refuses=True, within=120, expect=_told_of_lock),
    Fault("database-disk-full", _disk_full, BOTH, refuses=True, surroundings=Surroundings(disk=200)),
    Fault("postgresql-failed-over", _failed_over, _ONLY, refuses=True, surroundings=Surroundings(standby=True)),
]
