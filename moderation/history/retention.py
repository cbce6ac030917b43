"""What is not kept for ever: deliveries with their attempts, ended sessions, look-alikes, and people's examples."""

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
#: Models learn from what people said of texts in this time.
FEEDBACK_KEPT = timedelta(days=730)
#: Rows deleted in a transaction, so that nobody waits long for their turn to write.
_STEP = 500


def purge(store: Store, *, most: int = 50_000) -> int:
    """Delete what is too old, in small steps, at most about `most` rows of a table. Returns how many went."""
    moment = clock.now()
    # Ids sort by time, so the primary key finds the old ones.
    old = WebhookDelivery.id < clock.new_id("msg", moment - RETENTION)
    gone = _delete(store, WebhookDelivery.id, old, most)
    gone += _delete(store, Feedback.id, Feedback.id < clock.new_id("f", moment - FEEDBACK_KEPT), most)
    gone += _delete(store, LookalikeBand.band, LookalikeBand.seen_at < moment - REMEMBERED, most)
    return gone + _delete(store, UserSession.digest, UserSession.expires_at < moment, most)


def _delete(store: Store, key: InstrumentedAttribute[Any], condition: ColumnElement[bool], most: int) -> int:
    gone = 0
    while gone < most:
        with store.read() as session:
            keys = session.scalars(select(key).where(condition).order_by(key).limit(_STEP)).all()
        if not keys:
            break
        with store.write() as session:
            session.execute(delete(key.class_).where(key.in_(keys)).execution_options(synchronize_session=False))
        gone += len(keys)
    return gone
