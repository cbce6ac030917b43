"""Sending what `events.notify` wrote: claim what is due, send it, record how it went. At least once, never silently.

A delivery is leased while it is being sent. A process killed between sending and recording sends again when the lease
has run out, under the same id, so the receiver can tell. No transaction is open while anything is sent.
"""

from __future__ import annotations

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
from moderation.webhooks import endpoints
from moderation.webhooks.attempts import Answer, Failure, Outgoing
from moderation.webhooks.protocols import PROTOCOLS
from moderation.webhooks.sender import Refused, Sender, Unreachable

#: Deliveries that may be on their way to one endpoint at a time, all processes together.
MOST_IN_FLIGHT = 4
#: Longer than any attempt can take.
LEASE = timedelta(seconds=60)
#: The pauses between the attempts, in seconds, give or take a tenth. After the last one the delivery is given up.
PAUSES = (5, 15, 60, 300, 1200, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
#: Published to when deliveries were written; the message names their sites, separated by commas.
CHANNEL = "winnow:deliveries"

#: Characters of a failure's message that are kept.
MOST_MESSAGE = 300

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
class Attempt:
    """How an attempt went: the answer's status, if there was an answer, and why it failed, if it did."""

    delivery_id: str
    endpoint_id: str
    at: datetime
    duration_ms: int
    status_code: int | None = None
    failure: Failure | None = None

    @property
    def delivered(self) -> bool:
        return self.failure is None


def nudge(client: redis.Redis, site_ids: Collection[str]) -> None:
    """Tell the delivery processes that something was written for these sites; `client` may be a pipeline."""
    if site_ids:
        client.publish(CHANNEL, ",".join(sorted(site_ids)))


def endpoints_with_work(session: Session, *, site_ids: Collection[str] | None = None) -> list[str]:
    """The active endpoints (of these sites; None: of all) that have something due and room for it.

    Reads one index entry for each endpoint, however many deliveries wait.
    """
    moment = clock.now()
    due = exists().where(WebhookDelivery.endpoint_id == WebhookEndpoint.id, *_is_due(moment))
    query = select(WebhookEndpoint.id).where(WebhookEndpoint.active, due)
    if site_ids is not None:
        query = query.where(WebhookEndpoint.site_id.in_(site_ids))
    return list(session.scalars(query))


def claim(session: Session, endpoint_id: str, most: int = MOST_IN_FLIGHT) -> list[Due]:
    """Lease up to `most` due deliveries of an active endpoint, in the caller's transaction, the longest due first.

    Leases nothing when `MOST_IN_FLIGHT` are on their way already, or when another process claims from the endpoint.
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


def send(sender: Sender, settings: Settings, due: Due) -> Attempt:
    """Make one attempt, over the network and outside any transaction. Raises nothing, whatever the other side does."""
    moment, began = clock.now(), time.perf_counter()
    status: int | None = None
    failure: Failure | None
    try:
        message = Outgoing(due.id, due.payload, sealing.unseal(settings, due.sealed_secret), moment)
        body, headers = PROTOCOLS[due.protocol].request(settings, message)
        answer = sender.post(due.url, body, headers)
        status, failure = answer.status, _failure(due, answer)
    except Refused as refusal:
        failure = Failure("refused", f"Not sent: {refusal}")
    except Unreachable as error:
        failure = Failure(error.kind, str(error))
    except SealError as error:
        failure = Failure("secret", str(error))
    took = round((time.perf_counter() - began) * 1000)
    return Attempt(due.id, due.endpoint_id, moment, took, status, failure)


def record(session: Session, attempts: Sequence[Attempt]) -> list[Result]:
    """Write attempts and what follows from each, in the caller's transaction: delivered, another try, or given up.

    An endpoint that answers 410 Gone is switched off. Returns a result for each delivery that still exists, by its id.
    """
    if not attempts:
        return []
    by_id = {attempt.delivery_id: attempt for attempt in attempts}
    rows = session.scalars(
        select(WebhookDelivery).where(WebhookDelivery.id.in_(by_id)).order_by(WebhookDelivery.id).with_for_update()
    ).all()
    results = [_settle(row, by_id[row.id]) for row in rows]
    if rows:
        session.execute(insert(WebhookAttempt), [_attempt_row(by_id[row.id]) for row in rows])
    gone_endpoints = {row.endpoint_id for row, result in zip(rows, results, strict=True) if result == "gone"}
    if gone_endpoints:
        endpoints.switch_off_gone(session, gone_endpoints)
    return results


def _is_due(moment: datetime) -> tuple[Any, ...]:
    free = or_(WebhookDelivery.leased_until.is_(None), WebhookDelivery.leased_until <= moment)
    return WebhookDelivery.next_attempt_at.is_not(None), WebhookDelivery.next_attempt_at <= moment, free


def _settle(row: WebhookDelivery, attempt: Attempt) -> Result:
    row.leased_until = None
    row.attempts += 1
    if row.delivered_at is not None:  # by another process, after our lease had run out
        return "delivered"
    if attempt.failure is None:
        row.delivered_at, row.next_attempt_at = clock.now(), None
        return "delivered"
    if attempt.failure.kind == "gone":
        row.next_attempt_at = None
        return "gone"
    if row.next_attempt_at is None:  # a later decision took its place while it was on its way
        return "given_up"
    if row.attempts > len(PAUSES):
        row.next_attempt_at = None
        return "given_up"
    pause = PAUSES[row.attempts - 1] * random.uniform(0.9, 1.1)  # noqa: S311  (spreads load, hides nothing)
    row.next_attempt_at = clock.now() + timedelta(seconds=pause)
    return "refused" if attempt.failure.kind == "refused" else "failed"


def _attempt_row(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": clock.new_id("t", attempt.at),
        "delivery_id": attempt.delivery_id,
        "created_at": attempt.at,
        "status_code": attempt.status_code,
        "error": attempt.failure and attempt.failure.message[:MOST_MESSAGE],
        "failure": attempt.failure and attempt.failure.kind,
        "duration_ms": attempt.duration_ms,
    }


def _failure(due: Due, answer: Answer) -> Failure | None:
    """Why a delivery did not arrive, going by the answer; None when it did."""
    if 300 <= answer.status < 400:
        where = answer.location or "the address that it points to"
        return Failure(
            "redirect", f"It answered {answer.status}. Redirects are not followed: register {where} in its place."
        )
    if answer.status == 410:
        return Failure("gone", "It answered 410 Gone, so this endpoint was switched off.")
    return PROTOCOLS[due.protocol].failure(due.payload, answer)
