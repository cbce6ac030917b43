"""What the console shows of alerts: those that have begun and are not over, on the sites that a person may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from moderation import clock
from moderation.alerts.conditions import KINDS
from moderation.alerts.watching import MARK
from moderation.tables import Alert, AlertChannel, Watermark

#: A clock that has not looked for so long does not run.
SILENT = timedelta(minutes=5)

_ORDER = {name: number for number, name in enumerate(KINDS)}


def current(session: Session, site_ids: Collection[str]) -> Sequence[Alert]:
    """The alerts that are on, about these sites or about all, the gravest kind first."""
    about = or_(Alert.site_id.is_(None), Alert.site_id.in_(site_ids))
    query = select(Alert).where(Alert.ended_at.is_(None), Alert.began_at.is_not(None), about, Alert.kind.in_(_ORDER))
    return sorted(session.scalars(query), key=lambda alert: (_ORDER[alert.kind], alert.id))


def silent_since(session: Session) -> datetime | None:
    """When the clock last looked, if that is too long ago; None while it looks, and where it never has."""
    position = session.scalar(select(Watermark.position).where(Watermark.name == MARK))
    if not position:
        return None
    at = datetime.fromisoformat(position)
    return at if clock.now() - at > SILENT else None


def channels_fail_since(session: Session, user_id: str) -> datetime | None:
    """Since when one of the person's channels takes nothing; None where all do."""
    return session.scalar(select(func.min(AlertChannel.failing_since)).where(AlertChannel.user_id == user_id))
