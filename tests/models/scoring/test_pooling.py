"""How windows are cut, and how their logits become one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from models.scoring.pooling import PLAINLY, pool, pool_subjects, shares_of_subjects
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
