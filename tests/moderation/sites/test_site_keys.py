"""A site's keys and webhooks as its admins work with them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from moderation import actors
from moderation import clock as clock_module
from moderation.errors import NotFound
from moderation.settings import Settings
from moderation.sites import site_keys, sites
from moderation.sites.site_keys import Key, KeyRefused
from moderation.sites.sites import ApiCaller, CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import endpoints
from moderation.webhooks.endpoints import EndpointRefused, NotNow
from tests.support.clock import Clock
from tests.support.comments import rows


def keys(store: Store, settings: Settings, site: CreatedSite) -> list[Key]:
    with store.read() as session:
        return site_keys.of_site(session, settings, site.id)


def test_keys_are_told_apart_without_what_is_secret(store: Store, settings: Settings, site: CreatedSite) -> None:
    api, compat = keys(store, settings, site)
    assert api.shown == f"{'_'.join(site.api_key.split('_')[:2])}_…"
    assert compat.shown == f"…{site.compat_key[-3:]}"
    assert site.api_key not in repr((api, compat))
    assert site.compat_key not in repr((api, compat))


@pytest.mark.parametrize("kind", ["api", "compat"])
def test_a_revoked_key_is_dead_until_it_is_made_valid_again(
    store: Store, settings: Settings, site: CreatedSite, kind: site_keys.Kind
) -> None:
    (key,) = [one for one in keys(store, settings, site) if one.kind == kind]

    def works() -> bool:
        with store.read() as session:
            if kind == "api":
                return sites.authenticate(session, site.api_key) == ApiCaller(site.id)
            return sites.authenticate_compat(session, site.compat_key) is not None

    assert works()
    with store.write() as session:
        site_keys.revoke(session, site.id, kind, key.id, actor="user:u")
    assert not works()
    with store.write() as session:
        site_keys.restore(session, site.id, kind, key.id, actor="user:u")
    assert works()
    told = [(event.action, event.actor, event.site_id) for event in rows(store, AuditEvent)][-2:]
    assert told == [("site.key_revoked", "user:u", site.id), ("site.key_restored", "user:u", site.id)]


def test_no_third_key_is_made_valid(store: Store, settings: Settings, site: CreatedSite, clock: Clock) -> None:
    for _ in range(2):
        clock.advance(seconds=1)
        sites.rotate_key(store, settings, site.id, "api")
    oldest = next(key for key in keys(store, settings, site) if key.revoked_at)
    with pytest.raises(KeyRefused, match="2 keys of this kind are valid"), store.write() as session:
        site_keys.restore(session, site.id, "api", oldest.id, actor="user:u")


def test_another_sites_key_is_not_to_be_had(
    store: Store, settings: Settings, site: CreatedSite, other_site: CreatedSite
) -> None:
    for key in keys(store, settings, other_site):
        with pytest.raises(NotFound), store.write() as session:
            site_keys.revoke(session, site.id, key.kind, key.id, actor="user:u")


def test_a_key_revoked_long_ago_is_forgotten(store: Store, settings: Settings, site: CreatedSite, clock: Clock) -> None:
    api, _ = keys(store, settings, site)
    with store.write() as session:
        site_keys.revoke(session, site.id, "api", api.id, actor="user:u")
    clock.now += site_keys.REMEMBERED + timedelta(seconds=1)
    assert [key.kind for key in keys(store, settings, site)] == ["compat"]


# Webhooks.


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://example.org/", "starts with http:// or https://"),
        ("example.org", "starts with http:// or https://"),
        ("https://ada:secret@example.org/", "must not hold a user or a password"),
        ("https://example.org/\n", "character that cannot be sent"),
        ("https://example.org/" + "x" * 2000, "at most 2,000 fit"),
    ],
)
def test_an_address_that_cannot_be_sent_to_is_refused(
    store: Store, settings: Settings, site: CreatedSite, url: str, told: str
) -> None:
    with pytest.raises(EndpointRefused, match=told), store.write() as session:
        endpoints.add(session, settings, site.id, url, actor="user:u")


def test_a_site_has_a_bounded_number_of_webhooks(store: Store, settings: Settings, site: CreatedSite) -> None:
    def add() -> None:
        with store.write() as session:
            endpoints.add(session, settings, site.id, "https://example.org/hook", actor="user:u")

    for _ in range(endpoints.MOST_ENDPOINTS):
        add()
    with pytest.raises(EndpointRefused, match="at most 10 webhooks"):
        add()


def test_nothing_is_sent_to_a_webhook_that_is_switched_off(store: Store, site_with_webhook: CreatedSite) -> None:
    site_id = site_with_webhook.id
    (endpoint,) = rows(store, WebhookEndpoint)
    with store.write() as session:
        delivery = endpoints.test(session, site_id, endpoint.id, actor="user:u")
        endpoints.switch(session, site_id, endpoint.id, on=False, actor="user:u")
    with pytest.raises(NotNow, match="switched off"), store.write() as session:
        endpoints.test(session, site_id, endpoint.id, actor="user:u")
    with pytest.raises(NotNow, match="switched off"), store.write() as session:
        endpoints.redeliver(session, site_id, endpoint.id, delivery.id, actor="user:u")
    with store.write() as session:
        endpoints.switch(session, site_id, endpoint.id, on=True, actor="user:u")
        endpoints.redeliver(session, site_id, endpoint.id, delivery.id, actor="user:u")
    actions = [event.action for event in rows(store, AuditEvent) if event.action.startswith("webhook.")]
    assert actions == [
        "webhook.added",
        "webhook.tested",
        "webhook.switched_off",
        "webhook.switched_on",
        "webhook.redelivered",
    ]


def test_what_was_taken_back_is_not_told_after_all(store: Store, site_with_webhook: CreatedSite) -> None:
    (endpoint,) = rows(store, WebhookEndpoint)
    with store.write() as session:
        delivery = endpoints.test(session, site_with_webhook.id, endpoint.id, actor=actors.SITE)
        session.flush()
        session.get_one(WebhookDelivery, delivery.id).cancelled_at = clock_module.now()
    with pytest.raises(NotNow, match="taken back"), store.write() as session:
        endpoints.redeliver(session, site_with_webhook.id, endpoint.id, delivery.id, actor="user:u")


def test_anothers_webhook_is_not_to_be_had(store: Store, site: CreatedSite, site_with_webhook: CreatedSite) -> None:
    (endpoint,) = rows(store, WebhookEndpoint)
    for do in (
        lambda session: endpoints.test(session, site.id, endpoint.id, actor="user:u"),
        lambda session: endpoints.switch(session, site.id, endpoint.id, on=False, actor="user:u"),
    ):
        with pytest.raises(NotFound), store.write() as session:
            do(session)
