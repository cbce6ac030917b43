"""A site's webhook endpoints: the one way to them, for the API, the console and the command line alike.

Each change is made in the caller's transaction, and audited.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation import audit, clock, news, sealing
from moderation.errors import NotFound
from moderation.settings import Settings
from moderation.tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import events, protocols, sender

#: Each decision is sent to each endpoint.
MOST_ENDPOINTS = 10


class EndpointRefused(Exception):
    """This address cannot be a webhook of this site; the message says why."""


class NotNow(Exception):
    """As things stand, nothing can be sent there; the message says why."""


def of_site(session: Session, site_id: str) -> Sequence[WebhookEndpoint]:
    """A site's webhook endpoints, callbacks included, oldest first."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.site_id == site_id).order_by(WebhookEndpoint.id)
    return session.scalars(query).all()


def find(session: Session, site_id: str, endpoint_id: str) -> WebhookEndpoint:
    """The endpoint with this id.

    Raises:
        NotFound: the site has none.
    """
    query = select(WebhookEndpoint).where(WebhookEndpoint.site_id == site_id, WebhookEndpoint.id == endpoint_id)
    endpoint = session.scalar(query)
    if endpoint is None:
        raise NotFound(f"There is no webhook endpoint {endpoint_id}.")
    return endpoint


def add(session: Session, settings: Settings, site_id: str, url: str, *, actor: str) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown once and stored encrypted.

    Raises:
        EndpointRefused: the URL will not do, or the site has as many as it may.
    """
    try:
        sender.check_url(url)
    except sender.Refused as refusal:
        raise EndpointRefused(str(refusal)) from None
    query = select(func.count()).select_from(WebhookEndpoint)
    own = WebhookEndpoint.site_id == site_id, WebhookEndpoint.protocol == protocols.STANDARD
    if (session.scalar(query.where(*own)) or 0) >= MOST_ENDPOINTS:
        raise EndpointRefused(f"A site has at most {MOST_ENDPOINTS} webhooks. Delete one first.")
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    endpoint = WebhookEndpoint(
        id=clock.new_id("w"),
        site_id=site_id,
        url=url,
        sealed_secret=sealing.seal(settings, secret),
        active=True,
        created_at=clock.now(),
    )
    session.add(endpoint)
    _record(session, "webhook.added", endpoint, actor)
    return endpoint, secret


def remove(session: Session, site_id: str, endpoint_id: str, *, actor: str) -> None:
    """Delete an endpoint with its deliveries, those still to come included.

    Raises:
        NotFound: the site has no such endpoint.
    """
    endpoint = find(session, site_id, endpoint_id)
    _record(session, "webhook.removed", endpoint, actor)
    session.delete(endpoint)


def switch(session: Session, site_id: str, endpoint_id: str, *, on: bool, actor: str) -> WebhookEndpoint:
    """Send there from now on, or no more. What is decided while it is off is not sent afterwards either.

    Raises:
        NotFound: the site has no such endpoint.
    """
    endpoint = find(session, site_id, endpoint_id)
    if endpoint.active != on:
        endpoint.active = on
        _record(session, "webhook.switched_on" if on else "webhook.switched_off", endpoint, actor)
    return endpoint


def test(session: Session, site_id: str, endpoint_id: str, *, actor: str) -> WebhookDelivery:
    """Write a test message to an endpoint.

    Raises:
        NotFound: the site has no such endpoint, or it is a callback, which has no word for a test.
        NotNow: it is switched off.
    """
    endpoint = find(session, site_id, endpoint_id)
    if not protocols.PROTOCOLS[endpoint.protocol].hears_everything:
        raise NotFound(f"{endpoint_id} is a callback: it is told of decisions only.")
    _require_active(endpoint)
    event = events.Event("endpoint.test", site_id, None, at=clock.now(), data={"id": endpoint.id})
    delivery = WebhookDelivery(**events.delivery(event, endpoint.id, event.payload()))
    session.add(delivery)
    news.of(session).sites.add(site_id)
    _record(session, "webhook.tested", endpoint, actor, delivery=delivery.id)
    return delivery


def redeliver(session: Session, site_id: str, endpoint_id: str, delivery_id: str, *, actor: str) -> WebhookDelivery:
    """Send a delivery once more, under its id and with a full day's retries.

    Raises:
        NotFound: the endpoint has no such delivery.
        NotNow: the endpoint is switched off, or what the delivery tells of was taken back or replaced.
    """
    endpoint = find(session, site_id, endpoint_id)
    query = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint.id)
    delivery = session.scalar(query.with_for_update())
    if delivery is None:
        raise NotFound(f"There is no delivery {delivery_id} at this webhook.")
    if delivery.cancelled_at is not None:
        raise NotNow("This decision was taken back or replaced before it was sent, so there is nothing to tell.")
    _require_active(endpoint)
    delivery.next_attempt_at, delivery.delivered_at, delivery.attempts = clock.now(), None, 0
    news.of(session).sites.add(site_id)
    _record(session, "webhook.redelivered", endpoint, actor, delivery=delivery_id)
    return delivery


def deliveries(
    session: Session, site_id: str, endpoint_id: str, *, after: str | None = None, limit: int = 50
) -> list[tuple[WebhookDelivery, list[WebhookAttempt]]]:
    """An endpoint's deliveries with their attempts, latest first; `after` is the id that the last page ended with.

    Raises:
        NotFound: the site has no such endpoint.
    """
    find(session, site_id, endpoint_id)
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if after is not None:
        query = query.where(WebhookDelivery.id < after)
    rows = session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)).all()
    attempts: dict[str, list[WebhookAttempt]] = {row.id: [] for row in rows}
    made = select(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(attempts)).order_by(WebhookAttempt.id)
    for attempt in session.scalars(made):
        attempts[attempt.delivery_id].append(attempt)
    return [(row, attempts[row.id]) for row in rows]


def attempts(session: Session, delivery_id: str) -> Sequence[WebhookAttempt]:
    """The attempts at a delivery, in order."""
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id).order_by(WebhookAttempt.id)
    return session.scalars(query).all()


def last_results(session: Session, endpoint_ids: list[str]) -> dict[str, WebhookDelivery]:
    """The latest delivery of each endpoint that has one: one look into an index for each."""
    results = {}
    for endpoint_id in endpoint_ids:
        query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
        latest = session.scalar(query.order_by(WebhookDelivery.id.desc()).limit(1))
        if latest is not None:
            results[endpoint_id] = latest
    return results


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


def _require_active(endpoint: WebhookEndpoint) -> None:
    if not endpoint.active:
        raise NotNow("This webhook is switched off, so nothing is sent there. Switch it on first.")


def _record(session: Session, action: str, endpoint: WebhookEndpoint, actor: str, **detail: str) -> None:
    row = audit.row(action, actor=actor, site_id=endpoint.site_id, detail={"endpoint": endpoint.id} | detail)
    audit.record(session, [row])
