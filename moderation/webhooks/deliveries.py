"""Sending what `events.notify` wrote: claim what is due, send it, record how it went. At least once, never silently.

A delivery is leased while it is being sent. A process killed between sending and recording sends again when the lease
has run out, under the same id, by which the receiver knows it. No transaction is open while anything is sent.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import redis
from sqlalchemy import exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from moderation import clock, sealing
from moderation.sealing import SealError
from moderation.settings import Settings
from moderation.tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from moderation.webhooks import callbacks, events, statement_links
from moderation.webhooks.sender import Answer, Refused, Sender, Unreachable

#: Deliveries that may be on their way to one endpoint at a time, all processes together.
MOST_IN_FLIGHT = 4
#: Longer than any attempt can take.
LEASE = timedelta(seconds=60)
#: What waits between the attempts, in seconds, give or take a tenth. After the last: given up.
PAUSES = (5, 15, 60, 300, 1200, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
#: Published to when deliveries were written; the message names their sites, separated by commas.
CHANNEL = "winnow:deliveries"

Result = Literal["delivered", "failed", "refused", "given_up", "gone"]


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery leased to us, with all that sending it takes."""

    id: str
    endpoint_id: str
    url: str
    sealed_secret: str
    payload: dict[str, Any]
    protocol: str = "standard"


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt: the status that was answered, and what is wrong with the answer, or else what happened instead."""

    delivery_id: str
    endpoint_id: str
    at: datetime
    duration_ms: int
    status_code: int | None = None
    error: str | None = None

    @property
    def delivered(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300 and self.error is None


def nudge(client: redis.Redis, site_ids: Collection[str]) -> None:
    """Tell the delivery processes that something was written for these sites. Raises redis.RedisError."""
    if site_ids:
        client.publish(CHANNEL, ",".join(sorted(site_ids)))


def endpoints_with_work(session: Session, *, site_ids: Collection[str] | None = None) -> list[str]:
    """The active endpoints (of these sites; None: of all) that have something due and room for it.

    Costs a look at one index entry an endpoint, however many deliveries wait.
    """
    moment = clock.now()
    due = exists().where(WebhookDelivery.endpoint_id == WebhookEndpoint.id, *_is_due(moment))
    query = select(WebhookEndpoint.id).where(WebhookEndpoint.active, due)
    if site_ids is not None:
        query = query.where(WebhookEndpoint.site_id.in_(site_ids))
    return list(session.scalars(query))


def claim(session: Session, endpoint_id: str, most: int = MOST_IN_FLIGHT) -> list[Due]:
    """Lease up to `most` due deliveries of an active endpoint, in the caller's transaction, the longest due first.

    Nothing when it has `MOST_IN_FLIGHT` on their way already, or when another process is claiming from it just now.
    """
    if most <= 0:
        return []
    moment = clock.now()
    endpoint = session.scalar(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.active)
        .with_for_update(skip_locked=True, key_share=True)
    )
    if endpoint is None:
        return []
    in_flight = session.scalar(
        select(func.count())
        .select_from(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.leased_until > moment)
    )
    room = min(most, MOST_IN_FLIGHT - (in_flight or 0))
    rows = session.execute(
        select(WebhookDelivery.id, WebhookDelivery.payload)
        .where(WebhookDelivery.endpoint_id == endpoint_id, *_is_due(moment))
        .order_by(WebhookDelivery.next_attempt_at, WebhookDelivery.id)
        .limit(max(0, room))
        .with_for_update(skip_locked=True)  # an undo may be cancelling it just now
    ).all()
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_([row.id for row in rows]))
        .values(leased_until=moment + LEASE)
        .execution_options(synchronize_session=False)
    )
    return [
        Due(row.id, endpoint.id, endpoint.url, endpoint.sealed_secret, row.payload, endpoint.protocol) for row in rows
    ]


def send(sender: Sender, settings: Settings, due: Due) -> Sent:
    """One attempt, over the network: in no transaction. Never raises for what the other side may do."""
    moment, began = clock.now(), time.perf_counter()
    status: int | None = None
    error: str | None = None
    try:
        body, headers = _message(settings, due, sealing.unseal(settings, due.sealed_secret), moment)
        answer = sender.post(due.url, body, headers)
        status, error = answer.status, _complaint(due, answer)
    except Refused as refusal:
        error = f"Not sent: {refusal}"
    except (Unreachable, SealError) as failure:
        error = str(failure)
    took = round((time.perf_counter() - began) * 1000)
    return Sent(due.id, due.endpoint_id, moment, took, status, error[:300] if error else None)


def record(session: Session, attempts: Sequence[Sent]) -> list[Result]:
    """Write attempts and what follows from each, in the caller's transaction: delivered, another try, or given up.

    An endpoint that answers 410 Gone is switched off. Returns what became of each that still exists.
    """
    if not attempts:
        return []
    by_id = {one.delivery_id: one for one in attempts}
    rows = session.scalars(
        select(WebhookDelivery).where(WebhookDelivery.id.in_(by_id)).order_by(WebhookDelivery.id).with_for_update()
    ).all()
    results = [_settle(row, by_id[row.id]) for row in rows]
    if rows:
        session.execute(insert(WebhookAttempt), [_attempt_row(by_id[row.id]) for row in rows])
    gone = {row.endpoint_id for row, result in zip(rows, results, strict=True) if result == "gone"}
    if gone:
        session.execute(update(WebhookEndpoint).where(WebhookEndpoint.id.in_(gone)).values(active=False))
    return results


def page(
    session: Session, site_id: str, endpoint_id: str, *, after: str | None = None, limit: int = 50
) -> list[tuple[WebhookDelivery, list[WebhookAttempt]]]:
    """An endpoint's deliveries with their attempts, latest first; `after` is the id that the last page ended with.

    Raises:
        LookupError: the site has no such endpoint.
    """
    _endpoint(session, site_id, endpoint_id)
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if after is not None:
        query = query.where(WebhookDelivery.id < after)
    rows = session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)).all()
    attempts: dict[str, list[WebhookAttempt]] = {row.id: [] for row in rows}
    found = select(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(attempts)).order_by(WebhookAttempt.id)
    for attempt in session.scalars(found):
        attempts[attempt.delivery_id].append(attempt)
    return [(row, attempts[row.id]) for row in rows]


def redeliver(session: Session, site_id: str, delivery_id: str) -> WebhookDelivery:
    """Send a delivery once more, under its id and with a full day's retries, in the caller's transaction.

    Raises:
        LookupError: the site has no such delivery.
    """
    row = session.scalar(
        select(WebhookDelivery)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookDelivery.id == delivery_id, WebhookEndpoint.site_id == site_id)
        .with_for_update(of=WebhookDelivery)
    )
    if row is None:
        raise LookupError(f"There is no delivery {delivery_id}.")
    row.next_attempt_at, row.delivered_at, row.attempts, row.cancelled_at = clock.now(), None, 0, None
    return row


def send_test(session: Session, site_id: str, endpoint_id: str) -> WebhookDelivery:
    """Write an `endpoint.test` message to an endpoint, in the caller's transaction.

    Raises:
        LookupError: the site has no such endpoint, or it is a callback, which has no word for a test.
    """
    endpoint = _endpoint(session, site_id, endpoint_id)
    if endpoint.protocol != "standard":
        raise LookupError(f"{endpoint_id} is a callback: it is told of decisions only.")
    event = events.Event("endpoint.test", site_id, None, at=clock.now(), data={"id": endpoint.id})
    row = WebhookDelivery(**events.delivery(event, endpoint.id, event.payload()))
    session.add(row)
    return row


def _is_due(moment: datetime) -> tuple[Any, ...]:
    free = or_(WebhookDelivery.leased_until.is_(None), WebhookDelivery.leased_until <= moment)
    return WebhookDelivery.next_attempt_at.is_not(None), WebhookDelivery.next_attempt_at <= moment, free


def _settle(row: WebhookDelivery, sent: Sent) -> Result:
    row.leased_until = None
    row.attempts += 1
    if row.delivered_at is not None:  # by another process, after our lease had run out
        return "delivered"
    if sent.delivered:
        row.delivered_at, row.next_attempt_at = clock.now(), None
        return "delivered"
    if sent.status_code == 410:
        row.next_attempt_at = None
        return "gone"
    if row.next_attempt_at is None:  # a later decision took its place while it was on its way
        return "given_up"
    if row.attempts > len(PAUSES):
        row.next_attempt_at = None
        return "given_up"
    pause = PAUSES[row.attempts - 1] * random.uniform(0.9, 1.1)  # noqa: S311  (spreads load, hides nothing)
    row.next_attempt_at = clock.now() + timedelta(seconds=pause)
    return "failed" if sent.status_code or not (sent.error or "").startswith("Not sent") else "refused"


def _attempt_row(sent: Sent) -> dict[str, Any]:
    return {
        "id": clock.new_id("t", sent.at),
        "delivery_id": sent.delivery_id,
        "created_at": sent.at,
        "status_code": sent.status_code,
        "error": sent.error,
        "duration_ms": sent.duration_ms,
    }


def _with_statement(settings: Settings, payload: dict[str, Any]) -> dict[str, Any]:
    """With the link that tells the author why, where readers do not see the comment.

    Added on the way out: what is stored, and shown in lists of deliveries, opens no page.
    """
    data = payload.get("data", {})
    if payload.get("type") not in {f"comment.{status}" for status in statement_links.STATED}:
        return payload
    url = statement_links.address(settings, data["id"], datetime.fromisoformat(payload["timestamp"]))
    return payload | {"data": data | {"statement_url": url}}


def _message(settings: Settings, due: Due, secret: str, moment: datetime) -> tuple[bytes, dict[str, str]]:
    """The body and headers of a delivery, in the words of its endpoint's protocol."""
    if due.protocol == callbacks.PROTOCOL:
        return callbacks.body_of(due.payload, secret), {"Content-Type": "application/json", "User-Agent": "Winnow"}
    body = json.dumps(_with_statement(settings, due.payload), separators=(",", ":"), ensure_ascii=False).encode()
    timestamp = int(moment.timestamp())
    return body, {
        "Content-Type": "application/json",
        "User-Agent": "Winnow webhooks",
        "webhook-id": due.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": events.sign(secret, due.id, timestamp, body),
    }


def _complaint(due: Due, answer: Answer) -> str | None:
    status = answer.status
    if due.protocol == callbacks.PROTOCOL and status != 410 and not 300 <= status < 400:
        return callbacks.complaint_of(due.payload, status, answer.body)
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"It answered {status}. Redirects are not followed: register the address that it points to."
    if status == 410:
        return "It answered 410 Gone, so this endpoint was switched off."
    return f"It answered {status}."


def _endpoint(session: Session, site_id: str, endpoint_id: str) -> WebhookEndpoint:
    endpoint = session.scalar(
        select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.site_id == site_id)
    )
    if endpoint is None:
        raise LookupError(f"There is no webhook endpoint {endpoint_id}.")
    return endpoint
