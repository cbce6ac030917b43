"""What the statistics show as one table, for a spreadsheet: a number a line, with what it is of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from moderation.decisions.second_looks import Agreement
from service.console.plots import Plot
from service.console.statistics.figures import Figure, Teammate
from texts import wording

COLUMNS = ("part", "name", "of", "number", "value")
#: A figure's unit -> how the file names it.
_UNITS = {"": "", "share": " (share)", "seconds": " (seconds)"}

#: Whose decisions second looks are at -> how the file says so.
_DECISIONS_OF = {"moderators": "moderators’ decisions", "policy": "the policy’s decisions"}


def rows(
    headlines: Iterable[Figure],
    team: Iterable[Teammate],
    people: Mapping[str, str],
    plots: Mapping[str, Sequence[Plot]],
    days: Mapping[str, str],
    *,
    second_looks: Mapping[str, Sequence[Agreement]],
) -> Iterator[dict[str, Any]]:
    """The file's rows. `people` are names by actor, `plots` those of each part of the page; `days` by what plots call
    them, `second_looks` by whose decisions they are at."""
    for figure in headlines:
        name = figure.name + _UNITS[figure.unit]
        yield _row("Headlines", name, "this period", "", figure.now)
        yield _row("Headlines", name, "the period before", "", figure.before)
    for one in team:
        for number, value in _of_teammate(one):
            yield _row("Team", people.get(one.actor, one.actor), "this period", number, value)
    for whose, rows_of in second_looks.items():
        for label, pairs, kappa in rows_of:
            yield _row("Second looks", wording.named(label), _DECISIONS_OF[whose], "Pairs", pairs)
            yield _row("Second looks", wording.named(label), _DECISIONS_OF[whose], "Cohen’s kappa", kappa)
    for part, of_part in plots.items():
        for plot in of_part:
            for line in plot.exact or plot.rows:
                of = str(line[0])
                name, comma, hour = of.partition(", ")
                for number, cell in zip(plot.header[1:], line[1:], strict=True):
                    yield _row(part, plot.title, days.get(name, name) + comma + hour, number, _plain(cell))


def _of_teammate(one: Teammate) -> Iterator[tuple[str, float | None]]:
    yield "Decisions", one.decisions
    yield "Decisions in the period before", one.before
    yield "Median from one to the next (seconds)", one.pace
    if one.of_admin is not None:
        yield "Overturned by others", one.of_admin.overturned
        yield "Second looks", one.of_admin.looks
        yield "Second looks that agreed", one.of_admin.agreed


def _row(part: str, name: str, of: str, number: str, value: object) -> dict[str, Any]:
    shown = "" if value is None else round(value, 4) if isinstance(value, float) else value
    return {"part": part, "name": name, "of": of, "number": number, "value": shown}


def _plain(value: object) -> object:
    """A cell of a plot's table as a spreadsheet can count with it."""
    return value.replace(",", "") if isinstance(value, str) else value
