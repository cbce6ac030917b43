"""Moderators' tools: reports, the review queue, decisions one by one and in bulk."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.decisions.scoring import Scorer
from moderation.sites.sites import CreatedSite
from tests.conftest import client_of
from tests.service.api.test_comments import ids, post, walk

pytestmark = pytest.mark.one_database

ROUTE = "/api/v1/comments"
QUEUE = "/api/v1/review-queue"


def test_the_queue_has_what_is_flagged_or_reported_most_urgent_first(client: FlaskClient, scorer: Scorer) -> None:
    mild, harsh, fine = (post(client, text) for text in ("insult=0.55 a", "insult=0.85 b", "Kind words."))
    scorer.run_batch()
    assert client.post(f"{ROUTE}/{fine}/reports", json={"reason": "spam"}).status_code == 201
    found = walk(client, QUEUE, "items")
    assert [(one["comment"]["id"], one["kind"]) for one in found] == [
        (fine, "report"),
        (harsh, "flag"),
        (mild, "flag"),
    ]
    assert found[0]["comment"]["status"] == "published"


def test_the_queue_can_be_filtered(client: FlaskClient, scorer: Scorer) -> None:
    insult, spam = (post(client, text) for text in ("insult=0.6 und", "spam=0.6"))
    scorer.run_batch()
    for asked, expected in (
        ({"label": "spam"}, [spam]),
        ({"language": "de", "kind": "flag"}, [insult]),
        ({"rule": "links"}, []),
        ({"label": "insult", "author": "ADA"}, [insult]),
        ({"author": "Eve"}, []),
    ):
        assert [one["comment"]["id"] for one in walk(client, QUEUE, "items", **asked)] == expected
    assert client.get(f"{QUEUE}?label=rude").status_code == 422


def test_a_decision_takes_the_comment_out_of_the_queue(client: FlaskClient, scorer: Scorer) -> None:
    comment_id = post(client, "insult=0.6")
    scorer.run_batch()
    sent = {"action": "reject", "reason": "Rule 3", "version": 2}
    body = client.post(f"{ROUTE}/{comment_id}/decision", json=sent).get_json()
    assert (body["status"], body["decided_by"], body["version"]) == ("rejected", "site", 3)
    assert body["reasons"] == [{"rule": "moderator", "action": "reject", "message": "Rule 3", "note": "Rule 3"}]
    assert client.get(QUEUE).get_json() == {"items": [], "next_cursor": None}


def test_a_stale_decision_is_409_with_the_comment_as_it_is_now(client: FlaskClient, scorer: Scorer) -> None:
    comment_id = post(client, "insult=0.6")
    scorer.run_batch()
    assert client.post(f"{ROUTE}/{comment_id}/decision", json={"action": "publish", "version": 2}).status_code == 200
    response = client.post(f"{ROUTE}/{comment_id}/decision", json={"action": "reject", "version": 2})
    assert response.status_code == 409
    assert (response.get_json()["current"]["status"], response.get_json()["current"]["version"]) == ("published", 3)
    assert response.get_json()["detail"] == "The comment is at version 3 now: published, by site."


@pytest.mark.parametrize(
    ("sent", "field"),
    [({}, "action"), ({"action": "approve"}, "action"), ({"action": "publish", "version": "2"}, "version")],
)
def test_a_decision_that_is_not_valid_is_refused(client: FlaskClient, sent: dict[str, Any], field: str) -> None:
    response = client.post(f"{ROUTE}/{post(client)}/decision", json=sent)
    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == [field]


class TestBulk:
    def test_each_has_its_outcome_in_order(self, client: FlaskClient) -> None:
        posted = [post(client) for _ in range(45)]
        assert client.delete(f"{ROUTE}/{posted[3]}").status_code == 204
        sent: list[Any] = [{"id": one, "action": "publish", "version": 1} for one in posted]
        sent[1]["version"] = 7
        sent[2]["action"] = "approve"
        sent += [{"id": "c_nothing", "action": "reject"}, "x"]
        outcomes = client.post("/api/v1/decisions", json=sent).get_json()["outcomes"]
        codes = [one["code"] for one in outcomes]
        assert codes == [200, 409, 422, 410] + [200] * 41 + [404, 422]
        assert ids(outcomes[:2]) == posted[:2]
        assert (outcomes[1]["status"], outcomes[1]["version"]) == ("pending", 1)
        assert len(walk(client, ROUTE, status="published")) == 42

    def test_ndjson_and_at_most_a_thousand(self, client: FlaskClient) -> None:
        lines = "\n".join(json.dumps({"id": post(client), "action": "reject"}) for _ in range(2))
        response = client.post("/api/v1/decisions", data=lines, content_type="application/x-ndjson")
        assert [one["status"] for one in response.get_json()["outcomes"]] == ["rejected", "rejected"]
        assert client.post("/api/v1/decisions", json=[{"id": "c", "action": "reject"}] * 1001).status_code == 422


def test_two_who_decide_on_the_same_comments_in_opposite_orders_do_not_block_each_other(
    client: FlaskClient, app: Flask, scorer: Scorer, site: CreatedSite
) -> None:
    found = [post(client, f"insult=0.6 {number}") for number in range(20)]
    scorer.run_batch()

    def decide(order: list[str]) -> None:
        for action in ("publish", "reject") * 2:
            sent = [{"id": one, "action": action} for one in order]
            outcomes = client_of(app, site.api_key).post("/api/v1/decisions", json=sent).get_json()["outcomes"]
            assert [one["code"] for one in outcomes] == [200] * 20

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(decide, (found, found[::-1])))


class TestReport:
    def test_the_same_readers_second_report_changes_nothing(self, client: FlaskClient) -> None:
        comment_id = post(client)
        sent = {"reason": "offensive", "note": "Not nice.", "reporter": "reader-1"}
        answers = [client.post(f"{ROUTE}/{comment_id}/reports", json=sent) for _ in range(2)]
        assert [one.status_code for one in answers] == [201, 201]
        assert answers[0].get_json() == answers[1].get_json()

    def test_an_unknown_reason_is_refused_with_those_there_are(self, client: FlaskClient) -> None:
        errors = client.post(f"{ROUTE}/{post(client)}/reports", json={"reason": "rude"}).get_json()["errors"]
        assert errors["reason"] == ["Choose one of offensive, spam, off_topic, personal_data, illegal, other."]
