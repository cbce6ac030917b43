"""Databases with every migration applied: copied from a template, since migrating takes longer than most tests."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session

from moderation.store import Store
from operations import migrate
from tests.support import quick
from tests.support.processes.postgres_server import PostgresServer


class SqliteDatabases:
    """Copies of one migrated file."""

    def __init__(self) -> None:
        self._directory = quick.directory("winnow-sqlite-")
        self._template = self._directory / "template.db"
        store = Store(f"sqlite:///{self._template}")
        migrate.upgrade(store)
        store.close()  # the last connection to go writes the log back into the file

    @contextmanager
    def new(self) -> Iterator[str]:
        """The URL of a database with all tables, and nothing in them."""
        with self.empty() as url:
            shutil.copy(self._template, url.removeprefix("sqlite:///"))
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a database without tables."""
        directory = self._directory / uuid.uuid4().hex
        directory.mkdir()
        try:
            yield f"sqlite:///{directory / 'winnow.db'}"
        finally:
            shutil.rmtree(directory, ignore_errors=True)  # a thread of the test may write its last

    def close(self) -> None:
        """Remove the files."""
        shutil.rmtree(self._directory)


class PostgresDatabases:
    """Databases of one server, which forgets them if the machine loses power.

    Pages are not written whole into its log: after each copy of the template all would be.
    """

    def __init__(self) -> None:
        # Not in pytest's directory: under root the server is another user, whom the next session locks out of there.
        self._directory = quick.directory("winnow-postgresql-")
        self._directory.chmod(0o755)
        self._server = PostgresServer(self._directory / "data")
        self._server.create()
        self._server.start(unix_socket_directories=str(self._server.directory), full_page_writes="off")
        self._admin: Engine = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        self._run("CREATE DATABASE template")
        store = Store(self._url("template"))
        migrate.upgrade(store)
        store.close()

    def new(self) -> AbstractContextManager[str]:
        """The URL of a database with all tables, and nothing in them."""
        return self._copy_of("template")

    def empty(self) -> AbstractContextManager[str]:
        """The URL of a database without tables."""
        return self._copy_of("template1")

    @contextmanager
    def _copy_of(self, template: str) -> Iterator[str]:
        name = f"winnow_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield self._url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Stop the server and remove its files."""
        self._admin.dispose()
        self._server.stop()
        shutil.rmtree(self._directory)

    def _url(self, database: str) -> str:
        """By its socket, which is quicker than its port."""
        return f"postgresql+psycopg://postgres@/{database}?host={self._server.directory}&port={self._server.port}"

    def _run(self, *statements: str) -> None:
        with self._admin.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))


Databases = SqliteDatabases | PostgresDatabases


class Servers:
    """What makes databases of each kind, begun when it is first asked for."""

    def __init__(self) -> None:
        self._begun: dict[str, Databases] = {}

    def of_kind(self, kind: str) -> Databases:
        if kind not in self._begun:
            self._begun[kind] = SqliteDatabases() if kind == "sqlite" else PostgresDatabases()
        return self._begun[kind]

    def close(self) -> None:
        """Stop them all and remove their files."""
        for databases in self._begun.values():
            databases.close()


def wanted() -> list[str]:
    """The databases to test on: WINNOW_TEST_DATABASE is `sqlite` (the default), `postgresql` or `both`."""
    chosen = os.environ.get("WINNOW_TEST_DATABASE", "sqlite")
    if chosen not in {"sqlite", "postgresql", "both"}:
        raise ValueError(f"WINNOW_TEST_DATABASE is {chosen!r}: choose sqlite, postgresql or both")
    return ["sqlite", "postgresql"] if chosen == "both" else [chosen]


def waits_for_a_lock(store: Store) -> bool:
    """Whether some transaction on this PostgreSQL database waits for another's."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with store.read() as session:
        return bool(session.scalar(text(query)))


class Work:
    """What a database had to do: hundreds of instructions of SQLite's machine, or rows that PostgreSQL looked at."""

    def __init__(self) -> None:
        self.steps = 0

    def add(self, session: Session) -> None:
        """Count what the transaction has done so far. SQLite counts by itself."""
        if session.get_bind().dialect.name == "postgresql":
            looked_at = "sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))"
            self.steps += session.scalar(text(f"SELECT {looked_at} FROM pg_stat_xact_user_tables")) or 0

    def _count(self) -> None:
        self.steps += 1


@contextmanager
def counted_work(store: Store) -> Iterator[Work]:
    """Count the work that is done within the block: it says what a time says, and a busy machine changes nothing."""
    work = Work()

    def begin(connection: Any, *_: object) -> None:
        connection.set_progress_handler(work._count, 100)

    def end(connection: Any, *_: object) -> None:
        connection.set_progress_handler(None, 0)

    if store.is_sqlite:
        event.listen(store.engine, "checkout", begin)
        event.listen(store.engine, "checkin", end)
    try:
        yield work
    finally:
        if store.is_sqlite:
            event.remove(store.engine, "checkout", begin)
            event.remove(store.engine, "checkin", end)
