"""`winnow backup` and `winnow restore`: the whole database in one file, while everything runs, and back again."""

from __future__ import annotations

import glob
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path

import click
from sqlalchemy import URL, inspect, make_url

import migrations
from moderation import clock
from moderation.history import watermarks
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import Watermark
from operations import connections, data_dir, environment, migrate
from operations.commands import open_installation
from operations.errors import OperatorError

#: The name under which the database notes when it was last backed up.
NOTED = "backup"
#: How the name of a file ends that is being written. After so many seconds without a change nobody writes it any more.
_PART, _SURELY_OVER = ".part", 24 * 3600


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(*, file: Path) -> None:
    """Write the whole database to FILE, which must not exist yet, while everything runs.

    Every comment that was accepted before is in it. The secret key is not: keep that apart.
    """
    settings, store = open_installation()
    if file.exists():
        raise _exists(file)
    moment = clock.now()
    with _whole_or_none(file) as part:
        if store.is_sqlite:
            _copy_sqlite(Path(store.engine.url.database or ""), part)
        else:
            _run(settings, "pg_dump", "--format=custom", f"--file={part}")
    with store.write() as session:
        watermarks.put(session, NOTED, moment.isoformat())
    click.echo(f"The database is in {file} ({file.stat().st_size:,} bytes). Keep the secret key apart from it.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Put it in the place of the database that is there.")
def restore(*, file: Path, replace: bool) -> None:
    """Put the backup in FILE in the database's place, and bring it to this version's schema. Stop everything before.

    On SQLite the database that was there is kept beside it, as winnow.db.before-restore.
    """
    settings = environment.read(os.environ)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_sqlite = make_url(settings.database_url).drivername.startswith("sqlite")
    with data_dir.hold(settings.data_dir) if is_sqlite else nullcontext():
        if is_sqlite:
            _put_sqlite(file, Path(make_url(settings.database_url).database or ""), replace=replace)
        else:
            _put_postgresql(settings, file, replace=replace)
        store = connections.open_store(settings)
        migrate.upgrade(store)
    click.echo(f"The database is as it was in {file}, at revision {migrations.current(store)}. Start Winnow again.")


@contextmanager
def _whole_or_none(file: Path) -> Iterator[Path]:
    """A file beside `file` that only its owner can read, and that takes its name once it is whole and on the disk."""
    part = None
    try:
        _remove_left(file)
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.", suffix=_PART)
        os.close(descriptor)
        yield (part := Path(name))
        with part.open("rb") as written:
            os.fsync(written.fileno())
        data_dir.take_name(part, file)
    except FileExistsError:
        raise _exists(file) from None
    except sqlite3.OperationalError as error:  # what is full may be either disk
        raise OperatorError(f"{file} was not written: {error}. `winnow doctor` checks the database.") from None
    except OSError as error:
        raise OperatorError(f"{file} cannot be written: {error.strerror}.") from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _remove_left(file: Path) -> None:
    """Remove what attempts to write `file` left that were killed. Others may be writing it at this moment."""
    for part in file.parent.glob(f"{glob.escape(file.name)}.*{_PART}*"):
        with suppress(FileNotFoundError):
            if part.lstat().st_mtime < time.time() - _SURELY_OVER:
                part.unlink()


def _exists(file: Path) -> OperatorError:
    return OperatorError(f"{file} exists. Give another name: a backup never writes over a file.")


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database that is in use, as of one moment: readers and writers go on."""
    with closing(sqlite3.connect(source)) as used, closing(sqlite3.connect(target)) as copy:
        used.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    _require_whole(target)


def _require_whole(file: Path) -> None:
    """Raises OperatorError unless this is a whole SQLite database of Winnow's."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            [answer] = connection.execute("PRAGMA quick_check").fetchone()
            connection.execute("SELECT version_num FROM alembic_version, sites LIMIT 1")
    except sqlite3.DatabaseError as error:
        answer = str(error)
    if answer != "ok":
        raise OperatorError(f"{file} is no whole backup of Winnow on SQLite ({answer}). Nothing was changed.")


def _put_sqlite(file: Path, database: Path, *, replace: bool) -> None:
    _require_whole(file)
    if database.exists() and not replace:
        raise OperatorError(f"There is a database at {database}. Add --replace to put the backup in its place.")
    restored = database.with_name(f"{database.name}.restored")
    restored.unlink(missing_ok=True)  # of an attempt that was killed
    with _whole_or_none(restored) as part:
        shutil.copyfile(file, part)
    for ending in ("-wal", "-shm", ""):  # the log belongs to the old database, and goes with it
        old = database.with_name(database.name + ending)
        if old.exists():
            old.replace(database.with_name(f"{database.name}.before-restore{ending}"))
    restored.replace(database)


def _put_postgresql(settings: Settings, file: Path, *, replace: bool) -> None:
    store = connections.open_store(settings)
    with store.read() as session:
        is_there = inspect(session.connection()).has_table("sites")
    store.close()
    if is_there and not replace:
        raise OperatorError("The database holds an installation. Add --replace to put the backup in its place.")
    _run(settings, "pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", str(file.absolute()))


def _run(settings: Settings, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL's on the database. The password is in its environment, which others cannot read."""
    url: URL = make_url(settings.database_url).set(drivername="postgresql")
    environ = os.environ | ({"PGPASSWORD": url.password} if url.password else {})
    address = URL.create(
        "postgresql", url.username, host=url.host, port=url.port, database=url.database, query=url.query
    ).render_as_string()
    try:
        result = subprocess.run(  # noqa: S603  (its arguments are the operator's own)
            [program, f"--dbname={address}", *arguments], env=environ, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise OperatorError(
            f"{program} is not installed. Install PostgreSQL's client, of the server's version."
        ) from None
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise OperatorError(f"{program} failed: {reason}")


def last(store: Store) -> str | None:
    """When `winnow backup` last came to its end; None: never."""
    with store.read() as session:
        noted = session.get(Watermark, NOTED)
        return noted.position if noted else None
