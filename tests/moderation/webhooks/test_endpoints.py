"""The one way to a site's webhook endpoints: what each change needs, and that each is in the audit."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as sql
from sqlalchemy import text

from moderation import actors, sealing
from moderation import clock as time_of_day
from moderation.errors import NotFound
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite, create_site
from moderation.store import Store
from moderation.tables import AuditEvent, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import catalogue, deliveries, endpoints, events
from moderation.webhooks.catalogue import Event
from moderation.webhooks.endpoints import MOST_ENDPOINTS, EndpointRefused, NotNow
from moderation.webhooks.protocols import AKISMET
from moderation.webhooks.sender import Sender
from tests.support.clock import Clock
from tests.support.comments import rows
from tests.support.delivering import deliver_once
from tests.support.receiver import Receiver

CANNOT_BE_SENT_TO = [
    "https://user@site.example/hook",
    "https://user:password@site.example/hook",
    "https://:password@site.example/hook",
    "ftp://site.example/hook",
    "//site.example/hook",
    "site.example/hook",
    "https:///hook",
    "https://site.example:0/hook",
    "https://site.example:99999/hook",
    "https://site.example:port/hook",
    "https://site example/hook",
    "https://site.example/a hook",
    "https://site.example/hook\r\nX-Header: 1",
    "https://müller.example/hook",
    "https://-site.example/hook",
    "https://site..example/hook",
    f"https://{'a' * 64}.example/hook",
    f"https://{'a.' * 127}example/hook",
    "https://[::1/hook",
    "https://site.example/hook#part",
    "https://site.example/hook#",
    'https://site.example/"hook"',
    "https://site.example/{hook}",
    "https://1.2.3.999/hook",
    "https://xn--99999999.example/hook",
    f"https://site.example/{'a' * 2000}",
    "",
]


@pytest.mark.parametrize("url", CANNOT_BE_SENT_TO)
def test_an_address_that_cannot_be_sent_to_is_refused_on_every_way_in(
    store: Store, settings: Settings, site: CreatedSite, url: str
) -> None:
    with store.write() as session, pytest.raises(EndpointRefused):
        endpoints.add(session, settings, site.id, url, actor=actors.SITE)
    with pytest.raises(EndpointRefused):
        create_site(store, settings, "Another", url)
    assert rows(store, WebhookEndpoint) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://site.example",
        "http://winnow_receiver:8080/hook?a=1",
        "https://xn--mller-kva.example/",
        "https://93.184.216.34/hook",
        "http://[2606:4700::1111]:8080/hook",
        "https://site.example./hook",
    ],
)
def test_others_are_taken(store: Store, settings: Settings, site: CreatedSite, url: str) -> None:
    with store.write() as session:
        endpoint, secret = endpoints.add(session, settings, site.id, url, actor=actors.SITE)
    assert (endpoint.url, secret[:6]) == (url, "whsec_")


def test_every_change_is_in_the_audit_with_who_made_it(store: Store, settings: Settings, site: CreatedSite) -> None:
    with store.write() as session:
        made, _ = endpoints.add(session, settings, site.id, "https://site.example/", actor=actors.SITE)
        session.flush()
        delivery = endpoints.test(session, site.id, made.id, actor=actors.of_user("u_1"))
        session.flush()
        endpoints.redeliver(session, site.id, made.id, delivery.id, actor=actors.SITE)
        endpoints.switch(session, site.id, made.id, on=False, actor=actors.OPERATOR)
        endpoints.switch(session, site.id, made.id, on=False, actor=actors.OPERATOR)  # it is already
    with store.write() as session:
        endpoints.remove(session, site.id, made.id, actor=actors.SITE)
    changes = [(event.action, event.actor) for event in rows(store, AuditEvent) if event.action.startswith("webhook.")]
    assert changes == [
        ("webhook.added", "site"),
        ("webhook.tested", "user:u_1"),
        ("webhook.redelivered", "site"),
        ("webhook.switched_off", "operator"),
        ("webhook.removed", "site"),
    ]
    assert rows(store, WebhookDelivery) == []


def test_a_removed_one_is_not_there(store: Store, site_with_webhook: CreatedSite, receiver: Receiver) -> None:
    [endpoint] = rows(store, WebhookEndpoint)
    assert endpoint.url == receiver.url
    with store.write() as session:
        endpoints.remove(session, site_with_webhook.id, endpoint.id, actor=actors.SITE)
    with store.write() as session, pytest.raises(NotFound):
        endpoints.remove(session, site_with_webhook.id, endpoint.id, actor=actors.SITE)


def test_ten_are_the_most_also_when_several_are_added_at_once(
    store: Store, settings: Settings, site: CreatedSite
) -> None:
    for number in range(MOST_ENDPOINTS - 1):
        with store.write() as session:
            endpoints.add(session, settings, site.id, f"https://site.example/{number}", actor=actors.SITE)
    together, refused = threading.Barrier(4, timeout=60), []

    def add(number: int) -> None:
        together.wait()
        try:
            with store.write() as session:
                endpoints.add(session, settings, site.id, f"https://more.example/{number}", actor=actors.SITE)
        except EndpointRefused as refusal:
            refused.append(str(refusal))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(rows(store, WebhookEndpoint)) == MOST_ENDPOINTS
    assert refused == ["A site has at most 10 webhooks. Delete one first."] * 3


def test_a_callback_takes_none_of_the_ten_and_is_in_the_audit(
    store: Store, settings: Settings, site: CreatedSite
) -> None:
    key = sealing.seal(settings, "k")
    with store.write() as session:
        first = endpoints.open_callback(session, site.id, "https://blog.example/", AKISMET, sealed_key=key)
        assert first == endpoints.open_callback(session, site.id, "https://blog.example/", AKISMET, sealed_key=key)
        assert first is not None
        endpoints.switch(session, site.id, first, on=False, actor=actors.OPERATOR)
        endpoints.open_callback(session, site.id, "https://blog.example/", AKISMET, sealed_key=key)
        for number in range(MOST_ENDPOINTS):
            endpoints.add(session, settings, site.id, f"https://site.example/{number}", actor=actors.SITE)
    changes = [(event.action, event.actor) for event in rows(store, AuditEvent) if event.action.startswith("webhook.")]
    assert changes[:3] == [
        ("webhook.added", "site"),
        ("webhook.switched_off", "operator"),
        ("webhook.switched_on", "site"),
    ]


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("https://other.example/hook", "https://blog.example"),
        ("https://blog.example/hook", "http://[::1"),
        ("https://blog.example/hook", ""),
        ("https://user@blog.example/hook", "https://blog.example"),
        ("https://blog.example:0/hook", "blog.example"),
    ],
)
def test_a_callback_is_on_the_site_s_own_host_and_can_be_sent_to(url: str, home: str) -> None:
    endpoints.require_callback("https://blog.example/hook", "https://blog.example/about")
    endpoints.require_callback("http://blog.example:8080/hook", "blog.example")
    endpoints.require_callback("https://xn--mller-kva.example/hook", "https://müller.example")
    endpoints.require_callback("https://xn--mller-kva.example/hook", "MÜLLER.example/हिंदी")
    endpoints.require_callback("https://example.com/hook", "https://example.com/हिंदी")
    with pytest.raises(EndpointRefused):
        endpoints.require_callback(url, home)


def test_one_that_answers_410_is_switched_off_and_the_audit_says_why(
    store: Store, settings: Settings, site_with_webhook: CreatedSite, receiver: Receiver
) -> None:
    [endpoint] = rows(store, WebhookEndpoint)
    receiver.answer(410)
    with store.write() as session:
        endpoints.test(session, site_with_webhook.id, endpoint.id, actor=actors.SITE)
    assert deliver_once(store, settings, Sender(settings.webhook_allow)) == ["gone"]
    [event] = rows(store, AuditEvent, action="webhook.switched_off")
    assert (event.actor, event.detail) == ("site", {"endpoint": endpoint.id, "answered": "410"})


# Sending once more: never what does not hold.


@pytest.fixture
def delivery(store: Store, site_with_webhook: CreatedSite) -> WebhookDelivery:
    """A test message that waits to be sent."""
    [endpoint] = rows(store, WebhookEndpoint)
    with store.write() as session:
        return endpoints.test(session, site_with_webhook.id, endpoint.id, actor=actors.SITE)


def redeliver(store: Store, site: CreatedSite, delivery: WebhookDelivery) -> None:
    with store.write() as session:
        endpoints.redeliver(session, site.id, delivery.endpoint_id, delivery.id, actor=actors.SITE)


def test_what_can_still_be_taken_back_does_not_leave_before_its_time(
    store: Store, site_with_webhook: CreatedSite, delivery: WebhookDelivery, clock: Clock
) -> None:
    until = clock.now + timedelta(seconds=10)
    with store.write() as session:
        session.get_one(WebhookDelivery, delivery.id).next_attempt_at = until
    with pytest.raises(NotNow, match="grace time"):
        redeliver(store, site_with_webhook, delivery)
    assert rows(store, WebhookDelivery)[0].next_attempt_at == until
    clock.advance(seconds=10)
    redeliver(store, site_with_webhook, delivery)


def test_what_is_on_its_way_is_not_sent_a_second_time(
    store: Store,
    settings: Settings,
    site_with_webhook: CreatedSite,
    delivery: WebhookDelivery,
    receiver: Receiver,
    clock: Clock,
) -> None:
    sender = Sender(settings.webhook_allow)
    with store.write() as session:
        [due] = deliveries.claim(session, delivery.endpoint_id)
    redeliver(store, site_with_webhook, delivery)
    assert deliver_once(store, settings, sender) == []
    sent = deliveries.send(sender, settings, due)
    with store.write() as session:
        assert deliveries.record(session, [sent]) == ["delivered"]
    clock.advance(days=2)
    assert deliver_once(store, settings, sender) == []
    assert len(receiver.requests) == 1


def test_an_endpoint_removed_while_its_message_is_on_its_way_leaves_nothing_behind(
    store: Store, settings: Settings, site_with_webhook: CreatedSite, delivery: WebhookDelivery
) -> None:
    with store.write() as session:
        [due] = deliveries.claim(session, delivery.endpoint_id)
    with store.write() as session:
        endpoints.remove(session, site_with_webhook.id, delivery.endpoint_id, actor=actors.SITE)
    sent = deliveries.send(Sender(settings.webhook_allow), settings, due)
    with store.write() as session:
        assert deliveries.record(session, [sent]) == []
    with pytest.raises(NotFound):
        redeliver(store, site_with_webhook, delivery)


def test_whoever_tells_an_endpoint_holds_it_against_removal(store: Store, site_with_webhook: CreatedSite) -> None:
    """Else, on PostgreSQL, the decision itself would fail on an endpoint that is gone."""
    [endpoint] = rows(store, WebhookEndpoint)
    event = Event(catalogue.COMMENT_PUBLISHED, site_with_webhook.id, "c_1", at=time_of_day.now(), data={})
    removed = threading.Event()

    def remove() -> None:
        with store.write() as session:
            endpoints.remove(session, site_with_webhook.id, endpoint.id, actor=actors.SITE)
        removed.set()

    thread = threading.Thread(target=remove)
    with store.write() as session:
        events._endpoints(session, [event], None)
        thread.start()
        assert not removed.wait(0.3)
        assert events.notify(session, [event]) == {endpoint.id}
    thread.join(60)
    assert removed.is_set()
    assert rows(store, WebhookDelivery) == []
    assert rows(store, WebhookEndpoint) == []


def test_which_webhooks_fail_is_one_query_that_passes_over_what_was_not_tried(
    store: Store, settings: Settings, site: CreatedSite
) -> None:
    """By the last message that left: neither what waits since, nor what was taken back, says anything."""
    now, before = time_of_day.now(), {"next_attempt_at": None, "delivered_at": None, "cancelled_at": None}
    fails, taken = before | {"attempts": 1}, before | {"attempts": 1, "delivered_at": now}
    waits, withdrawn = before | {"attempts": 0, "next_attempt_at": now}, before | {"attempts": 1, "cancelled_at": now}
    stories: dict[str, list[dict[str, Any]]] = {
        "fails": [taken, fails, *[waits] * 50],
        "recovered": [fails, taken, waits],
        "new": [waits],
        "none": [],
    }
    stories |= {"withdrawn": [fails, withdrawn], "off": [fails]}
    by_name = {}
    with store.write() as session:
        for name, story in stories.items():
            url = f"https://site.example/{name}"
            by_name[name], _ = endpoints.add(session, settings, site.id, url, actor=actors.OPERATOR)
            session.flush()
            for one in story:
                its: dict[str, Any] = {"endpoint_id": by_name[name].id, "event": "comment.published", "payload": {}}
                session.add(WebhookDelivery(id=time_of_day.new_id("d"), created_at=now, **its, **one))
        endpoints.switch(session, site.id, by_name["off"].id, on=False, actor=actors.OPERATOR)
    asked: list[tuple[str, Any]] = []
    sql.listen(store.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    with store.read() as session:
        assert endpoints.failing(session, [site.id, "s_other"]) == {by_name["fails"].id: site.id}
        assert endpoints.latest_deliveries(session, site.id).keys() == {
            one.id for name, one in by_name.items() if name != "none"
        }
    [(statement, parameters)] = [one for one in asked if "attempts > 0" in one[0]]
    with store.engine.connect() as connection:
        if not store.is_sqlite:
            connection.execute(text("SET enable_seqscan = off"))
        plan = connection.exec_driver_sql(
            f"{'EXPLAIN QUERY PLAN' if store.is_sqlite else 'EXPLAIN'} {statement}", parameters
        )
        assert "ix_webhook_deliveries_tried" in str([tuple(row) for row in plan])
