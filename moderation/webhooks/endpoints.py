"""A site's webhook endpoints as its admins work with them: each function in the caller's transaction, and audited."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation import audit, clock
from moderation.history import listing
from moderation.settings import Settings
from moderation.tables import WebhookDelivery, WebhookEndpoint
from moderation.webhooks import deliveries, events, sender

#: Each decision is sent to each endpoint.
MOST_ENDPOINTS = 10
MAX_URL_LENGTH = 2000


class EndpointRefused(Exception):
    """An endpoint cannot be added or used so; the message says why."""


def add(session: Session, settings: Settings, site_id: str, url: str, *, actor: str) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown once.

    Raises:
        EndpointRefused: the URL will not do, or the site has as many as it may.
    """
    if len(url) > MAX_URL_LENGTH:
        raise EndpointRefused(f"The URL has {len(url):,} characters; at most {MAX_URL_LENGTH:,} fit.")
    try:
        sender.check_url(url)
    except sender.Refused as refusal:
        raise EndpointRefused(str(refusal)) from None
    query = select(func.count()).select_from(WebhookEndpoint)
    own = session.scalar(query.where(WebhookEndpoint.site_id == site_id, WebhookEndpoint.protocol == "standard"))
    if (own or 0) >= MOST_ENDPOINTS:
        raise EndpointRefused(f"A site has at most {MOST_ENDPOINTS} webhooks.")
    endpoint, secret = events.create_endpoint(session, settings, site_id, url)
    _record(session, "webhook.added", endpoint, actor)
    return endpoint, secret


def switch(session: Session, site_id: str, endpoint_id: str, *, on: bool, actor: str) -> WebhookEndpoint:
    """Send there from now on, or no more. What is decided while it is off is not sent afterwards either.

    Raises:
        LookupError: the site has no such endpoint.
    """
    endpoint = find(session, site_id, endpoint_id)
    if endpoint.active != on:
        endpoint.active = on
        _record(session, "webhook.switched_on" if on else "webhook.switched_off", endpoint, actor)
    return endpoint


def test(session: Session, site_id: str, endpoint_id: str, *, actor: str) -> WebhookDelivery:
    """Write a test message to an endpoint.

    Raises:
        LookupError: the site has no such endpoint, or it is a callback.
        EndpointRefused: it is switched off.
    """
    endpoint = find(session, site_id, endpoint_id)
    if not endpoint.active:
        raise EndpointRefused("This webhook is switched off, so nothing is sent there. Switch it on first.")
    delivery = deliveries.send_test(session, site_id, endpoint_id)
    _record(session, "webhook.tested", endpoint, actor, delivery=delivery.id)
    return delivery


def redeliver(session: Session, site_id: str, endpoint_id: str, delivery_id: str, *, actor: str) -> None:
    """Send a delivery once more, under its id.

    Raises:
        LookupError: the endpoint has no such delivery.
        EndpointRefused: the endpoint is switched off, or what the delivery tells of was taken back.
    """
    endpoint = find(session, site_id, endpoint_id)
    found = session.get(WebhookDelivery, delivery_id)
    if found is None or found.endpoint_id != endpoint_id:
        raise LookupError(f"There is no delivery {delivery_id} at this webhook.")
    if found.cancelled_at is not None:
        raise EndpointRefused("This decision was taken back before it was sent, so there is nothing to tell.")
    if not endpoint.active:
        raise EndpointRefused("This webhook is switched off, so nothing is sent there. Switch it on first.")
    deliveries.redeliver(session, site_id, delivery_id)
    _record(session, "webhook.redelivered", endpoint, actor, delivery=delivery_id)


def find(session: Session, site_id: str, endpoint_id: str) -> WebhookEndpoint:
    """The endpoint with this id.

    Raises:
        LookupError: the site has none.
    """
    endpoint = listing.endpoint(session, site_id, endpoint_id)
    if endpoint is None:
        raise LookupError(f"There is no webhook endpoint {endpoint_id}.")
    return endpoint


def _record(session: Session, action: str, endpoint: WebhookEndpoint, actor: str, **known: str) -> None:
    detail = {"endpoint": endpoint.id} | known
    row = audit.row(action, actor=actor, site_id=endpoint.site_id, detail=detail)
    audit.record(session, [row])


def last_results(session: Session, endpoint_ids: list[str]) -> dict[str, WebhookDelivery]:
    """The latest delivery of each endpoint that has one: one look into an index for each."""
    found = {}
    for endpoint_id in endpoint_ids:
        query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
        latest = session.scalar(query.order_by(WebhookDelivery.id.desc()).limit(1))
        if latest is not None:
            found[endpoint_id] = latest
    return found


def state_of(delivery: WebhookDelivery) -> str:
    """How a delivery stands: `delivered`, `cancelled`, `waiting`, `held` (for the grace time), `failing` (to be
    tried again) or `given up`."""
    if delivery.delivered_at is not None:
        return "delivered"
    if delivery.cancelled_at is not None:
        return "cancelled"
    if delivery.next_attempt_at is None:
        return "given up"
    return "failing" if delivery.attempts else ("held" if delivery.next_attempt_at > clock.now() else "waiting")
