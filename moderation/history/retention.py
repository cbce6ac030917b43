"""Deletes what is not kept for ever: deliveries with their attempts, ended sessions, look-alikes, and feedback."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from moderation import clock
from moderation.review.lookalikes import REMEMBERED
from moderation.store import Store
from moderation.tables import Feedback, LookalikeBand, UserSession, WebhookDelivery

RETENTION = timedelta(days=30)
#: How long feedback (labelled examples) is kept for training.
FEEDBACK_KEPT = timedelta(days=730)
#: Rows deleted in one transaction: few, so that nobody waits long to write.
_STEP = 500


def purge(store: Store, *, most: int = 50_000) -> int:
    """Delete what is too old, in small steps, at most about `most` rows of a table. Returns how many were deleted."""
    moment = clock.now()
    # Ids sort by time, so the primary key finds the old ones.
    expired = WebhookDelivery.id < clock.new_id("msg", moment - RETENTION)
    deleted = _delete(store, WebhookDelivery.id, expired, most)
    deleted += _delete(store, Feedback.id, Feedback.id < clock.new_id("f", moment - FEEDBACK_KEPT), most)
    deleted += _delete(store, LookalikeBand.band, LookalikeBand.seen_at < moment - REMEMBERED, most)
    return deleted + _delete(store, UserSession.digest, UserSession.expires_at < moment, most)


def _delete(store: Store, key: InstrumentedAttribute[Any], condition: ColumnElement[bool], most: int) -> int:
    deleted = 0
    while deleted < most:
        with store.read() as session:
            keys = session.scalars(select(key).where(condition).order_by(key).limit(_STEP)).all()
        if not keys:
            break
        with store.write() as session:
            session.execute(delete(key.class_).where(key.in_(keys)).execution_options(synchronize_session=False))
        deleted += len(keys)
    return deleted
