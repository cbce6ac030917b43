"""`POST /api/v1/comments`: a comment goes in, and its decision may come back in the same answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.decisions.scoring import Scorer, signals
from moderation.intake.queues import Queues
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from tests.conftest import client_of
from tests.support.clock import Clock
from tests.support.comments import rows, stored

ROUTE = "/api/v1/comments"
COMMENT = {"name": "Ada", "comment": "A thoughtful remark."}


@contextmanager
def scoring(scorer: Scorer) -> Iterator[None]:
    """A worker at work beside the test."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.005):
            scorer.run_batch()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_comment_is_stored_pending_and_answered_with_202_and_its_address(
    client: FlaskClient, store: Store, queues: Queues
) -> None:
    response = client.post(ROUTE, json=COMMENT | {"thread": "/news/1", "ip": "192.0.2.7"})
    assert response.status_code == 202
    body = response.get_json()
    assert body["status"] == "pending"
    assert response.headers["Location"] == f"{ROUTE}/{body['id']}"
    assert stored(store, body["id"]).thread == "/news/1"
    assert [claim.comment_id for claim in queues.claim(10)] == [body["id"]]


def test_where_it_stands_is_kept_for_moderators(client: FlaskClient, store: Store) -> None:
    place = {"thread_title": "Chaff", "thread_url": "https://a.example/1", "comment_url": "https://a.example/1#c2"}
    response = client.post(ROUTE, json=COMMENT | place)
    comment = response.get_json()
    assert stored(store, comment["id"]).origin == {"place": place}
    assert {name: comment[name] for name in place} == place
    read = client.get(f"{ROUTE}/{comment['id']}").get_json()
    assert {name: read[name] for name in place} == place
    assert client.post(ROUTE, json=COMMENT).get_json()["comment_url"] is None
    for name in ("thread_url", "comment_url"):
        refused = client.post(ROUTE, json=COMMENT | {name: "javascript:alert(1)"})
        assert (refused.status_code, list(refused.get_json()["errors"])) == (422, [name])


def test_a_form_will_do_as_well(client: FlaskClient, store: Store) -> None:
    response = client.post(ROUTE, data=COMMENT | {"url": "", "thread": "/news/1"})
    assert response.status_code == 202
    row = stored(store, response.get_json()["id"])
    assert (row.name, row.comment, row.thread, row.url) == ("Ada", "A thoughtful remark.", "/news/1", None)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2020-02-29T23:59:59.123456+02:00", "2020-02-29T21:59:59.123456Z"),
        ("2020-03-01T01:00:00Z", "2020-03-01T01:00:00.000000Z"),
    ],
)
def test_the_moment_it_was_written_is_kept_to_the_microsecond_in_utc(client: FlaskClient, sent: str, kept: str) -> None:
    assert client.post(ROUTE, json=COMMENT | {"created_at": sent}).get_json()["created_at"] == kept


@pytest.mark.parametrize(("hours", "status"), [(23, 202), (25, 422)])
def test_a_sites_clock_may_be_a_day_ahead_of_ours(client: FlaskClient, clock: Clock, hours: int, status: int) -> None:
    written = (clock.now + timedelta(hours=hours)).isoformat()
    assert client.post(ROUTE, json=COMMENT | {"created_at": written}).status_code == status


def test_what_a_form_tells_of_programs_reaches_the_classifier(client: FlaskClient, store: Store) -> None:
    sent = client.post(ROUTE, json=COMMENT | {"honeypot": True, "seconds_on_page": 1})
    plain = client.post(ROUTE, json=COMMENT | {"comment": "Another one.", "honeypot": None})
    assert (sent.status_code, plain.status_code) == (202, 202)
    known = signals(stored(store, sent.get_json()["id"]))
    assert (known["honeypot"], known["seconds_on_page"]) == (True, 1.0)
    assert "honeypot" not in signals(stored(store, plain.get_json()["id"]))


@pytest.mark.parametrize("wrong", [{"honeypot": "yes"}, {"seconds_on_page": -1}, {"seconds_on_page": "3"}])
def test_signals_that_are_none_are_refused_by_name(client: FlaskClient, wrong: dict[str, object]) -> None:
    response = client.post(ROUTE, json=COMMENT | wrong)
    assert response.status_code == 422
    assert next(iter(wrong)) in response.get_json()["errors"]


@pytest.mark.parametrize("send", ["external_id", "Idempotency-Key"])
def test_a_replay_answers_200_with_the_first_comment_and_other_content_409(client: FlaskClient, send: str) -> None:
    fields, headers = ({"external_id": "e1"}, {}) if send == "external_id" else ({}, {"Idempotency-Key": "k1"})
    first = client.post(ROUTE, json=COMMENT | fields, headers=headers)
    again = client.post(ROUTE, json=COMMENT | fields, headers=headers)
    other = client.post(ROUTE, json=COMMENT | fields | {"comment": "Another one."}, headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 409)
    assert again.get_json()["id"] == first.get_json()["id"] == other.get_json()["current"]["id"]
    assert other.mimetype == "application/problem+json"


def test_two_sites_may_use_the_same_external_id(client: FlaskClient, other_client: FlaskClient) -> None:
    for one in (client, other_client):
        assert one.post(ROUTE, json=COMMENT | {"external_id": "e1"}).status_code == 202


def test_a_parent_must_be_a_comment_of_the_same_site(client: FlaskClient, other_client: FlaskClient) -> None:
    parent = client.post(ROUTE, json=COMMENT).get_json()["id"]
    assert client.post(ROUTE, json=COMMENT | {"parent_id": parent}).status_code == 202
    response = other_client.post(ROUTE, json=COMMENT | {"parent_id": parent})
    assert response.status_code == 422
    assert list(response.get_json()["errors"]) == ["parent_id"]


def test_many_at_once_are_each_stored_once(app: Flask, site: CreatedSite, store: Store) -> None:
    def post(number: int) -> tuple[int, str]:
        response = client_of(app, site.api_key).post(ROUTE, json=COMMENT | {"external_id": f"e{number % 50}"})
        return response.status_code, response.get_json()["id"]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(post, range(200)))
    assert sorted(status for status, _ in answers) == [200] * 150 + [202] * 50
    assert {comment_id for _, comment_id in answers} == {row.id for row in rows(store, Comment)}


class TestPreferWait:
    def test_the_decision_comes_with_200_once_it_is_there(self, client: FlaskClient, scorer: Scorer) -> None:
        with scoring(scorer):
            response = client.post(ROUTE, json=COMMENT, headers={"Prefer": "wait=10"})
        assert response.status_code == 200
        assert response.get_json()["status"] == "published"
        assert response.get_json()["decided_by"] == "policy"
        assert response.headers["Preference-Applied"] == "wait=10"

    def test_when_it_does_not_come_in_time_202(self, client: FlaskClient) -> None:
        began = time.monotonic()
        response = client.post(ROUTE, json=COMMENT, headers={"Prefer": 'respond-async, wait="1"'})
        assert (response.status_code, response.get_json()["status"]) == (202, "pending")
        assert 0.9 < time.monotonic() - began < 10

    @pytest.mark.parametrize("preference", ["wait", "wait=-1", "wait=x", "waiting=9", "respond-async", ""])
    def test_what_is_no_such_preference_is_ignored(self, client: FlaskClient, preference: str) -> None:
        response = client.post(ROUTE, json=COMMENT, headers={"Prefer": preference})
        assert response.status_code == 202
        assert "Preference-Applied" not in response.headers

    def test_beyond_the_bound_the_answer_comes_at_once_and_other_routes_stay_quick(
        self, make_app: Callable[..., Flask], site: CreatedSite, scorer: Scorer
    ) -> None:
        app = make_app(max_waiting=2)

        def post(_: int) -> tuple[int, bool]:
            response = client_of(app, site.api_key).post(ROUTE, json=COMMENT, headers={"Prefer": "wait=30"})
            return response.status_code, "Preference-Applied" in response.headers

        with ThreadPoolExecutor(8) as pool:
            sent = [pool.submit(post, number) for number in range(8)]
            answered = as_completed(sent)
            assert [next(answered).result() for _ in range(6)] == [(202, False)] * 6
            assert client_of(app, site.api_key).get("/api/v1/review-queue").status_code == 200
            assert sum(one.done() for one in sent) == 6, "two wait all the while"
            with scoring(scorer):
                assert [one.result() for one in answered] == [(200, True)] * 2
                assert [post(number) for number in range(3)] == [(200, True)] * 3, "who is answered leaves their place"

    def test_no_waiting_at_all_can_be_set(self, make_app: Callable[..., Flask], site: CreatedSite) -> None:
        client = client_of(make_app(max_waiting=0), site.api_key)
        response = client.post(ROUTE, json=COMMENT, headers={"Prefer": "wait=5"})
        assert response.status_code == 202
        assert "Preference-Applied" not in response.headers
