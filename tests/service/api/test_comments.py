"""Reading, listing, editing and erasing over the API; and what readers of a thread see."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from moderation.decisions.scoring import Scorer
from moderation.intake.queues import Queues
from moderation.store import Store
from moderation.tables import WebhookDelivery
from tests.support.clock import Clock
from tests.support.comments import rows

ROUTE = "/api/v1/comments"


def post(client: FlaskClient, comment: str = "A thoughtful remark.", **fields: Any) -> str:
    response = client.post(ROUTE, json={"name": "Ada", "comment": comment} | fields)
    assert response.status_code == 202, response.get_data()
    return str(response.get_json()["id"])


def decide(client: FlaskClient, comment_id: str, action: str = "publish") -> None:
    assert client.post(f"{ROUTE}/{comment_id}/decision", json={"action": action}).status_code == 200


def walk(client: FlaskClient, path: str, key: str = "comments", **asked: str) -> list[dict[str, Any]]:
    """Every page of a list, each of two."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        query: dict[str, Any] = {"limit": 2} | asked | ({"cursor": cursor} if cursor else {})
        page = client.get(path, query_string=query).get_json()
        assert len(page[key]) <= int(query["limit"])
        found += page[key]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in found]


class TestRead:
    def test_a_scored_comment_shows_its_scores_and_why(self, client: FlaskClient, scorer: Scorer) -> None:
        comment_id = post(client, "You fool. insult=0.75")
        scorer.run_batch()
        body = client.get(f"{ROUTE}/{comment_id}").get_json()
        assert (body["status"], body["decided_by"], body["version"]) == ("flagged", "policy", 2)
        assert body["scores"]["insult"] == 0.75
        assert body["reasons"][0]["message"] == "Insult 0.75 reaches this site's flag threshold of 0.50."
        assert body["spans"] == {"insult": [[10, 21, 0.75]]}

    def test_one_site_never_sees_anothers(self, client: FlaskClient, other_client: FlaskClient) -> None:
        comment_id = post(client, thread="/a")
        for method, path, body in (
            ("GET", f"{ROUTE}/{comment_id}", None),
            ("PATCH", f"{ROUTE}/{comment_id}", {"comment": "x"}),
            ("DELETE", f"{ROUTE}/{comment_id}", None),
            ("POST", f"{ROUTE}/{comment_id}/reports", {"reason": "spam"}),
            ("POST", f"{ROUTE}/{comment_id}/decision", {"action": "publish"}),
        ):
            assert other_client.open(path, method=method, json=body).status_code == 404
        decide(client, comment_id)
        assert other_client.get(ROUTE).get_json()["comments"] == []
        assert other_client.get("/api/v1/threads/%2Fa/comments").get_json()["comments"] == []


class TestList:
    def test_the_newest_come_first_page_by_page(self, client: FlaskClient) -> None:
        posted = [post(client) for _ in range(5)]
        decide(client, posted[1])
        decide(client, posted[2], "reject")
        assert ids(walk(client, ROUTE)) == posted[::-1]

    def test_by_thread_status_and_author(self, client: FlaskClient) -> None:
        first = post(client, thread="/a", user_id="u1")
        second = post(client, thread="/b", user_id="u1", name="Grace")
        third = post(client, thread="/a", name="Grace Hopper")
        decide(client, third)
        assert ids(walk(client, ROUTE, thread="/a")) == [third, first]
        assert ids(walk(client, ROUTE, author="U1")) == [second, first]
        assert ids(walk(client, ROUTE, author="grace hopper")) == [third]
        assert ids(walk(client, ROUTE, status="published")) == [third]
        assert ids(walk(client, ROUTE, status="", thread="/b")) == [second], "what is left empty is not asked"
        assert ids(walk(client, ROUTE, status="pending", thread="/a")) == [first]

    def test_a_cursor_of_another_list_or_a_tampered_one_is_refused(self, client: FlaskClient) -> None:
        for _ in range(3):
            post(client, thread="/a")
        cursor = client.get(f"{ROUTE}?limit=1").get_json()["next_cursor"]
        for path in (f"{ROUTE}?cursor={cursor}x", f"/api/v1/threads/%2Fa/comments?cursor={cursor}"):
            response = client.get(path)
            assert response.status_code == 422
            assert list(response.get_json()["errors"]) == ["cursor"]


class TestCatchingUp:
    """`updated_after`: everything that changed, the oldest change first, erasures too, nothing missed."""

    def test_changes_come_in_their_order_with_the_value_to_send_next_time(
        self, client: FlaskClient, clock: Clock
    ) -> None:
        first = post(client)
        clock.advance(minutes=1)
        second, third = post(client), post(client)
        clock.advance(minutes=1)
        decide(client, first)
        page = client.get(f"{ROUTE}?updated_after=2020-01-01T00:00:00Z").get_json()
        assert ids(page["comments"]) == [*sorted([second, third]), first]
        clock.advance(minutes=1)
        quiet = client.get(ROUTE, query_string={"updated_after": page["next_updated_after"]}).get_json()
        assert ids(quiet["comments"]) == [first], "the overlap shows again what changed in the last seconds"
        clock.advance(minutes=1)
        assert client.delete(f"{ROUTE}/{third}").status_code == 204
        news = client.get(ROUTE, query_string={"updated_after": quiet["next_updated_after"]}).get_json()
        assert [(one["id"], one["status"], one["comment"]) for one in news["comments"]] == [(third, "erased", "")]

    def test_what_was_committed_late_is_found_next_time(
        self, client: FlaskClient, clock: Clock, store: Store, queues: Queues
    ) -> None:
        """A change takes its moment before its commit; a reader may come in between."""
        late = clock.now
        clock.advance(seconds=3)
        seen = client.get(f"{ROUTE}?updated_after=2020-01-01T00:00:00Z").get_json()
        assert seen["comments"] == []
        clock.now = late
        comment_id = post(client)
        clock.advance(minutes=1)
        news = client.get(ROUTE, query_string={"updated_after": seen["next_updated_after"]}).get_json()
        assert ids(news["comments"]) == [comment_id]

    def test_its_pages_go_on_where_they_ended(self, client: FlaskClient, clock: Clock) -> None:
        posted = [post(client) for _ in range(5)]
        assert ids(walk(client, ROUTE, updated_after="2020-01-01T00:00:00Z")) == sorted(posted)


class TestEdit:
    def test_an_edited_comment_is_pending_and_leaves_the_thread_until_it_is_scored(
        self, client: FlaskClient, scorer: Scorer
    ) -> None:
        comment_id = post(client, thread="/a")
        scorer.run_batch()
        assert len(walk(client, "/api/v1/threads/%2Fa/comments")) == 1
        body = client.patch(f"{ROUTE}/{comment_id}", json={"comment": "Edited."}).get_json()
        assert (body["status"], body["revision"], body["comment"]) == ("pending", 2, "Edited.")
        assert walk(client, "/api/v1/threads/%2Fa/comments") == []
        scorer.run_batch()
        assert [one["comment"] for one in walk(client, "/api/v1/threads/%2Fa/comments")] == ["Edited."]

    def test_with_a_stale_version_409_and_the_comment_as_it_is(self, client: FlaskClient) -> None:
        comment_id = post(client)
        decide(client, comment_id)
        response = client.patch(f"{ROUTE}/{comment_id}", json={"comment": "x", "version": 1})
        assert response.status_code == 409
        assert response.get_json()["current"]["status"] == "published"

    @pytest.mark.parametrize(
        ("sent", "field"), [({}, "body"), ({"name": ""}, "name"), ({"comment": None}, "comment"), ({"ip": "::1"}, "ip")]
    )
    def test_what_cannot_be_edited_is_said(self, client: FlaskClient, sent: dict[str, Any], field: str) -> None:
        response = client.patch(f"{ROUTE}/{post(client)}", json=sent)
        assert response.status_code == 422
        assert list(response.get_json()["errors"]) == [field]


def test_an_erased_comment_is_gone_its_external_id_is_free_and_the_site_is_told(
    client: FlaskClient, store: Store
) -> None:
    client.post("/api/v1/webhooks", json={"url": "https://example.org/hook"})
    comment_id = post(client, external_id="e1", thread="/a")
    decide(client, comment_id)
    assert client.delete(f"{ROUTE}/{comment_id}").status_code == 204
    for method, path, body in (
        ("GET", f"{ROUTE}/{comment_id}", None),
        ("DELETE", f"{ROUTE}/{comment_id}", None),
        ("PATCH", f"{ROUTE}/{comment_id}", {"comment": "x"}),
        ("POST", f"{ROUTE}/{comment_id}/decision", {"action": "publish"}),
    ):
        assert client.open(path, method=method, json=body).status_code == 410
    assert client.get(ROUTE).get_json()["comments"] == []
    assert walk(client, "/api/v1/threads/%2Fa/comments") == []
    assert post(client, external_id="e1") != comment_id
    events = [delivery.event for delivery in rows(store, WebhookDelivery)]
    assert events == ["comment.published", "comment.erased"]


class TestThread:
    @pytest.mark.parametrize(
        "thread", ["a", "/2026/winnowing", "https://example.org/a?b=c#d", "a/comments", "100% späte Grüße", "a//b", "/"]
    )
    def test_it_may_be_any_text_or_address(self, client: FlaskClient, thread: str) -> None:
        comment_id = post(client, thread=thread)
        decide(client, comment_id)
        assert ids(walk(client, f"/api/v1/threads/{quote(thread, safe='')}/comments")) == [comment_id]

    def test_readers_see_what_is_published_oldest_first_and_nothing_of_its_author(self, client: FlaskClient) -> None:
        posted = [
            post(client, thread="/a", email="ada@example.org", ip="192.0.2.7", created_at=f"2026-01-0{day}T00:00:00Z")
            for day in (3, 1, 2, 5, 4)
        ]
        reply = post(client, thread="/a", parent_id=posted[0], created_at="2026-01-06T00:00:00Z")
        for comment_id in (*posted[:3], reply):
            decide(client, comment_id)
        decide(client, posted[3], "reject")
        found = walk(client, "/api/v1/threads/%2Fa/comments")
        assert ids(found) == [posted[1], posted[2], posted[0], reply]
        assert found[-1]["parent_id"] == posted[0]
        assert set(found[0]) == {
            *("id", "external_id", "thread", "parent_id", "name", "comment", "url", "created_at"),
            *("thread_title", "thread_url", "comment_url"),
        }
