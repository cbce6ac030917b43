"""Deliveries that are not to leave any more: a later decision took their place, or the decision was taken back.

What may have left cannot be withdrawn: a delivery that was tried, or that some process has in its hands.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from moderation import clock
from moderation.tables import WebhookAttempt, WebhookDelivery
from moderation.webhooks import catalogue


def replace_waiting(session: Session, comment_id: str, at: datetime) -> None:
    """Withdraw the decisions that wait for the end of their grace: sent then, they would come after the one of `at`.

    How an appeal ended stays true, whatever is decided next.
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
    """Withdraw all that one endpoint has not taken yet of a comment: the decision of `at` is all that it needs."""
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
    """Cancel what waits to tell how the appeal against `version` ended, unless some of it may have left already.

    Gives whether nobody has heard of it.
    """
    rows = _answers(session, comment_id, version, lock=True)
    if any(map(_may_have_left, rows)):
        return False
    for one in rows:
        one.next_attempt_at, one.cancelled_at = None, clock.now()
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
    found = session.scalars(query.with_for_update() if lock else query)
    return [one for one in found if one.payload["data"]["version"] == version]


def _may_have_left(delivery: WebhookDelivery) -> bool:
    return bool(delivery.attempts or delivery.leased_until or delivery.delivered_at)


def take_back(session: Session, comment_id: str, version: int, decided_at: datetime | None) -> set[str]:
    """Cancel what the decision that made `version` has waiting, in the caller's transaction.

    Returns the endpoints that may have heard of it. To the others the world is as it was: what the decision had
    withdrawn there waits again.
    """
    # A delivery that is sent once more begins to count its attempts anew: what was tried is known by its attempts.
    tried = exists().where(WebhookAttempt.delivery_id == WebhookDelivery.id)
    # Waits for a process that is claiming just now, and then sees its lease; `deliveries.claim` passes over our rows.
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
    told = {row.endpoint_id for row in rows if row.id not in untouched}
    moment = clock.now()
    if decided_at is not None:
        session.execute(
            update(WebhookDelivery)
            .where(
                WebhookDelivery.comment_id == comment_id,
                WebhookDelivery.cancelled_at == decided_at,
                WebhookDelivery.delivered_at.is_(None),
                WebhookDelivery.endpoint_id.not_in(told),
            )
            .values(next_attempt_at=moment, cancelled_at=None)
            .execution_options(synchronize_session=False)
        )
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_(untouched))
        .values(next_attempt_at=None, cancelled_at=moment)
        .execution_options(synchronize_session=False)
    )
    return told
