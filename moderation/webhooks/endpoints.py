"""A site's webhook endpoints: the only way to them, for the API, the console and the command line alike.

Each function works in the caller's transaction. Whatever changes an endpoint, or has something sent there, is audited.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, ScalarSelect, TextClause, func, select, text, update
from sqlalchemy.orm import Session

from moderation import actors, audit, clock, news, sealing
from moderation.errors import NotFound, found
from moderation.settings import Settings
from moderation.tables import WAS_TRIED, Comment, Site, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import catalogue, events, sender, standard
from moderation.webhooks.batches import Batching
from moderation.webhooks.catalogue import Event
from moderation.webhooks.protocols import PROTOCOLS, STANDARD, Protocol

#: Each decision is sent to each endpoint.
MOST_ENDPOINTS = 10
#: Addresses that a site may be called back at by one protocol: a network of blogs has one for each.
MOST_CALLBACKS = 500
#: Browsers and servers differ about these in an address.
_TO_ENCODE = re.compile(r"[\"<>\\^`{|}]")


class EndpointRefused(Exception):
    """This address cannot be an endpoint of this site; the message says why."""


class NotNow(Exception):
    """This cannot be sent there now; the message says why."""


def add(
    session: Session, settings: Settings, site_id: str, url: str, *, actor: str, batches: Batching | None = None
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is shown once and stored encrypted.

    Raises:
        EndpointRefused: the URL will not do, or the site has as many endpoints as it may.
        SealError: there is no secret key to encrypt the secret under.
    """
    require_address(url)
    _require_permitted(url, settings)
    session.execute(select(Site.id).where(Site.id == site_id).with_for_update(key_share=True))  # one by one
    if _count(session, site_id, STANDARD) >= MOST_ENDPOINTS:
        raise EndpointRefused(f"A site has at most {MOST_ENDPOINTS} webhooks. Delete one first.")
    secret = standard.new_secret()
    endpoint = _open(session, site_id, url, STANDARD, sealed_secret=sealing.seal(settings, secret), actor=actor)
    endpoint.batch = None if batches is None else batches.document()
    return endpoint, secret


def open_callback(session: Session, site_id: str, url: str, protocol: Protocol, *, sealed_key: str) -> str | None:
    """The id of the endpoint for a callback, made on its first use; None when the site has too many.

    The endpoint gets the key that the site used last, and one that was switched off is switched on again.
    """
    endpoint = session.scalar(
        select(WebhookEndpoint).where(
            WebhookEndpoint.site_id == site_id, WebhookEndpoint.protocol == protocol.name, WebhookEndpoint.url == url
        )
    )
    if endpoint is None:
        if _count(session, site_id, protocol) >= MOST_CALLBACKS:
            return None
        endpoint = _open(session, site_id, url, protocol, sealed_secret=sealed_key, actor=actors.SITE)
    endpoint.sealed_secret = sealed_key
    _switch(session, endpoint, on=True, actor=actors.SITE)
    session.flush()
    return endpoint.id


def require_address(url: str) -> None:
    """Raises EndpointRefused, with a sentence, for an address that no message can be sent to."""
    try:
        sender.check_url(url)
    except sender.Refused as refusal:
        raise EndpointRefused(str(refusal)) from None
    if "#" in url:
        raise EndpointRefused("The URL must not hold a fragment (#…): it is not sent.")
    if _TO_ENCODE.search(url):
        raise EndpointRefused('The URL holds a character that has to be percent-encoded, such as " or <.')


def require_permitted_name(url: str, settings: Settings) -> None:
    """Raises EndpointRefused where the host's name leads to private addresses just now. Not for a transaction: it waits
    for the network. An address that is wrong otherwise is left to `add`.
    """
    try:
        parts = sender.check_url(url)
    except sender.Refused:
        return
    try:
        sender.require_permitted_text(parts, settings.webhook_allow)  # says more
        sender.require_permitted_name(parts, settings.webhook_allow)
    except sender.Refused as refusal:
        raise EndpointRefused(str(refusal)) from None


def _require_permitted(url: str, settings: Settings) -> None:
    """Raises EndpointRefused for an address that this installation will never send to, with how to allow it."""
    try:
        sender.require_permitted_text(sender.check_url(url), settings.webhook_allow)
    except sender.Refused as refusal:
        raise EndpointRefused(str(refusal)) from None


def failing(session: Session, site_ids: Collection[str] | None = None) -> dict[str, str]:
    """Endpoint -> its site, of the webhooks (of these sites; None: of all) that fail: they are on, and the last message
    that left was not taken. Those of archived sites are told what is left, but nobody has to see to them.
    """
    if site_ids is not None and not site_ids:
        return {}
    query = (
        select(WebhookEndpoint.id, WebhookEndpoint.site_id)
        .join(WebhookDelivery, WebhookDelivery.id == _newest(text(WAS_TRIED)))
        .join(Site, Site.id == WebhookEndpoint.site_id)
        .where(
            WebhookEndpoint.active,
            WebhookDelivery.delivered_at.is_(None),
            WebhookDelivery.cancelled_at.is_(None),
            Site.archived_at.is_(None),
        )
    )
    if site_ids is not None:
        query = query.where(WebhookEndpoint.site_id.in_(site_ids))
    return dict(iter(session.execute(query)))


def last_error(session: Session, delivery_id: str) -> str | None:
    """Why the latest attempt at a delivery failed; None where there was none, or it arrived."""
    of_delivery = select(WebhookAttempt.error).where(WebhookAttempt.delivery_id == delivery_id)
    return session.scalar(of_delivery.order_by(WebhookAttempt.id.desc()).limit(1))


def require_callback(url: str, home: str) -> None:
    """Raises EndpointRefused for a callback that cannot be posted to, or whose host is not that of the site `home`."""
    require_address(url)
    try:
        of_site = _spellings(urlsplit(home if "//" in home else f"//{home}").hostname)
    except ValueError:
        of_site = set()
    if of_site.isdisjoint(_spellings(urlsplit(url).hostname)):
        raise EndpointRefused("Its host is not the site's.")


def _spellings(host: str | None) -> set[str]:
    """The ASCII names that a host may have in the DNS: `müller.example` is `xn--mller-kva.example`.

    Two standards exist: the older one (IDNA 2003) knows no ß and no joiners, the newer one encodes every letter.
    """
    labels = unicodedata.normalize("NFC", (host or "").rstrip(".").lower()).split(".")
    exact = ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)
    try:
        older = ".".join(labels).encode("idna").decode()
    except UnicodeError:
        older = exact
    return {exact, older} - {""}


def switch(session: Session, site_id: str, endpoint_id: str, *, on: bool, actor: str) -> WebhookEndpoint:
    """Send to this endpoint from now on, or no more. Decisions made while it is off are not sent later either.

    Raises:
        NotFound: the site has no such endpoint.
    """
    endpoint = _hold(session, site_id, endpoint_id)
    _switch(session, endpoint, on=on, actor=actor)
    return endpoint


def set_batches(
    session: Session, site_id: str, endpoint_id: str, batching: Batching | None, *, actor: str
) -> WebhookEndpoint:
    """Send several events in one message from now on; None: each alone.

    Raises:
        NotFound: the site has no such endpoint, or it is a callback, which takes no batches.
    """
    endpoint = _hold(session, site_id, endpoint_id)
    if PROTOCOLS[endpoint.protocol].calls_back:
        raise NotFound(f"{endpoint_id} is a callback: it is told of one decision at a time.")
    document = None if batching is None else batching.document()
    if endpoint.batch != document:
        endpoint.batch = document
        _record(session, "webhook.batches_set", endpoint, actor, batch=document)
    return endpoint


def switch_off_gone(session: Session, endpoint_ids: Collection[str]) -> None:
    """Send no more to endpoints that answered 410 Gone: the site itself says so."""
    for endpoint in session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.id.in_(endpoint_ids))):
        _switch(session, endpoint, on=False, actor=actors.SITE, answered="410")


def remove(session: Session, site_id: str, endpoint_id: str, *, actor: str) -> None:
    """Take an endpoint away, with its deliveries, those still to come included.

    Raises:
        NotFound: the site has no such endpoint.
    """
    endpoint = find(session, site_id, endpoint_id)
    _record(session, "webhook.removed", endpoint, actor, host=urlsplit(endpoint.url).hostname or "")
    session.delete(endpoint)


def test(session: Session, site_id: str, endpoint_id: str, *, actor: str) -> WebhookDelivery:
    """Write a test message to an endpoint.

    Raises:
        NotFound: the site has no such endpoint, or it is a callback, which cannot be tested.
        NotNow: it is switched off.
    """
    endpoint = _hold(session, site_id, endpoint_id)
    event = Event(catalogue.ENDPOINT_TEST, site_id, None, at=clock.now(), data={"id": endpoint.id})
    payload = PROTOCOLS[endpoint.protocol].payload(event)
    if payload is None:
        raise NotFound(f"{endpoint_id} is a callback: it is told of decisions only.")
    _require_active(endpoint)
    delivery = WebhookDelivery(**events.delivery(event, endpoint.id, payload))
    session.add(delivery)
    news.of(session).sites.add(site_id)
    _record(session, "webhook.tested", endpoint, actor, delivery=delivery.id)
    return delivery


def redeliver(session: Session, site_id: str, endpoint_id: str, delivery_id: str, *, actor: str) -> WebhookDelivery:
    """Send a delivery once more, under its id and with a full day's retries.

    A delivery that is on its way just now is not sent twice: it only gets its day of retries again.

    Raises:
        NotFound: the endpoint has no such delivery.
        NotNow: the endpoint is switched off; or the decision was undone, or may still be undone; or, for a
            callback, the comment has changed since.
    """
    endpoint = _hold(session, site_id, endpoint_id)
    query = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint_id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    delivery = found(session.scalar(locked), f"delivery {delivery_id} at this webhook")
    _require_active(endpoint)
    _require_true(session, endpoint, delivery)
    moment = clock.now()
    _bring_followers_forward(session, delivery, moment)
    delivery.next_attempt_at, delivery.delivered_at, delivery.attempts = moment, None, 0
    delivery.batch_id = None  # it is no part of an earlier batch
    news.of(session).sites.add(site_id)
    _record(session, "webhook.redelivered", endpoint, actor, delivery=delivery_id)
    return delivery


def _bring_followers_forward(session: Session, delivery: WebhookDelivery, moment: datetime) -> None:
    """Make due, with this delivery, the later messages of its comment, which have to wait until it has been sent."""
    if delivery.next_attempt_at is not None and delivery.comment_id is not None:
        session.execute(
            update(WebhookDelivery)
            .where(
                WebhookDelivery.comment_id == delivery.comment_id,
                WebhookDelivery.endpoint_id == delivery.endpoint_id,
                WebhookDelivery.id > delivery.id,
                WebhookDelivery.next_attempt_at == delivery.next_attempt_at,
            )
            .values(next_attempt_at=moment)
            .execution_options(synchronize_session=False)
        )


def find(session: Session, site_id: str, endpoint_id: str) -> WebhookEndpoint:
    """The endpoint with this id.

    Raises:
        NotFound: the site has none.
    """
    endpoint = session.get(WebhookEndpoint, endpoint_id)
    if endpoint is None or endpoint.site_id != site_id:
        raise NotFound(f"There is no webhook endpoint {endpoint_id}.")
    return endpoint


def of_site(session: Session, site_id: str) -> Sequence[WebhookEndpoint]:
    """A site's endpoints, oldest first."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.site_id == site_id).order_by(WebhookEndpoint.id)
    return session.scalars(query).all()


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
    attempts_by_delivery = attempts(session, [row.id for row in rows])
    return [(row, attempts_by_delivery[row.id]) for row in rows]


def attempts(session: Session, delivery_ids: Sequence[str]) -> dict[str, list[WebhookAttempt]]:
    """Delivery -> the attempts at it, in order."""
    by_delivery: dict[str, list[WebhookAttempt]] = {delivery_id: [] for delivery_id in delivery_ids}
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(delivery_ids)).order_by(WebhookAttempt.id)
    for attempt in session.scalars(query):
        by_delivery[attempt.delivery_id].append(attempt)
    return by_delivery


def latest_deliveries(session: Session, site_id: str) -> dict[str, WebhookDelivery]:
    """The latest delivery to each of a site's endpoints that has one."""
    query = (
        select(WebhookDelivery)
        .join(WebhookEndpoint, WebhookDelivery.id == _newest())
        .where(WebhookEndpoint.site_id == site_id)
    )
    return {delivery.endpoint_id: delivery for delivery in session.scalars(query)}


def _newest(*conditions: ColumnElement[bool] | TextClause) -> ScalarSelect[str]:
    """The id of an endpoint's newest delivery that meets the conditions: one look into an index for each endpoint."""
    query = select(WebhookDelivery.id).where(WebhookDelivery.endpoint_id == WebhookEndpoint.id, *conditions)
    return query.order_by(WebhookDelivery.id.desc()).limit(1).correlate(WebhookEndpoint).scalar_subquery()


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


def _hold(session: Session, site_id: str, endpoint_id: str) -> WebhookEndpoint:
    """The endpoint, which nobody can remove before the caller's transaction has ended."""
    session.flush()
    query = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.site_id == site_id)
    query = query.with_for_update(read=True, key_share=True).execution_options(populate_existing=True)
    return found(session.scalar(query), f"webhook endpoint {endpoint_id}")


def _count(session: Session, site_id: str, protocol: Protocol) -> int:
    query = select(func.count()).where(WebhookEndpoint.site_id == site_id, WebhookEndpoint.protocol == protocol.name)
    return session.scalar(query) or 0


def _open(
    session: Session, site_id: str, url: str, protocol: Protocol, *, sealed_secret: str, actor: str
) -> WebhookEndpoint:
    endpoint = WebhookEndpoint(
        id=clock.new_id("w"),
        site_id=site_id,
        url=url,
        sealed_secret=sealed_secret,
        active=True,
        created_at=clock.now(),
        protocol=protocol.name,
    )
    session.add(endpoint)
    _record(session, "webhook.added", endpoint, actor)
    return endpoint


def _switch(session: Session, endpoint: WebhookEndpoint, *, on: bool, actor: str, **detail: str) -> None:
    if endpoint.active != on:
        endpoint.active = on
        _record(session, "webhook.switched_on" if on else "webhook.switched_off", endpoint, actor, **detail)


def _require_active(endpoint: WebhookEndpoint) -> None:
    if not endpoint.active:
        raise NotNow("This webhook is switched off, so nothing is sent there. Switch it on first.")


def _require_true(session: Session, endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> None:
    """Raises NotNow for a message that would tell the site something that is not true."""
    state = state_of(delivery)
    if state == "cancelled":
        raise NotNow(
            "This decision was taken back before it was sent, or a later one took its place, so there is nothing to "
            "tell."
        )
    if state == "held":
        raise NotNow(
            "This message waits for the end of the site's grace time, in which its decision can be taken back. It "
            "leaves by itself."
        )
    if PROTOCOLS[endpoint.protocol].calls_back:
        version = session.scalar(select(Comment.version).where(Comment.id == delivery.comment_id))
        if version is None or version != delivery.version:
            raise NotNow(
                "The comment has changed since, and this protocol has no word for which of two messages is the later."
            )


def _record(session: Session, action: str, endpoint: WebhookEndpoint, actor: str, **further: Any) -> None:
    detail = {"endpoint": endpoint.id} | further
    audit.record(session, [audit.row(action, actor=actor, site_id=endpoint.site_id, detail=detail)])
