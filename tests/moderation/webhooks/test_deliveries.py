"""Deliveries: signed, at least once under one id, tried for a day, a few at a time, and every attempt recorded."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, update
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from moderation import actors
from moderation import clock as time_of_day
from moderation.decisions.scoring import Scorer
from moderation.errors import NotFound
from moderation.history import retention
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import UserSession, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import catalogue, deliveries, endpoints, events
from moderation.webhooks.attempts import Failure
from moderation.webhooks.catalogue import Event
from moderation.webhooks.deliveries import LEASE, PAUSES, Attempt
from moderation.webhooks.sender import Sender
from tests.support.clock import Clock
from tests.support.comments import accept, rows
from tests.support.databases import counted_work
from tests.support.receiver import Receiver

TIMED_OUT = Failure("timed_out", "It did not answer in time.")


@pytest.fixture
def sender(settings: Settings) -> Sender:
    return Sender(settings.webhook_allow)


def notify(store: Store, site: CreatedSite, count: int = 1) -> list[WebhookDelivery]:
    """Deliveries for this many decisions."""
    with store.write() as session:
        moment = time_of_day.now()
        told = [
            Event(catalogue.COMMENT_PUBLISHED, site.id, None, at=moment, data={"number": number})
            for number in range(count)
        ]
        events.notify(session, told)
    return rows(store, WebhookDelivery)


def only(store: Store) -> WebhookDelivery:
    (found,) = rows(store, WebhookDelivery)
    return found


def test_a_decision_reaches_its_site_signed_as_standard_webhooks_say(
    store: Store,
    queues: Queues,
    scorer: Scorer,
    site_with_webhook: CreatedSite,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
) -> None:
    comment = accept(store, queues, site_with_webhook, "You fool. toxicity=0.95", external_id="17")
    scorer.run_batch()
    assert deliver() == ["delivered"]
    (request,) = receiver.requests
    assert site_with_webhook.webhook_secret is not None
    verified = Webhook(site_with_webhook.webhook_secret).verify(request.body, request.headers)
    assert verified["type"] == "comment.rejected"
    assert verified["data"]["id"] == comment.id
    assert verified["data"]["external_id"] == "17"
    assert request.headers["webhook-id"] == only(store).id
    assert request.headers["content-type"] == "application/json"
    assert b"fool" not in request.body, "the words are not sent"


def test_another_secret_does_not_verify(
    store: Store, site_with_webhook: CreatedSite, receiver: Receiver, deliver: Callable[[], list[str]]
) -> None:
    notify(store, site_with_webhook)
    deliver()
    other = Webhook("whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=")
    with pytest.raises(WebhookVerificationError):
        other.verify(receiver.requests[0].body, receiver.requests[0].headers)


def test_what_was_delivered_is_recorded_and_not_sent_again(
    store: Store, site_with_webhook: CreatedSite, receiver: Receiver, deliver: Callable[[], list[str]], clock: Clock
) -> None:
    notify(store, site_with_webhook)
    assert deliver() == ["delivered"]
    row = only(store)
    assert (row.delivered_at, row.next_attempt_at, row.leased_until, row.attempts) == (clock.now, None, None, 1)
    (attempt,) = rows(store, WebhookAttempt)
    assert (attempt.delivery_id, attempt.status_code, attempt.error, attempt.failure) == (row.id, 204, None, None)
    assert 0 <= attempt.duration_ms < 5000
    clock.advance(days=2)
    assert deliver() == []
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 503])
def test_anything_but_a_2xx_is_tried_again_under_the_same_id(
    store: Store,
    site_with_webhook: CreatedSite,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
    clock: Clock,
    status: int,
) -> None:
    receiver.answer(status, 200, headers={"Location": receiver.url})
    notify(store, site_with_webhook)
    assert deliver() == ["failed"]
    (attempt,) = rows(store, WebhookAttempt)
    assert (attempt.status_code, attempt.failure) == (status, "redirect" if status == 302 else "status")
    assert attempt.error is not None
    assert str(status) in attempt.error
    assert (receiver.url in attempt.error) == (status == 302)
    assert deliver() == [], "not before its pause is over"
    clock.advance(seconds=6)
    assert deliver() == ["delivered"]
    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 6
    assert first.body == second.body
    assert [one.status_code for one in rows(store, WebhookAttempt)] == [status, 200]


def test_a_receiver_that_does_not_answer_is_recorded_in_a_sentence(
    store: Store, site_with_webhook: CreatedSite, receiver: Receiver, deliver: Callable[[], list[str]]
) -> None:
    receiver.disconnect()
    notify(store, site_with_webhook)
    assert deliver() == ["failed"]
    (attempt,) = rows(store, WebhookAttempt)
    assert (attempt.status_code, attempt.failure) == (None, "disconnected")
    assert attempt.error == "It closed the connection without an answer."


def test_pauses_grow_for_a_day_and_then_it_is_given_up_and_visible(
    store: Store,
    site_with_webhook: CreatedSite,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
    clock: Clock,
) -> None:
    receiver.answer(500)
    notify(store, site_with_webhook)
    began, pauses = clock.now, []
    for _ in PAUSES:
        assert deliver() == ["failed"]
        row = only(store)
        assert row.next_attempt_at is not None
        pauses.append((row.next_attempt_at - clock.now).total_seconds())
        clock.advance(seconds=pauses[-1])
    assert all(0.9 * said <= pause <= 1.1 * said for said, pause in zip(PAUSES, pauses, strict=True))
    assert len({round(pause / said, 4) for said, pause in zip(PAUSES, pauses, strict=True)}) > 1, "not in step"
    assert timedelta(hours=20) < clock.now - began < timedelta(hours=26)
    assert deliver() == ["given_up"]
    clock.advance(days=1)
    assert deliver() == []
    with store.read() as session:
        ((row, attempts),) = endpoints.deliveries(session, site_with_webhook.id, endpoint.id)
    assert (row.delivered_at, row.next_attempt_at, row.attempts) == (None, None, 10)
    assert len(attempts) == 10


def test_410_gone_switches_the_endpoint_off(
    store: Store, site_with_webhook: CreatedSite, receiver: Receiver, deliver: Callable[[], list[str]], clock: Clock
) -> None:
    receiver.answer(410)
    notify(store, site_with_webhook, 3)
    assert deliver() == ["gone"] * 3
    (found,) = rows(store, WebhookEndpoint)
    assert not found.active
    notify(store, site_with_webhook)
    clock.advance(days=1)
    assert deliver() == []
    assert len(receiver.requests) == 3


def test_a_private_address_is_refused_recorded_and_tried_again_in_case_the_operator_permits_it(
    store: Store, settings: Settings, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    notify(store, site_with_webhook)
    with store.write() as session:
        due = deliveries.claim(session, endpoint.id)
    sent = [deliveries.send(Sender(), settings, one) for one in due]
    with store.write() as session:
        assert deliveries.record(session, sent) == ["refused"]
    (attempt,) = rows(store, WebhookAttempt)
    assert attempt.failure == "refused"
    assert attempt.error is not None
    assert attempt.error.startswith("Not sent: ")
    assert "WINNOW_WEBHOOK_ALLOW" in attempt.error
    assert receiver.requests == []
    assert only(store).next_attempt_at is not None


def test_a_secret_that_cannot_be_opened_is_a_failed_attempt_that_says_so(
    store: Store, settings: Settings, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, sender: Sender
) -> None:
    notify(store, site_with_webhook)
    rotated = dataclasses.replace(settings, secret_keys=("another key that is long enough now",))
    with store.write() as session:
        (due,) = deliveries.claim(session, endpoint.id)
    sent = deliveries.send(sender, rotated, due)
    assert sent.failure is not None
    assert sent.failure.kind == "secret"
    assert "WINNOW_SECRET_KEY" in sent.failure.message


# Leases: at most a few at a time, and nothing lost with a process.


def test_each_is_leased_once_whoever_claims(
    store: Store, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, clock: Clock
) -> None:
    notify(store, site_with_webhook, 40)
    claimed: list[str] = []
    together = threading.Barrier(6, timeout=60)

    def claim() -> None:
        together.wait()
        with store.write() as session:
            claimed.extend(one.id for one in deliveries.claim(session, endpoint.id, 10))

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(claimed) == len(set(claimed)) >= 10


def test_what_is_handed_back_unsent_is_due_again_at_once_and_was_not_tried(
    store: Store, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, clock: Clock
) -> None:
    notify(store, site_with_webhook, 3)
    with store.write() as session:
        _, *unsent = deliveries.claim(session, endpoint.id)
    with store.write() as session:
        deliveries.hand_back(session, unsent)
    with store.write() as session:
        again = deliveries.claim(session, endpoint.id)
    assert [one.id for one in again] == [one.id for one in unsent]
    assert {row.attempts for row in rows(store, WebhookDelivery)} == {0}


def test_what_another_process_leased_meanwhile_is_not_handed_back(
    store: Store, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, clock: Clock
) -> None:
    notify(store, site_with_webhook)
    with store.write() as session:
        ours = deliveries.claim(session, endpoint.id)
    clock.advance(seconds=LEASE.total_seconds())
    with store.write() as session:
        assert len(deliveries.claim(session, endpoint.id)) == 1
    with store.write() as session:
        deliveries.hand_back(session, ours)
        assert deliveries.claim(session, endpoint.id) == []


def test_a_process_killed_between_sending_and_recording_sends_again_under_the_same_id(
    store: Store,
    settings: Settings,
    sender: Sender,
    site_with_webhook: CreatedSite,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
    clock: Clock,
) -> None:
    notify(store, site_with_webhook)
    with store.write() as session:
        (due,) = deliveries.claim(session, endpoint.id)
    deliveries.send(sender, settings, due)  # and here it dies
    assert deliver() == []
    clock.advance(seconds=LEASE.total_seconds())
    assert deliver() == ["delivered"]
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    assert len(receiver.requests) == 2


def test_a_late_failure_does_not_undo_what_another_process_delivered(
    store: Store,
    site_with_webhook: CreatedSite,
    endpoint: WebhookEndpoint,
    deliver: Callable[[], list[str]],
    clock: Clock,
) -> None:
    notify(store, site_with_webhook)
    with store.write() as session:
        (due,) = deliveries.claim(session, endpoint.id)
    clock.advance(seconds=LEASE.total_seconds())
    assert deliver() == ["delivered"]
    with store.write() as session:
        deliveries.record(session, [Attempt(due.id, endpoint.id, clock.now, 1, None, TIMED_OUT)])
    row = only(store)
    assert row.delivered_at is not None
    assert row.next_attempt_at is None


def test_an_attempt_at_what_was_deleted_meanwhile_is_nothing(
    store: Store, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, clock: Clock
) -> None:
    with store.write() as session:
        sent = Attempt("msg_gone", endpoint.id, clock.now, 1, 204)
        assert deliveries.record(session, [sent]) == []


def test_the_longest_due_goes_first(
    store: Store, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, clock: Clock
) -> None:
    wanted = []
    for _ in range(6):
        known = {row.id for row in rows(store, WebhookDelivery)}
        wanted += [row.id for row in notify(store, site_with_webhook) if row.id not in known]
        clock.advance(seconds=1)
    with store.write() as session:
        assert [one.id for one in deliveries.claim(session, endpoint.id, 4)] == wanted[:4]


# A comment's messages leave in their order.


def of_comment(store: Store, site: CreatedSite, *comment_ids: str) -> list[str]:
    """The ids of deliveries, one for each of these comments, in their order."""
    known = {row.id for row in rows(store, WebhookDelivery)}
    moment = time_of_day.now()
    with store.write() as session:
        told = [
            Event(catalogue.COMMENT_PUBLISHED, site.id, one, at=moment, data={"number": n})
            for n, one in enumerate(comment_ids)
        ]
        events.notify(session, told)
    return sorted(row.id for row in rows(store, WebhookDelivery) if row.id not in known)


def claimed(store: Store, endpoint: WebhookEndpoint) -> list[str]:
    with store.write() as session:
        return [one.id for one in deliveries.claim(session, endpoint.id)]


def ended(store: Store, endpoint: WebhookEndpoint, delivery_id: str, failure: Failure | None = None) -> list[str]:
    with store.write() as session:
        attempt = Attempt(delivery_id, endpoint.id, time_of_day.now(), 1, None if failure else 204, failure)
        return [str(result) for result in deliveries.record(session, [attempt])]


def test_a_later_message_waits_while_an_earlier_one_of_its_comment_is_on_its_way(
    store: Store, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, clock: Clock
) -> None:
    first, second, other = of_comment(store, site_with_webhook, "c_1", "c_1", "c_2")
    assert claimed(store, endpoint) == [first, other]
    clock.advance(seconds=1)
    assert claimed(store, endpoint) == []
    ended(store, endpoint, first)
    assert claimed(store, endpoint) == [second]


def test_a_later_message_waits_until_an_earlier_one_of_its_comment_has_arrived(
    store: Store, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, clock: Clock
) -> None:
    first, second, third = of_comment(store, site_with_webhook, "c_1", "c_1", "c_1")
    for pause in PAUSES[:3]:
        assert claimed(store, endpoint) == [first]
        ended(store, endpoint, first, TIMED_OUT)
        assert claimed(store, endpoint) == [], "neither it nor those behind it"
        clock.advance(seconds=pause * 1.2)
    assert claimed(store, endpoint) == [first]
    ended(store, endpoint, first)
    assert claimed(store, endpoint) == [second]
    ended(store, endpoint, second)
    assert claimed(store, endpoint) == [third]


def test_a_later_message_leaves_once_an_earlier_one_of_its_comment_was_given_up(
    store: Store, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, clock: Clock
) -> None:
    first, second = of_comment(store, site_with_webhook, "c_1", "c_1")
    for _ in range(len(PAUSES) + 1):
        assert claimed(store, endpoint) == [first]
        outcome = ended(store, endpoint, first, TIMED_OUT)
        clock.advance(days=1)
    assert outcome == ["given_up"]
    assert claimed(store, endpoint) == [second]


def test_a_message_that_is_sent_once_more_does_not_leave_those_behind_it_waiting_for_its_old_pause(
    store: Store, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, clock: Clock
) -> None:
    first, second = of_comment(store, site_with_webhook, "c_1", "c_1")
    for pause in PAUSES[:5]:
        assert claimed(store, endpoint) == [first]
        ended(store, endpoint, first, TIMED_OUT)
        assert claimed(store, endpoint) == []
        clock.advance(seconds=pause * 1.2 if pause < PAUSES[4] else 1)
    with store.write() as session:
        endpoints.redeliver(session, site_with_webhook.id, endpoint.id, first, actor=actors.SITE)
    assert claimed(store, endpoint) == [first]
    ended(store, endpoint, first)
    assert claimed(store, endpoint) == [second]


def test_another_endpoint_is_not_kept_waiting_by_one_that_fails(
    store: Store, settings: Settings, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    with store.write() as session:
        other, _ = endpoints.add(session, settings, site_with_webhook.id, receiver.url + "/2", actor=actors.SITE)
    of_comment(store, site_with_webhook, "c_1", "c_1")
    (first,) = claimed(store, endpoint)
    ended(store, endpoint, first, TIMED_OUT)
    assert claimed(store, endpoint) == []
    for _ in range(2):
        (one,) = claimed(store, other)
        ended(store, other, one)


def test_finding_work_and_claiming_cost_the_same_however_many_deliveries_wait(
    store: Store, site_with_webhook: CreatedSite, endpoint: WebhookEndpoint, clock: Clock
) -> None:
    def steps(count: int) -> int:
        moment = clock.now - timedelta(days=1)
        with store.write() as session:
            for begin in range(0, count, 1000):
                session.execute(insert(WebhookDelivery), [_row(endpoint.id, moment, begin + n) for n in range(1000)])
        with counted_work(store) as work:
            with store.read() as session:
                assert deliveries.endpoints_with_work(session) == [endpoint.id]
                work.add(session)
            with store.write() as session:
                assert len(deliveries.claim(session, endpoint.id, 32)) == 32
                work.add(session)
        return work.steps

    few, many = steps(1000), steps(30_000)
    assert few > 0
    assert many < 3 * few, f"{few:,} steps with 1,000 waiting, {many:,} with 31,000"


def _row(endpoint_id: str, moment: object, number: int) -> dict[str, object]:
    return {
        "id": time_of_day.new_id("msg"),
        "endpoint_id": endpoint_id,
        "comment_id": f"c_{number // 2}",
        "event": "comment.published",
        "payload": {"number": number},
        "created_at": moment,
        "attempts": 0,
        "next_attempt_at": moment,
    }


def test_only_sites_that_were_named_are_looked_at(
    store: Store, settings: Settings, site_with_webhook: CreatedSite, receiver: Receiver
) -> None:
    other = sites.create_site(store, settings, "Another", receiver.url)
    notify(store, site_with_webhook)
    with store.read() as session:
        assert deliveries.endpoints_with_work(session, site_ids={other.id}) == []
        assert len(deliveries.endpoints_with_work(session, site_ids={site_with_webhook.id})) == 1


def test_nothing_is_sent_inside_a_transaction(
    store: Store, site_with_webhook: CreatedSite, receiver: Receiver, deliver: Callable[[], list[str]]
) -> None:
    """While a receiver hangs, everybody else can write: after WRITE_TIMEOUT they would be refused."""
    receiver.hang()
    notify(store, site_with_webhook)
    thread = threading.Thread(target=deliver)
    thread.start()
    receiver.wait_for(1)
    with store.write() as session:
        session.execute(update(WebhookEndpoint).values(active=True))
    receiver.release()
    thread.join(60)


# What a site sees over the API.


def test_deliveries_are_listed_latest_first_with_their_attempts_page_by_page(
    store: Store,
    site_with_webhook: CreatedSite,
    endpoint: WebhookEndpoint,
    deliver: Callable[[], list[str]],
) -> None:
    notify(store, site_with_webhook, 4)
    deliver()
    ids = sorted(row.id for row in notify(store, site_with_webhook))
    seen, after = [], None
    while True:
        with store.read() as session:
            page = endpoints.deliveries(session, site_with_webhook.id, endpoint.id, after=after, limit=2)
        if not page:
            break
        seen += [(row.id, len(attempts)) for row, attempts in page]
        after = page[-1][0].id
    assert [one for one, _ in seen] == ids[::-1]
    assert sorted(number for _, number in seen) == [0, 1, 1, 1, 1]


def test_a_delivery_can_be_sent_once_more_under_its_id(
    store: Store, site_with_webhook: CreatedSite, receiver: Receiver, deliver: Callable[[], list[str]]
) -> None:
    (row,) = notify(store, site_with_webhook)
    deliver()
    with store.write() as session:
        endpoints.redeliver(session, site_with_webhook.id, row.endpoint_id, row.id, actor=actors.SITE)
    assert deliver() == ["delivered"]
    assert [request.headers["webhook-id"] for request in receiver.requests] == [row.id, row.id]
    assert len(rows(store, WebhookAttempt)) == 2


def test_a_test_message_is_sent_on_request(
    store: Store,
    site_with_webhook: CreatedSite,
    endpoint: WebhookEndpoint,
    receiver: Receiver,
    deliver: Callable[[], list[str]],
) -> None:
    with store.write() as session:
        row = endpoints.test(session, site_with_webhook.id, endpoint.id, actor=actors.SITE)
    assert deliver() == ["delivered"]
    (request,) = receiver.requests
    assert request.json["type"] == "endpoint.test"
    assert request.headers["webhook-id"] == row.id


@pytest.mark.parametrize("act", ["deliveries", "redeliver", "test", "switch", "remove"])
def test_another_sites_endpoints_and_deliveries_are_not_there(
    store: Store, site_with_webhook: CreatedSite, other_site: CreatedSite, endpoint: WebhookEndpoint, act: str
) -> None:
    (row,) = notify(store, site_with_webhook)
    given: dict[str, tuple[tuple[str, ...], dict[str, object]]] = {
        "deliveries": ((), {}),
        "redeliver": ((row.id,), {"actor": actors.SITE}),
        "switch": ((), {"on": False, "actor": actors.SITE}),
    }
    more, named = given.get(act, ((), {"actor": actors.SITE}))
    with store.write() as session, pytest.raises(NotFound, match="There is no"):
        getattr(endpoints, act)(session, other_site.id, endpoint.id, *more, **named)
    assert [one.active for one in rows(store, WebhookEndpoint)] == [True]


def test_old_deliveries_and_ended_sessions_are_purged_in_small_steps(
    store: Store, site_with_webhook: CreatedSite, deliver: Callable[[], list[str]], clock: Clock
) -> None:
    notify(store, site_with_webhook, 3)
    deliver()
    clock.advance(days=31)
    notify(store, site_with_webhook, 2)
    assert retention.purge(store) == 3
    assert len(rows(store, WebhookDelivery)) == 2
    assert rows(store, WebhookAttempt) == []
    assert rows(store, UserSession) == []
