"""The times at which a site holds every comment, as its policy's page has them: a row of fields for each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel.dates import get_day_names

from moderation import clock
from moderation.policy import hold_times
from moderation.policy.hold_times import DAYS, LONGEST_ZONE, MOST_SPANS, HoldTimes, NoTimes
from service import forms
from service.console.retold import retold
from texts import translation
from texts.translation import gettext

#: The policy's field, and the beginning of the names of the form's.
FIELD = "hold_times"
ZONE = f"{FIELD}.time_zone"


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of a time. `days`: the field's name, the day, the day in short, and whether it is ticked."""

    number: int
    days: Sequence[tuple[str, str, str, bool]]
    start: str
    end: str


def read(
    fields: Mapping[str, str], document: Mapping[str, Any], errors: dict[str, list[str]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The times that were filled in, or those of the `document` where they are none; and the texts of the fields."""
    if ZONE not in fields:  # the form of before an upgrade, or of another program: they stay as they are
        stored = document.get(FIELD, {})
        return stored, values({FIELD: stored})
    texts: dict[str, Any] = {ZONE: forms.text(ZONE, most=LONGEST_ZONE, fields=fields)}
    spans, numbers = [], []
    for number in range(MOST_SPANS):
        days = [day for day in DAYS if f"{FIELD}.{number}.{day}" in fields]
        edges = {edge: forms.text(f"{FIELD}.{number}.{edge}", most=5, fields=fields) for edge in ("start", "end")}
        texts |= {f"{FIELD}.{number}.{day}": True for day in days}
        texts |= {f"{FIELD}.{number}.{edge}": text for edge, text in edges.items()}
        if days or any(edges.values()):
            spans.append({"days": days} | edges)
            numbers.append(number + 1)
    times = {"time_zone": texts[ZONE], "spans": spans} if spans else {}
    try:
        hold_times.compile_times(times)
    except NoTimes as error:
        _, _, place = error.field.partition(".")
        fault = retold(str(error))
        if place:
            number = numbers[int(place.partition(".")[0])]
            fault = gettext("Time %(number)s: %(fault)s", number=number, fault=fault)
        errors[FIELD] = [fault]
        times = document.get(FIELD, {})
    return times, texts


def values(document: Mapping[str, Any]) -> dict[str, Any]:
    """The texts of the fields for stored times."""
    times = document.get(FIELD, {})
    texts: dict[str, Any] = {ZONE: times.get("time_zone", "")}
    for number, span in enumerate(times.get("spans", ())):
        texts |= {f"{FIELD}.{number}.{day}": True for day in span["days"]}
        texts |= {f"{FIELD}.{number}.{edge}": span[edge] for edge in ("start", "end")}
    return texts


def rows(texts: Mapping[str, Any]) -> list[Row]:
    """The rows that the form shows: those with something in them, and an empty one."""
    names, short = (get_day_names(width, locale=translation.current()) for width in ("wide", "abbreviated"))
    found = [
        Row(
            number,
            [
                (f"{FIELD}.{number}.{day}", names[at], short[at], bool(texts.get(f"{FIELD}.{number}.{day}")))
                for at, day in enumerate(DAYS)
            ],
            str(texts.get(f"{FIELD}.{number}.start", "")),
            str(texts.get(f"{FIELD}.{number}.end", "")),
        )
        for number in range(MOST_SPANS)
    ]
    last = max((row.number for row in found if row.start or row.end or any(day[-1] for day in row.days)), default=-1)
    return found[: last + 2]


def until_now(times: HoldTimes) -> str | None:
    """When the hold that is in force now ends, as the site's clocks show it."""
    end = times.until(clock.now())
    if end is None:
        return None
    local = end.astimezone(times.zone)
    day = get_day_names("wide", locale=translation.current())[local.weekday()]
    return f"{day} {local:%H:%M} ({times.zone})"
