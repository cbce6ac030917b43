"""Migrates a database to a revision. Several migrations at once wait for each other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import migrations
from moderation.store import WRITE_TIMEOUT, Store
from operations import connections
from operations.errors import OperatorError

#: An arbitrary number that nothing else in the database locks.
_ADVISORY_LOCK = 0x57696E6E6F77
_FIRST_RELEASE = "0003"
#: How long the transaction waits for a lock, and in the last tries: as long as it takes until PostgreSQL ends an
#: autovacuum that is in the way. How often it is tried, and how many seconds apart.
_LOCK_PATIENCE, _LAST_PATIENCE, _LAST_TRIES = 0.8, 1.5, 5
_TRIES, _PAUSE = 60, 1.0
#: What PostgreSQL and SQLite say when a lock, or the turn to write, does not come.
_LOCKED = ("lock timeout", "database is locked")


def upgrade(store: Store, revision: str = "head") -> None:
    """Apply the migrations up to `revision`, all or none, while others may use the database.

    What takes long comes before (`migrations/beforehand.py`). On PostgreSQL the transaction itself waits for no lock
    longer than a second, since everybody else would wait behind it; on SQLite nobody waits longer for the turn to
    write, which another migration may have. It is tried again.

    Raises:
        OperatorError: the database is at a revision that this code does not know, or somebody holds a lock on it.
    """
    with _taking_turns(store):
        _prepare(store, revision)
        for number in range(1, _TRIES + 1):
            try:
                _apply(store, revision, _LAST_PATIENCE if number > _TRIES - _LAST_TRIES else _LOCK_PATIENCE)
            except OperationalError as error:
                if not any(said in str(error.orig) for said in _LOCKED):
                    raise
                if number == _TRIES:
                    raise OperatorError(
                        "Somebody holds a lock on the database (a backup, or a long transaction), and does not let go. "
                        "Nothing was changed; run `winnow migrate` again later."
                    ) from None
                time.sleep(_PAUSE)
            else:
                return


def _apply(store: Store, revision: str, patience: float) -> None:
    with store.write() as session:
        config = _config(session, patience)
        _require_known(config, migrations.current_within(session))
        command.upgrade(config, revision)


def _prepare(store: Store, revision: str) -> None:
    current = migrations.current(store)
    if current is None or current < _FIRST_RELEASE:
        return  # there is little yet
    config = _base_config()
    _require_known(config, current)
    scripts = ScriptDirectory.from_config(config)
    for script in reversed(list(scripts.iterate_revisions(revision, current))):
        if (prepare := getattr(script.module, "prepare", None)) is not None:
            prepare(store)


@contextmanager
def _taking_turns(store: Store) -> Iterator[None]:
    """One migration at a time. Who waits asks again and again: an index is built only while no statement waits."""
    if store.is_sqlite:
        yield
        return
    with store.engine.begin() as connection:  # the lock is its transaction's, which no PgBouncer gives to others
        while not connection.scalar(text(f"SELECT pg_try_advisory_xact_lock({_ADVISORY_LOCK})")):
            time.sleep(_PAUSE)
        yield


def downgrade(store: Store, revision: str) -> None:
    """Undo the migrations after `revision` (`base` undoes all, and with them every row)."""
    _require_known(_base_config(), migrations.current(store))
    scripts = ScriptDirectory.from_config(_base_config())
    known = sorted(script.revision for script in scripts.walk_revisions())
    if revision not in {"base", *known}:
        raise OperatorError(f"There is no revision {revision}. There are base, and {known[0]} to {known[-1]}.")
    with _taking_turns(store), store.write() as session:
        command.downgrade(_config(session, WRITE_TIMEOUT), revision)


def _config(session: Session, patience: float) -> Config:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SET LOCAL lock_timeout = '{patience}s'"))
    config = _base_config()
    config.attributes["connection"] = session.connection()
    return config


def _require_known(config: Config, revision: str | None) -> None:
    if revision not in {None, *(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())}:
        raise OperatorError(connections.schema_sentence(revision))


def _base_config() -> Config:
    config = Config()
    location = str(Path(migrations.__file__).parent)
    config.set_main_option("script_location", location.replace("%", "%%"))
    return config
