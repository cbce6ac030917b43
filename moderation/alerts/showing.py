"""What the console shows of alerts: those that have begun and are not over, on the sites that a person may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, or_, select
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
    alerts = session.scalars(_CURRENT, {"sites": list(site_ids)})
    return sorted(alerts, key=lambda alert: (_ORDER[alert.kind], alert.id))


def silent_since(session: Session) -> datetime | None:
    """When the clock last looked, if that is too long ago; None while it looks, and where it never has."""
    position = session.scalar(_LOOKED)
    if not position:
        return None
    at = datetime.fromisoformat(position)
    return at if clock.now() - at > SILENT else None


def channels_fail_since(session: Session, user_id: str) -> datetime | None:
    """Since when one of the person's channels takes nothing; None where all do."""
    return session.scalar(_FAILING, {"user": user_id})


# Every page of the console asks these. They are built once, because building one takes longer than running it.
_LOOKED = select(Watermark.position).where(Watermark.name == MARK)
_FAILING = select(func.min(AlertChannel.failing_since)).where(AlertChannel.user_id == bindparam("user"))
_SITES: BindParameter[Any] = bindparam("sites", expanding=True)
_CURRENT = select(Alert).where(
    Alert.ended_at.is_(None),
    Alert.began_at.is_not(None),
    or_(Alert.site_id.is_(None), Alert.site_id.in_(_SITES)),
    Alert.kind.in_(_ORDER),
)
