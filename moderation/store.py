"""The database: an engine for SQLite or PostgreSQL, and the two ways to open a transaction.

SQLite has one writer at a time, and waits for its turn by sleeping up to 100 ms between tries. We take turns with a
file lock instead, which the kernel hands on at once. Every write opens with `BEGIN IMMEDIATE`, so that a transaction
never fails because it read first and wrote later.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Dialect, Engine, ExceptionContext, Table, create_engine, event, func, make_url, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from moderation import inserting
from moderation.identities.keyring import Keyring
from moderation.inserting import Inserts, Statement
from moderation.replica import Replica

_T = TypeVar("_T")

#: How long a transaction waits for its turn to write, in seconds.
WRITE_TIMEOUT = 5.0
#: The same, in seconds, while nobody gets a turn, because its holder or the disk hangs.
_STUCK_PATIENCE = 0.5
#: How long whoever writes in parts leaves the turn to others, in seconds: until those who wait are awake.
_BETWEEN_PARTS = 0.02
#: How long a process that opens a new database waits between its tries, in seconds.
_BETWEEN_TRIES = 0.01
#: How long emptying the log waits for readers. Writers wait meanwhile.
_LOG_PATIENCE_MS = 200
#: Raised while the database is locked, full, read-only, unreachable or shutting down. Later a transaction may succeed.
AWAY = (OperationalError, InterfaceError, PoolTimeoutError)

#: libpq's options by which a PostgreSQL that has vanished is noticed within seconds; the kernel would wait minutes.
_PATIENCE = {"connect_timeout": 5, "tcp_user_timeout": 15_000, "keepalives_idle": 15, "keepalives_interval": 5}
#: No statements are prepared: PgBouncer may give the connection to others between two transactions.
_CONNECTING: dict[str, int | None] = _PATIENCE | {"prepare_threshold": None}


class Store:
    """Opens transactions on one database. Safe to share between threads; use one for each process."""

    def __init__(
        self, url: str, *, pool_size: int = 20, replica_url: str | None = None, secret_keys: Sequence[str] = ()
    ) -> None:
        self.engine = open_engine(url, pool_size)
        #: Under which keys e-mail and addresses are encrypted, if they are.
        self.keyring = Keyring(self.engine, secret_keys)
        self._replica = Replica(open_engine(replica_url, pool_size)) if replica_url else None
        self._write_engine = self.engine.execution_options(writes=True)
        self._inserts: dict[tuple[str, ...], Inserts] = {}
        #: The turn to write, which each transaction that writes takes. A thread may take it before.
        self.turn: AbstractContextManager[Any] = nullcontext()
        database = self.engine.url.database
        if self.is_sqlite and database and database != ":memory:":
            self.turn = WriteTurn(Path(f"{database}.lock"))

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading, with nothing to commit. On SQLite it sees one snapshot."""
        self.keyring.use()
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def read_behind(self, work: Callable[[Session], _T]) -> _T:
        """Long reading that may miss the last seconds: `work` reads on the replica, where there is one to be used.

        When the replica fails in the middle, `work` begins anew on the primary.
        """
        self.keyring.use()
        replica = self._replica
        if replica is not None and replica.is_usable():
            try:
                with Session(replica.engine, expire_on_commit=False) as session:
                    return work(session)
            except AWAY:
                replica.leave_alone()
        with self.read() as session:
            return work(session)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose block is one transaction: committed at the end, rolled back on an exception.

        Compute nothing inside, because on SQLite every other writer waits.
        """
        self.keyring.use(writes=True)
        session = Session(self._write_engine, expire_on_commit=False, autoflush=False)
        with self.turn, session, session.begin():
            yield session

    @contextmanager
    def write_part(self) -> Iterator[Session]:
        """`write`, for one part of a long piece of work. Afterwards others have their turn.

        It waits for them, because whoever asks again at once would get the turn before those who were waiting.
        """
        with self.write() as session:
            yield session
        if self.is_sqlite:
            time.sleep(_BETWEEN_PARTS)

    def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows that all name the same columns, in a transaction of their own: much quicker than `write`."""
        if not rows:
            return
        self.keyring.use(writes=True)
        key = (table.name, *rows[0])
        inserts = self._inserts.get(key)
        if inserts is None:
            inserts = self._inserts.setdefault(key, Inserts(self.engine, table, list(rows[0]), self.turn))
        if not inserts.try_insert(rows):
            with self.turn, self._write_engine.begin() as connection:
                connection.execute(table.insert(), rows)

    def empty_log(self) -> bool:
        """SQLite: write the write-ahead log back and empty it, so that erased texts do not stay in it.

        Returns whether it succeeded: a reader may prevent it.
        """
        if not self.is_sqlite:
            return True
        with self.turn, closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout={_LOG_PATIENCE_MS}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            result = cursor.fetchone()
            cursor.execute(f"PRAGMA busy_timeout={int(1000 * WRITE_TIMEOUT)}")
            cursor.close()
        return result is not None and not result[0]

    def close(self) -> None:
        """Close every connection that is not in use."""
        for inserts in self._inserts.values():
            inserts.close()
        self.engine.dispose()
        if self._replica is not None:
            self._replica.engine.dispose()


class WriteTurn:
    """A first-come lock across threads and processes; the kernel frees it when its holder dies.

    A thread that has it may take it again.

    Nobody waits for it longer than `WRITE_TIMEOUT`, even when its holder hangs. After somebody waited in vain, others
    wait only `_STUCK_PATIENCE` until somebody has had the lock again: otherwise each request would hold its thread for
    seconds, and requests that only read would find no thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.RLock()
        self._depth = 0
        self._file: int | None = None
        self._pid: int | None = None
        self._taker: _Taker | None = None
        self._stuck = False

    def __enter__(self) -> None:
        until = time.monotonic() + (min(WRITE_TIMEOUT, _STUCK_PATIENCE) if self._stuck else WRITE_TIMEOUT)
        if not self._threads.acquire(timeout=max(0.0, until - time.monotonic())):
            raise busy()
        if self._depth:
            self._depth += 1
            return
        try:
            self._stuck = not self._take(until)
        except OSError as error:
            self._threads.release()
            raise OperationalError("take the write lock", None, error) from error
        if self._stuck:
            self._threads.release()
            raise busy()
        self._depth = 1

    def __exit__(self, *_: object) -> None:
        assert self._file is not None
        self._depth -= 1
        if not self._depth:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def _take(self, until: float) -> bool:
        """Take the lock, if it comes by then. The place in line of a thread that waited in vain is used again."""
        if self._file is None or self._pid != os.getpid():  # an inherited descriptor would share the lock
            self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            self._pid, self._taker = os.getpid(), None
        if self._taker is None or not self._taker.is_waiting():
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._taker = _Taker(self._file)
            else:
                return True
        return self._taker.wait(until)


class _Taker:
    """A thread that waits for the file lock, because the kernel's own wait has no time limit.

    Trying again and again would be unfair: those who wait in the kernel always come first. A lock that it gets when
    nobody waits for it any more is released at once.
    """

    def __init__(self, file: int) -> None:
        self._file = file
        self._changed = threading.Condition()
        self._wanted, self._ended = True, False
        self._error: OSError | None = None
        threading.Thread(target=self._run, daemon=True, name="write turn").start()

    def is_waiting(self) -> bool:
        """Whether it still waits. If so, the lock that it gets is the caller's, who must then call `wait`."""
        with self._changed:
            self._wanted = not self._ended
            return self._wanted

    def wait(self, until: float) -> bool:
        """Wait for the lock; returns whether the caller has it."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended, max(0.0, until - time.monotonic()))
            self._wanted = self._ended
            if self._error is not None:
                raise self._error
            return self._ended

    def _run(self) -> None:
        error = None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except OSError as raised:
            error = raised
        with self._changed:
            self._ended, self._error = True, error
            if not self._wanted and error is None:
                fcntl.flock(self._file, fcntl.LOCK_UN)
            self._changed.notify()


def busy() -> OperationalError:
    """The error for a turn to write that does not come."""
    return OperationalError("take the write lock", None, TimeoutError("database is locked"))


def take_turn(session: Session, what: str) -> None:
    """Let no other transaction do the same thing until the caller's ends, such as look whether a name is free.

    On PostgreSQL two that look at the same moment would both find it free; on SQLite there is one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"winnow {what}"))))


def insert_missing(session: Session, table: type[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows in the caller's transaction; one whose key is there already stays as it is.

    Give them in one order, so that two processes with the same keys cannot deadlock on PostgreSQL.
    """
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def insert_many(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns, in the caller's transaction: much quicker than the session does."""
    connection = session.connection()
    into = Statement(connection.dialect, table, list(rows[0]))
    values = into.values(rows)
    connection.exec_driver_sql(into.text, values if into.is_sqlite else (values,))


def insert_many_missing(session: Session, table: type[Any], rows: Sequence[Mapping[str, Any]]) -> int:
    """`insert_missing`, for thousands of rows of numbers, texts and moments. Returns how many were inserted."""
    if not rows:
        return 0
    into, values = _missing(session.connection().dialect, table.__table__, rows)
    return int(session.connection().exec_driver_sql(into, values).rowcount)


def _missing(dialect: Dialect, table: Table, rows: Sequence[Mapping[str, Any]]) -> tuple[str, Any]:
    """The statement that inserts missing rows, and its values. Through SQLAlchemy many rows take twice as long."""
    columns = list(rows[0])
    names = ", ".join(columns)
    if dialect.name == "postgresql":  # one value for all rows: the driver and the server each read it once
        document = json.dumps([dict(row) for row in rows], default=str)
        from_rows = f"SELECT {names} FROM json_populate_recordset(NULL::{table.name}, %(rows)s)"  # noqa: S608
        return f"INSERT INTO {table.name} ({names}) {from_rows} ON CONFLICT DO NOTHING", {"rows": document}
    values = [[row[name] for row in rows] for name in columns]
    for place, name in enumerate(columns):
        if (process := table.c[name].type.dialect_impl(dialect).bind_processor(dialect)) is not None:
            processed = {value: process(value) for value in set(values[place])}
            values[place] = [processed[value] for value in values[place]]
    places = ", ".join("?" * len(columns))
    return f"INSERT OR IGNORE INTO {table.name} ({names}) VALUES ({places})", list(zip(*values, strict=True))  # noqa: S608


def open_engine(url: str, pool_size: int) -> Engine:
    """Connections to a database, as Winnow wants them."""
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
    engine = create_engine(
        url,
        hide_parameters=True,  # they are people's words
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=WRITE_TIMEOUT,
        pool_pre_ping=True,
        connect_args={name: value for name, value in _CONNECTING.items() if name not in make_url(url).query},
    )
    event.listen(engine, "connect", _configure_postgresql)
    event.listen(engine, "handle_error", _call_read_only_away)
    return engine


def _configure_postgresql(connection: Any, _record: object) -> None:
    # Nobody waits longer for somebody else's lock: requests would take all threads, and leases would run out. It is
    # not an option of the connection, which PgBouncer refuses; there it holds for whoever gets the connection next.
    connection.execute(f"SET lock_timeout = {int(1000 * WRITE_TIMEOUT)}")
    connection.commit()


def _call_read_only_away(failure: ExceptionContext) -> None:
    inserting.call_read_only_away(failure.statement, failure.original_exception)


def _configure_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    _write_ahead(cursor)
    # secure_delete overwrites what is erased, also where it is not SQLite's default.
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "cache_size=-16000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Have a new database keep a write-ahead log.

    SQLite waits for no other process here: of several that open a new database at once, all but one are refused.
    """
    until = time.monotonic() + WRITE_TIMEOUT
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                raise
            time.sleep(_BETWEEN_TRIES)
        else:
            return


def _begin_sqlite(connection: Any) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
