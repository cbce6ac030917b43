"""Sending what `events.notify` wrote: claim what is due, send it, record how it went. At least once, never silently.

A delivery is leased from its claim until its result is recorded. A process killed in between leaves it to others, which
send it when the lease has run out, under the same id, so the receiver can tell. No transaction is open while anything
is sent. A comment's deliveries go to an endpoint in their order: none before an earlier one that has fallen due arrived
or was given up.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlsplit

import redis
from sqlalchemy import Row, Select, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from moderation import clock, sealing, tracing
from moderation.sealing import SealError
from moderation.settings import Settings
from moderation.tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from moderation.tracing import Cause, Span
from moderation.webhooks import batches, endpoints
from moderation.webhooks.attempts import Answer, Failure, Outgoing
from moderation.webhooks.batches import Batching, Message
from moderation.webhooks.protocols import PROTOCOLS
from moderation.webhooks.sender import Refused, Sender, Unreachable

#: Deliveries of one endpoint that a process may lease at a time, those on their way included.
MOST_LEASED = 256
#: Longer than a delivery waits in a process for its turn (`HOLD_SECONDS`) and any attempt can take.
LEASE = timedelta(seconds=60)
#: A delivery whose turn has not come by then is handed back unsent.
HOLD_SECONDS = 20.0
#: The pauses between the attempts, in seconds, give or take a tenth. After the last one the delivery is given up.
PAUSES = (5, 15, 60, 300, 1200, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
#: Published to when deliveries were written; the message names their sites, separated by commas.
CHANNEL = "winnow:deliveries"

#: How many more deliveries are looked at than are claimed, because some have to wait for others of their comment.
LOOK_FURTHER = 32
_BATCH_COLUMNS = (WebhookDelivery.batch_id, WebhookDelivery.batch_size)
_CAUSE_COLUMNS = (WebhookDelivery.request_id, WebhookDelivery.traceparent)
#: Events beyond the first batch that are leased at a time for an endpoint that asks for batches.
MOST_BATCHED = 1000
#: Characters of a failure's message that are kept.
MOST_MESSAGE = 300

Result = Literal["delivered", "failed", "refused", "given_up", "gone"]


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery leased to us, or a batch of them, with all that sending it takes."""

    #: The `webhook-id`.
    id: str
    endpoint_id: str
    url: str
    sealed_secret: str
    payload: dict[str, Any]
    protocol: str
    leased_until: datetime
    #: The deliveries that it holds, if it is a batch.
    batched: tuple[str, ...] = ()
    #: The requests that caused them.
    causes: tuple[Cause, ...] = ()

    @property
    def delivery_ids(self) -> tuple[str, ...]:
        return self.batched or (self.id,)


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt went: the answer's status, if there was an answer, and why it failed, if it did."""

    #: The `webhook-id` of what was sent.
    delivery_id: str
    endpoint_id: str
    at: datetime
    duration_ms: int
    status_code: int | None = None
    failure: Failure | None = None
    #: The deliveries that it held, if it was a batch.
    batched: tuple[str, ...] = ()
    #: The requests that caused them.
    causes: tuple[Cause, ...] = ()

    @property
    def delivery_ids(self) -> tuple[str, ...]:
        return self.batched or (self.delivery_id,)

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


def claim(
    session: Session, endpoint_id: str, most: int = MOST_LEASED, *, later: dict[str, datetime] | None = None
) -> list[Due]:
    """Lease up to `most` due deliveries of an active endpoint, in the caller's transaction, the longest due first; or
    up to `most` batches, if it asks for these. `later` notes when to look again, where a batch can wait for more.

    Leases nothing while another process claims from the endpoint, and of each comment only the first that has not
    arrived. What comes behind one that waits to be tried again waits as long.
    """
    if most <= 0:
        return []
    moment = clock.now()
    endpoint = session.execute(
        select(WebhookEndpoint.url, WebhookEndpoint.sealed_secret, WebhookEndpoint.protocol, WebhookEndpoint.batch)
        .where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.active)
        .with_for_update(skip_locked=True, key_share=True)
    ).one_or_none()
    if endpoint is None:
        return []
    if endpoint.batch is None:
        messages = _claim_alone(session, endpoint_id, moment, most)
    else:
        messages, look_again = _claim_batches(session, endpoint_id, Batching(**endpoint.batch), moment, most)
        if look_again is not None and later is not None:
            later[endpoint_id] = look_again
    return [
        Due(
            id=message.id,
            endpoint_id=endpoint_id,
            url=endpoint.url,
            sealed_secret=endpoint.sealed_secret,
            payload=message.payload,
            protocol=endpoint.protocol,
            leased_until=moment + LEASE,
            batched=message.batched,
            causes=message.causes,
        )
        for message in messages
    ]


def _claim_alone(session: Session, endpoint_id: str, moment: datetime, most: int) -> list[Message]:
    """Lease up to `most` deliveries, each for a message of its own."""
    rows = session.execute(_first_of_their_comments(endpoint_id, moment, most + LOOK_FURTHER)).all()
    _postpone(session, [row for row in rows if row.waits_until is not None])
    ids = [row.id for row in rows if row.waits_until is None][:most]
    leased = session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_(ids))
        .values(leased_until=moment + LEASE)
        .returning(WebhookDelivery.id, WebhookDelivery.payload, *_CAUSE_COLUMNS)
        .execution_options(synchronize_session=False)
    )
    by_id = {row.id: Message(row.id, row.payload, (Cause(row.request_id, row.traceparent),)) for row in leased}
    return [by_id[delivery_id] for delivery_id in ids]


def _claim_batches(
    session: Session, endpoint_id: str, batching: Batching, moment: datetime, most: int
) -> tuple[list[Message], datetime | None]:
    """Lease up to `most` batches, and as many events as make one at least; and when to look again."""
    limit = batching.events + min((most - 1) * batching.events, MOST_BATCHED) + LOOK_FURTHER
    rows = session.execute(_first_of_their_comments(endpoint_id, moment, limit)).all()
    _postpone(session, [row for row in rows if row.waits_until is not None])
    columns = (*_BATCH_COLUMNS, *_CAUSE_COLUMNS, WebhookDelivery.next_attempt_at, WebhookDelivery.payload)
    waiting = session.execute(
        select(WebhookDelivery.id, *columns)
        .where(WebhookDelivery.id.in_([row.id for row in rows if row.waits_until is None]))
        .order_by(WebhookDelivery.next_attempt_at, WebhookDelivery.id)
    ).all()
    formed, look_again = batches.formed(waiting, batching, moment, all_there=len(rows) < limit)
    leased = formed[:most]
    for batch in leased:
        session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.id.in_(batch.batched))
            .values(leased_until=moment + LEASE, batch_id=batch.id, batch_size=len(batch.batched))
            .execution_options(synchronize_session=False)
        )
    return leased, look_again


def hand_back(session: Session, unsent: Collection[Due]) -> None:
    """Give up the leases of deliveries that were not sent, in the caller's transaction: they are due as before."""
    by_lease: dict[datetime, list[str]] = defaultdict(list)
    for due in unsent:
        by_lease[due.leased_until] += due.delivery_ids
    for leased_until, ids in by_lease.items():
        session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.id.in_(ids), WebhookDelivery.leased_until == leased_until)  # still ours
            .values(leased_until=None)
            .execution_options(synchronize_session=False)
        )


def send(sender: Sender, settings: Settings, due: Due) -> Attempt:
    """Make one attempt, over the network and outside any transaction. Raises nothing, whatever the other side does."""
    moment, began = clock.now(), time.perf_counter()
    span = _begin_span(due)
    status: int | None = None
    failure: Failure | None
    try:
        message = Outgoing(due.id, due.payload, _open_secret(settings, due.sealed_secret), moment)
        body, headers = PROTOCOLS[due.protocol].request(settings, message)
        if span is not None:
            headers["traceparent"] = span.traceparent
        answer = sender.post(due.url, body, headers)
        status, failure = answer.status, _failure(due, answer)
    except Refused as refusal:
        failure = Failure("refused", f"Not sent: {refusal}")
    except Unreachable as error:
        failure = Failure(error.kind, str(error))
    except SealError as error:
        failure = Failure("secret", str(error))
    took = round((time.perf_counter() - began) * 1000)
    if span is not None:
        span.end({"http.response.status_code": status}, failed=None if failure is None else failure.kind)
    return Attempt(due.id, due.endpoint_id, moment, took, status, failure, due.batched, due.causes)


def _begin_span(due: Due) -> Span | None:
    """The span of an attempt. A batch is a trace of its own, with a link to each that it belongs to."""
    spans = tracing.spans()
    if spans is None:
        return None
    parents = [cause.traceparent for cause in due.causes if cause.traceparent is not None]
    attributes = {
        "http.request.method": "POST",
        "server.address": urlsplit(due.url).hostname,
        "winnow.delivery": due.id,
        "winnow.endpoint": due.endpoint_id,
        "winnow.events": len(due.delivery_ids),
        "winnow.request_id": due.causes[0].request_id if len(due.causes) == 1 else None,
    }
    alone = parents[0] if parents and not due.batched else None
    return spans.begin("send webhook", "client", attributes, parent=alone, links=parents if due.batched else ())


def record(session: Session, attempts: Sequence[Attempt]) -> list[Result]:
    """Write attempts and what follows from each, in the caller's transaction: delivered, another try, or given up.

    An endpoint that answers 410 Gone is switched off. Returns a result for each delivery that still exists, by its id.
    """
    if not attempts:
        return []
    by_id = {delivery_id: attempt for attempt in attempts for delivery_id in attempt.delivery_ids}
    #: Stretches each pause a little, so that not all come again at one moment. A batch has one pause.
    spread = {attempt.delivery_id: random.uniform(0.9, 1.1) for attempt in attempts}  # noqa: S311  (hides nothing)
    columns = (WebhookDelivery.attempts, WebhookDelivery.next_attempt_at, WebhookDelivery.delivered_at)
    rows = session.execute(
        select(WebhookDelivery.id, WebhookDelivery.endpoint_id, *columns)
        .where(WebhookDelivery.id.in_(by_id))
        .order_by(WebhookDelivery.id)
        .with_for_update()
    ).all()
    moment = clock.now()
    outcomes = [_outcome(row, by_id[row.id], moment, spread[by_id[row.id].delivery_id]) for row in rows]
    alike: dict[_Outcome, list[str]] = defaultdict(list)
    for row, outcome in zip(rows, outcomes, strict=True):
        alike[outcome].append(row.id)
    for outcome, ids in alike.items():  # nearly all arrived at the first try: one statement
        session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.id.in_(ids))
            .values(
                leased_until=None,
                attempts=outcome.attempts,
                next_attempt_at=outcome.next_attempt_at,
                delivered_at=outcome.delivered_at,
            )
            .execution_options(synchronize_session=False)
        )
    if rows:
        session.execute(insert(WebhookAttempt), [_attempt_row(row.id, by_id[row.id]) for row in rows])
    gone = {row.endpoint_id for row, outcome in zip(rows, outcomes, strict=True) if outcome.result == "gone"}
    if gone:
        endpoints.switch_off_gone(session, gone)
    return [outcome.result for outcome in outcomes]


@lru_cache(maxsize=1024)
def _open_secret(settings: Settings, sealed: str) -> str:
    """An endpoint's secret. A changed one is sealed anew, so it is not mistaken for the old one."""
    return sealing.unseal(settings, sealed)


def _is_due(moment: datetime) -> tuple[Any, ...]:
    free = or_(WebhookDelivery.leased_until.is_(None), WebhookDelivery.leased_until <= moment)
    return WebhookDelivery.next_attempt_at.is_not(None), WebhookDelivery.next_attempt_at <= moment, free


def _first_of_their_comments(endpoint_id: str, moment: datetime, most: int) -> Select[str, datetime | None]:
    """A query for deliveries that are due: of each comment only the first, and none while one of it is on its way.

    `waits_until` is set where an earlier delivery of the comment failed and is tried again then.
    """
    before = aliased(WebhookDelivery)
    of_same_comment = (
        before.comment_id == WebhookDelivery.comment_id,
        (before.endpoint_id == WebhookDelivery.endpoint_id).is_(True),  # not by its index: a comment has few deliveries
        before.id < WebhookDelivery.id,
    )
    in_hand = or_(before.next_attempt_at <= moment, before.leased_until > moment)
    # Not `exists`: PostgreSQL would join all that waits before it takes the first few.
    first_in_hand = select(before.id).where(*of_same_comment, in_hand).limit(1).scalar_subquery()
    failed = before.attempts > 0  # what is only held for its grace keeps no later decision waiting
    waits_until = select(func.max(before.next_attempt_at)).where(*of_same_comment, failed).scalar_subquery()
    return (
        select(WebhookDelivery.id, waits_until.label("waits_until"))
        .where(WebhookDelivery.endpoint_id == endpoint_id, *_is_due(moment), first_in_hand.is_(None))
        .order_by(WebhookDelivery.next_attempt_at, WebhookDelivery.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=WebhookDelivery)  # an undo may be cancelling it just now
    )


def _postpone(session: Session, rows: Sequence[Row[str, datetime | None]]) -> None:
    """Let each of these deliveries wait as long as the one that it has to follow, so that nobody looks at it before."""
    if rows:
        session.connection().execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.id == bindparam("late_id"))
            .values(next_attempt_at=bindparam("waits_until")),
            [{"late_id": row.id, "waits_until": row.waits_until} for row in rows],
        )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What follows from an attempt: its result, and the delivery's columns."""

    result: Result
    attempts: int
    next_attempt_at: datetime | None
    delivered_at: datetime | None


def _outcome(row: Any, attempt: Attempt, moment: datetime, spread: float) -> _Outcome:
    """`row` has the delivery's columns, from before the attempt; `spread` stretches a pause."""
    attempts: int = row.attempts + 1
    if row.delivered_at is not None:  # by another process, after our lease had run out
        return _Outcome("delivered", attempts, row.next_attempt_at, row.delivered_at)
    if attempt.failure is None:
        return _Outcome("delivered", attempts, None, moment)
    if attempt.failure.kind == "gone":
        return _Outcome("gone", attempts, None, None)
    if row.next_attempt_at is None or attempts > len(PAUSES):  # None: a later decision took its place meanwhile
        return _Outcome("given_up", attempts, None, None)
    pause = PAUSES[attempts - 1] * spread
    result: Result = "refused" if attempt.failure.kind == "refused" else "failed"
    return _Outcome(result, attempts, moment + timedelta(seconds=pause), None)


def _attempt_row(delivery_id: str, attempt: Attempt) -> dict[str, Any]:
    return {
        "id": clock.new_id("t", attempt.at),
        "delivery_id": delivery_id,
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
