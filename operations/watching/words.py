"""An overview in words: sections of lines, for a screen or for a script."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from moderation.history.metrics import MOST_COUNTED
from moderation.settings import Settings
from operations.watching.overview import Overview
from operations.watching.rates import Rates
from texts import wording
from texts.controls import printable

Level = Literal["fine", "watch", "wrong"]
#: As many scoring processes are named.
_MOST_PROCESSES = 8


@dataclass(frozen=True)
class Line:
    """Something with its value, and whether that is as it should be."""

    name: str
    value: str
    level: Level = "fine"


@dataclass(frozen=True)
class Section:
    """Lines under a title."""

    title: str
    lines: tuple[Line, ...]


def sections(overview: Overview, rates: Rates | None, settings: Settings) -> list[Section]:
    """What there is to see. Without rates those are left out."""
    return [
        Section("Waiting", tuple(_waiting(overview, settings))),
        Section("Rates", tuple(_rates(overview, rates))),
        Section("Scoring processes", tuple(_processes(overview))),
        Section("Moderators", tuple(_moderators(overview, settings))),
        Section("Webhooks", tuple(_webhooks(overview))),
    ]


def as_text(parts: list[Section]) -> str:
    """The sections as plain lines, each with the same name at each time."""
    width = max(len(line.name) for section in parts for line in section.lines)
    return "\n\n".join(
        "\n".join([section.title.upper(), *(f"  {line.name:<{width}}  {line.value}" for line in section.lines)])
        for section in parts
    )


def _waiting(overview: Overview, settings: Settings) -> Iterator[Line]:
    of_redis, of_database = overview.redis, overview.database
    if isinstance(of_database, str):
        yield Line("database", printable(of_database), "wrong")
    else:
        age = of_database.present.oldest_pending_seconds
        level: Level = "wrong" if age > settings.alert_pending_seconds else "watch" if age > 30 else "fine"
        yield Line("oldest pending", wording.short_duration(age) if age else "none", level)
    if isinstance(of_redis, str):
        yield Line("redis", printable(of_redis), "wrong")
        return
    queue = of_redis.queue
    yield Line("to be scored", f"{queue['waiting']:,}")
    yield Line("being scored", f"{queue['leased']:,}")
    yield Line("to be tried again", f"{queue['retry']:,}", "watch" if queue["retry"] else "fine")
    names = {} if isinstance(of_database, str) else of_database.names
    for site_id, number in of_redis.longest.items():
        yield Line("of which", f"{number:,} of {printable(names.get(site_id, site_id))}")


def _rates(overview: Overview, rates: Rates | None) -> Iterator[Line]:
    if rates is None:
        away = isinstance(overview.redis, str)
        yield Line("rates", "not known while Redis is away" if away else "from the next look on")
        return
    yield Line("scored", f"{rates.scored:,.1f} a second")
    yield Line("decided", _each(rates.decided))
    yield Line("webhooks sent", _each(rates.attempts))
    yield Line(
        "decided within", f"{_bound(rates.half_within)} (half of them), {_bound(rates.most_within)} (95 of a hundred)"
    )
    yield Line("answered 503", f"{rates.unavailable:,.1f} a second", "wrong" if rates.unavailable else "fine")


def _processes(overview: Overview) -> Iterator[Line]:
    of_redis = overview.redis
    if isinstance(of_redis, str):
        yield Line("processes", "not known while Redis is away", "watch")
        return
    processes = of_redis.processes
    if not processes:
        yield Line("processes", "none lives; start `winnow worker`", "wrong")
        return
    busy = sum(process.state == "busy" for process in processes)
    yield Line("processes", f"{len(processes)}, {busy} of them busy")
    for process in processes[:_MOST_PROCESSES]:
        yield Line(process.state or "unknown", f"{printable(process.name)}, heard {process.silent_seconds:.0f} s ago")
    if len(processes) > _MOST_PROCESSES:
        yield Line("and", f"{len(processes) - _MOST_PROCESSES} more")


def _moderators(overview: Overview, settings: Settings) -> Iterator[Line]:
    if isinstance(overview.database, str):
        yield Line("review queue", "not known while the database is away", "watch")
        return
    present = overview.database.present
    age = present.oldest_review_seconds
    level: Level = "watch" if age > settings.alert_review_seconds else "fine"
    yield Line("review queue", _counted(present.review_items))
    yield Line("oldest in it", wording.short_duration(age) if age else "none", level)


def _webhooks(overview: Overview) -> Iterator[Line]:
    if isinstance(overview.database, str):
        yield Line("deliveries", "not known while the database is away", "watch")
        return
    yield Line("deliveries waiting", _counted(overview.database.present.deliveries))
    if not overview.database.failing:
        yield Line("failing", "none")
    for one in overview.database.failing:
        told = f"{printable(one.url)} of {printable(one.site)}: {_counted(one.waiting)} waiting. {printable(one.why)}"
        yield Line("failing", told, "wrong")


def _each(rates: Mapping[str, float]) -> str:
    return ", ".join(f"{rate:,.1f} {name}" for name, rate in rates.items()) + " a second" if rates else "none"


def _bound(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return "over an hour" if math.isinf(seconds) else wording.short_duration(seconds)


def _counted(number: int) -> str:
    return f"{number:,}" + (" or more" if number >= MOST_COUNTED else "")
