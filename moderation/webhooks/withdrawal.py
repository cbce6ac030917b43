"""Withdraws deliveries that must not leave any more: a later decision took their place, or the decision was undone.

A delivery that may have left cannot be withdrawn: one that was tried, or that a process is sending now.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from moderation import clock
from moderation.tables import WebhookAttempt, WebhookDelivery
from moderation.webhooks import catalogue


def replace_waiting(session: Session, comment_id: str, at: datetime) -> None:
    """Withdraw the decisions that wait for the end of their grace: they would arrive after the decision of `at`.

    The outcome of an appeal is not withdrawn: it stays true, whatever is decided next.
    """
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.comment_id == comment_id,
            WebhookDelivery.attempts == 0,
            WebhookDelivery.leased_until.is_(None),
            WebhookDelivery.next_attempt_at > clock.now(),
            WebhookDelivery.event.in_(catalogue.REPLACING),
        )
        .values(next_attempt_at=None, cancelled_at=at)
        .execution_options(synchronize_session=False)
    )


def replace_undelivered(session: Session, comment_id: str, endpoint_id: str, at: datetime) -> None:
    """Withdraw what one endpoint has not yet been told of a comment: the decision of `at` is all that it needs."""
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.comment_id == comment_id,
            WebhookDelivery.endpoint_id == endpoint_id,
            WebhookDelivery.next_attempt_at.is_not(None),
        )
        .values(next_attempt_at=None, cancelled_at=at)
        .execution_options(synchronize_session=False)
    )


def take_back_answer(session: Session, comment_id: str, version: int) -> bool:
    """Cancel the deliveries that tell the outcome of the appeal against `version`, unless one may have left already.

    Returns whether nobody has heard of the outcome.
    """
    deliveries = _answers(session, comment_id, version, lock=True)
    if any(map(_may_have_left, deliveries)):
        return False
    for delivery in deliveries:
        delivery.next_attempt_at, delivery.cancelled_at = None, clock.now()
    session.flush()
    return True


def answer_has_left(session: Session, comment_id: str, version: int) -> bool:
    """Whether a site may have been told already how the appeal against `version` ended."""
    return any(map(_may_have_left, _answers(session, comment_id, version)))


def _answers(session: Session, comment_id: str, version: int, *, lock: bool = False) -> list[WebhookDelivery]:
    query = select(WebhookDelivery).where(
        WebhookDelivery.comment_id == comment_id,
        WebhookDelivery.event == catalogue.APPEAL_DECIDED.name,
        WebhookDelivery.cancelled_at.is_(None),
    )
    query = query.order_by(WebhookDelivery.id)
    deliveries = session.scalars(query.with_for_update() if lock else query)
    return [one for one in deliveries if one.payload["data"]["version"] == version]


def _may_have_left(delivery: WebhookDelivery) -> bool:
    return bool(delivery.attempts or delivery.leased_until or delivery.delivered_at)


def take_back(session: Session, comment_id: str, version: int, decided_at: datetime | None) -> set[str]:
    """Cancel the waiting deliveries of the decision that made `version`, in the caller's transaction.

    Returns the ids of the endpoints that may have heard of the decision. For the others it is as if it had never been:
    what it had withdrawn there waits again.
    """
    # `attempts` starts at 0 again when somebody sends a delivery once more, so the attempts themselves are asked.
    tried = exists().where(WebhookAttempt.delivery_id == WebhookDelivery.id)
    # This waits for a process that is claiming, and then sees its lease; `deliveries.claim` skips rows locked here.
    rows = session.execute(
        select(
            WebhookDelivery.id,
            WebhookDelivery.endpoint_id,
            WebhookDelivery.attempts,
            WebhookDelivery.leased_until,
            WebhookDelivery.delivered_at,
            tried.label("tried"),
        )
        .where(WebhookDelivery.comment_id == comment_id, WebhookDelivery.version == version)
        .order_by(WebhookDelivery.id)
        .with_for_update()
    ).all()
    untouched = [
        row.id for row in rows if not (row.tried or row.attempts or row.leased_until or row.delivered_at is not None)
    ]
    may_have_heard = {row.endpoint_id for row in rows if row.id not in untouched}
    if decided_at is not None:
        _restore(session, comment_id, decided_at, but=may_have_heard)
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_(untouched))
        .values(next_attempt_at=None, cancelled_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return may_have_heard


def _restore(session: Session, comment_id: str, decided_at: datetime, *, but: Collection[str]) -> None:
    """Let the deliveries wait again that the decision of `decided_at` had withdrawn, but for these endpoints."""
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.comment_id == comment_id,
            WebhookDelivery.cancelled_at == decided_at,
            WebhookDelivery.delivered_at.is_(None),
            WebhookDelivery.endpoint_id.not_in(but),
        )
        .values(next_attempt_at=clock.now(), cancelled_at=None)
        .execution_options(synchronize_session=False)
    )
