"""Plots as marks to draw, each with a table of the same numbers. Pure: numbers in, geometry and words out.

The drawing is stretched to its frame, so marks are given in a box of `WIDTH` × `HEIGHT`. Words are text of the page
beside it, which stays readable on a small screen. Dots are lines without length with round ends, so they stay round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from texts import wording
from texts.translation import decimal, fixed, gettext, percent, written

WIDTH, HEIGHT = 1000.0, 200.0
_NICE = (2, 4, 6, 10, 20, 40, 60, 100)
_DURATIONS = (10, 60, 120, 600, 1200, 3600, 7200, 4 * 3600, 12 * 3600, 86400, 2 * 86400, 4 * 86400, 14 * 86400)

Format = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Mark:
    """A rectangle (`box` is x, y, width, height) or a path. `title` is its tooltip."""

    look: str
    title: str = ""
    box: tuple[str, str, str, str] | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers in order, None for a missing one. `look` is a class of the style sheet."""

    name: str
    look: str
    values: Sequence[float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """A drawing, the texts beside it, and the same numbers as a table."""

    title: str
    #: The drawing in one sentence.
    summary: str
    marks: list[Mark]
    #: From the top down, evenly spread.
    y_ticks: list[str]
    #: From left to right, evenly spread.
    x_ticks: list[str]
    header: list[str]
    rows: list[list[str]]
    legend: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""
    wide: bool = False
    #: The rows again with seconds as numbers, where `rows` has them in words.
    exact: list[list[str | float]] = field(default_factory=list)


def stacked(
    title: str, names: Sequence[str], series: Sequence[Series], *, summary: str, note: str = "", highest: float = 0
) -> Plot:
    """A column for each name, with the series on top of each other. `highest` has to fit, too."""
    totals = [sum(part.values[at] or 0 for part in series) for at in range(len(names))]
    top, width = _top(max([*totals, highest])), WIDTH / max(1, len(names))
    marks = _grid()
    for at, name in enumerate(names):
        floor = 0.0
        for part in series:
            value = part.values[at] or 0
            if value:
                tooltip = f"{name}: {_whole(value)} {wording.within(part.name)}"
                marks.append(
                    _box(
                        part.look,
                        tooltip,
                        x=(at + 0.12) * width,
                        width=0.76 * width,
                        floor=floor / top,
                        height=value / top,
                    )
                )
            floor += value
    return Plot(
        title=title,
        summary=summary,
        marks=marks,
        y_ticks=[_whole(top), _whole(top / 2), "0"],
        x_ticks=_ends(names),
        header=["", *(part.name for part in series)],
        rows=[[name, *(_whole(part.values[at] or 0) for part in series)] for at, name in enumerate(names)],
        legend=[(part.look, part.name) for part in series] if len(series) > 1 else [],
        note=note,
    )


def line(title: str, names: Sequence[str], series: Series, *, summary: str, times: bool = False) -> Plot:
    """A line through values, broken where there is none; `times` for seconds."""
    present = [value for value in series.values if value is not None]
    top = _top(max(present, default=0), times=times)
    say: Format = wording.short_duration if times else _whole
    step = WIDTH / max(1, len(names))
    points = [
        None if value is None else ((at + 0.5) * step, HEIGHT * (1 - value / top))
        for at, value in enumerate(series.values)
    ]
    marks = [*_grid(), *_runs(series.look, points)]
    for name, value, point in zip(names, series.values, points, strict=True):
        if value is not None and point is not None:
            marks.append(_dot(f"{series.look} dot", f"{name}: {say(value)}", *point))
    return Plot(
        title=title,
        summary=summary,
        marks=marks,
        y_ticks=[say(top), say(top / 2), "0"],
        x_ticks=_ends(names),
        header=["", series.name],
        rows=[[name, say(value)] for name, value in zip(names, series.values, strict=True) if value is not None],
        exact=[[name, value] for name, value in zip(names, series.values, strict=True) if value is not None],
    )


def shares(title: str, cells: Sequence[tuple[int, int]], *, summary: str, note: str = "", wide: bool = False) -> Plot:
    """A share for each part of the range from 0 to 1. `cells` are pairs (number, of how many)."""
    parts = len(cells)
    width = WIDTH / parts
    marks = [*_grid(), Mark("reference", path=f"M0 {_n(HEIGHT)}L{_n(WIDTH)} 0")]
    rows = []
    for at, (number, of) in enumerate(cells):
        band = f"{fixed(at / parts, 1)}-{fixed((at + 1) / parts, 1)}"
        if not of:
            rows.append([band, "0", "0", "-"])
            continue
        low, high = _interval(number, of)
        share, x = number / of, (at + 0.5) * width
        tooltip = gettext(
            "Scores %(band)s: people rejected %(number)s of %(all)s (%(share)s)",
            band=band,
            number=decimal(number),
            all=decimal(of),
            share=percent(share),
        )
        span = f"M{_n(x)} {_n(HEIGHT * (1 - high))}V{_n(HEIGHT * (1 - low))}"
        marks += [Mark("interval", tooltip, path=span), _dot("seen dot large", tooltip, x, HEIGHT * (1 - share))]
        rows.append([band, decimal(number), decimal(of), percent(share)])
    return Plot(
        title=title,
        summary=summary,
        marks=marks,
        y_ticks=[percent(1), percent(0.5), percent(0)],
        x_ticks=[written("0.0"), written("0.5"), written("1.0")],
        header=[gettext("Score"), gettext("Rejected"), gettext("Decided"), gettext("Share")],
        rows=rows,
        note=note,
        wide=wide,
    )


def histogram(title: str, counts: Sequence[int], *, look: str = "neutral") -> Plot:
    """A bar for each part of the range from 0 to 1. Heights are square roots, so that rare values can be seen."""
    total, parts = sum(counts), len(counts)
    top = max([*counts, 1]) ** 0.5
    width = WIDTH / parts
    marks, rows = _grid(), []
    for at, number in enumerate(counts):
        band = f"{fixed(at / parts)}-{fixed((at + 1) / parts)}"
        rows.append([band, decimal(number)])
        if number:
            tooltip = f"{band}: {decimal(number)}"
            marks.append(
                _box(
                    look,
                    tooltip,
                    x=(at + 0.08) * width,
                    width=0.84 * width,
                    floor=0,
                    height=max(0.01, number**0.5 / top),
                )
            )
    high = sum(counts[parts // 2 :])
    return Plot(
        title=title,
        summary=gettext(
            "%(title)s: %(high)s of %(total)s scores are 0.5 or more.",
            title=title,
            high=decimal(high),
            total=decimal(total),
        ),
        marks=marks,
        y_ticks=[decimal(max([*counts, 0])), "", "0"],
        x_ticks=["0", written("0.5"), "1"],
        header=[gettext("Score"), gettext("Comments")],
        rows=rows,
    )


def dots(title: str, points: Sequence[tuple[str, float, str]], *, summary: str, legend: list[tuple[str, str]]) -> Plot:
    """A dot for each value from 0 to 1. `points` are triples (name, value, look)."""
    step = WIDTH / max(1, len(points))
    marks = _grid() + [
        _dot(f"{look} dot large", f"{name}: {fixed(value)}", (at + 0.5) * step, HEIGHT * (1 - value))
        for at, (name, value, look) in enumerate(points)
    ]
    return Plot(
        title=title,
        summary=summary,
        marks=marks,
        y_ticks=[written("1.0"), written("0.5"), written("0.0")],
        x_ticks=[gettext("oldest"), gettext("latest")],
        header=[gettext("Comment"), gettext("Score")],
        rows=[[name, fixed(value)] for name, value, _ in points],
        legend=legend,
    )


def _top(highest: float, *, times: bool = False) -> float:
    """The end of an axis: the next round number whose half is round too."""
    if times:
        return float(next((seconds for seconds in _DURATIONS if seconds >= highest), -(-highest // 86400) * 86400))
    scale = 1
    while True:
        for nice in _NICE:
            if nice * scale >= highest:
                return float(nice * scale)
        scale *= 100


def _interval(number: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of the share `number` of `of`."""
    z = 1.96
    share = number / of
    middle, spread = share + z * z / (2 * of), z * (share * (1 - share) / of + z * z / (4 * of * of)) ** 0.5
    return max(0.0, (middle - spread) / (1 + z * z / of)), min(1.0, (middle + spread) / (1 + z * z / of))


def _whole(value: float) -> str:
    return decimal(round(value))


def _ends(names: Sequence[str]) -> list[str]:
    return list(names) if len(names) < 3 else [names[0], names[len(names) // 2], names[-1]]


def _grid() -> list[Mark]:
    return [Mark("grid", path=f"M0 {_n(HEIGHT * part)}H{_n(WIDTH)}") for part in (0, 0.5, 1)]


def _box(look: str, title: str, *, x: float, width: float, floor: float, height: float) -> Mark:
    box = (_n(x), _n(HEIGHT * (1 - floor - height)), _n(width), _n(HEIGHT * height))
    return Mark(look, title, box=box)


def _dot(look: str, title: str, x: float, y: float) -> Mark:
    return Mark(look, title, path=f"M{_n(x)} {_n(y)}h0.01")


def _runs(look: str, points: Sequence[tuple[float, float] | None]) -> list[Mark]:
    """A line for each unbroken run of points."""
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [
        Mark(f"{look} line", path="M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in run)) for run in runs if len(run) > 1
    ]


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
