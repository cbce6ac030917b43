"""A database or a Redis that answers and cannot be written is not ready: `/readyz` and `/metrics` say so, and soon."""

from __future__ import annotations

import dataclasses
import fcntl
import os
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from moderation import probes
from moderation import store as store_module
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from service.app import create_app
from tests.support.processes.redis_server import RedisServer

DATABASE = "/readyz?parts=database"
REDIS = "/readyz?parts=redis"


@pytest.fixture(autouse=True)
def looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "REMEMBERED_SECONDS", 0.0)


@pytest.fixture
def unwritable(store: Store) -> Iterator[Callable[[], None]]:
    """The database can be read and not written, until it is called."""
    undo: list[Callable[[], object]] = []
    if store.is_sqlite:
        file = os.open(f"{store.engine.url.database}.lock", os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        undo.append(lambda: os.close(file))
    else:
        name = store.engine.url.database

        def allow(yes: str) -> None:
            with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("SET default_transaction_read_only = off"))
                connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {yes}'))
            store.engine.dispose()

        allow("on")
        undo.append(lambda: allow("off"))

    def end() -> None:
        while undo:
            undo.pop()()

    yield end
    end()


def shown(client: FlaskClient, name: str) -> float:
    lines = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if not line.startswith("#"))
    return float(lines[name])


def test_a_database_that_cannot_be_written_is_not_ready(
    settings: Settings, store: Store, site: CreatedSite, unwritable: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 0.4)
    app = create_app(settings)
    client = app.test_client()
    answer = client.get(DATABASE)
    assert answer.status_code == 503
    assert answer.get_json()["parts"]["database"].startswith("Nothing can be written to the database: ")
    assert shown(client, "winnow_database_up") == 0
    assert "winnow_review_items" in client.get("/metrics").text, "what can be read is told"
    unwritable()
    app.extensions["winnow"].store.engine.dispose()
    assert client.get(DATABASE).get_json() == {"ready": True, "parts": {"database": "ok"}}
    assert shown(client, "winnow_database_up") == 1


def test_a_write_that_hangs_is_not_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    if not store.is_sqlite:
        pytest.skip("about SQLite's file lock")
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 60.0)
    monkeypatch.setattr(probes, "LIMIT_SECONDS", 1.0)
    file = os.open(f"{store.engine.url.database}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(file, fcntl.LOCK_EX)
    probe = probes.of_database(store)
    began = time.monotonic()
    first = probe.look()
    assert first == "Nothing can be written to the database: a write takes longer than a second."
    assert time.monotonic() - began < 30
    began = time.monotonic()
    assert {probe.look() for _ in range(50)} == {first}
    assert time.monotonic() - began < 25 * probes.LIMIT_SECONDS, "who asks after the first does not wait again"
    os.close(file)


def test_a_database_whose_file_was_deleted_is_not_ready(settings: Settings, store: Store, site: CreatedSite) -> None:
    if not store.is_sqlite:
        pytest.skip("about SQLite's file")
    client = create_app(settings).test_client()
    assert client.get(DATABASE).status_code == 200
    path = str(store.engine.url.database)
    os.rename(path, f"{path}.away")
    for _ in range(2):
        answer = client.get(DATABASE)
        assert answer.status_code == 503
        assert "deleted or replaced" in answer.get_json()["parts"]["database"]
    os.rename(f"{path}.away", path)
    assert client.get(DATABASE).status_code == 200


def test_the_outcome_is_remembered_for_a_moment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "REMEMBERED_SECONDS", 60.0)
    tried = []
    probe = probes.Probe(lambda: tried.append(1), late="late")
    assert [probe.look() for _ in range(20)] == [None] * 20
    assert tried == [1]


def test_requests_that_could_not_be_served_are_counted(
    settings: Settings, store: Store, site: CreatedSite, unwritable: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "WRITE_TIMEOUT", 0.2)
    client = create_app(settings).test_client()
    key = {"Authorization": f"Bearer {site.api_key}"}
    for _ in range(3):
        answer = client.post("/api/v1/comments", json={"name": "Ada", "comment": "A remark."}, headers=key)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    unwritable()
    assert shown(client, "winnow_unavailable_total") == 3


@pytest.mark.parametrize(
    ("command", "undo", "why"),
    [
        (["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"], "maxmemory"),
        (["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"], "read only"),
        (["CONFIG", "SET", "min-replicas-to-write", "3"], ["CONFIG", "SET", "min-replicas-to-write", "0"], "replicas"),
    ],
    ids=["out of memory", "a replica", "too few replicas"],
)
@pytest.mark.one_database
def test_a_redis_that_takes_nothing_in_is_not_ready(
    settings: Settings, own_redis: RedisServer, command: list[str], undo: list[str], why: str
) -> None:
    app = create_app(dataclasses.replace(settings, redis_url=own_redis.url))
    client, redis = app.test_client(), app.extensions["winnow"].queues.redis
    assert client.get(REDIS).status_code == 200
    redis.execute_command(*command)
    answer = client.get(REDIS)
    assert answer.status_code == 503
    assert why in answer.get_json()["parts"]["redis"]
    assert redis.ping()
    assert shown(client, "winnow_redis_up") == 0
    redis.execute_command(*undo)
    assert client.get(REDIS).status_code == 200


@pytest.mark.one_database
def test_a_web_process_begins_and_accepts_while_all_sentinels_are_away(
    make_app: Callable[..., Flask], site: CreatedSite
) -> None:
    app = make_app(redis_url="redis+sentinel://127.0.0.1:1/mymaster/0")
    client = app.test_client()
    answer = client.get(REDIS)
    assert answer.status_code == 503
    assert "Redis does not answer" in answer.get_json()["parts"]["redis"]
    headers = {"Authorization": f"Bearer {site.api_key}"}
    sent = client.post("/api/v1/comments", json={"name": "Ada", "comment": "Hello."}, headers=headers)
    assert sent.status_code == 202
    assert client.post("/console/sign-in", data={"name": "ada", "password": "wrong"}).status_code < 500
