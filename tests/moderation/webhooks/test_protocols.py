"""How each protocol tells a site, and that a further one is a record and no more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from moderation import clock, sealing
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import WebhookAttempt, WebhookDelivery
from moderation.webhooks import akismet, catalogue, endpoints, events, protocols
from moderation.webhooks.attempts import Answer, Failure, Outgoing
from moderation.webhooks.catalogue import EVENTS, Event
from moderation.webhooks.protocols import PROTOCOLS, Protocol
from moderation.webhooks.sender import Sender
from tests.support.comments import rows
from tests.support.delivering import deliver_once
from tests.support.receiver import Receiver

ASKED = {"guid": "g1", "result": "true"}


def event(type_: catalogue.EventType, site: CreatedSite, **fields: Any) -> Event:
    return Event(type_, site.id, "c_1", at=clock.now(), data={"id": "c_1"}, **fields)


def test_every_protocol_is_found_by_the_name_that_endpoints_have() -> None:
    assert {name: protocol.name for name, protocol in PROTOCOLS.items()} == {
        "standard": "standard",
        "akismet": "akismet",
    }


def test_standard_has_a_word_for_every_event_and_akismet_for_two(site: CreatedSite) -> None:
    origin = {"guid": "g1", "post": "7"}
    worded = {
        name: [one for one in EVENTS if protocol.payload(event(EVENTS[one], site, origin=origin)) is not None]
        for name, protocol in PROTOCOLS.items()
    }
    assert worded == {"standard": list(EVENTS), "akismet": ["comment.published", "comment.rejected"]}


def _payload_of(told: Event) -> dict[str, Any] | None:
    return {"pigeon": told.type.name} if told.origin else None


def _request_of(_settings: Settings, message: Outgoing) -> tuple[bytes, dict[str, str]]:
    return json.dumps(dict(message.payload) | {"ring": message.secret}).encode(), {"Content-Type": "text/pigeon"}


def _failure_of(_payload: Mapping[str, Any], answer: Answer) -> Failure | None:
    return None if answer.body == b"coo" else Failure("not_taken", "It did not coo.")


def test_a_protocol_that_calls_back_is_one_record(
    store: Store, settings: Settings, site: CreatedSite, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    pigeon = Protocol(name="pigeon", payload=_payload_of, request=_request_of, failure=_failure_of, calls_back=True)
    monkeypatch.setitem(protocols.PROTOCOLS, pigeon.name, pigeon)
    with store.write() as session:
        mine, other = (
            endpoints.open_callback(session, site.id, url, pigeon, sealed_key=sealing.seal(settings, "r1"))
            for url in (receiver.url, f"{receiver.url}/other")
        )
        assert mine
        assert other
        told = event(catalogue.COMMENT_FLAGGED, site, origin={"endpoint_id": mine})
        assert events.notify(session, [told, event(catalogue.COMMENT_FLAGGED, site)]) == {mine}
    receiver.answer(200, 200, body=b"what?")
    sender = Sender(settings.webhook_allow)
    assert deliver_once(store, settings, sender) == ["failed"]
    [request] = receiver.requests
    assert request.json == {"pigeon": "comment.flagged", "ring": "r1"}
    assert request.headers["content-type"] == "text/pigeon"
    [attempt] = rows(store, WebhookAttempt)
    assert (attempt.status_code, attempt.failure, attempt.error) == (200, "not_taken", "It did not coo.")
    [delivery] = rows(store, WebhookDelivery)
    with store.write() as session:
        session.get_one(WebhookDelivery, delivery.id).next_attempt_at = clock.now()
    receiver.answer(200, body=b"coo")
    assert deliver_once(store, settings, sender) == ["delivered"]


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (200, b'{"comments": {"g1": {"status": "success"}}}', None, ""),
        (200, b'{"comments": {"g1": {"status": "error", "message": "No such comment."}}}', "not_taken", "No such"),
        (200, b'{"comments": {"g1": {"status": "error", "message": "a\\u0000b\\ud800c"}}}', "not_taken", "a b c"),
        (200, b'{"comments": {}}', "not_taken", "not one to a decision"),
        (200, b'{"comments": [1]}', "not_taken", "not one to a decision"),
        (200, b"[" * 4096, "not_taken", "not one to a decision"),
        (200, b"\xff\xfe", "not_taken", "not one to a decision"),
        (200, b"", "not_taken", "not one to a decision"),
        (204, b"", "not_taken", "not one to a decision"),
        (401, b"{}", "status", "does not take this site's key"),
        (403, b"{}", "status", "does not take this site's key"),
        (500, b'{"comments": {"g1": {"status": "success"}}}', "status", "500"),
    ],
)
def test_what_akismet_s_callback_answers_is_read_whatever_it_is(
    status: int, body: bytes, kind: str | None, said: str
) -> None:
    failure = akismet.failure_of(ASKED, Answer(status, body))
    assert (failure and failure.kind) == kind
    if failure is not None:
        assert said in failure.message
        assert failure.message.isprintable(), "a database takes it"
