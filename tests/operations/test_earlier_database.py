"""A database that an earlier version filled becomes this version's, with all that it holds, and works."""

from __future__ import annotations

import html
import json
import re
import sqlite3
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import JSON, Boolean, Column, DateTime, MetaData, Table, delete, func, select

import migrations
from moderation.decisions import bulk, comments, undoing
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.intake.sweep import sweep
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import Appeal, BulkJob, Comment, PolicyVersion
from operations import migrate
from tests.conftest import client_of
from tests.support.classifier import shipped
from tests.support.command_line import winnow
from tests.support.comments import rows
from tests.support.processes.parts import environment
from tests.support.signed_in import sign_in

pytestmark = pytest.mark.slow

DUMP = (Path(__file__).parent / "data" / "v0003.sql").read_text(encoding="utf-8")
#: What each table held.
ROWS = Counter(re.findall(r'^INSERT INTO "(\w+)"', DUMP, re.MULTILINE))
#: The first site's key.
API_KEY = "wk_d03c6327_vaYvcVMOjtjVBVhFwHfgNtIj_ijgbhsimzuBlGtspAg"


@pytest.fixture
def database_url(database_url: str, tmp_path: Path) -> str:
    """The earlier version's database, on either server, as `winnow migrate` finds it."""
    path = tmp_path / "earlier.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(DUMP)
    if database_url.startswith("sqlite"):
        return f"sqlite:///{path}"
    store = Store(database_url)
    migrate.downgrade(store, "base")
    migrate.upgrade(store, "0003")
    _copy(path, store)
    store.close()
    return database_url


@pytest.fixture
def migrated(store: Store) -> Store:
    """The same, at this version's schema."""
    migrate.upgrade(store)
    return store


def test_winnow_migrate_keeps_every_row(settings: Settings, store: Store, tmp_path: Path) -> None:
    result = winnow("migrate", cwd=tmp_path, **_winnow_only(environment(settings)))
    assert result.returncode == 0, result.stderr
    assert migrations.current(store) == migrations.newest()
    assert _row_counts(store) == ROWS


def test_a_row_that_went_missing_would_be_noticed(migrated: Store) -> None:
    with migrated.write() as session:
        session.execute(delete(PolicyVersion).where(PolicyVersion.version == 1))
    assert _row_counts(migrated) != ROWS


def test_what_was_pending_is_decided_and_what_was_begun_goes_on(migrated: Store, queues: Queues) -> None:
    assert len(rows(migrated, Comment, status="pending")) == 3
    sweep(migrated, queues)
    scorer = Scorer(migrated, queues, shipped())
    while scorer.run_batch().claimed:
        pass
    assert rows(migrated, Comment, status="pending") == []
    [edited] = rows(migrated, Comment, name="Eddy")
    assert edited.status == "flagged"
    [job] = rows(migrated, BulkJob, state="waiting")
    while bulk.run_step(migrated, job.id).more:
        pass
    [job] = rows(migrated, BulkJob, id=job.id)
    assert (job.state, job.error) == ("done", None)


def test_a_decision_from_before_can_be_undone_and_an_appeal_answered(migrated: Store) -> None:
    [appeal] = rows(migrated, Appeal, decided_at=None)
    with migrated.write() as session:
        comments.decide(session, appeal.site_id, appeal.comment_id, "publish", actor="user:u_1")
    assert [found.outcome for found in rows(migrated, Appeal, id=appeal.id)] == ["reversed"]
    raider = rows(migrated, Comment, ip="198.51.100.7")[0]
    assert raider.decided_by is not None
    with migrated.write() as session:
        undone = undoing.undo(session, raider.id, raider.version, actor=raider.decided_by).comment
    assert undone.status == "flagged"


@pytest.mark.usefixtures("migrated")
def test_the_key_from_before_reads_all_of_the_site_and_decides(app: Flask) -> None:
    client = client_of(app, API_KEY)
    listed = client.get("/api/v1/comments?limit=100").get_json()["comments"]
    assert len(listed) == 12
    for comment in listed:
        shown = client.get(f"/api/v1/comments/{comment['id']}")
        assert shown.status_code == 200, shown.text
    assert client.get("/api/v1/policy").get_json()["banned_words"] == ["free casino*"]
    waiting = client.get("/api/v1/review-queue").get_json()["items"]
    assert {item["kind"] for item in waiting} == {"flag", "appeal", "second_look"}
    for item in waiting:
        decision = {"action": "publish", "reason": "Fine.", "version": item["comment"]["version"]}
        decided = client.post(f"/api/v1/comments/{item['comment']['id']}/decision", json=decision)
        assert decided.status_code in {200, 409}, decided.text  # two items may be about one comment
    for endpoint in client.get("/api/v1/webhooks").get_json()["webhooks"]:
        assert client.get(f"/api/v1/webhooks/{endpoint['id']}/deliveries").status_code == 200


def test_every_page_of_the_console_shows_it(app: Flask, migrated: Store) -> None:
    browser = sign_in(app, migrated, "newcomer", "admin")
    read = _crawl(browser, "/console/")
    for comment in rows(migrated, Comment):
        if comment.status != "erased":
            assert any(comment.id in path for path in read), f"nothing links to {comment.name}'s comment"


@pytest.mark.one_database
@pytest.mark.usefixtures("migrated")
def test_the_doctor_misses_only_what_does_not_run(settings: Settings, tmp_path: Path) -> None:
    result = winnow("doctor", "--json", cwd=tmp_path, **_winnow_only(environment(settings)))
    levels = {found["subject"]: found["level"] for found in map(json.loads, result.stdout.splitlines())}
    assert levels["database"] == levels["secrets"] == "OK", result.stdout
    failing = {subject for subject, level in levels.items() if level == "FAIL"}
    assert failing <= {"workers", "queue"}, result.stdout


def _row_counts(store: Store) -> Counter[str]:
    """The rows of each table that the earlier version filled."""
    metadata = MetaData()
    metadata.reflect(store.engine)
    with store.read() as session:
        return Counter({name: session.scalar(select(func.count()).select_from(metadata.tables[name])) for name in ROWS})


def _crawl(browser: FlaskClient, start: str) -> set[str]:
    """The paths of all pages that links lead to from there; each must answer. Of a page's many queries, one is read."""
    waiting, read = [start], set[str]()
    while waiting:
        address = waiting.pop(0)
        path = address.partition("?")[0]
        if path in read:
            continue
        read.add(path)
        page = browser.get(address)
        assert page.status_code in {200, 302, 303}, f"{address}: {page.status_code}"
        if page.mimetype == "text/html":
            waiting += [html.unescape(link) for link in re.findall(r'href="(/console/[^"#]*)"', page.text)]
        page.close()
    return read


def _copy(path: Path, store: Store) -> None:
    """Put the rows of an SQLite file into a database that has the same, empty tables."""
    metadata = MetaData()
    metadata.reflect(store.engine)
    source = sqlite3.connect(path)
    source.row_factory = sqlite3.Row
    with store.write() as session:
        for table in metadata.sorted_tables:
            if table.name != "alembic_version":
                found = source.execute(f"SELECT * FROM {table.name}").fetchall()
                session.execute(table.insert(), [_row(table, row) for row in found])
    source.close()


def _row(table: Table, row: sqlite3.Row) -> dict[str, Any]:
    return {column.name: _value(column, row[column.name]) for column in table.columns}


def _value(column: Column[Any], value: Any) -> Any:
    """What SQLite keeps as text or number, as PostgreSQL's driver wants it."""
    if value is None:
        return None
    if isinstance(column.type, JSON):
        return json.loads(value)
    if isinstance(column.type, DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return bool(value) if isinstance(column.type, Boolean) else value


def _winnow_only(environ: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith("WINNOW_")}
