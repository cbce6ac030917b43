"""`winnow privacy` and `winnow retention`, as an operator runs them."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from moderation import clock
from moderation.decisions import bulk
from moderation.intake.submissions import Request, Submission
from moderation.sites import site_settings, sites
from moderation.sites.site_settings import Retention, SiteSettings
from moderation.store import Store
from moderation.tables import AuditEvent, Comment, Site
from operations import environment
from tests.support import command_line
from tests.support.command_line import make_data_dir, sentence
from tests.support.comments import dump, rows

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    settings = environment.read({}, make_data_dir(tmp_path))
    store = Store(settings.database_url)
    for name in ("A", "B"):
        site = sites.create_site(store, settings, name)
        sent = Submission(name="Ada", comment="Zqtext", email="zqada@example.org", user_id="7")
        with store.write() as session:
            session.execute(insert(Comment), [Request(site.id, sent).row])
            site_settings.save(
                session,
                site.id,
                SiteSettings(appeals=False, retention=Retention(text=5) if name == "A" else Retention()),
                actor="operator",
            )
    return store


@pytest.fixture
def run(store: Store, tmp_path: Path) -> Run:
    store.empty_log()
    return functools.partial(command_line.winnow, cwd=tmp_path)


def test_everything_is_written_out_counted_and_erased(run: Run, store: Store) -> None:
    exported = run("privacy", "export", "--author", "zqada@example.org")
    lines = [json.loads(line) for line in exported.stdout.splitlines()]
    assert [(line["table"], line["comment"]) for line in lines] == [("comments", "Zqtext")] * 2
    counted = run("privacy", "erase", "--author", "zqada@example.org", "--site", "A")
    assert counted.stdout.splitlines() == [
        "Would erase 1 comments with all that belongs to them.",
        "Their comments also carry id:7.",
        "Their comments also carry name:Ada.",
        "Look for these, too, where they are the same person's alone.",
        "Nothing was erased. Add --yes to erase it.",
    ]
    assert dump(store).count("Zqtext") == 2
    erased = run("privacy", "erase", "--author", "zqada@example.org", "--yes")
    assert (erased.returncode, erased.stdout.splitlines()[0]) == (
        0,
        "Erased 2 comments with all that belongs to them.",
    )
    assert "zqada@" not in dump(store).lower()
    again = run("privacy", "export", "--author", "zqada@example.org")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "There is nothing on this author.\n")
    actions = [event.action for event in rows(store, AuditEvent) if event.action.startswith("author.")]
    assert actions == ["author.exported", "author.erased"]


def test_what_a_running_job_still_looks_for_is_said_to_be_left(run: Run, store: Store) -> None:
    (site, _) = rows(store, Site)
    with store.write() as session:
        bulk.create(session, {"site": site.id, "author": "7"}, "reject", actor="user:u_1", total=1)
    left = sentence(run("privacy", "erase", "--author", "id:7", "--yes"))
    assert "Still there: 1 bulk decisions that looked for this author." in left
    assert "have not ended. Run it again." in left


def test_an_author_who_cannot_be_is_refused_in_a_sentence(run: Run) -> None:
    result = run("privacy", "erase", "--author", "ip:nowhere")
    assert (result.returncode, result.stdout) == (2, "")
    assert "'nowhere' is no IP address." in result.stderr


def test_retention_counts_and_then_removes(run: Run, store: Store) -> None:
    with store.write() as session:
        session.execute(update(Comment).values(status="published", updated_at=clock.now() - timedelta(days=6)))
    counted = run("retention", "--dry-run")
    assert counted.stdout == "A: would remove 1 comments' texts.\nB: keeps everything.\n"
    assert dump(store).count("Zqtext") == 2
    assert run("retention", "--site", "B").stdout == "Removed: nothing.\n"
    assert run("retention").stdout == "Removed: 1 comments' texts.\n"
    assert dump(store).count("Zqtext") == 1
    assert run("retention", "--dry-run", "--site", "A").stdout == "A: would remove 0 comments' texts.\n"
