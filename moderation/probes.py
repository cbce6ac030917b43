"""Probes: whether the database or Redis can be written now. They try it, with a time limit, and remember the result.

Reading is not enough: a database that is locked, full or read-only can still be read, and so can a full Redis.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import redis
import structlog
from redis.exceptions import ConnectionError as RedisAwayError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from moderation.store import Store

#: How long a write may take, and how long its result is remembered.
LIMIT_SECONDS, REMEMBERED_SECONDS = 1.0, 3.0
_KEY = "winnow:probe"

log = structlog.get_logger(__name__)

#: Part of an error's text -> the reason in words. The text itself may name a server or an account.
_WHY = (
    ("locked", "another process holds it, and does not go on"),
    ("full", "its disk is full"),
    ("extend file", "its disk is full"),
    ("space", "its disk is full"),
    ("read-only", "it is read-only"),
    ("readonly", "it is read-only"),
    ("recovery", "it is read-only, a standby"),
)


class Probe:
    """Tries to write when asked, at most once at a time and every few seconds. Safe to share between threads.

    Args:
        attempt: writes, and returns what is wrong, or None. It may hang: nobody waits longer than `LIMIT_SECONDS`.
        late: the sentence for an attempt that takes longer.
    """

    def __init__(self, attempt: Callable[[], str | None], *, late: str) -> None:
        self._attempt, self._late = attempt, late
        self._changed = threading.Condition()
        self._began = self._ended = float("-inf")
        self._running = False
        self._wrong: str | None = None

    def look(self) -> str | None:
        """The sentence that says what is wrong; None when writing succeeded."""
        with self._changed:
            moment = time.monotonic()
            if not self._running and moment - self._ended >= REMEMBERED_SECONDS:
                self._began, self._running = moment, True
                threading.Thread(target=self._run, daemon=True, name="probe").start()
            self._changed.wait_for(lambda: not self._running, max(0.0, self._began + LIMIT_SECONDS - moment))
            return self._late if self._running else self._wrong

    def _run(self) -> None:
        wrong: str | None = self._late
        try:
            wrong = self._attempt()
        finally:
            with self._changed:
                self._wrong, self._ended, self._running = wrong, time.monotonic(), False
                self._changed.notify_all()


def of_database(store: Store) -> Probe:
    """A probe that commits a transaction down to the disk, which changes no data."""

    opened: tuple[int, int] | None = None

    def attempt() -> str | None:
        nonlocal opened
        try:
            if opened is not None and _file_of(store) != opened:
                return "The database's file was deleted or replaced while it is open. Stop everything and restore it."
            _write(store)
            opened = opened or _file_of(store)
        except SQLAlchemyError as error:
            message = str(getattr(error, "orig", None) or error)
            log.warning("database.not_writable", why=message.partition("\n")[0])
            why = next((reason for part, reason in _WHY if part in message), None)
            return f"Nothing can be written to the database: {why or 'it does not answer'}."
        return None

    return Probe(attempt, late="Nothing can be written to the database: a write takes longer than a second.")


def of_redis(client: redis.Redis) -> Probe:
    """A probe that sets a key of its own."""

    def attempt() -> str | None:
        try:
            client.set(_KEY, 1, ex=60)
        except (RedisAwayError, RedisTimeoutError):
            return "Redis does not answer. Comments are accepted, and scored within seconds of its return."
        except RedisError as error:
            return f"Redis answers, and takes nothing in: {error}"
        return None

    return Probe(attempt, late="Redis does not answer within a second.")


def _file_of(store: Store) -> tuple[int, int] | None:
    """The device and inode of SQLite's file; None while there is none."""
    database = store.engine.url.database
    if not store.is_sqlite or not database:
        return None
    try:
        status = os.stat(database)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _write(store: Store) -> None:
    with store.write() as session:
        if store.is_sqlite:
            # A number in the file's first page that SQLite leaves to applications, and that Winnow does not use.
            number = session.scalar(text("PRAGMA user_version")) or 0
            session.execute(text(f"PRAGMA user_version = {(int(number) + 1) % 1_000_000}"))
        else:  # refused where it is read-only; a transaction with a number is written to the disk
            session.execute(text("UPDATE sites SET name = name WHERE false"))
            session.execute(text("SELECT txid_current()"))
