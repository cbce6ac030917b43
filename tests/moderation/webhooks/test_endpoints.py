"""The one way to a site's webhook endpoints: what each change needs, and that each is in the audit."""

from __future__ import annotations

import pytest

from moderation import actors
from moderation.errors import NotFound
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite, create_site
from moderation.store import Store
from moderation.tables import AuditEvent, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import catalogue, endpoints
from moderation.webhooks.endpoints import EndpointRefused
from moderation.webhooks.events import Event
from tests.support.comments import rows
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
        "https://192.0.2.7/hook",
        "http://[2001:db8::1]:8080/hook",
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


def test_an_event_that_is_not_in_the_catalogue_cannot_be_made(site: CreatedSite) -> None:
    with pytest.raises(ValueError, match="no event of the catalogue"):
        Event("comment.published ", site.id, None, at=None, data={})  # type: ignore[arg-type]
    assert all(name == event.name for name, event in catalogue.EVENTS.items())
