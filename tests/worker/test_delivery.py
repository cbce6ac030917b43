"""The delivery process, for real: soon, beside scoring, and no endpoint that hangs takes another's place."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from moderation import clock as time_of_day
from moderation.intake import queues as queues_module
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import WebhookDelivery
from moderation.webhooks import catalogue, deliveries, events
from moderation.webhooks.attempts import Failure
from moderation.webhooks.catalogue import Event
from moderation.webhooks.deliveries import Attempt
from moderation.webhooks.sender import TOTAL_SECONDS
from tests.support.comments import accept, rows
from tests.support.processes.parts import Part
from tests.support.processes.redis_server import RedisServer
from tests.support.receiver import Receiver
from tests.support.waiting import eventually
from worker.delivery import POLL_SECONDS
from worker.lanes import MOST_IN_FLIGHT, PLACES, PLACES_FOR_OTHERS, PLACES_FOR_SLOW, Places

pytestmark = pytest.mark.slow


@pytest.fixture
def delivery(settings: Settings, queues: Queues) -> Iterator[Part]:
    """A delivery process that is ready."""
    with Part(settings, "delivery") as part:
        eventually(lambda: "delivery.started" in part.log and listening(queues))
        yield part


def listening(queues: Queues) -> bool:
    ((_, subscribers),) = queues.redis.pubsub_numsub(deliveries.CHANNEL)
    return bool(subscribers)


def notify(store: Store, site: CreatedSite, count: int = 1) -> None:
    with store.write() as session:
        moment = time_of_day.now()
        data = [{"number": number} for number in range(count)]
        told = [Event(catalogue.COMMENT_PUBLISHED, site.id, None, at=moment, data=one) for one in data]
        events.notify(session, told)


def delivered(store: Store) -> int:
    return sum(row.delivered_at is not None for row in rows(store, WebhookDelivery))


def test_a_decision_is_told_within_moments(
    store: Store, queues: Queues, site_with_webhook: CreatedSite, receiver: Receiver, delivery: Part
) -> None:
    waits = []
    for number in range(1, 21):
        notify(store, site_with_webhook)
        written = time_of_day.now()
        deliveries.nudge(queues.redis, {site_with_webhook.id})
        receiver.wait_for(number)
        waits.append((time_of_day.now() - written).total_seconds())
    assert statistics.median(waits) < POLL_SECONDS / 2, "100 ms on a machine that has nothing else to do"


@pytest.mark.one_database
def test_a_scored_comment_is_told_by_the_scoring_process(
    settings: Settings, store: Store, queues: Queues, site_with_webhook: CreatedSite, receiver: Receiver, delivery: Part
) -> None:
    with Part(settings, "scoring"):
        eventually(queues.workers)
        comment = accept(store, queues, site_with_webhook, "A thoughtful remark.")
        (request,) = receiver.wait_for(1)
        assert request.json["data"]["id"] == comment.id


@pytest.mark.one_database
def test_without_a_nudge_it_looks_by_itself(
    store: Store, site_with_webhook: CreatedSite, receiver: Receiver, delivery: Part
) -> None:
    notify(store, site_with_webhook)
    receiver.wait_for(1)


@pytest.mark.one_database
def test_it_delivers_while_redis_is_away(
    settings: Settings, store: Store, site_with_webhook: CreatedSite, receiver: Receiver, own_redis: RedisServer
) -> None:
    with Part(dataclasses.replace(settings, redis_url=own_redis.url), "delivery") as part:
        eventually(lambda: "delivery.started" in part.log)
        own_redis.kill()
        notify(store, site_with_webhook, 3)
        receiver.wait_for(3)
        eventually(lambda: delivered(store) == 3)
        own_redis.start()
        queues = Queues(queues_module.connect(own_redis.url))
        eventually(lambda: listening(queues), what="it listens again")
        assert part.alive


def test_each_message_arrives_once_however_many_processes_deliver(
    settings: Settings, store: Store, site_with_webhook: CreatedSite, receiver: Receiver, delivery: Part
) -> None:
    with Part(settings, "delivery"):
        notify(store, site_with_webhook, 300)
        eventually(lambda: delivered(store) == 300, within=60)
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(ids) == len(set(ids)) == 300
    assert receiver.most_in_flight <= 2 * MOST_IN_FLIGHT


@pytest.mark.one_database
def test_an_endpoint_that_hangs_holds_up_neither_anothers_comments_nor_their_webhooks(
    settings: Settings,
    store: Store,
    queues: Queues,
    site_with_webhook: CreatedSite,
    receiver: Receiver,
    receivers: Callable[[], Receiver],
    delivery: Part,
) -> None:
    notify(store, site_with_webhook)
    eventually(lambda: delivered(store) == 1)
    hanging = receivers()
    hanging.hang()
    hung = [sites.create_site(store, settings, f"Hung {number}", hanging.url) for number in range(PLACES + 6)]
    for one in hung:
        notify(store, one, 5)
    hanging.wait_for(PLACES_FOR_OTHERS)
    with Part(settings, "scoring"):
        eventually(queues.workers)
        for number in range(20):
            accept(store, queues, site_with_webhook, f"Remark {number}.")
        receiver.wait_for(21)
    began = hanging.requests[0].at
    # The first try may have waited for seconds before it was received: the next come when it gives up.
    at_once = [request for request in hanging.requests if request.at < began + TOTAL_SECONDS / 2]
    assert len(at_once) <= PLACES_FOR_OTHERS, "places are left for those that answer"


def _answer_slowly(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(0.05)
    handler.send_response(204)
    handler.end_headers()


def test_sigterm_waits_for_what_is_on_its_way_and_records_it(
    store: Store, site_with_webhook: CreatedSite, receiver: Receiver, delivery: Part
) -> None:
    receiver.behave(_answer_slowly)
    notify(store, site_with_webhook, 200)
    receiver.wait_for(30)
    assert delivery.stop() == 0
    eventually(lambda: receiver.in_flight == 0)
    assert delivered(store) == len(receiver.requests)
    assert not any(row.leased_until for row in rows(store, WebhookDelivery)), "what it had not sent is left to others"


@pytest.mark.one_database
def test_sigterm_does_not_wait_for_an_endpoint_that_hangs(
    store: Store, site_with_webhook: CreatedSite, receiver: Receiver, delivery: Part
) -> None:
    receiver.hang()
    notify(store, site_with_webhook)
    receiver.wait_for(1)
    assert delivery.stop(within=30) == 0  # the endpoint hangs for a minute


def test_killed_between_sending_and_recording_it_sends_again_under_the_same_id(
    settings: Settings, store: Store, site_with_webhook: CreatedSite, receiver: Receiver, delivery: Part
) -> None:
    receiver.hang()
    notify(store, site_with_webhook)
    receiver.wait_for(1)
    delivery.kill()
    receiver.release()
    with store.write() as session:  # a minute later
        for row in session.query(WebhookDelivery):
            row.leased_until = time_of_day.now()
    with Part(settings, "delivery"):
        first, second = receiver.wait_for(2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


# Who gets a place.


def sent(endpoint: str, status: int = 204, ms: int = 5) -> Attempt:
    failure = None if status < 300 else Failure("status", f"It answered {status}.")
    return Attempt("msg", endpoint, time_of_day.now(), ms, status, failure)


def test_an_endpoint_nobody_knows_yet_has_one_place_and_a_quick_one_has_several() -> None:
    places = Places()
    assert places.free("a") == 1
    places.take("a")
    assert places.free("a") == 0
    give_back(places, sent("a"))
    assert places.free("a") == MOST_IN_FLIGHT
    for _ in range(MOST_IN_FLIGHT - 1):
        places.take("a")
    assert places.free("a") == 1


@pytest.mark.parametrize("last", [sent("a", status=500), sent("a", ms=1500)])
def test_an_endpoint_that_failed_or_was_slow_the_last_time_has_one_place(last: Attempt) -> None:
    places = Places()
    places.take("a")
    give_back(places, sent("a"))
    places.take("a")
    give_back(places, last)
    assert places.free("a") == 1


def test_slow_endpoints_leave_places_for_untried_ones_and_both_for_quick_ones() -> None:
    places = Places()
    places.take("quick")
    give_back(places, sent("quick"))
    for number in range(PLACES):
        places.take(f"slow {number}")
        give_back(places, sent(f"slow {number}", status=500))
    slow = [take_one(places, f"slow {number}") for number in range(PLACES)]
    assert slow.count(True) == PLACES_FOR_SLOW
    untried = [take_one(places, f"untried {number}") for number in range(PLACES)]
    assert untried.count(True) == PLACES_FOR_OTHERS - PLACES_FOR_SLOW
    assert places.free("quick") == MOST_IN_FLIGHT


def give_back(places: Places, attempt: Attempt) -> None:
    places.learn(attempt)
    places.drop(attempt.endpoint_id)


def take_one(places: Places, endpoint: str) -> bool:
    if not places.free(endpoint):
        return False
    places.take(endpoint)
    return True


def test_there_are_no_more_places_than_threads() -> None:
    places = Places()
    taken = 0
    for number in range(100):
        places.take(f"{number}")
        give_back(places, sent(f"{number}"))
        for _ in range(places.free(f"{number}")):
            places.take(f"{number}")
            taken += 1
    assert taken == places.taken == PLACES
