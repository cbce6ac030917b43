"""When a site holds every comment by itself: nights, weekends. Pure: the moment is given, never read.

A stored document is `{"time_zone": "Europe/Berlin", "spans": [{"days": ["mon"], "start": "22:00", "end": "06:00"}]}`.
A span that ends at or before its start ends on the day after.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import get_day_names

from texts import translation
from texts.translation import gettext

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Spans that a site may have, and characters of a time zone's name.
MOST_SPANS, LONGEST_ZONE = 7, 64
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_A_DAY = timedelta(days=1)
#: A hold that goes on for this long is told as one without an end.
_LONGEST_HOLD = timedelta(days=8)


class NoTimes(ValueError):
    """These are no times that a site could hold at. `field` is where: `time_zone`, or `spans.0.start` and the like."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Span:
    """A time of some days of the week, in minutes since midnight; `end` counts on into the next day."""

    days: frozenset[int]
    start: int
    end: int

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its first and last moment where it begins on this day.

        A time that a clock shows twice begins the first time and ends the second. One that no clock shows, where they
        are put forward, is taken as clocks would show it before and after that. So a span is never too short.
        """
        return min(_moments(day, self.start, zone)), max(_moments(day, self.end, zone))


@dataclass(frozen=True, slots=True)
class HoldTimes:
    """The times at which a site holds every comment."""

    spans: tuple[Span, ...] = ()
    zone: ZoneInfo | None = None

    def until(self, moment: datetime | None) -> datetime | None:
        """When the hold of this moment ends; None where there is none. One for ever ends in eight days."""
        if moment is None or self.zone is None:
            return None
        end = moment
        while end < moment + _LONGEST_HOLD:
            later = max((last for first, last in self._around(end) if first <= end < last), default=None)
            if later is None:
                break
            end = later
        return None if end == moment else min(end, moment + _LONGEST_HOLD)

    def are_now(self, moment: datetime | None) -> bool:
        """Whether every comment is held at this moment."""
        return any(first <= moment < last for first, last in self._around(moment)) if moment is not None else False

    def told(self, end: datetime) -> str:
        """An end as the site's clocks show it: `Monday 06:00 (Europe/Berlin)`."""
        local = end.astimezone(self.zone)
        return f"{local:%A %H:%M} ({self.zone})"

    def _around(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans that may include a moment: those that begin on its day or the day before."""
        if self.zone is None:
            return
        today = moment.astimezone(self.zone).date()
        for back in range(2):
            day = today - back * _A_DAY
            yield from (span.on(day, self.zone) for span in self.spans if day.weekday() in span.days)


def compile_times(document: Mapping[str, Any]) -> HoldTimes:
    """The times that a document describes.

    Raises:
        NoTimes: it describes none; the message says what is wrong and where.
    """
    spans = document.get("spans") or []
    if not spans:
        return HoldTimes()
    if len(spans) > MOST_SPANS:
        raise NoTimes("spans", f"There are {len(spans)} times; at most {MOST_SPANS} fit.")
    zone = read_zone(str(document.get("time_zone") or ""))
    return HoldTimes(tuple(_read_span(f"spans.{number}", span) for number, span in enumerate(spans)), zone)


def read_zone(name: str) -> ZoneInfo:
    """The time zone of this name.

    Raises:
        NoTimes: there is none.
    """
    if not name:
        raise NoTimes("time_zone", "Name the time zone of these times, such as Europe/Berlin.")
    if name not in _zones():
        alike = [zone for zone in sorted(_zones()) if name.casefold() in zone.casefold()][:3] if len(name) > 2 else []
        perhaps = f" Perhaps {' or '.join(alike)}?" if alike else " Names are such as Europe/Berlin."
        raise NoTimes("time_zone", f"There is no time zone “{name[:LONGEST_ZONE]}”.{perhaps}")
    return ZoneInfo(name)


def describe(document: Mapping[str, Any]) -> str:
    """The times in words: `Mon to Fri 22:00 to 06:00; Sat, Sun all day (Europe/Berlin)`."""
    spans = document.get("spans") or []
    if not spans:
        return gettext("never")
    lines = [f"{_days(span['days'])} {_hours(span['start'], span['end'])}" for span in spans]
    return f"{'; '.join(lines)} ({document.get('time_zone')})"


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _read_span(place: str, span: Mapping[str, Any]) -> Span:
    days = span.get("days") or []
    if not days or not set(days) <= set(DAYS):
        raise NoTimes(f"{place}.days", f"Name the days on which it begins: {', '.join(DAYS)}.")
    start, end = (_minutes(f"{place}.{edge}", span.get(edge)) for edge in ("start", "end"))
    later = end if end > start else end + 24 * 60  # the same time twice is a whole day
    return Span(frozenset(DAYS.index(day) for day in days), start, later)


def _minutes(place: str, text: Any) -> int:
    if text == "24:00" and place.endswith("end"):
        return 24 * 60
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise NoTimes(place, "Give a time such as 22:00.")
    return int(text[:2]) * 60 + int(text[3:])


def _moments(day: date, minutes: int, zone: ZoneInfo) -> list[datetime]:
    """The moments, in UTC, that clocks may mean by a time of a day: two where they are set back or forward."""
    local = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=minutes)
    return [local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]


def _days(days: Sequence[str]) -> str:
    numbers = sorted(DAYS.index(day) for day in days)
    names = get_day_names("abbreviated", locale=translation.current())
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return gettext("%(first)s to %(last)s", first=names[numbers[0]], last=names[numbers[-1]])
    return ", ".join(names[number] for number in numbers)


def _hours(start: str, end: str) -> str:
    if (start, end) in (("00:00", "24:00"), ("00:00", "00:00")):
        return gettext("all day")
    return gettext("%(start)s to %(end)s", start=start, end=end)
