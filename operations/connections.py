"""Opens the database and Redis for a command, or says in a sentence why it cannot."""

from __future__ import annotations

from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

import migrations
from moderation import redis_address
from moderation.sealing import SealError
from moderation.settings import Settings, shown
from moderation.store import Store
from operations import file_systems
from operations.errors import OperatorError

_PATIENCE = 5
#: What SQLite says of a file that it cannot read as a database.
_DAMAGED = {"file is not a database", "database disk image is malformed"}


def open_store(settings: Settings) -> Store:
    """Open the database.

    Raises:
        OperatorError: it does not answer.
    """
    try:
        url = make_url(settings.database_url)
        _require_local(url)
        if not url.drivername.startswith("sqlite"):  # the store itself would wait for minutes
            create_engine(url, connect_args={"connect_timeout": _PATIENCE}, poolclass=NullPool).connect().close()
        store = Store(settings.database_url, replica_url=settings.replica_url, secret_keys=settings.secret_keys)
        store.engine.connect().close()
        store.keyring.use()
    except SealError as error:
        raise OperatorError(str(error)) from None
    except (DBAPIError, ArgumentError, NoSuchModuleError) as error:
        raise OperatorError(database_sentence(settings.database_url, error)) from None
    return store


def open_migrated_store(settings: Settings) -> Store:
    """Open the database, which must have the tables that this version expects.

    Raises:
        OperatorError: it does not answer, or has other tables.
    """
    store = open_store(settings)
    if (current := migrations.current(store)) != migrations.newest():
        raise OperatorError(schema_sentence(current))
    return store


def schema_sentence(current: str | None) -> str:
    """What mends a database that is at another revision than this version needs."""
    if current is not None and current > migrations.newest():
        return (
            f"The database was made by a newer version of Winnow (revision {current}). "
            "Install that version, or restore a backup."
        )
    return "The database is not at this version's schema. Run `winnow migrate`."


def require_redis(url: str, *, embedded: bool = False) -> None:
    """Raises OperatorError unless the Redis at `url` answers."""
    try:
        once = Retry(NoBackoff(), 1)
        with redis_address.open_client(
            url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE, retry=once
        ) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise OperatorError(redis_sentence(url, error, embedded=embedded)) from None


def redis_sentence(url: str, error: Exception, *, embedded: bool) -> str:
    """What is wrong with the Redis at `url`, and what mends it; `embedded` is the one of `winnow up`."""
    if isinstance(error, redis.ResponseError):  # it runs: its disk is full, or it is set so
        return (
            f"Redis at {shown(url)} answers, and takes nothing in ({_first_line(error)}). "
            "Make room on its disk, or mend what it says."
        )
    if embedded:
        return "The embedded Redis does not run. Start `winnow up`, or set WINNOW_REDIS_URL."
    return (
        f"Redis at {shown(url)} does not answer ({_first_line(error)}). "
        "Start it, correct WINNOW_REDIS_URL, or unset that to have an embedded one."
    )


def _require_local(url: URL) -> None:
    """Raises OperatorError for a SQLite file on a network file system."""
    path = Path(url.database or ".")
    kind = file_systems.network_kind(path.parent) if url.drivername.startswith("sqlite") else None
    if kind is not None:
        raise OperatorError(
            f"{path.parent} is on {kind}, a network file system, where SQLite's locks do not hold. "
            "Choose a local disk, or use PostgreSQL: WINNOW_DATABASE_URL."
        )


def database_sentence(url: str, error: Exception) -> str:
    """What is wrong with the database at `url`, and what mends it."""
    address = shown(url)
    reason = _first_line(getattr(error, "orig", None) or error)
    if url.startswith("sqlite") and reason in _DAMAGED:
        return (
            f"The file of the database {address} is damaged, or is none of SQLite's ({reason}). Keep it, and put a "
            "backup in its place: `winnow restore FILE --replace`."
        )
    if url.startswith("sqlite"):
        return f"The database {address} cannot be opened. Make its directory writable, or correct WINNOW_DATABASE_URL."
    return (
        f"The database at {address} cannot be reached ({reason}). "
        "Start it, correct WINNOW_DATABASE_URL, or unset that to use SQLite."
    )


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
