"""The measures of the card, and the disguises that it applies."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from models.evaluation.evasion import KINDS, disguise
from models.labels import COLUMN, CORE_COLUMNS, LABELS, SPAM, SUBJECT_COLUMNS
from models.package_data import read_lists
from models.training.metrics import auc, auc_difference, bias_aucs, brier_skill, calibration_error, span_f1
from tests.support.classifier import shipped
from texts.normalization import normalize, normalize_with_offsets

TRUTH = np.array([False, False, True, True])


@pytest.mark.parametrize(
    ("scores", "area"), [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.9, 0.8, 0.2, 0.1], 0.0), ([0.5] * 4, 0.5)]
)
def test_auc_is_the_share_of_pairs_in_the_right_order(scores: list[float], area: float) -> None:
    assert auc(TRUTH, np.array(scores)) == area


def test_auc_of_one_class_is_not_a_number() -> None:
    assert np.isnan(auc(np.array([True, True]), np.array([0.1, 0.2])))


def test_a_model_does_not_differ_from_itself() -> None:
    scores = np.array([0.1, 0.9, 0.2, 0.8])
    difference = auc_difference(TRUTH, scores, scores, repeats=20)
    assert (difference.value, difference.low, difference.high) == (0.0, 0.0, 0.0)


def test_calibration_error_is_the_distance_from_the_rate() -> None:
    truth = np.arange(1000) % 10 == 0
    assert calibration_error(truth, np.full(1000, 0.1), bins=1) == pytest.approx(0.0)
    assert calibration_error(truth, np.full(1000, 0.4), bins=1) == pytest.approx(0.3)
    assert brier_skill(truth, np.full(1000, 0.1)) == pytest.approx(0.0)
    assert brier_skill(truth, truth.astype(float)) == 1.0


def test_a_term_that_raises_harmless_scores_lowers_bpsn() -> None:
    truth = np.array([True, True, False, False])
    term = np.array([True, False, True, False])
    assert bias_aucs(truth, np.array([0.9, 0.5, 0.7, 0.1]), term).bpsn == 0.0
    assert bias_aucs(truth, np.array([0.9, 0.8, 0.2, 0.1]), term).bpsn == 1.0


@pytest.mark.parametrize(
    ("found", "marked", "f1"), [(set(), set(), 1.0), ({1}, set(), 0.0), (set(), {1}, 0.0), ({1, 2}, {2, 3}, 0.5)]
)
def test_span_f1_counts_characters(found: set[int], marked: set[int], f1: float) -> None:
    assert span_f1(found, marked) == f1


@pytest.mark.parametrize("kind", KINDS)
def test_each_disguise_changes_the_strong_word_and_repeats_itself(kind: str) -> None:
    text = "What a total blockhead he is"
    disguised = disguise(text, kind, Random(4), {"blockhead"})
    assert disguised != text
    assert disguised == disguise(text, kind, Random(4), {"blockhead"})
    if kind not in {"glued words", "dilution", "split over lines"}:
        assert disguised.startswith("What a total ")
        assert disguised.endswith(" he is")


def test_dilution_adds_2000_words_around_the_text() -> None:
    diluted = disguise("You fool", "dilution", Random(0), set())
    assert "You fool." in diluted
    assert len(diluted.split()) >= 1900


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("іdіоt", "idiot"),
        ("ｉｄｉｏｔ", "idiot"),
        ("i\u200bd\u00adiot", "idiot"),
        ("i̷d̶iot", "idiot"),
        ("🅸🅳iot 🇮🇩", "IDiot id"),
        ("id&#105;ot &amp; co", "idiot & co"),
        ("id<b>i</b>ot<br>x", "idiot x"),
        ("AT&T; a < b", "AT&T; a < b"),
        ('a <a rel="x" href="http://pills.example/b">nice</a> page', "a  http://pills.example/b nice page"),
        ('best at <a href="http://tube.example/watch?t=2m19s">2:19</a>', "best at 2:19"),
        ('id<a>i</a>ot <a name="here">x</a>', "idiot x"),
    ],
)
def test_normalising_shows_what_a_reader_sees(written: str, read: str) -> None:
    assert normalize(written) == read
    shown, starts, ends = normalize_with_offsets(written)
    assert shown == read
    assert len(starts) == len(ends) == len(read)
    assert all(0 <= start < end <= len(written) for start, end in zip(starts, ends, strict=True))


def test_most_advertisements_are_told_from_comments_on_the_same_matters() -> None:
    lists = read_lists("models.evaluation", "advertising.toml")
    classifier = shipped("fast")
    flag_at = classifier.thresholds["balanced"][SPAM]["flag_at"]
    above = {kind: (classifier.score(its)[:, COLUMN[SPAM]] >= flag_at).sum() for kind, its in lists.items()}
    assert above["adverts"] >= 35, "of 40"
    assert above["ordinary"] <= 3, "of 40"


def test_most_everyday_abuse_is_told_from_harmless_comments_with_the_same_words() -> None:
    lists = read_lists("models.evaluation", "everyday.toml")
    classifier = shipped()
    flag_at = np.array([classifier.thresholds["balanced"][label]["flag_at"] for label in LABELS])
    reached = {kind: classifier.score(its) >= flag_at for kind, its in lists.items()}
    above = {kind: its[:, CORE_COLUMNS].any(axis=1).sum() for kind, its in reached.items()}
    assert above["abuse"] >= 28, "of 66"
    assert above["harmless"] <= 2, "of 40"
    # The words of threats are those of self-harm, too, which docs/classifier.md says it is bad at.
    assert reached["harmless"][:, SUBJECT_COLUMNS].any(axis=1).sum() <= 12, "of 40"
