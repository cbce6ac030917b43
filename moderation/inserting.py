"""Inserting rows over a connection that is kept open, with one statement that is written once.

For what is inserted at every request: SQLAlchemy's session, transaction and statement cost several times what the
database needs for a few rows. Whatever goes wrong is raised as SQLAlchemy raises it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, Engine, PoolProxiedConnection, Table
from sqlalchemy.exc import DBAPIError, OperationalError

from moderation.identities import keyring
from moderation.identities.columns import Sealed, SealedDocument

#: A connection that was idle for longer is tried before it is used: the database may have been started again.
_TRUSTED_SECONDS = 1.0
#: PostgreSQL's code for an error: the transaction is read-only.
_READ_ONLY = "25006"


class Statement:
    """The statement that inserts rows of one table, and its values for some rows.

    Args:
        columns: those that each row gives a value for.
    """

    def __init__(self, dialect: Dialect, table: Table, columns: Sequence[str]) -> None:
        self._dialect, self.is_sqlite = dialect, dialect.name == "sqlite"
        self._columns = tuple(columns)
        types = [table.c[name].type.dialect_impl(dialect) for name in columns]
        #: The columns whose values are encrypted. PostgreSQL is given the others as they are.
        self._sealed = {
            name: kind for name in columns if isinstance(kind := table.c[name].type, Sealed | SealedDocument)
        }
        processors = [column_type.bind_processor(dialect) for column_type in types]
        self._processors = [(place, process) for place, process in enumerate(processors) if process is not None]
        names = ", ".join(columns)
        rows = f"VALUES ({', '.join('?' * len(self._columns))})"
        if not self.is_sqlite:  # one value for all rows: the driver and the server each read it once
            rows = f"SELECT {names} FROM json_populate_recordset(NULL::{table.name}, %s)"  # noqa: S608  (our own names)
        self.text = f"INSERT INTO {table.name} ({names}) {rows}"

    def values(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        """What the driver is given: for SQLite a list of values for each row, for PostgreSQL one document for all."""
        if self.is_sqlite:
            return [self._values(row) for row in rows]
        return _json([self._document(row) for row in rows])

    def _values(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        values = [row[name] for name in self._columns]
        moment = shown = None
        for place, process in self._processors:
            value = values[place]
            if isinstance(value, datetime):  # most moments of a row are the same
                if value is not moment:
                    moment, shown = value, process(value)
                values[place] = shown
            elif value is not None:
                values[place] = process(value)
        return tuple(values)

    def _document(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row for PostgreSQL, without what is NULL: a column that is not named becomes NULL."""
        given = {name: value for name, value in row.items() if value is not None}
        if keyring.current().writer is not None:
            given |= {
                name: kind.process_bind_param(given[name], self._dialect)
                for name, kind in self._sealed.items()
                if name in given
            }
        return given


class Inserts:
    """Inserts rows of one table, from one thread at a time.

    Args:
        columns: those that each row gives a value for.
        turn: is held during a transaction.
    """

    def __init__(self, engine: Engine, table: Table, columns: Sequence[str], turn: AbstractContextManager[Any]) -> None:
        self._engine, self._turn = engine, turn
        self._into = Statement(engine.dialect, table, columns)
        self._connection: PoolProxiedConnection | None = None
        self._used_at = 0.0
        self._lock = threading.Lock()

    def try_insert(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Insert rows in a transaction of their own. False, and nothing done, while another thread is at it.

        Raises:
            sqlalchemy.exc.DBAPIError: what the database said; none of the rows is stored.
        """
        if not self._lock.acquire(blocking=False):
            return False
        try:
            values = self._into.values(rows)
            with self._turn:
                self._insert(values)
        finally:
            self._lock.release()
        return True

    def close(self) -> None:
        """Close the connection. The next insert opens another one."""
        with self._lock:
            self._forget()

    def _insert(self, values: Any) -> None:
        error_class = self._engine.dialect.loaded_dbapi.Error
        try:
            connection = self._open(error_class)
            if self._into.is_sqlite:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(self._into.text, values)
                connection.commit()
            else:
                connection.execute(self._into.text, (values,))
        except error_class as error:
            self._forget()  # and with it the transaction, if one is open
            call_read_only_away(self._into.text, error)
            raise DBAPIError.instance(self._into.text, None, error, error_class, hide_parameters=True) from error
        except BaseException:
            self._forget()
            raise
        self._used_at = time.monotonic()

    def _open(self, error_class: type[Exception]) -> Any:
        """The driver's connection."""
        is_old = time.monotonic() > self._used_at + _TRUSTED_SECONDS
        if self._connection is not None and not self._into.is_sqlite and is_old:
            try:
                self._connection.driver_connection.execute("SELECT 1")  # type: ignore[union-attr]
            except error_class:
                self._forget()
        if self._connection is None:
            self._connection = self._engine.raw_connection()
            if not self._into.is_sqlite:  # each statement is a transaction
                self._connection.driver_connection.autocommit = True  # type: ignore[union-attr]
        return self._connection.driver_connection

    def _forget(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()


def call_read_only_away(statement: str | None, error: BaseException) -> None:
    """Raise an error like those of a database that is away, if PostgreSQL takes no writes, as a standby does not.

    The driver calls that a fault of the program's.
    """
    if getattr(error, "sqlstate", None) == _READ_ONLY:
        raise OperationalError(statement, None, error, hide_parameters=True) from error


_json = json.JSONEncoder(ensure_ascii=False, default=str).encode
