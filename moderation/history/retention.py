"""Deletes what is not kept for ever: deliveries with their attempts, ended sessions, look-alikes, and feedback."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import InstrumentedAttribute

from moderation import clock
from moderation.review.lookalikes import REMEMBERED
from moderation.store import Store
from moderation.tables import Feedback, LookalikeBand, LookalikeGroup, UserSession, WebhookDelivery

RETENTION = timedelta(days=30)
#: How long feedback (labelled examples) is kept for training.
FEEDBACK_KEPT = timedelta(days=730)
#: Rows deleted in one transaction: few, so that nobody waits long to write.
_STEP = 500


@dataclass(frozen=True, slots=True)
class _Old:
    """What of a table is too old, by the key that it is deleted by; and the column whose index finds it."""

    key: InstrumentedAttribute[Any]
    condition: ColumnElement[bool]
    along: InstrumentedAttribute[Any]


def purge(store: Store, *, seconds: float | None = None) -> int:
    """Delete what is too old, in small steps, for about `seconds`; None: all of it. Returns how many rows were deleted.

    What is left over is done by the next call.
    """
    until = None if seconds is None else time.monotonic() + seconds
    deleted, tables = 0, _tables()
    random.shuffle(tables)  # so that one with much to do does not come first each time
    for old in tables:
        while until is None or time.monotonic() < until:
            step = _delete(store, old)
            deleted += step
            if not step:
                break
    return deleted


def _tables() -> list[_Old]:
    moment = clock.now()
    message, example = clock.new_id("msg", moment - RETENTION), clock.new_id("f", moment - FEEDBACK_KEPT)
    band, group, session = LookalikeBand, LookalikeGroup, UserSession
    return [
        # Ids sort by time, so the primary key finds the old ones.
        _Old(WebhookDelivery.id, WebhookDelivery.id < message, along=WebhookDelivery.id),
        _Old(Feedback.id, Feedback.id < example, along=Feedback.id),
        _Old(band.band, band.seen_at < moment - REMEMBERED, along=band.seen_at),
        _Old(group.group_id, group.last_at < moment - RETENTION, along=group.last_at),
        _Old(session.digest, session.expires_at < moment, along=session.expires_at),
    ]


def _delete(store: Store, old: _Old) -> int:
    """Delete some rows; 0: there are no more."""
    with store.read() as session:
        keys = session.scalars(select(old.key).where(old.condition).order_by(old.along).limit(_STEP)).all()
    if keys:
        with store.write() as session:
            too_old = delete(old.key.class_).where(old.key.in_(keys), old.condition)
            session.execute(too_old.execution_options(synchronize_session=False))
    return len(keys)
