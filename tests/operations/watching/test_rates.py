"""What happened between two looks: what the counters grew by, and how long comments waited meanwhile."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.counters import Counts, Histogram
from operations.watching import words
from operations.watching.overview import OfRedis, Overview
from operations.watching.rates import Rates, between, quantile
from tests.operations.watching.test_top import QUIET, SETTINGS, lines

BOUNDS = (0.5, 1.0, 5.0, 60.0)
NUMBERS = st.integers(0, 1_000)


def histogram(*counts: int, total: float = 0.0) -> Histogram:
    return Histogram(BOUNDS, (*counts, *[0] * (len(BOUNDS) + 1 - len(counts))), total)


def look(seconds: float, **counts: object) -> Overview:
    """An overview with these counters, so many seconds after the start."""
    of_redis = QUIET.redis
    assert isinstance(of_redis, OfRedis)
    found = replace(Counts(histograms={"wait_seconds": histogram()}), **counts)  # type: ignore[arg-type]
    return replace(QUIET, seconds=seconds, redis=replace(of_redis, counts=found))


@pytest.mark.parametrize(
    ("counts", "share", "bound"),
    [
        ((), 0.5, None),
        ((1,), 0.5, 0.5),
        ((1, 1), 0.5, 0.5),  # half of two is one of them
        ((1, 2), 0.5, 1.0),
        ((0, 0, 1), 0.01, 5.0),
        ((95, 4, 1), 0.95, 0.5),
        ((94, 5, 1), 0.95, 1.0),
        ((0, 0, 0, 0, 3), 0.5, math.inf),  # longer than any bound
        ((19, 0, 0, 0, 1), 0.95, 0.5),
        ((19, 0, 0, 0, 1), 1.0, math.inf),
    ],
)
def test_a_share_of_the_waits_lies_within_a_bound(counts: tuple[int, ...], share: float, bound: float | None) -> None:
    assert quantile(histogram(*counts), share) == bound


@given(st.lists(NUMBERS, min_size=5, max_size=5), st.sampled_from([0.1, 0.5, 0.9, 0.95, 1.0]))
def test_no_lower_bound_would_do(counts: list[int], share: float) -> None:
    found = quantile(histogram(*counts), share)
    if found is None:
        assert not sum(counts)
        return
    bounds = [*BOUNDS, math.inf]
    within = {bound: sum(counts[: at + 1]) for at, bound in enumerate(bounds)}
    assert within[found] >= share * sum(counts)
    assert all(within[bound] < share * sum(counts) for bound in bounds if bound < found)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.integers(1, 60))
def test_a_rate_is_what_was_added_by_the_second(
    scored: int, more: int, failed: int, more_failed: int, seconds: int
) -> None:
    before = look(100.0, scored=scored, unavailable=failed, attempts={"failed": failed})
    after = look(
        100.0 + seconds,
        scored=scored + more,
        unavailable=failed + more_failed,
        attempts={"failed": failed + more_failed},
    )
    found = between(before, after)
    assert found is not None
    assert found.scored == pytest.approx(more / seconds)
    assert found.unavailable == pytest.approx(more_failed / seconds)
    assert found.attempts == ({"failed": pytest.approx(more_failed / seconds)} if more_failed else {})


def test_decisions_are_added_up_whoever_made_them_and_a_status_that_is_new_counts_whole() -> None:
    before = look(0.0, decisions={("published", "policy"): 5, ("flagged", "policy"): 9})
    after = look(
        2.0,
        decisions={
            ("published", "policy"): 7,
            ("published", "user"): 2,
            ("flagged", "policy"): 9,
            ("rejected", "site"): 6,
        },
    )
    found = between(before, after)
    assert found is not None
    assert found.decided == {"published": 2.0, "rejected": 3.0}
    assert list(found.decided) == ["published", "rejected"], "always in one order"


def test_only_what_waited_meanwhile_counts() -> None:
    long_ago = histogram(0, 0, 0, 0, 50, total=9_000.0)
    since = histogram(3, 1, 0, 0, 50, total=9_002.0)
    found = between(look(0.0, histograms={"wait_seconds": long_ago}), look(1.0, histograms={"wait_seconds": since}))
    assert found is not None
    assert (found.half_within, found.most_within) == (0.5, 1.0)
    nothing = between(look(0.0, histograms={"wait_seconds": since}), look(1.0, histograms={"wait_seconds": since}))
    assert nothing is not None
    assert (nothing.half_within, nothing.most_within) == (None, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (look(5.0), look(5.0)),
        (look(6.0), look(5.0)),
        (look(0.0, scored=2), look(1.0, scored=1)),
        (look(0.0, unavailable=2), look(1.0, unavailable=1)),
    ],
    ids=["at the same moment", "the later first", "scored less", "refused less"],
)
def test_of_counters_that_did_not_grow_there_are_no_rates(before: Overview, after: Overview) -> None:
    assert between(before, after) is None


@pytest.mark.parametrize(
    ("found", "name", "value", "level"),
    [
        (Rates(scored=1234.56), "scored", "1,234.6 a second", "fine"),
        (Rates(), "decided", "none", "fine"),
        (Rates(decided={"flagged": 0.04}), "decided", "0.0 flagged a second", "fine"),
        (Rates(), "decided within", "- (half of them), - (95 of a hundred)", "fine"),
        (
            Rates(half_within=0.5, most_within=math.inf),
            "decided within",
            "0.5 sec (half of them), over an hour (95 of a hundred)",
            "fine",
        ),
        (Rates(unavailable=0.5), "answered 503", "0.5 a second", "wrong"),
        (Rates(), "answered 503", "0.0 a second", "fine"),
        (None, "rates", "from the next look on", "fine"),
    ],
)
def test_rates_are_told_in_words(found: Rates | None, name: str, value: str, level: words.Level) -> None:
    assert lines(QUIET, found)[name] == (value, level)


def test_while_something_is_away_what_it_knows_is_said_not_to_be_known() -> None:
    told = lines(replace(QUIET, redis="Redis is away."))
    assert told["rates"] == ("not known while Redis is away", "fine")
    assert told["processes"] == ("not known while Redis is away", "watch")
    told = lines(replace(QUIET, database="The database is away."))
    assert told["review queue"] == told["deliveries"] == ("not known while the database is away", "watch")
    assert not replace(QUIET, redis="Redis is away.").is_whole
    assert not replace(QUIET, database="The database is away.").is_whole
    assert QUIET.is_whole


def test_as_plain_text_each_section_has_its_title_and_all_values_stand_below_each_other() -> None:
    shown = words.as_text(words.sections(QUIET, Rates(), SETTINGS))
    sections = shown.split("\n\n")
    assert [section.partition("\n")[0] for section in sections] == [
        "WAITING", "RATES", "SCORING PROCESSES", "MODERATORS", "WEBHOOKS"
    ]  # fmt: skip
    values = {
        line.index(value)
        for line in shown.splitlines()
        for name, (value, _) in lines(QUIET, Rates()).items()
        if line.startswith(f"  {name} ") and line.endswith(value)
    }
    assert len(values) == 1
