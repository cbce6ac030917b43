"""Migrates a database to a revision. Several migrations at once wait for each other."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.orm import Session

import migrations
from moderation.store import Store
from operations.errors import OperatorError

#: An arbitrary number that nothing else in the database locks.
_ADVISORY_LOCK = 0x57696E6E6F77


def upgrade(store: Store, revision: str = "head") -> None:
    """Apply the migrations up to `revision`, all or none.

    Raises:
        OperatorError: the database is at a revision that this code does not know.
    """
    with store.write() as session:
        config = _config(session)
        _require_known(config, migrations.current_within(session))
        command.upgrade(config, revision)


def downgrade(store: Store, revision: str) -> None:
    """Undo the migrations after `revision` (`base` undoes all, and with them every row)."""
    with store.write() as session:
        command.downgrade(_config(session), revision)


def _config(session: Session) -> Config:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL lock_timeout = 0"))  # another migration may take its time
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ADVISORY_LOCK})
    config = _base_config()
    config.attributes["connection"] = session.connection()
    return config


def _require_known(config: Config, revision: str | None) -> None:
    if revision not in {None, *(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())}:
        raise OperatorError(
            f"The database was made by a newer version of Winnow (revision {revision}). "
            "Install that version, or restore a backup."
        )


def _base_config() -> Config:
    config = Config()
    location = str(Path(migrations.__file__).parent)
    config.set_main_option("script_location", location.replace("%", "%%"))
    return config
