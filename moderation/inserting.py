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
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection, Table
from sqlalchemy.exc import DBAPIError

#: A connection that was idle for longer is tried before it is used: the database may have been started again.
_TRUSTED_SECONDS = 1.0


class Inserts:
    """Inserts rows of one table, from one thread at a time.

    Args:
        columns: those that each row gives a value for.
        turn: is held during a transaction.
    """

    def __init__(self, engine: Engine, table: Table, columns: Sequence[str], turn: AbstractContextManager[Any]) -> None:
        self._engine, self._turn = engine, turn
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._columns = tuple(columns)
        types = [table.c[name].type.dialect_impl(engine.dialect) for name in columns]
        processors = [column_type.bind_processor(engine.dialect) for column_type in types]
        self._processors = [(place, process) for place, process in enumerate(processors) if process is not None]
        names = ", ".join(columns)
        rows = f"VALUES ({', '.join('?' * len(self._columns))})"
        if not self._is_sqlite:  # one value for all rows: the driver and the server each read it once
            rows = f"SELECT {names} FROM json_populate_recordset(NULL::{table.name}, %s)"  # noqa: S608  (our own names)
        self._statement = f"INSERT INTO {table.name} ({names}) {rows}"
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
            values = [self._values(row) for row in rows] if self._is_sqlite else _json([*rows])
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
            if self._is_sqlite:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(self._statement, values)
                connection.commit()
            else:
                connection.execute(self._statement, (values,))
        except error_class as error:
            self._forget()  # and with it the transaction, if one is open
            raise DBAPIError.instance(self._statement, None, error, error_class, hide_parameters=True) from error
        except BaseException:
            self._forget()
            raise
        self._used_at = time.monotonic()

    def _open(self, error_class: type[Exception]) -> Any:
        """The driver's connection."""
        if self._connection is not None and not self._is_sqlite and time.monotonic() > self._used_at + _TRUSTED_SECONDS:
            try:
                self._connection.driver_connection.execute("SELECT 1")  # type: ignore[union-attr]
            except error_class:
                self._forget()
        if self._connection is None:
            self._connection = self._engine.raw_connection()
            if not self._is_sqlite:  # each statement is a transaction
                self._connection.driver_connection.autocommit = True  # type: ignore[union-attr]
        return self._connection.driver_connection

    def _forget(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()

    def _values(self, row: Mapping[str, Any]) -> list[Any]:
        values = [row[name] for name in self._columns]
        for place, process in self._processors:
            values[place] = process(values[place])
        return values


_json = json.JSONEncoder(ensure_ascii=False, default=str).encode
