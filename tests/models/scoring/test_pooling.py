"""How windows are cut, and how their logits become one."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.scoring.pooling import PLAINLY, margin, pool, pool_subjects, shares, shares_of_subjects
from models.scoring.windows import LONGEST, cut

FIRST = np.array([0])


def of(whole: float, *parts: float) -> float:
    return float(pool(np.array([[whole], *([part] for part in parts)]), FIRST)[0, 0])


def test_a_plainly_bad_part_decides_alone_however_good_the_rest_is() -> None:
    assert of(-6.0, -7.0, 5.0) == 5.0
    assert of(-6.0, PLAINLY) == PLAINLY


def test_a_part_that_only_looks_a_little_bad_does_not_decide_alone() -> None:
    assert of(-4.0, -1.0) == pytest.approx(0.7 * -4.0 + 0.3 * -1.0)


def test_a_worse_part_never_lowers_the_logit() -> None:
    logits = [of(-3.0, part) for part in np.linspace(-6.0, 8.0, 200)]
    assert all(low <= high for low, high in itertools.pairwise(logits))


@pytest.mark.parametrize(
    ("logits", "together"),
    [
        ([1.0], 1.0),
        ([-2.0, -3.0, 1.0], 0.85 * -2.0 + 0.15 * 1.0),
        ([-5.0, -5.5, 4.0], 1.0),
    ],
)
def test_a_subject_is_told_by_the_whole_unless_a_part_says_it_far_more_plainly(
    logits: list[float], together: float
) -> None:
    column = np.array(logits)
    assert pool_subjects(column[:, None], FIRST)[0, 0] == pytest.approx(together)
    of_windows, taken_off = shares_of_subjects(column)
    assert sum(share * logits[at] for at, share in of_windows.items()) - taken_off == pytest.approx(together)


def windows(sizes: list[int], breaks: list[int]) -> list[tuple[int, int, int]]:
    is_break = np.zeros(sum(sizes), dtype=bool)
    is_break[breaks] = True
    found = cut(np.array(sizes), is_break)
    of_text = np.searchsorted(found.first, np.arange(len(found.start)), side="right") - 1
    return list(zip(found.start.tolist(), found.end.tolist(), of_text.tolist(), strict=True))


def test_the_whole_text_comes_first_and_then_its_sentences() -> None:
    assert windows([3, 0, 7], [6]) == [(0, 3, 0), (3, 3, 1), (3, 10, 2), (3, 6, 2), (7, 10, 2)]


def test_a_text_of_one_sentence_is_scored_once() -> None:
    assert windows([4, 3], [3]) == [(0, 4, 0), (4, 7, 1)]


def test_every_run_of_seven_words_in_a_long_sentence_is_seen_in_a_short_window() -> None:
    found = [(start, end) for start, end, _ in windows([101], [])]
    for start in range(101 - 6):
        assert any(first <= start and start + 7 <= last and last - first <= 8 for first, last in found)
    assert (0, 101) in found
    assert any(last - first == LONGEST for first, last in found)


LOGITS = st.floats(-12.0, 12.0)
TEXTS = st.lists(st.lists(LOGITS, min_size=1, max_size=5).filter(lambda its: len(its) != 2), min_size=1, max_size=4)


@pytest.mark.parametrize(("pooled", "explained"), [(pool, shares), (pool_subjects, shares_of_subjects)])
@given(texts=TEXTS)
def test_each_text_is_pooled_for_itself_and_explained_by_shares_of_its_windows(
    pooled: Callable[[NDArray[np.float64], NDArray[np.intp]], NDArray[np.float64]],
    explained: Callable[[NDArray[np.float64]], tuple[dict[int, float], float]],
    texts: list[list[float]],
) -> None:
    first = np.cumsum([0, *map(len, texts)])[:-1]
    together = pooled(np.array([one for its in texts for one in its])[:, None], first)
    for its, [logit] in zip(texts, together, strict=True):
        assert pooled(np.array(its)[:, None], FIRST)[0, 0] == logit
        of_windows, taken_off = explained(np.array(its))
        assert sum(of_windows.values()) == pytest.approx(1.0)
        assert sum(share * its[at] for at, share in of_windows.items()) - taken_off == pytest.approx(logit)
        assert min(its) - 3.0 - 1e-9 <= logit <= max(its) + 1e-9


@given(LOGITS, LOGITS)
def test_a_worse_part_needs_no_wider_margin(one: float, other: float) -> None:
    better, worse = sorted((one, other))
    assert 0.0 <= margin(np.array(worse)) <= margin(np.array(better)) <= 3.0
    assert (margin(np.array(worse)) == 0.0) == (worse >= PLAINLY)


@given(st.lists(st.integers(0, 90), max_size=5), st.sets(st.integers(0, 449), max_size=12))
def test_every_word_is_in_the_whole_and_in_a_part_of_its_own_sentence(sizes: list[int], marked: set[int]) -> None:
    total = sum(sizes)
    breaks = sorted(at for at in marked if at < total)
    starts = np.cumsum([0, *sizes])
    found = windows(sizes, breaks) if sizes else []
    for text, size in enumerate(sizes):
        start, end = int(starts[text]), int(starts[text]) + size
        (whole, *parts) = [(first, last) for first, last, of_text in found if of_text == text]
        assert whole == (start, end)
        assert len(parts) != 1, "a part that is the whole is not scored twice"
        assert all(start <= first < last <= end for first, last in parts)
        assert all(not set(range(first, last)) & set(breaks) for first, last in parts), "none reaches over an end"
        assert all(last - first <= LONGEST for first, last in parts)
        if parts:
            covered = {at for first, last in parts for at in range(first, last)}
            assert covered == set(range(start, end)) - set(breaks)
