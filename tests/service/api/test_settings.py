"""A site's own settings over the API: its policy, its rules, its webhooks."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from models import LABELS
from moderation import clock
from moderation.policy.policies import DEFAULT
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import AuditEvent, WebhookDelivery, WebhookEndpoint
from moderation.webhooks.batches import USUAL_BYTES, USUAL_EVENTS, USUAL_SECONDS
from moderation.webhooks.deliveries import claim, record, send
from moderation.webhooks.sender import Sender
from tests.support.comments import rows
from tests.support.receiver import Receiver

pytestmark = pytest.mark.one_database

POLICY = "/api/v1/policy"
RULES = "/api/v1/rules"
WEBHOOKS = "/api/v1/webhooks"


class TestPolicy:
    def test_a_new_site_has_the_default_and_sees_the_thresholds_in_force(self, client: FlaskClient) -> None:
        body = client.get(POLICY).get_json()
        assert {name: body[name] for name in DEFAULT} == DEFAULT
        assert body["version"] == 1
        assert set(body["effective_thresholds"]) == set(LABELS)

    def test_what_is_put_is_in_force_and_the_rest_is_the_default(self, client: FlaskClient) -> None:
        thresholds = {"spam": {"flag_at": 0.25, "reject_at": None}}
        sent = {"mode": "hold", "thresholds": thresholds, "banned_words": ["free casino*"]}
        body = client.put(POLICY, json=sent).get_json()
        assert (body["version"], body["created_by"]) == (2, "site")
        assert body["effective_thresholds"]["spam"] == thresholds["spam"]
        assert body["effective_thresholds"]["insult"]["flag_at"] is not None
        assert client.get(POLICY).get_json() == body
        assert client.put(POLICY, json={}).get_json()["mode"] == "auto"

    @pytest.mark.parametrize(
        ("sent", "field"),
        [
            ({"mode": "closed"}, "mode"),
            ({"preset": "lax"}, "preset"),
            ({"thresholds": {"rudeness": {}}}, "thresholds.rudeness"),
            ({"thresholds": {"spam": {"flag_at": 1.5}}}, "thresholds.spam.flag_at"),
            ({"thresholds": {"spam": {"flag_at": "0.5"}}}, "thresholds.spam.flag_at"),
            ({"thresholds": {"spam": {"flag_at": 0.9, "reject_at": 0.5}}}, "thresholds.spam.flag_at"),
            ({"thresholds": {"spam": {"flag_at": 0.999}}}, "thresholds.spam.flag_at"),  # the preset rejects before
            ({"thresholds": {"spam": {"reject": 0.5}}}, "thresholds.spam.reject"),
            ({"thresholds": []}, "thresholds"),
            ({"banned_words": "casino"}, "banned_words"),
            ({"banned_words": ["*"]}, "banned_words"),
            ({"suspect_words": ["x" * 201]}, "suspect_words.0"),
            ({"blocked_ips": ["192.0.2.0/33"]}, "blocked_ips"),
            ({"trusted_ips": ["localhost"]}, "trusted_ips"),
            ({"blocked_authors": [""]}, "blocked_authors.0"),
            ({"banned_words": ["w"] * 2001}, "banned_words"),
            ({"max_links": -1}, "max_links"),
            ({"flag_repeated": "yes"}, "flag_repeated"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_what_is_not_valid_is_named_and_nothing_changes(
        self, client: FlaskClient, sent: dict[str, Any], field: str
    ) -> None:
        response = client.put(POLICY, json=sent)
        assert response.status_code == 422
        assert list(response.get_json()["errors"]) == [field]
        assert client.get(POLICY).get_json()["version"] == 1

    def test_what_is_in_force_already_makes_no_new_version(self, client: FlaskClient, store: Store) -> None:
        sent = {"mode": "hold", "banned_words": ["free casino*"]}
        first = client.put(POLICY, json=sent).get_json()
        assert client.put(POLICY, json=sent).get_json() == first
        assert client.put(POLICY, json=sent | {"version": first["version"]}).get_json() == first
        rules = client.put(RULES, json={"banned_words": ["free casino*"]}).get_json()
        assert rules["version"] == first["version"]
        assert len(rows(store, AuditEvent, action="policy.changed")) == 1
        assert client.put(POLICY, json=sent | {"max_links": 7}).get_json()["version"] == first["version"] + 1

    def test_whoever_edited_an_older_version_gets_409(self, client: FlaskClient) -> None:
        assert client.put(POLICY, json={"mode": "hold", "version": 1}).status_code == 200
        response = client.put(POLICY, json={"mode": "open", "version": 1})
        assert response.status_code == 409
        assert response.get_json()["current"]["mode"] == "hold"

    def test_rules_are_its_lists_and_leave_mode_and_thresholds_alone(self, client: FlaskClient) -> None:
        client.put(POLICY, json={"mode": "hold", "max_links": 9, "thresholds": {"spam": {"flag_at": 0.1}}})
        body = client.put(RULES, json={"blocked_ips": ["192.0.2.0/24"]}).get_json()
        assert (body["blocked_ips"], body["max_links"]) == (["192.0.2.0/24"], 3)
        assert "mode" not in body
        policy = client.get(POLICY).get_json()
        assert (policy["mode"], policy["thresholds"]) == ("hold", {"spam": {"flag_at": 0.1}})
        assert client.get(RULES).get_json() == body
        assert client.put(RULES, json={"mode": "open"}).status_code == 422


class TestWebhooks:
    def test_the_secret_is_shown_once(self, client: FlaskClient, store: Store) -> None:
        response = client.post(WEBHOOKS, json={"url": "https://example.org/hook"})
        assert response.status_code == 201
        assert response.get_json()["secret"].startswith("whsec_")
        (listed,) = client.get(WEBHOOKS).get_json()["webhooks"]
        assert listed == {key: value for key, value in response.get_json().items() if key != "secret"}
        (row,) = rows(store, WebhookEndpoint)
        assert response.get_json()["secret"] not in row.sealed_secret

    def test_a_test_is_delivered_and_every_attempt_can_be_read(
        self, client: FlaskClient, store: Store, settings: Settings, receiver: Receiver
    ) -> None:
        endpoint = client.post(WEBHOOKS, json={"url": receiver.url}).get_json()["id"]
        delivery = client.post(f"{WEBHOOKS}/{endpoint}/test").get_json()
        assert delivery["event"] == "endpoint.test"
        with store.write() as session:
            due = claim(session, endpoint)
        sender = Sender(settings.webhook_allow)
        attempts = [send(sender, settings, one) for one in due]
        with store.write() as session:
            record(session, attempts)
        (listed,) = client.get(f"{WEBHOOKS}/{endpoint}/deliveries").get_json()["deliveries"]
        assert listed["id"] == delivery["id"]
        assert listed["delivered_at"] is not None
        assert [one["status_code"] for one in listed["attempts"]] == [204]
        again = client.post(f"{WEBHOOKS}/{endpoint}/deliveries/{delivery['id']}/redeliver")
        assert again.status_code == 202
        assert again.get_json()["next_attempt_at"] is not None

    def test_what_was_taken_back_is_not_sent_again(self, client: FlaskClient, store: Store) -> None:
        endpoint = client.post(WEBHOOKS, json={"url": "https://example.org/hook"}).get_json()["id"]
        delivery = client.post(f"{WEBHOOKS}/{endpoint}/test").get_json()["id"]
        with store.write() as session:
            session.get_one(WebhookDelivery, delivery).cancelled_at = clock.now()
        answer = client.post(f"{WEBHOOKS}/{endpoint}/deliveries/{delivery}/redeliver")
        assert (answer.status_code, answer.get_json()["type"]) == (409, "/api/docs#problem-not-now")
        assert "taken back" in answer.get_json()["detail"]
        assert rows(store, WebhookDelivery)[0].cancelled_at is not None

    def test_nothing_is_sent_to_one_that_is_off(self, client: FlaskClient, store: Store) -> None:
        endpoint = client.post(WEBHOOKS, json={"url": "https://example.org/hook"}).get_json()["id"]
        delivery = client.post(f"{WEBHOOKS}/{endpoint}/test").get_json()["id"]
        with store.write() as session:
            session.get_one(WebhookEndpoint, endpoint).active = False
        for path in ("test", f"deliveries/{delivery}/redeliver"):
            answer = client.post(f"{WEBHOOKS}/{endpoint}/{path}")
            assert answer.status_code == 409
            assert "switched off" in answer.get_json()["detail"]
        assert len(rows(store, WebhookDelivery)) == 1

    def test_deliveries_come_in_pages_latest_first(self, client: FlaskClient) -> None:
        endpoint = client.post(WEBHOOKS, json={"url": "https://example.org/hook"}).get_json()["id"]
        sent = [client.post(f"{WEBHOOKS}/{endpoint}/test").get_json()["id"] for _ in range(3)]
        page = client.get(f"{WEBHOOKS}/{endpoint}/deliveries?limit=2").get_json()
        rest = client.get(f"{WEBHOOKS}/{endpoint}/deliveries?cursor={page['next_cursor']}").get_json()
        assert [[one["id"] for one in part["deliveries"]] for part in (page, rest)] == [sent[:0:-1], sent[:1]]
        assert rest["next_cursor"] is None

    def test_batches_are_asked_for_changed_and_ended_by_its_own_site(
        self, client: FlaskClient, other_client: FlaskClient
    ) -> None:
        usual = {"events": USUAL_EVENTS, "bytes": USUAL_BYTES, "seconds": USUAL_SECONDS}
        made = client.post(WEBHOOKS, json={"url": "https://example.org/hook", "batch": {"events": 7}}).get_json()
        assert made["batch"] == usual | {"events": 7}
        path = f"{WEBHOOKS}/{made['id']}"
        assert client.patch(path, json={"batch": {"seconds": 3}}).get_json()["batch"] == usual | {"seconds": 3}
        assert client.patch(path, json={"batch": {"events": 0}}).status_code == 422
        assert client.patch(path, json={}).status_code == 422
        assert other_client.patch(path, json={"batch": None}).status_code == 404
        assert client.get(WEBHOOKS).get_json()["webhooks"][0]["batch"] == usual | {"seconds": 3}
        assert client.patch(path, json={"batch": None}).get_json()["batch"] is None

    def test_a_deleted_one_is_gone_with_its_deliveries(self, client: FlaskClient) -> None:
        endpoint = client.post(WEBHOOKS, json={"url": "https://example.org/hook"}).get_json()["id"]
        client.post(f"{WEBHOOKS}/{endpoint}/test")
        assert client.delete(f"{WEBHOOKS}/{endpoint}").status_code == 204
        assert client.get(WEBHOOKS).get_json() == {"webhooks": []}
        for method, path in (("DELETE", ""), ("GET", "/deliveries"), ("POST", "/test")):
            assert client.open(f"{WEBHOOKS}/{endpoint}{path}", method=method).status_code == 404

    def test_anothers_are_not_to_be_seen(self, client: FlaskClient, other_client: FlaskClient) -> None:
        endpoint = client.post(WEBHOOKS, json={"url": "https://example.org/hook"}).get_json()["id"]
        delivery = client.post(f"{WEBHOOKS}/{endpoint}/test").get_json()["id"]
        assert other_client.get(WEBHOOKS).get_json() == {"webhooks": []}
        for method, path in (
            ("DELETE", ""),
            ("GET", "/deliveries"),
            ("POST", "/test"),
            ("POST", f"/deliveries/{delivery}/redeliver"),
        ):
            assert other_client.open(f"{WEBHOOKS}/{endpoint}{path}", method=method).status_code == 404

    @pytest.mark.parametrize("url", ["", "ftp://example.org", "example.org", "http://user name@x", "https://"])
    def test_an_address_that_cannot_be_posted_to_is_refused(self, client: FlaskClient, url: str) -> None:
        response = client.post(WEBHOOKS, json={"url": url})
        assert response.status_code == 422
        assert list(response.get_json()["errors"]) == ["url"]

    def test_a_site_has_ten_at_most(self, client: FlaskClient) -> None:
        answers = [client.post(WEBHOOKS, json={"url": f"https://example.org/{n}"}).status_code for n in range(11)]
        assert answers == [201] * 10 + [422]
