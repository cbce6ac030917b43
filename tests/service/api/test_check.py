"""`POST /api/v1/check`: the verdict on a comment that is not there afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import models
from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.policy import policies
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from service import classifier
from service.limits import Buckets
from tests.support.comments import dump

FOOL = "What a fool you are insult=0.95"


@pytest.fixture
def client(app: Flask, site: CreatedSite, scorer: Scorer) -> FlaskClient:
    app.extensions["winnow_scorer"] = scorer
    found = app.test_client()
    found.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {site.api_key}"
    return found


def check(client: FlaskClient, comment: str = FOOL, **fields: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/check", json={"name": "Ada", "comment": comment} | fields)
    assert answer.status_code == 200, answer.text
    verdict: dict[str, Any] = answer.get_json()
    return verdict


def test_the_verdict_is_that_of_the_comment_submitted(
    client: FlaskClient, store: Store, site: CreatedSite, scorer: Scorer
) -> None:
    for comment in ("A thoughtful remark.", "Hm insult=0.6", FOOL, "Buy moonshot-pills"):
        with store.write() as session:
            policies.save(session, site.id, policies.DEFAULT | {"banned_words": ["moonshot-pills"]}, actor="operator")
        verdict = check(client, comment)
        submitted = client.post("/api/v1/comments", json={"name": "Ada", "comment": comment}).get_json()
        scorer.run_batch()
        stored = client.get(f"/api/v1/comments/{submitted['id']}").get_json()
        assert verdict == {name: stored[name] for name in verdict}
        assert verdict.keys() == {"status", "reasons", "scores", "spans", "model_version", "policy_version"}


def test_nothing_of_it_is_left(client: FlaskClient, store: Store, queues: Queues) -> None:
    before = dump(store)
    long = f"{FOOL} {'and again and again ' * 5}"
    assert check(client, long) == check(client, long)  # the second is no repetition of the first
    assert dump(store) == before
    assert queues.claim(10) == []


def test_a_repetition_of_a_stored_comment_is_told(client: FlaskClient, scorer: Scorer) -> None:
    text = "The very same long sentence that somebody wrote here a moment ago."
    client.post("/api/v1/comments", json={"name": "Ada", "comment": text})
    scorer.run_batch()
    assert [reason["rule"] for reason in check(client, text)["reasons"]] == ["repeated"]


@pytest.mark.parametrize(
    ("body", "status"),
    [({"name": "Ada", "comment": "x" * 20_001}, 422), ({"name": "Ada"}, 422), ({"name": "", "comment": "Hm"}, 422)],
)
def test_what_could_not_be_submitted_is_refused(client: FlaskClient, body: dict[str, str], status: int) -> None:
    assert client.post("/api/v1/check", json=body).status_code == status


def test_it_takes_a_key_and_is_limited_for_each_site(client: FlaskClient, app: Flask, monkeypatch: Any) -> None:
    assert app.test_client().post("/api/v1/check", json={"name": "Ada", "comment": "Hm"}).status_code == 401
    state = app.extensions["winnow_api"]
    monkeypatch.setitem(app.extensions, "winnow_api", type(state)(**vars(state) | {"requests": Buckets("1 per hour")}))
    check(client)
    assert client.post("/api/v1/check", json={"name": "Ada", "comment": "Hm"}).status_code == 429


def test_without_a_classifier_it_says_so(client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise models.ArtifactError("gone")

    del app.extensions["winnow_scorer"]
    monkeypatch.setattr(classifier, "classifier", missing)
    assert client.post("/api/v1/check", json={"name": "Ada", "comment": "Hm"}).status_code == 503
