"""The database: an engine for SQLite or PostgreSQL, and the two ways to open a transaction.

SQLite has one writer at a time, and its own wait for that turn is a sleep of up to 100 ms between tries. We take the
turn with a file lock instead, which the kernel hands on at once, and open every write with `BEGIN IMMEDIATE`, so that
a transaction that has read never fails for having wanted to write later.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

#: How long a transaction waits for its turn to write, in seconds.
WRITE_TIMEOUT = 5.0
#: What a transaction raises while the database is locked, full, unreachable or shutting down. Later it may succeed.
AWAY = (OperationalError, InterfaceError, PoolTimeoutError)

#: libpq's own: a PostgreSQL that has vanished is noticed within seconds, where the kernel would wait for minutes.
_PATIENCE = {"connect_timeout": 5, "tcp_user_timeout": 15_000, "keepalives_idle": 15, "keepalives_interval": 5}


class Store:
    """Opens transactions on one database. Safe to share between threads; make one a process."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.engine = _open_engine(url, pool_size)
        self._write_engine = self.engine.execution_options(writes=True)
        self._turn: AbstractContextManager[Any] = nullcontext()
        database = self.engine.url.database
        if self.is_sqlite and database and database != ":memory:":
            self._turn = WriteTurn(Path(f"{database}.lock"))

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading: one snapshot on SQLite, nothing to commit."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose block is one transaction: committed at its end, rolled back on an exception.

        Compute nothing inside: on SQLite every other writer waits.
        """
        session = Session(self._write_engine, expire_on_commit=False, autoflush=False)
        with self._turn, session, session.begin():
            yield session

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


class WriteTurn:
    """A first-come lock across threads and processes; the kernel frees it when a holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._file: int | None = None
        self._pid: int | None = None

    def __enter__(self) -> None:
        if not self._threads.acquire(timeout=WRITE_TIMEOUT):
            raise _busy()
        try:
            if self._file is None or self._pid != os.getpid():  # an inherited descriptor would share the lock
                self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
                self._pid = os.getpid()
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except OSError as error:
            self._threads.release()
            raise OperationalError("take the write lock", None, error) from error

    def __exit__(self, *_: object) -> None:
        assert self._file is not None
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()


def _busy() -> OperationalError:
    return OperationalError("take the write lock", None, TimeoutError("database is locked"))


def _open_engine(url: str, pool_size: int) -> Engine:
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            hide_parameters=True,  # they are people's words
            pool_size=pool_size,
            max_overflow=pool_size,
            connect_args={"timeout": WRITE_TIMEOUT, "isolation_level": None, "check_same_thread": False},
        )
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        hide_parameters=True,  # they are people's words
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=WRITE_TIMEOUT,
        pool_pre_ping=True,
        connect_args={name: value for name, value in _PATIENCE.items() if name not in make_url(url).query},
    )


def _configure_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    # secure_delete: what is erased is overwritten, also where SQLite was built without it.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "cache_size=-16000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
