"""Plots: each number is drawn where it belongs, and stands in the table beside the drawing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.console import plots
from service.console.plots import HEIGHT, WIDTH, Mark, Plot, Series


def drawn(plot: Plot) -> list[Mark]:
    """The marks without the grid."""
    return [mark for mark in plot.marks if mark.look != "grid"]


def boxes(plot: Plot) -> list[tuple[float, ...]]:
    return [tuple(map(float, mark.box)) for mark in drawn(plot) if mark.box is not None]


@pytest.mark.parametrize(
    ("highest", "top", "half"),
    [
        (0, "2", "1"),
        (1, "2", "1"),
        (2, "2", "1"),
        (3, "4", "2"),
        (5, "6", "3"),
        (7, "10", "5"),
        (11, "20", "10"),
        (61, "100", "50"),
        (101, "200", "100"),
        (4_001, "6,000", "3,000"),
    ],
)
def test_an_axis_ends_at_a_round_number_whose_half_is_round_too(highest: int, top: str, half: str) -> None:
    plot = plots.stacked("x", ["a"], [Series("One", "seen", [highest])], summary="")
    assert plot.y_ticks == [top, half, "0"]


def test_columns_stand_on_top_of_each_other_in_their_place() -> None:
    series = [Series("Published", "good", [1, None, 4]), Series("Rejected", "bad", [3, 0, 4])]
    plot = plots.stacked("Decisions", ["Mon", "Tue", "Wed"], series, summary="Twelve.")
    third = WIDTH / 3
    low, high = 0.12 * third, 0.76 * third
    assert boxes(plot) == near(
        (low, HEIGHT * 0.9, high, HEIGHT * 0.1),
        (low, HEIGHT * 0.6, high, HEIGHT * 0.3),
        (low + 2 * third, HEIGHT * 0.6, high, HEIGHT * 0.4),
        (low + 2 * third, HEIGHT * 0.2, high, HEIGHT * 0.4),
    )
    assert [mark.title for mark in drawn(plot)] == [
        "Mon: 1 published",
        "Mon: 3 rejected",
        "Wed: 4 published",
        "Wed: 4 rejected",
    ]
    assert plot.rows == [["Mon", "1", "3"], ["Tue", "0", "0"], ["Wed", "4", "4"]]
    assert plot.header == ["", "Published", "Rejected"]
    assert plot.legend == [("good", "Published"), ("bad", "Rejected")]
    assert plot.x_ticks == ["Mon", "Tue", "Wed"]


@pytest.mark.parametrize(
    ("names", "ticks"),
    [
        ([], []),
        (["a"], ["a"]),
        (["a", "b"], ["a", "b"]),
        (list("abcde"), ["a", "c", "e"]),
        (list("abcd"), ["a", "c", "d"]),
    ],
)
def test_an_axis_names_its_ends_and_its_middle(names: list[str], ticks: list[str]) -> None:
    plot = plots.stacked("x", names, [Series("One", "seen", [1] * len(names))], summary="")
    assert plot.x_ticks == ticks
    assert plot.legend == [], "one series needs no legend"


def near(*points: tuple[float, ...]) -> list[Any]:
    """These numbers, as exactly as they are written into the page."""
    return [pytest.approx(point, abs=0.01) for point in points]


def paths(plot: Plot, look: str) -> list[list[tuple[float, float]]]:
    """The points of each line or dot of this look."""
    found = []
    for mark in drawn(plot):
        if look in mark.look.split():
            numbers = [float(number) for number in re.findall(r"-?[\d.]+", mark.path)]
            found.append(list(zip(numbers[::2], numbers[1::2], strict=False)))
    return found


def test_a_line_is_broken_where_there_is_no_value() -> None:
    values = [1.0, 2.0, None, 2.0, 0.0, None, 1.0]
    plot = plots.line("x", list("abcdefg"), Series("One", "seen", values), summary="")
    assert [len(run) for run in paths(plot, "line")] == [2, 2], "one value alone is a dot"
    assert len(paths(plot, "dot")) == 5
    step = WIDTH / 7
    assert paths(plot, "line")[0] == near((0.5 * step, HEIGHT / 2), (1.5 * step, 0))
    assert plot.rows == [["a", "1"], ["b", "2"], ["d", "2"], ["e", "0"], ["g", "1"]]
    assert plot.exact == [["a", 1.0], ["b", 2.0], ["d", 2.0], ["e", 0.0], ["g", 1.0]]


@pytest.mark.parametrize(
    ("seconds", "top"),
    [
        (0, "10 sec"),
        (11, "1 min"),
        (61, "2 min"),
        (3_601, "2 hr"),
        (86_401, "2 days"),
        (15 * 86_400, "15 days"),
        (15 * 86_400 + 1, "16 days"),
    ],
)
def test_an_axis_of_time_ends_at_a_time_that_people_say(seconds: float, top: str) -> None:
    plot = plots.line("x", ["a"], Series("Wait", "seen", [seconds]), summary="", times=True)
    assert plot.y_ticks[0] == top


def test_shares_have_their_interval_and_a_part_without_any_is_a_row_alone() -> None:
    plot = plots.shares("x", [(0, 0), (1, 4), (10, 10)], summary="")
    assert plot.rows == [["0.0-0.3", "0", "0", "-"], ["0.3-0.7", "1", "4", "25%"], ["0.7-1.0", "10", "10", "100%"]]
    [first, second] = paths(plot, "dot")
    assert first[0] == pytest.approx((WIDTH / 2, HEIGHT * 0.75), abs=0.01)
    assert second[0] == pytest.approx((WIDTH * 5 / 6, 0), abs=0.01)
    assert [mark.title for mark in drawn(plot) if mark.look == "interval"] == [
        "Scores 0.3-0.7: people rejected 1 of 4 (25%)",
        "Scores 0.7-1.0: people rejected 10 of 10 (100%)",
    ]


@given(st.integers(1, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_an_interval_holds_its_share_and_is_one(cell: tuple[int, int]) -> None:
    """Wilson's interval, checked by what it solves: the share lies 1.96 standard errors from each of its ends."""
    number, of = cell
    plot = plots.shares("x", [cell], summary="")
    [numbers] = [re.findall(r"[\d.]+", mark.path) for mark in drawn(plot) if mark.look == "interval"]
    high, low = (1 - float(text) / HEIGHT for text in numbers[1:])
    share = number / of
    assert -0.001 <= low <= share + 0.001
    assert share - 0.001 <= high <= 1.001
    for end in (low, high):
        if 0.001 < end < 0.999:
            assert abs(end - share) == pytest.approx(1.96 * (end * (1 - end) / of) ** 0.5, abs=0.002)


def test_a_histogram_has_a_bar_for_each_part_with_something_in_it() -> None:
    plot = plots.histogram("Insult", [100, 0, 1, 25], look="bad")
    quarter = WIDTH / 4
    assert [box[3] for box in boxes(plot)] == pytest.approx([HEIGHT, HEIGHT * 0.1, HEIGHT * 0.5], abs=0.01)
    assert [box[0] for box in boxes(plot)] == pytest.approx([(at + 0.08) * quarter for at in (0, 2, 3)], abs=0.01)
    assert plot.rows == [["0.00-0.25", "100"], ["0.25-0.50", "0"], ["0.50-0.75", "1"], ["0.75-1.00", "25"]]
    assert plot.summary == "Insult: 26 of 126 scores are 0.5 or more."
    assert plot.y_ticks == ["100", "", "0"]


def test_a_rare_value_can_be_seen() -> None:
    plot = plots.histogram("x", [1, 1_000_000])
    assert boxes(plot)[0][3] == pytest.approx(HEIGHT * 0.01)
    assert drawn(plots.histogram("x", [0, 0])) == []


def test_dots_lie_at_their_values() -> None:
    points = [("First", 0.0, "good"), ("Second", 0.25, "bad")]
    plot = plots.dots("x", points, summary="", legend=[("good", "Good")])
    assert [path[0] for path in paths(plot, "dot")] == near((250, HEIGHT), (750, HEIGHT * 0.75))
    assert plot.rows == [["First", "0.00"], ["Second", "0.25"]]
    assert (plot.x_ticks, plot.legend) == (["oldest", "latest"], [("good", "Good")])


@given(st.lists(st.none() | st.integers(0, 10**7), min_size=1, max_size=9))
def test_nothing_is_drawn_outside_the_frame(values: list[Any]) -> None:
    names = [str(at) for at in range(len(values))]
    for plot in (
        plots.stacked("x", names, [Series("One", "a", values)], summary=""),
        plots.line("x", names, Series("One", "a", values), summary=""),
        plots.histogram("x", [value or 0 for value in values]),
    ):
        for x, y, width, height in boxes(plot):
            assert x >= 0
            assert x + width <= WIDTH + 0.01
            assert y >= -0.01
            assert y + height <= HEIGHT + 0.01
        for path in paths(plot, "line"):
            assert all(0 <= x <= WIDTH and -0.01 <= y <= HEIGHT + 0.01 for x, y in path)
