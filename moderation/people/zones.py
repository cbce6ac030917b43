"""Where a person's days and hours are: the time zone that they have chosen."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from moderation.tables import User


@cache
def names() -> tuple[str, ...]:
    """The zones that can be chosen, those with a place in their name, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))


def of(user: User) -> ZoneInfo:
    """The person's zone. UTC where they chose none."""
    return named(user.zone)


def named(name: str | None) -> ZoneInfo:
    """The zone of this name. UTC where there is none, and where this machine does not know it."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def day_began(user: User, moment: datetime) -> datetime:
    """When the person's day began that has this moment."""
    return moment.astimezone(of(user)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def next_hour(user: User, hour: int, after: datetime) -> datetime:
    """The next time after `after` that it is this hour on the person's clock, once a day."""
    local = after.astimezone(of(user))
    at = day_began(user, after).replace(hour=hour)
    while at <= local or at.timestamp() <= after.timestamp():
        at += timedelta(days=1)
    return at
