"""Keys, limits, and what is answered when a part of the installation is away."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from service.app import create_app
from tests.conftest import client_of
from tests.support.comments import rows
from tests.support.processes.redis_server import RedisServer

ROUTE = "/api/v1/comments"
COMMENT = {"name": "Ada", "comment": "A thoughtful remark."}


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer wk_00000000_wrong", "Bearer \xff", "Bearer " + "x" * 999],
)
def test_without_a_valid_key_401_and_how_to_send_one(anonymous: FlaskClient, header: str | None) -> None:
    response = anonymous.post(ROUTE, json=COMMENT, headers={} if header is None else {"Authorization": header})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")
    assert response.mimetype == "application/problem+json"


def test_a_key_with_the_right_prefix_and_another_secret_is_wrong(app: Flask, site: CreatedSite) -> None:
    another = "B" if site.api_key.endswith("A") else "A"
    assert client_of(app, site.api_key[:-1] + another).get("/api/v1/policy").status_code == 401
    assert client_of(app, site.api_key + "A").get("/api/v1/policy").status_code == 401


def test_two_keys_work_while_rotating_and_a_revoked_one_stops_within_seconds(
    app: Flask, site: CreatedSite, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = sites.rotate_key(store, settings, site.id).api_key
    assert second
    for key in (site.api_key, second):
        assert client_of(app, key).get("/api/v1/webhooks").status_code == 200
    third = sites.rotate_key(store, settings, site.id).api_key
    assert third
    monkeypatch.setattr(time, "monotonic", lambda: float("inf"))
    answers = [client_of(app, key).get("/api/v1/webhooks").status_code for key in (site.api_key, second, third)]
    assert answers == [401, 200, 200]


def test_too_many_requests_of_a_site_are_429_with_retry_after_and_another_site_goes_on(
    make_app: Callable[..., Flask], site: CreatedSite, other_site: CreatedSite
) -> None:
    app = make_app(rate_limit="5 per minute")
    client = client_of(app, site.api_key)
    answers = [client.post(ROUTE, json=COMMENT) for _ in range(6)]
    assert [one.status_code for one in answers] == [202] * 5 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 12
    assert client_of(app, other_site.api_key).post(ROUTE, json=COMMENT).status_code == 202


def test_too_many_wrong_keys_of_an_address_are_429_but_a_right_one_still_works(
    make_app: Callable[..., Flask], site: CreatedSite
) -> None:
    app = make_app(rate_limit_auth="3 per minute")
    wrong = client_of(app, "wk_00000000_wrong")
    assert [wrong.get(ROUTE).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
    assert client_of(app, site.api_key).get(ROUTE).status_code == 200


class TestDatabase:
    def test_away_it_is_503_with_retry_after(self, settings: Settings, site: CreatedSite, tmp_path: Path) -> None:
        gone = Settings(
            database_url=f"sqlite:///{tmp_path}/no/such/directory/winnow.db",
            redis_url=settings.redis_url,
            data_dir=tmp_path,
            secret_keys=settings.secret_keys,
        )
        response = client_of(create_app(gone), site.api_key).post(ROUTE, json=COMMENT)
        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0

    def test_full_it_is_503_and_nothing_is_half_written(self, app: Flask, site: CreatedSite, store: Store) -> None:
        if not store.is_sqlite:
            pytest.skip("a full disk is only to be had on SQLite")
        client = client_of(app, site.api_key)
        assert client.post(ROUTE, json=COMMENT).status_code == 202
        opened: Store = app.extensions["winnow"].store
        with opened.read() as session:
            pages = session.execute(text("PRAGMA page_count")).scalar_one()
        opened.close()
        event.listen(opened.engine, "connect", lambda one, _: one.execute(f"PRAGMA max_page_count = {pages}"))
        long = {"comment": "A long one. " * 1000}
        answers = [client.post(f"{ROUTE}/batch", json=[COMMENT | long for _ in range(3)]) for _ in range(2)]
        assert [one.status_code for one in answers] == [503, 503]
        assert len(rows(store, Comment)) == 1


class TestRedis:
    def test_gone_comments_are_still_accepted(
        self, settings: Settings, site: CreatedSite, own_redis: RedisServer
    ) -> None:
        app = create_app(Settings(**{**vars(settings), "redis_url": own_redis.url}))
        client = client_of(app, site.api_key)
        assert client.post(ROUTE, json=COMMENT).status_code == 202
        own_redis.kill()
        comment = client.post(ROUTE, json=COMMENT)
        assert comment.status_code == 202
        decision = client.post(f"{ROUTE}/{comment.get_json()['id']}/decision", json={"action": "publish"})
        assert decision.status_code == 200


class TestUnforeseen:
    def test_it_is_a_500_with_an_id_that_is_in_the_log_and_no_traceback(
        self, app: Flask, site: CreatedSite, capfd: pytest.CaptureFixture[str]
    ) -> None:
        @app.get("/api/v1/broken")
        def broken() -> str:
            comment = "what somebody wrote"
            raise RuntimeError(f"unforeseen {len(comment)}")

        response = client_of(app, site.api_key).get("/api/v1/broken")
        body = response.get_json()
        assert (response.status_code, response.mimetype) == (500, "application/problem+json")
        assert "RuntimeError" not in json.dumps(body)
        log = "".join(capfd.readouterr())
        assert body["request_id"] in log
        assert "RuntimeError: unforeseen 19" in log
        assert "what somebody wrote" not in log.replace('comment = "what somebody wrote"', "")

    def test_a_browser_gets_a_page_with_the_headers_that_keep_it_safe(self, anonymous: FlaskClient) -> None:
        response = anonymous.get("/nothing", headers={"Accept": "text/html"})
        assert (response.status_code, response.mimetype) == (404, "text/html")
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]


class TestLine:
    """One line in the log for each request, with nobody's words in it."""

    def test_it_tells_the_route_and_never_the_body(
        self, client: FlaskClient, capfd: pytest.CaptureFixture[str]
    ) -> None:
        response = client.post(ROUTE, json=COMMENT | {"email": "ada@example.org"})
        line = next(line for line in capfd.readouterr().err.splitlines() if "/api/v1/comments" in line)
        for told in ("POST", "202", response.headers["X-Request-Id"]):
            assert told in line
        assert not re.search(r"thoughtful|Ada|example\.org|wk_", line)

    def test_a_request_id_is_taken_over_if_it_is_harmless(self, client: FlaskClient) -> None:
        assert client.get(ROUTE, headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
        assert len(client.get(ROUTE, headers={"X-Request-Id": "a b"}).headers["X-Request-Id"]) == 16
