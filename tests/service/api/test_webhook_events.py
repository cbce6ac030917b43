"""Every event of the catalogue, made to happen for real: what arrives is what the API's document says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from flask.testing import FlaskClient
from standardwebhooks.webhooks import Webhook

from moderation import clock
from moderation.decisions import appeals, comments, standing, undoing
from moderation.decisions.scoring import Scorer
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import Comment
from moderation.webhooks.catalogue import EVENTS
from moderation.webhooks.sender import Sender
from tests.support.delivering import deliver_once
from tests.support.receiver import Received, Receiver

API = "/api/v1"
MODERATOR, COLLEAGUE = "user:u_1", "user:u_2"


class World:
    """A site whose server hears what happens, and those who make it happen."""

    def __init__(self, client: FlaskClient, store: Store, settings: Settings, scorer: Scorer, receiver: Receiver):
        self.client, self.store, self.scorer, self.receiver = client, store, scorer, receiver
        self._settings = settings
        added = client.post(f"{API}/webhooks", json={"url": receiver.url}).get_json()
        self.endpoint, self.secret = added["id"], added["secret"]

    def post(self, text: str) -> str:
        """A comment that was submitted and scored."""
        comment: str = self.client.post(
            f"{API}/comments", json={"name": "Ada", "comment": text, "external_id": text, "thread": "/a"}
        ).get_json()["id"]
        self.scorer.run_batch()
        return comment

    def decide(self, comment: str, action: str, actor: str = MODERATOR) -> Comment:
        """A moderator's decision in the console, which leaves at once."""
        with self.store.write() as session:
            return comments.decide(session, None, comment, action, actor=actor, reason="Because.")  # type: ignore[arg-type]

    def heard(self) -> list[Received]:
        """Deliver all that is due: what the site's server has been sent so far."""
        deliver_once(self.store, self._settings, Sender(self._settings.webhook_allow))
        return list(self.receiver.requests)


@pytest.fixture
def world(client: FlaskClient, store: Store, settings: Settings, scorer: Scorer, receiver: Receiver) -> World:
    return World(client, store, settings, scorer, receiver)


@pytest.fixture
def document(anonymous: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = anonymous.get("/api/openapi.json").get_json()
    return found


def decided_by_the_policy(world: World) -> None:
    world.post("Good.")
    world.post("You fool. toxicity=0.6")
    world.post("You fool. toxicity=0.95")


def decided_over_the_api(world: World) -> None:
    comment = world.post("You fool, too. toxicity=0.6")
    sent = {"action": "publish", "reason": "A quotation."}
    assert world.client.post(f"{API}/comments/{comment}/decision", json=sent).status_code == 200


def decided_by_a_moderator_before_the_score(world: World) -> None:
    sent = {"name": "Ada", "comment": "Quick."}
    world.decide(world.client.post(f"{API}/comments", json=sent).get_json()["id"], "reject")


def taken_back(world: World) -> None:
    comment = world.decide(world.post("Oh dear. toxicity=0.6"), "reject")
    world.heard()
    with world.store.write() as session:
        undoing.undo(session, comment.id, comment.version, actor=MODERATOR)


def edited(world: World) -> None:
    comment = world.post("Before.")
    sent = {"comment": "After. toxicity=0.95"}
    assert world.client.patch(f"{API}/comments/{comment}", json=sent).status_code == 200
    world.scorer.run_batch()


def erased(world: World) -> None:
    assert world.client.delete(f"{API}/comments/{world.post('Gone soon.')}").status_code == 204


def appealed(world: World, action: str) -> None:
    rejected = world.decide(world.post(f"Appealed, {action}. toxicity=0.6"), "reject")
    with world.store.write() as session:
        appeals.lodge(session, comments.find(session, None, rejected.id, lock=True), "Please.")
    world.decide(rejected.id, action, actor=COLLEAGUE)


def an_appeal_upheld(world: World) -> None:
    appealed(world, "reject")


def an_appeal_granted(world: World) -> None:
    appealed(world, "publish")


def a_test(world: World) -> None:
    assert world.client.post(f"{API}/webhooks/{world.endpoint}/test").status_code == 202


def a_warning(world: World) -> None:
    comment = world.post("What a fool")
    with world.store.write() as session:
        standing.warn(session, session.get_one(Comment, comment), "Be kind.", actor=MODERATOR, grace=timedelta(0))


def a_suspension(world: World) -> None:
    comment, until = world.post("What a fool"), clock.now() + timedelta(days=1)
    with world.store.write() as session:
        author = session.get_one(Comment, comment)
        standing.list_author(session, author, "suspended_authors", "name:Ada", until=until, actor=MODERATOR)


#: What happens, and the events that have to come of it, in this order.
HAPPENINGS: list[tuple[Callable[[World], None], list[str]]] = [
    (decided_by_the_policy, ["comment.published", "comment.flagged", "comment.rejected"]),
    (decided_over_the_api, ["comment.flagged", "comment.published"]),
    (decided_by_a_moderator_before_the_score, ["comment.rejected"]),
    (taken_back, ["comment.flagged", "comment.rejected", "comment.flagged"]),
    (edited, ["comment.published", "comment.rejected"]),
    (erased, ["comment.published", "comment.erased"]),
    (an_appeal_upheld, ["comment.flagged", "comment.rejected", "appeal.decided"]),
    (an_appeal_granted, ["comment.flagged", "comment.rejected", "appeal.decided", "comment.published"]),
    (a_warning, ["author.warned", "comment.published"]),
    (a_suspension, ["author.standing_changed", "comment.published"]),
    (a_test, ["endpoint.test"]),
]


@pytest.mark.parametrize(("happen", "events"), HAPPENINGS, ids=[happen.__name__ for happen, _ in HAPPENINGS])
def test_what_the_receiver_got_is_what_the_document_says(
    world: World, document: dict[str, Any], happen: Callable[[World], None], events: list[str]
) -> None:
    happen(world)
    received = world.heard()
    assert sorted(one.json["type"] for one in received) == sorted(events)
    for one in received:
        message = one.json
        operation = document["webhooks"][message["type"]]["post"]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(message)
        assert {header["name"] for header in operation["parameters"]} <= set(one.headers)
        Webhook(world.secret).verify(one.body, one.headers)


def test_every_event_of_the_catalogue_is_made_to_happen_and_is_in_the_document(document: dict[str, Any]) -> None:
    made = {event for _, events in HAPPENINGS for event in events}
    assert made == set(EVENTS)
    assert set(document["webhooks"]) == {*EVENTS, "events.batch"}, "the events, and the message that holds several"


def test_a_delivery_in_the_api_names_an_event_of_the_catalogue(document: dict[str, Any]) -> None:
    event = document["components"]["schemas"]["Delivery"]["properties"]["event"]
    assert event["enum"] == list(EVENTS)
