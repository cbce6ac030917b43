"""Follows what is wrong, and writes to the people who want to hear of it: once when it begins, once when it is over.

Everything is in the database: what began, who was told, what has still to leave. So a clock that is started anew tells
nothing twice. Of several clocks one looks at a time: who looks holds a row of `watermarks`, and the others see there
that it was just done. Messages leave by `sending.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from moderation import clock
from moderation.alerts import channels
from moderation.alerts.conditions import KINDS, Condition, Looking
from moderation.intake.queues import Queues
from moderation.people import roles
from moderation.settings import Settings
from moderation.store import Store, insert_missing
from moderation.tables import Alert, AlertChannel, AlertMessage, Membership, Site, User, Watermark

#: What was looked at so recently is not looked at again.
JUST_NOW = timedelta(seconds=15)
#: How long what is over is kept, and what was sent.
KEPT = timedelta(days=7)
#: The message that an alert is over waits so long for the message that it began, which may be on its way just now.
IN_FLIGHT = timedelta(seconds=60)
#: The row that says when somebody last looked.
MARK = "alerts"

log = structlog.get_logger(__name__)


class Watching:
    """Looks, and writes messages. One for each clock process; not shared between threads."""

    def __init__(self, settings: Settings, store: Store, queues: Queues) -> None:
        self._store, self._looking = store, Looking(settings, queues)

    def check(self) -> None:
        """Look at everything, and note what began and what is over.

        Raises:
            moderation.store.AWAY: the database is away.
        """
        with self._store.read() as session:
            wrong = self._looking.now(session)
        with self._store.write() as session:
            moment = clock.now()
            if _take_turn(session, moment):
                _follow(session, wrong, moment)
                _forget_old(session, moment)


def _take_turn(session: Session, moment: datetime) -> bool:
    """Whether it is this process's turn. It holds the row until its transaction ends."""
    insert_missing(session, Watermark, [{"name": MARK, "position": ""}])
    mark = session.get_one(Watermark, MARK, with_for_update=True)
    if mark.position and moment - JUST_NOW < datetime.fromisoformat(mark.position) <= moment:
        return False
    mark.position = moment.isoformat()
    return True


def _follow(session: Session, wrong: Mapping[str, Condition], moment: datetime) -> None:
    alerts = {alert.key: alert for alert in session.scalars(select(Alert).where(Alert.ended_at.is_(None)))}
    names = dict(iter(session.execute(select(Site.id, Site.name))))
    for key, condition in wrong.items():
        if condition.site_id is not None and condition.site_id not in names:
            continue  # the site was removed meanwhile
        alert = alerts.get(key)
        if alert is None:
            alert = _note(session, condition, moment)
        alert.last_seen_at, alert.number = moment, condition.number
        if alert.began_at is None and moment - alert.first_seen_at >= KINDS[alert.kind].steady:
            alert.began_at = moment
            log.warning("alert.began", alert=alert.key, number=alert.number)
            _tell_began(session, alert, names.get(alert.site_id or ""))
    archived = roles.archived(session)
    for alert in (alerts[key] for key in alerts.keys() - wrong.keys()):
        _see_gone(session, alert, names, moment, archived=alert.site_id in archived)


def _note(session: Session, condition: Condition, moment: datetime) -> Alert:
    alert = Alert(
        id=clock.new_id("al", moment),
        key=condition.key,
        kind=condition.kind,
        site_id=condition.site_id,
        number=condition.number,
        first_seen_at=moment,
        last_seen_at=moment,
        began_at=None,
        ended_at=None,
    )
    session.add(alert)
    session.flush()
    return alert


def _see_gone(session: Session, alert: Alert, names: Mapping[str, str], moment: datetime, *, archived: bool) -> None:
    """End an alert whose condition has not been seen for long enough. One about an archived site ends at once."""
    kind, site = KINDS.get(alert.kind), names.get(alert.site_id or "")
    if alert.began_at is None or kind is None:
        session.delete(alert)
    elif archived or moment - alert.last_seen_at >= kind.calm:
        alert.ended_at = moment
        log.info("alert.ended", alert=alert.key)
        _tell_ended(session, alert, f"{site} was archived." if archived else kind.ended(site))


def _tell_began(session: Session, alert: Alert, site: str | None) -> None:
    text = KINDS[alert.kind].sentence(alert.number, site)
    for channel in _listening(session, alert):
        session.add(channels.message(channel.id, alert.id, "began", text))


def _tell_ended(session: Session, alert: Alert, text: str) -> None:
    """Write to whoever was told that it began. A message of its beginning that has not left is not sent any more."""
    told = select(AlertMessage).where(AlertMessage.alert_id == alert.id, AlertMessage.about == "began")
    for began in session.scalars(told.with_for_update()).all():
        delay = timedelta() if began.sent_at is not None else IN_FLIGHT
        began.next_attempt_at = None
        session.add(channels.message(began.channel_id, alert.id, "ended", text, delay=delay))


def _listening(session: Session, alert: Alert) -> Iterator[AlertChannel]:
    """The channels whose people want to hear of this at once, and may see the site that it is about."""
    query = (
        select(AlertChannel, User)
        .join(User, User.id == AlertChannel.user_id)
        .where(AlertChannel.hour.is_(None), User.disabled_at.is_(None))
        .order_by(AlertChannel.id)
    )
    rows = session.execute(query).all()
    on_sites: defaultdict[str, set[str]] = defaultdict(set)
    of_people = Membership.user_id.in_({user.id for _, user in rows if user.role == "none"})
    for user_id, site_id in session.execute(select(Membership.user_id, Membership.site_id).where(of_people)):
        on_sites[user_id].add(site_id)
    for channel, user in rows:
        sites = on_sites[user.id]
        may_see = user.role != "none" or (bool(sites) if alert.site_id is None else alert.site_id in sites)
        if may_see and alert.kind in channel.kinds.split():
            yield channel


def _forget_old(session: Session, moment: datetime) -> None:
    old = moment - KEPT
    session.execute(delete(Alert).where(Alert.ended_at < old))
    session.execute(delete(AlertMessage).where(AlertMessage.created_at < old, AlertMessage.next_attempt_at.is_(None)))
