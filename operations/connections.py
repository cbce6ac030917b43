"""Opens the database and Redis for a command, or says in a sentence why it cannot."""

from __future__ import annotations

import redis
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from moderation.settings import Settings, shown
from moderation.store import Store
from operations import migrate
from operations.errors import OperatorError

_PATIENCE = 5


def open_store(settings: Settings) -> Store:
    """Open the database.

    Raises:
        OperatorError: it does not answer.
    """
    try:
        url = make_url(settings.database_url)
        if not url.drivername.startswith("sqlite"):  # the store itself would wait for minutes
            create_engine(url, connect_args={"connect_timeout": _PATIENCE}, poolclass=NullPool).connect().close()
        store = Store(settings.database_url)
        store.engine.connect().close()
    except (DBAPIError, ArgumentError, NoSuchModuleError) as error:
        raise OperatorError(_database_sentence(settings.database_url, error)) from None
    return store


def open_migrated_store(settings: Settings) -> Store:
    """Open the database, which must have the tables that this version expects.

    Raises:
        OperatorError: it does not answer, or has other tables.
    """
    store = open_store(settings)
    if migrate.current(store) != migrate.newest():
        raise OperatorError("The database is not at this version's schema. Run `winnow migrate`.")
    return store


def require_redis(url: str, *, embedded: bool = False) -> None:
    """Raises OperatorError unless the Redis at `url` answers."""
    try:
        with redis.Redis.from_url(url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        if embedded:
            raise OperatorError(
                "The embedded Redis does not run. Start `winnow up`, or set WINNOW_REDIS_URL."
            ) from None
        raise OperatorError(
            f"Redis at {shown(url)} does not answer ({_first_line(error)}). "
            "Start it, correct WINNOW_REDIS_URL, or unset that to have an embedded one."
        ) from None


def _database_sentence(url: str, error: Exception) -> str:
    address = shown(url)
    if url.startswith("sqlite"):
        return f"The database {address} cannot be opened. Make its directory writable, or correct WINNOW_DATABASE_URL."
    reason = _first_line(getattr(error, "orig", None) or error)
    return (
        f"The database at {address} cannot be reached ({reason}). "
        "Start it, correct WINNOW_DATABASE_URL, or unset that to use SQLite."
    )


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
