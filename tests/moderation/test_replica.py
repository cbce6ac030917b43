"""A real standby of a real PostgreSQL: long reading goes there, and nobody notices when it is away or too old."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from moderation import replica
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.settings import Settings
from moderation.sites import sites
from moderation.store import Store
from operations import doctor, migrate
from service.app import create_app
from tests.support import quick
from tests.support.processes.postgres_server import PostgresServer
from tests.support.signed_in import csrf_token, sign_in
from tests.support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.one_database]


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A primary with Winnow's tables, and its standby."""
    directory = quick.directory("winnow-replica-")
    directory.chmod(0o755)
    primary, standby = PostgresServer(directory / "primary"), PostgresServer(directory / "standby")
    primary.create()
    primary.start()
    with closing(Store(address(primary))) as store:
        migrate.upgrade(store)
    standby.create_standby_of(primary)
    standby.start()
    yield primary, standby
    standby.kill()
    primary.kill()
    shutil.rmtree(directory)


@pytest.fixture
def primary(servers: tuple[PostgresServer, PostgresServer]) -> PostgresServer:
    return servers[0]


@pytest.fixture
def standby(servers: tuple[PostgresServer, PostgresServer]) -> Iterator[PostgresServer]:
    """The standby, which takes over what the primary writes."""
    yield servers[1]
    if not servers[1].alive:
        servers[1].start()
    servers[1].run("SELECT pg_wal_replay_resume()")


@pytest.fixture
def store(primary: PostgresServer, standby: PostgresServer) -> Iterator[Store]:
    with closing(Store(address(primary), replica_url=address(standby))) as store:
        yield store


def address(server: PostgresServer) -> str:
    return server.address("postgres").replace("postgresql:", "postgresql+psycopg:")


def port(session: Session) -> int:
    """Of the server that a session is at."""
    return int(str(session.scalar(text("SELECT inet_server_port()"))))


def write(server: PostgresServer) -> None:
    server.run("CREATE TABLE IF NOT EXISTS written (at timestamptz)", "INSERT INTO written VALUES (now())")


def test_long_reading_is_at_the_replica_and_all_else_at_the_primary(
    store: Store, primary: PostgresServer, standby: PostgresServer
) -> None:
    eventually(lambda: store.read_behind(port) == standby.port)
    with store.read() as session:
        assert port(session) == primary.port


def test_a_replica_that_fails_in_the_middle_is_begun_anew_at_the_primary(
    store: Store, primary: PostgresServer, standby: PostgresServer
) -> None:
    eventually(lambda: store.read_behind(port) == standby.port)
    begun = []

    def read(session: Session) -> int:
        begun.append(session)
        if len(begun) == 1:
            standby.kill()
        return port(session)

    assert store.read_behind(read) == primary.port
    assert len(begun) == 2
    assert store.read_behind(port) == primary.port, "and is left alone"


def test_one_that_is_too_far_behind_is_not_read_and_used_again_when_it_has_caught_up(
    store: Store, primary: PostgresServer, standby: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "_REMEMBERED", 0.0)
    write(primary)
    eventually(lambda: store.read_behind(port) == standby.port)
    standby.run("SELECT pg_wal_replay_pause()")
    write(primary)
    monkeypatch.setattr(replica, "FURTHEST_BEHIND", 0.3)
    eventually(lambda: store.read_behind(port) == primary.port)
    standby.run("SELECT pg_wal_replay_resume()")
    eventually(lambda: store.read_behind(port) == standby.port)


def test_one_to_which_nothing_new_comes_because_nothing_is_written_is_used(
    store: Store, primary: PostgresServer, standby: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(primary)
    monkeypatch.setattr(replica, "FURTHEST_BEHIND", 0.0)
    monkeypatch.setattr(replica, "_REMEMBERED", 0.0)
    eventually(lambda: store.read_behind(port) == standby.port)


def test_statistics_consequences_and_exports_read_there(
    primary: PostgresServer, standby: PostgresServer, store: Store, queues: Queues, settings: Settings
) -> None:
    site = sites.create_site(store, settings, "The Site")
    write(primary)
    eventually(lambda: store.read_behind(port) == standby.port)
    app = create_app(dataclasses.replace(settings, database_url=address(primary), replica_url=address(standby)))
    browser = sign_in(app, store, "ada", "admin")

    def exported() -> str:
        form = {"csrf_token": csrf_token(browser, "/console/comments"), "format": "ndjson"}
        return browser.post("/console/comments/export", data=form).text

    submissions.submit(store, queues, site.id, [Submission(name="Ada", comment="An early remark.")])
    eventually(lambda: "An early remark." in exported())
    standby.run("SELECT pg_wal_replay_pause()")
    submissions.submit(store, queues, site.id, [Submission(name="Ada", comment="A late remark.")])
    assert "A late remark." in browser.get("/console/comments").text, "the page itself is never behind"
    file = exported()
    assert "An early remark." in file
    assert "A late remark." not in file
    standby.kill()
    assert "A late remark." in exported()
    for page in ("/console/statistics", f"/console/sites/{site.id}/policy"):
        assert browser.get(page).status_code == 200


def test_doctor_says_how_it_is(standby: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    [found] = [doctor._replica(address(standby))]
    assert (found.level, found.subject) == ("OK", "replica")
    monkeypatch.setattr(doctor, "FURTHEST_BEHIND", -1.0)
    assert "too old" in doctor._replica(address(standby)).text
    standby.kill()
    away = doctor._replica(address(standby))
    assert (away.level, "does not answer" in away.text) == ("WARN", True)
