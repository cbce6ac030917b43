"""Digests: once a day, at the hour that a person chose, what is wrong and what waits on their sites."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from moderation import clock
from moderation.alerts import channels, showing
from moderation.alerts.conditions import KINDS
from moderation.people import roles, zones
from moderation.review import review_counts
from moderation.review.review_pages import COUNT_UP_TO
from moderation.store import Store
from moderation.tables import Alert, AlertChannel, Site, User
from texts import wording

#: So many alerts, and so many sites, are named.
MOST_NAMED = 10
_DAY = timedelta(days=1)


def write_due(store: Store) -> int:
    """Write the digests whose hour has come. Returns how many there were to write; of nothing none is written.

    A digest is due once: whoever moves `next_digest_at` on writes it, in the same transaction.
    """
    with store.read() as session:
        due = select(AlertChannel, User).join(User, User.id == AlertChannel.user_id)
        due = due.where(AlertChannel.next_digest_at <= clock.now(), User.disabled_at.is_(None))
        rows = [(channel, user, _text(session, channel, user)) for channel, user in session.execute(due.limit(100))]
    for channel, user, text in rows:
        with store.write() as session:
            following = zones.next_hour(user, channel.hour or 0, clock.now())
            mine = update(AlertChannel).where(
                AlertChannel.id == channel.id, AlertChannel.next_digest_at == channel.next_digest_at
            )
            moved = session.execute(mine.values(next_digest_at=following).returning(AlertChannel.id)).all()
            if moved and text:
                session.add(channels.message(channel.id, None, "digest", text))
    return len(rows)


def _text(session: Session, channel: AlertChannel, user: User) -> str:
    sites = list(roles.by_site(session, user))
    names = dict(
        iter(session.execute(select(Site.id, Site.name).where(Site.id.in_(sites), Site.archived_at.is_(None))))
    )
    lines = [*_alerts(session, channel, names), *_waiting(session, names)]
    return "\n".join(lines)


def _alerts(session: Session, channel: AlertChannel, names: dict[str, str]) -> Iterator[str]:
    chosen = channel.kinds.split()
    on = [alert for alert in showing.current(session, list(names)) if alert.kind in chosen]
    for alert in on[:MOST_NAMED]:
        assert alert.began_at is not None
        yield f"{KINDS[alert.kind].sentence(alert.number, names.get(alert.site_id or ''))} {_since(alert.began_at)}"
    if len(on) > MOST_NAMED:
        yield f"And {len(on) - MOST_NAMED} more."
    over = select(Alert).where(
        Alert.ended_at > clock.now() - _DAY,
        or_(Alert.site_id.is_(None), Alert.site_id.in_(names)),
        Alert.kind.in_(chosen),
    )
    for alert in session.scalars(over.order_by(Alert.ended_at).limit(MOST_NAMED)):
        yield KINDS[alert.kind].ended(names.get(alert.site_id or ""))


def _since(moment: datetime) -> str:
    return f"It began {wording.ago((clock.now() - moment).total_seconds())}."


def _waiting(session: Session, names: dict[str, str]) -> Iterator[str]:
    counts = {site_id: number for site_id, number in review_counts.by_site(session, list(names)).items() if number}
    longest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    for site_id, number in longest[:MOST_NAMED]:
        more = " or more" if number > COUNT_UP_TO else ""
        waits = wording.counted(number, "{} comment waits", f"{{}}{more} comments wait")
        yield f"{names[site_id]}: {waits} for a moderator."
    if len(longest) > MOST_NAMED:
        yield f"Comments wait on {len(longest) - MOST_NAMED} more sites."
