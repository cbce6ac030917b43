"""All drop-in protocols: whatever is away, no text comes back as if somebody had looked at it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from moderation import counters
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from tests.support.compat import choose_scores

pytestmark = pytest.mark.one_database

MakeApp = Callable[..., Flask]


def analyze(client: FlaskClient, site: CreatedSite) -> Any:
    sent = {"comment": {"text": "toxicity=0.9"}, "requestedAttributes": {"TOXICITY": {}}}
    return client.post(f"/v1alpha1/comments:analyze?key={site.compat_key}", json=sent)


def moderate(client: FlaskClient, site: CreatedSite) -> Any:
    return client.post(
        "/v1/moderations", json={"input": "toxicity=0.9"}, headers={"Authorization": f"Bearer {site.compat_key}"}
    )


def judge(client: FlaskClient, site: CreatedSite) -> Any:
    sent = {"action": "NEW", "comment": {"body": "toxicity=0.9"}, "author": {"id": "a"}}
    raw = json.dumps(sent).encode()
    signature = "sha256=" + hmac.new(b"secret", raw, hashlib.sha256).hexdigest()
    return client.post(f"/coral/phase?site={site.id}", data=raw, headers={"X-Coral-Signature": signature})


@pytest.fixture(autouse=True)
def secret(store: Store, settings: Settings, site: CreatedSite) -> None:
    with store.write() as session:
        sites.set_secret(session, settings, site.id, "coral", "secret")


def test_scores_in_requests_are_counted_like_the_workers(app: Flask, queues: Queues, site: CreatedSite) -> None:
    choose_scores(app)
    for ask in (analyze, moderate, judge):
        assert ask(app.test_client(), site).status_code == 200
    counts = counters.read(queues.redis)
    assert counts.scored == 3
    assert sum(counts.histograms["scoring_seconds"].counts) == 3


def test_without_redis_requests_are_answered_all_the_same(make_app: MakeApp, site: CreatedSite) -> None:
    app = make_app(redis_url="unix:///nowhere/redis.sock")
    choose_scores(app)
    assert [ask(app.test_client(), site).status_code for ask in (analyze, moderate, judge)] == [200, 200, 200]


@pytest.mark.usefixtures("without_a_model")
def test_without_a_model_nothing_is_cleared(app: Flask, site: CreatedSite) -> None:
    client = app.test_client()
    assert analyze(client, site).json["error"]["status"] == "UNAVAILABLE"
    assert moderate(client, site).json["error"]["code"] == "unavailable"
    assert judge(client, site).json == {"status": "SYSTEM_WITHHELD"}


def test_without_a_database_every_protocol_says_so_in_its_own_way(make_app: MakeApp, site: CreatedSite) -> None:
    client = make_app(database_url="postgresql+psycopg://127.0.0.1:1/none").test_client()
    answers = [ask(client, site) for ask in (analyze, moderate, judge)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].json["error"]["status"] == "UNAVAILABLE"
    assert answers[1].json["error"]["type"] == "server_error"
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers[:2])
    assert answers[2].json == {"status": "SYSTEM_WITHHELD"}, "Coral publishes on errors"


def test_corals_secret_is_still_known_when_the_database_goes_away(
    app: Flask, site: CreatedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else Coral's requests could not be told from others', and Coral publishes on errors."""
    choose_scores(app)
    monkeypatch.setattr("service.compat.coral._REMEMBERED_SECONDS", 0.0)
    client = app.test_client()
    assert judge(client, site).status_code == 200
    away = Store("postgresql+psycopg://127.0.0.1:1/none")
    monkeypatch.setattr(app.extensions["winnow"].store, "engine", away.engine)
    with structlog.testing.capture_logs() as logs:
        assert judge(client, site).json == {"status": "SYSTEM_WITHHELD"}
    [refused] = [entry for entry in logs if entry["event"] == "call.refused"]
    assert (refused["site"], refused["why"]) == (site.id, "unavailable"), "the signature was known for Coral's"


def test_one_sites_limit_holds_over_the_native_api_and_these(make_app: MakeApp, site: CreatedSite) -> None:
    app = make_app(rate_limit="2 per hour")
    choose_scores(app)
    client = app.test_client()
    native = client.get("/api/v1/comments", headers={"Authorization": f"Bearer {site.api_key}"})
    assert (native.status_code, analyze(client, site).status_code) == (200, 200)
    assert (analyze(client, site).status_code, moderate(client, site).status_code) == (429, 429)


def test_an_address_that_tries_many_keys_is_slowed_and_a_valid_key_is_not(make_app: MakeApp, site: CreatedSite) -> None:
    app = make_app(rate_limit_auth="2 per hour")
    choose_scores(app)
    client = app.test_client()
    statuses = [client.post(f"/v1alpha1/comments:analyze?key=wrong{number}").status_code for number in range(4)]
    assert statuses == [400, 400, 429, 429]
    assert analyze(client, site).status_code == 200
