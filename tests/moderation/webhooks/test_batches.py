"""Batches: several events in one signed message, whole again under one id until it arrives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import update
from standardwebhooks.webhooks import Webhook

from moderation import clock as time_of_day
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import batches, catalogue, deliveries, endpoints, events
from moderation.webhooks.batches import Batching
from moderation.webhooks.catalogue import Event
from tests.support.clock import Clock
from tests.support.comments import rows
from tests.support.receiver import Received, Receiver

ERASED = {"external_id": None, "status": "erased"}


def ask(store: Store, endpoint: WebhookEndpoint, **wanted: int) -> None:
    with store.write() as session:
        batching = Batching(**{"seconds": 0} | wanted)
        endpoints.set_batches(session, endpoint.site_id, endpoint.id, batching, actor="site")


def notify(store: Store, site: CreatedSite, *comment_ids: str, first_version: int = 2) -> list[str]:
    """Events of these comments; the ids of their deliveries, in order."""
    with store.write() as session:
        for number, comment_id in enumerate(comment_ids):
            version = first_version + number
            data = ERASED | {"id": comment_id, "version": version}
            told = Event(catalogue.COMMENT_ERASED, site.id, comment_id, at=time_of_day.now(), data=data)
            events.notify(session, [told])
    return [row.id for row in rows(store, WebhookDelivery)][-len(comment_ids) :]


def opened(site: CreatedSite, request: Received) -> list[dict[str, Any]]:
    """The events of a batch, as its receiver reads it: checked by the standardwebhooks package."""
    assert site.webhook_secret is not None
    message = Webhook(site.webhook_secret).verify(request.body, request.headers)
    jsonschema_rs.validate(batches.schema(), message)
    found: list[dict[str, Any]] = message["data"]["events"]
    return found


def test_events_share_a_signed_message_and_each_keeps_its_id(
    store: Store,
    site_with_webhook: CreatedSite,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
) -> None:
    ask(store, endpoint)
    ids = notify(store, site_with_webhook, "c_1", "c_2", "c_3")
    assert deliver() == ["delivered"] * 3
    (request,) = receiver.requests
    told = opened(site_with_webhook, request)
    assert [(one["id"], one["data"]["id"]) for one in told] == list(zip(ids, ("c_1", "c_2", "c_3"), strict=True))
    assert {row.batch_id for row in rows(store, WebhookDelivery)} == {request.headers["webhook-id"]}
    assert sorted(one.delivery_id for one in rows(store, WebhookAttempt)) == ids


@pytest.mark.parametrize(
    ("wanted", "sizes"),
    [({"events": 2}, [2, 2, 1]), ({"events": 500, "bytes": 1200}, [2, 2, 1]), ({"events": 500, "bytes": 1}, [1] * 5)],
)
def test_a_batch_holds_no_more_than_was_asked_for(
    store: Store,
    site_with_webhook: CreatedSite,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
    wanted: dict[str, int],
    sizes: list[int],
) -> None:
    ask(store, endpoint, **wanted)
    notify(store, site_with_webhook, *(f"c_{number}" for number in range(5)))
    assert deliver() == ["delivered"] * 5
    assert [len(opened(site_with_webhook, one)) for one in receiver.requests] == sizes
    if wanted.get("bytes", 0) > 1:
        assert max(len(one.body) for one in receiver.requests) <= wanted["bytes"]


def test_events_wait_for_others_no_longer_than_was_asked_for(
    store: Store,
    site_with_webhook: CreatedSite,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
    clock: Clock,
) -> None:
    ask(store, endpoint, events=3, seconds=10)
    notify(store, site_with_webhook, "c_1")
    began = clock.now
    clock.advance(seconds=9)
    later: dict[str, datetime] = {}
    notify(store, site_with_webhook, "c_2")
    with store.write() as session:
        assert deliveries.claim(session, endpoint.id, later=later) == []
    assert later == {endpoint.id: began + timedelta(seconds=10)}
    clock.advance(seconds=1)
    assert deliver() == ["delivered"] * 2
    notify(store, site_with_webhook, "c_3", "c_4", "c_5", "c_6")
    assert deliver() == ["delivered"] * 3, "a full batch waits for nothing"
    assert [len(opened(site_with_webhook, one)) for one in receiver.requests] == [2, 3]


def test_a_batch_that_failed_comes_again_whole_under_its_id_and_later_events_do_not_join_it(
    store: Store,
    site_with_webhook: CreatedSite,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
    clock: Clock,
) -> None:
    receiver.answer(500, 204, 204)
    ask(store, endpoint)
    notify(store, site_with_webhook, "c_1", "c_2")
    assert deliver() == ["failed"] * 2
    notify(store, site_with_webhook, "c_3")
    assert deliver() == ["delivered"]
    clock.advance(seconds=6)
    assert deliver() == ["delivered"] * 2
    first, other, again = receiver.requests
    assert first.headers["webhook-id"] == again.headers["webhook-id"] != other.headers["webhook-id"]
    assert first.body == again.body
    assert len(opened(site_with_webhook, other)) == 1


def test_when_one_of_its_events_is_not_to_be_sent_any_more_the_others_come_under_another_id(
    store: Store,
    site_with_webhook: CreatedSite,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
    clock: Clock,
) -> None:
    receiver.answer(500, 204)
    ask(store, endpoint)
    first, second, third = notify(store, site_with_webhook, "c_1", "c_2", "c_3")
    deliver()
    with store.write() as session:
        session.execute(update(WebhookDelivery).where(WebhookDelivery.id == second).values(next_attempt_at=None))
    clock.advance(seconds=6)
    assert deliver() == ["delivered"] * 2
    failed, arrived = receiver.requests
    assert [one["id"] for one in opened(site_with_webhook, arrived)] == [first, third]
    assert failed.headers["webhook-id"] != arrived.headers["webhook-id"]


def test_a_comments_later_event_waits_for_the_batch_of_its_earlier_one(
    store: Store,
    site_with_webhook: CreatedSite,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
    clock: Clock,
) -> None:
    receiver.answer(500, 204, 204, 204)
    ask(store, endpoint)
    notify(store, site_with_webhook, "c_1", "c_2")
    deliver()
    notify(store, site_with_webhook, "c_1", "c_3", first_version=5)
    deliver()
    clock.advance(seconds=10)
    deliver()
    told = [[one["data"]["id"] for one in opened(site_with_webhook, request)] for request in receiver.requests]
    assert told[:2] == [["c_1", "c_2"], ["c_3"]]
    versions = [
        one["data"]["version"]
        for request in receiver.requests[1:]
        for one in opened(site_with_webhook, request)
        if one["data"]["id"] == "c_1"
    ]
    assert versions == [2, 5]


def test_without_batches_what_failed_in_one_comes_alone(
    store: Store,
    site_with_webhook: CreatedSite,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
    clock: Clock,
) -> None:
    receiver.answer(500, 204, 204)
    ask(store, endpoint)
    ids = notify(store, site_with_webhook, "c_1", "c_2")
    deliver()
    with store.write() as session:
        endpoints.set_batches(session, endpoint.site_id, endpoint.id, None, actor="site")
    clock.advance(seconds=6)
    assert deliver() == ["delivered"] * 2
    assert [one.headers["webhook-id"] for one in receiver.requests[1:]] == ids
