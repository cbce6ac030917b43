"""The measures of the card are those of the literature: beside scikit-learn's, and by hand where it has none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, f1_score, roc_auc_score

from models.labels import COLUMN, CORE_LABELS, LABELS, SUBJECT_LABELS
from models.training import calibration
from models.training.calibration import NATURAL_RATES, natural_weights
from models.training.metrics import (
    Estimate,
    auc,
    auc_difference,
    auc_with_interval,
    bias_aucs,
    brier_skill,
    calibration_error,
    span_f1,
)
from models.training.thresholds import choose_thresholds

#: What scikit-learn takes long for.
few = settings(max_examples=30)


@st.composite
def judged(draw: st.DrawFn) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Comments of both kinds, with scores among which there are ties."""
    truth = draw(st.lists(st.booleans(), min_size=2, max_size=30))
    assume(len(set(truth)) == 2)
    score = draw(st.lists(st.integers(0, 10), min_size=len(truth), max_size=len(truth)))
    return np.array(truth), np.array(score) / 10


@few
@given(judged())
def test_the_area_is_scikit_learns(comments: tuple[NDArray[np.bool_], NDArray[np.float64]]) -> None:
    truth, score = comments
    assert auc(truth, score) == pytest.approx(roc_auc_score(truth, score))
    assert auc(~truth, score) == pytest.approx(1 - auc(truth, score))
    assert auc(truth, score**3 + 1) == pytest.approx(auc(truth, score)), "only the order counts"


@few
@given(judged())
def test_the_skill_is_one_less_the_score_over_that_of_the_rate(
    comments: tuple[NDArray[np.bool_], NDArray[np.float64]],
) -> None:
    truth, score = comments
    of_rate = brier_score_loss(truth, np.full(len(truth), truth.mean()))
    assert brier_skill(truth, score) == pytest.approx(1 - brier_score_loss(truth, score) / of_rate)


@given(judged(), st.lists(st.integers(1, 3), min_size=30, max_size=30))
def test_a_comment_with_a_weight_counts_as_so_many(
    comments: tuple[NDArray[np.bool_], NDArray[np.float64]], times: list[int]
) -> None:
    truth, score = comments
    weight = np.array(times[: len(truth)])
    repeated = truth.repeat(weight), score.repeat(weight)
    assert brier_skill(truth, score, weight.astype(float)) == pytest.approx(brier_skill(*repeated))
    assert calibration_error(truth, score, 1, weight.astype(float)) == pytest.approx(calibration_error(*repeated, 1))


@pytest.mark.parametrize("truth", [[True, True], [False, False]])
def test_where_all_comments_are_of_one_kind_there_is_no_skill_to_tell(truth: list[bool]) -> None:
    assert np.isnan(brier_skill(np.array(truth), np.array([0.2, 0.7])))
    assert np.isnan(auc(np.array(truth), np.array([0.2, 0.7])))


def test_the_calibration_error_is_found_bin_by_bin() -> None:
    """Over the whole both errors would cancel each other."""
    truth = np.array([False] * 10 + [True] * 10)
    score = np.array([0.2] * 10 + [0.8] * 10)
    assert calibration_error(truth, score, 1) == pytest.approx(0.0)
    assert calibration_error(truth, score, 2) == pytest.approx(0.2)
    assert calibration_error(truth, truth.astype(float), 5) == 0.0
    assert np.isnan(calibration_error(np.array([], bool), np.array([])))


def test_bins_hold_as_much_weight_each() -> None:
    truth = np.array([True, False, False, False])
    score = np.array([0.9, 0.5, 0.5, 0.1])
    weight = np.array([3.0, 1.0, 1.0, 1.0])
    by_hand = abs(3 * 0.9 - 3) / 6 + abs(0.5 + 0.5 + 0.1) / 6
    assert calibration_error(truth, score, 2, weight) == pytest.approx(by_hand)


def test_an_interval_holds_its_value_and_narrows_with_more_comments() -> None:
    rng = np.random.default_rng(3)
    truth = np.arange(2_000) % 4 == 0
    score = rng.normal(size=2_000) + truth
    few, many = (auc_with_interval(truth[:many], score[:many], 200) for many in (100, 2_000))
    for found in (few, many):
        assert found.low < found.value < found.high
    assert many.high - many.low < (few.high - few.low) / 2
    assert auc_with_interval(truth, score, 20) == auc_with_interval(truth, score, 20), "it repeats itself"


def test_a_difference_is_between_the_same_comments() -> None:
    rng = np.random.default_rng(4)
    truth = np.arange(400) % 2 == 0
    theirs = rng.normal(size=400) + truth
    ours = theirs + 0.5 * truth
    found = auc_difference(truth, ours, theirs, 200)
    assert found.value == pytest.approx(auc(truth, ours) - auc(truth, theirs))
    assert 0 < found.low < found.value < found.high, "what is better on the same comments is surely better"
    turned = auc_difference(truth, theirs, ours, 200)
    assert (turned.value, turned.low, turned.high) == pytest.approx((-found.value, -found.high, -found.low))


def test_an_estimate_is_told_with_its_interval() -> None:
    assert str(Estimate(0.98765, 0.9, 1.0)) == "0.988 (0.900 to 1.000)"


@given(judged(), st.integers(0, 2**30 - 1))
def test_the_three_areas_of_a_term_compare_what_they_say(
    comments: tuple[NDArray[np.bool_], NDArray[np.float64]], mask: int
) -> None:
    truth, score = comments
    term = np.array([bool(mask >> at & 1) for at in range(len(truth))])
    found = bias_aucs(truth, score, term)
    pairs = {
        "subgroup": (truth & term, ~truth & term),
        "bpsn": (truth & ~term, ~truth & term),
        "bnsp": (truth & term, ~truth & ~term),
    }
    for name, (bad, good) in pairs.items():
        expected = [float(np.sign(one - other) / 2 + 0.5) for one in score[bad] for other in score[good]]
        value = getattr(found, name)
        assert value == pytest.approx(np.mean(expected)) if expected else np.isnan(value), name


@few
@given(st.sets(st.integers(0, 8)), st.sets(st.integers(0, 8)))
def test_the_f1_of_spans_is_scikit_learns(found: set[int], marked: set[int]) -> None:
    at = range(9)
    expected = f1_score([one in marked for one in at], [one in found for one in at], zero_division=1.0)
    assert span_f1(found, marked) == pytest.approx(expected)


def jigsaw_targets(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """A tenth is toxic; of half of these the other labels are known."""
    targets = np.zeros((count, len(CORE_LABELS)), np.float32)
    toxic = rng.random(count) < 0.1
    known = toxic & (rng.random(count) < 0.5)
    targets[toxic] = np.nan
    targets[toxic, COLUMN["toxicity"]] = 1.0
    targets[known, 1:] = rng.random((known.sum(), len(CORE_LABELS) - 1)) < 0.4
    return targets


@pytest.mark.parametrize("label", CORE_LABELS)
def test_comments_of_which_a_part_is_labelled_stand_for_all_at_the_natural_rate(label: str) -> None:
    targets = jigsaw_targets(np.random.default_rng(8), 4_000)
    column, toxic = COLUMN[label], targets[:, COLUMN["toxicity"]] > 0.5
    weight = natural_weights(targets, column)
    unknown = np.isnan(targets[:, column])
    assert not weight[unknown].any()
    assert (weight[~toxic] == 1.0).all()
    if label in NATURAL_RATES:
        bad = targets[:, column] > 0.5
        expected = min(NATURAL_RATES[label] * len(targets), toxic.sum())
        assert weight[bad].sum() == pytest.approx(expected)
        assert weight[toxic].sum() == pytest.approx(toxic.sum())


def test_a_label_cannot_be_commoner_than_what_is_toxic() -> None:
    targets = np.zeros((1000, len(CORE_LABELS)), np.float32)
    targets[:20] = 1.0  # 2 %, where 4.94 % are insults
    weight = natural_weights(targets, COLUMN["insult"])
    assert weight[:20].sum() == pytest.approx(20.0)


@given(st.lists(st.booleans(), min_size=4, max_size=40), st.sampled_from([0.01, 0.05, 0.5, 0.9]))
def test_weights_can_be_brought_to_a_rate(bad: list[bool], rate: float) -> None:
    assume(len(set(bad)) == 2)
    positive, weight = np.array(bad), np.linspace(1, 2, len(bad))
    brought = calibration._at_rate(weight, positive, rate)
    assert brought[positive].sum() / brought.sum() == pytest.approx(rate)
    for kind in (positive, ~positive):
        assert brought[kind] / brought[kind].sum() == pytest.approx(weight[kind] / weight[kind].sum())


def test_thresholds_follow_from_what_mistakes_cost() -> None:
    presets: dict[str, dict[str, dict[str, Any]]] = choose_thresholds()
    assert list(presets) == ["lenient", "balanced", "strict"]
    for labels in presets.values():
        assert list(labels) == list(LABELS)
    flag_at, reject_at = (
        {name: {label: its[key] for label, its in labels.items()} for name, labels in presets.items()}
        for key in ("flag_at", "reject_at")
    )
    assert flag_at["balanced"]["toxicity"] == 0.75  # a published attack costs a third of a held good comment
    assert flag_at["strict"]["insult"] == 0.5
    assert flag_at["lenient"]["insult"] == 0.875
    assert reject_at["balanced"]["toxicity"] == 0.995
    for label in LABELS:
        assert flag_at["strict"][label] < flag_at["balanced"][label] < flag_at["lenient"][label]
        for name in presets:
            if label in SUBJECT_LABELS:
                assert reject_at[name][label] is None, "whoever writes of killing themselves needs a person"
            else:
                assert flag_at[name][label] < reject_at[name][label] < 1
    for graver in ("threat", "identity_attack", "severe_toxicity"):
        assert flag_at["balanced"][graver] < flag_at["balanced"]["insult"] < flag_at["balanced"]["spam"]
