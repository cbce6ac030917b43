"""The fit is logistic regression as scikit-learn knows it, and what is kept, weighed and read around it is right."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from models.labels import COLUMN, CORE_LABELS
from models.training.datasets import Examples, join
from models.training.estimator import PartialLabelLogisticRegression
from models.training.feedback import FILE, read_feedback
from models.training.stages import Stages

ROWS, FEATURES = 300, 4


@pytest.fixture(scope="module")
def drawn() -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Features, and two labels that depend on them."""
    rng = np.random.default_rng(11)
    features = rng.normal(size=(ROWS, FEATURES)).astype(np.float32)
    logits = features @ rng.normal(size=(FEATURES, 2)) * 1.5 + 0.5
    return features, (rng.random((ROWS, 2)) < 1 / (1 + np.exp(-logits))).astype(float)


def theirs(features: object, bad: object, penalty: float, weight: object = None) -> NDArray[np.float64]:
    """The weights, and last the intercept, that scikit-learn finds."""
    fitted = LogisticRegression(C=1 / penalty, tol=1e-8, max_iter=2_000).fit(features, bad, sample_weight=weight)
    return np.append(fitted.coef_[0], fitted.intercept_[0])


def ours(fitted: PartialLabelLogisticRegression, label: int) -> NDArray[np.float64]:
    return np.append(fitted.coef_[:, label], fitted.intercept_[0, label])


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix], ids=["array", "sparse"])
def test_with_every_label_known_it_finds_what_scikit_learn_finds(
    drawn: tuple[NDArray[np.float32], NDArray[np.float64]], make: Callable[..., object]
) -> None:
    features, targets = drawn
    fitted = PartialLabelLogisticRegression((2.0, 9.0), step=1.0).fit(make(features), targets)
    for label, penalty in enumerate((2.0, 9.0)):
        assert ours(fitted, label) == pytest.approx(theirs(features, targets[:, label], penalty), abs=0.01)
    logits = features @ fitted.coef_
    assert fitted.decision_function(make(features)) == pytest.approx(logits, abs=1e-4)
    assert fitted.predict_proba(features) == pytest.approx(1 / (1 + np.exp(-logits - fitted.intercept_[0])), abs=1e-4)


def test_the_scale_of_its_steps_conditions_the_search_and_is_undone(
    drawn: tuple[NDArray[np.float32], NDArray[np.float64]],
) -> None:
    """The penalty is on weights before scaling, so that 25 times as much at five times the step is the same."""
    features, targets = drawn
    small = PartialLabelLogisticRegression(2.0, step=1.0).fit(features, targets)
    large = PartialLabelLogisticRegression(50.0, step=5.0).fit(features, targets)
    assert large.coef_ == pytest.approx(small.coef_, abs=0.01)


def test_a_comment_counts_as_much_as_its_weight_says_for_each_label(
    drawn: tuple[NDArray[np.float32], NDArray[np.float64]],
) -> None:
    features, targets = drawn
    weight = np.random.default_rng(12).integers(0, 4, size=(ROWS, 2)).astype(float)
    each = PartialLabelLogisticRegression(2.0, step=1.0).fit(features, targets, sample_weight=weight)
    for label in (0, 1):
        expected = theirs(features, targets[:, label], 2.0, weight[:, label])
        assert ours(each, label) == pytest.approx(expected, abs=0.01)
    rows = PartialLabelLogisticRegression(2.0, step=1.0).fit(features, targets, sample_weight=weight[:, 0])
    assert ours(rows, 1) == pytest.approx(theirs(features, targets[:, 1], 2.0, weight[:, 0]), abs=0.01)


def test_a_share_of_raters_is_so_many_comments_of_each_kind(
    drawn: tuple[NDArray[np.float32], NDArray[np.float64]],
) -> None:
    features, _ = drawn
    share = np.random.default_rng(13).choice([0.0, 0.25, 1.0], size=ROWS)
    fitted = PartialLabelLogisticRegression(2.0, step=1.0).fit(features, share[:, None])
    twice, bad = np.vstack([features, features]), np.repeat([1, 0], ROWS)
    assert ours(fitted, 0) == pytest.approx(theirs(twice, bad, 2.0, np.append(share, 1 - share)), abs=0.01)


def test_labels_that_are_fitted_together_are_fitted_as_each_alone(
    drawn: tuple[NDArray[np.float32], NDArray[np.float64]],
) -> None:
    features, targets = sparse.csr_matrix(drawn[0]), drawn[1]  # of an array BLAS adds up several columns in other ways
    together = PartialLabelLogisticRegression(2.0).fit(features, targets)
    for label in (0, 1):
        alone = PartialLabelLogisticRegression(2.0).fit(features, targets[:, [label]])
        assert np.array_equal(alone.coef_[:, 0], together.coef_[:, label])
    assert 1 <= together.n_iter_ <= 50
    assert PartialLabelLogisticRegression(2.0, max_iter=2).fit(features, targets).n_iter_ == 2


def test_what_goes_wrong_in_the_search_is_raised_and_nobody_waits_for_an_answer() -> None:
    class Broken(sparse.linalg.LinearOperator):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(np.float32, (ROWS, FEATURES))

        def _matmat(self, _: object) -> object:
            raise MemoryError("no room for the features")

    with pytest.raises(MemoryError, match="no room for the features"):
        PartialLabelLogisticRegression().fit(Broken(), np.zeros((ROWS, 3)))


def test_what_was_not_fitted_says_so() -> None:
    with pytest.raises(NotFittedError):
        PartialLabelLogisticRegression().decision_function(np.zeros((1, 2), np.float32))


class Maker:
    """Makes a stage, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict[str, NDArray[np.int_]]:
        self.times += 1
        return {"numbers": np.arange(3) * self.times, "one": np.array(self.times)}


def test_a_stage_is_made_once_until_what_it_depends_on_changes(tmp_path: Path) -> None:
    make, stages = Maker(), Stages(tmp_path / "kept")
    made = [stages.run("fit", parts, make) for parts in (["a", "b"], ["a", "b"], ["a", "c"], ["ab"], ["a", "b"])]
    assert [int(one["one"]) for one in made] == [1, 1, 2, 3, 1]
    assert made[4]["numbers"].tolist() == [0, 1, 2]
    assert int(stages.run("other", ["a", "b"], make)["one"]) == 4, "each stage has its own"
    assert not [*(tmp_path / "kept").glob("*.part*")]


def test_without_a_folder_every_stage_is_made_anew() -> None:
    make = Maker()
    assert [int(Stages(None).run("fit", ["a"], make)["one"]) for _ in range(2)] == [1, 2]


def test_a_stage_that_was_broken_off_is_made_again(tmp_path: Path) -> None:
    def break_off() -> dict[str, NDArray[np.int_]]:
        raise KeyboardInterrupt

    stages = Stages(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        stages.run("fit", ["a"], break_off)
    assert int(stages.run("fit", ["a"], Maker())["one"]) == 1


GOOD = {"text": "A remark.", "labels": {"toxicity": 1.0, "spam": 0.25}, "weight": 0.5}


def write_feedback(folder: Path, *lines: str) -> Path:
    (folder / FILE).write_text("\n".join(lines), encoding="utf-8")
    return folder


def test_what_people_said_is_read_with_its_weight_and_what_they_did_not_say_is_unknown(tmp_path: Path) -> None:
    second = {"text": "Two\u2028lines.", "labels": {"no_label_of_ours": 1.0, "threat": 0}, "weight": 1}
    found = read_feedback(write_feedback(tmp_path, json.dumps(GOOD), "", json.dumps(second, ensure_ascii=False), " "))
    assert found is not None
    assert found.texts == ["A remark.", "Two\u2028lines."]
    assert found.weights.tolist() == [0.5, 1.0]
    known = [
        {label: float(row[COLUMN[label]]) for label in CORE_LABELS if not np.isnan(row[COLUMN[label]])}
        for row in found.targets
    ]
    assert known == [{"toxicity": 1.0, "spam": 0.25}, {"threat": 0.0}]
    assert (set(found.source), set(found.split), set(found.fold)) == ({"feedback"}, {"train"}, {-1})


@pytest.mark.parametrize("lines", [[], [""], ["", " \t", ""]])
def test_where_nobody_said_anything_there_is_no_feedback(tmp_path: Path, lines: list[str]) -> None:
    assert read_feedback(tmp_path) is None
    assert read_feedback(write_feedback(tmp_path, *lines)) is None


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "7",
        '"text"',
        "null",
        json.dumps({"text": "x", "weight": 1}),
        json.dumps({"text": "x", "labels": {}}),
        json.dumps({"labels": {}, "weight": 1}),
        json.dumps(GOOD | {"labels": ["toxicity"]}),
        json.dumps(GOOD | {"labels": {"toxicity": "bad"}}),
        json.dumps(GOOD | {"weight": None}),
        "[" * 100_000,
    ],
)
def test_a_line_that_is_no_example_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match=r"Line 2 of .*feedback\.jsonl is no example"):
        read_feedback(write_feedback(tmp_path, json.dumps(GOOD), line, json.dumps(GOOD)))


@pytest.mark.parametrize(
    "change",
    [{"weight": -0.1}, {"weight": 1.1}, {"weight": float("nan")}, {"labels": {"spam": 1.5}}, {"labels": {"spam": -1}}],
)
def test_a_number_that_is_no_share_is_named(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"Line 1 of .* not between 0 and 1"):
        read_feedback(write_feedback(tmp_path, json.dumps(GOOD | change)))


def examples(texts: list[str], first: int) -> Examples:
    count = len(texts)
    targets = np.full((count, len(CORE_LABELS)), first, np.float32)
    numbers = np.arange(first, first + count)
    return Examples(
        texts, targets, numbers.astype(np.float32), np.array([f"s{n}" for n in numbers], "<U4"),
        np.full(count, "train"), numbers,
    )  # fmt: skip


@given(st.lists(st.lists(st.text(max_size=3), min_size=1, max_size=4), min_size=1, max_size=4), st.data())
def test_joined_sets_keep_all_that_is_known_of_each_text_and_so_does_what_is_taken(
    sets: list[list[str]], data: st.DataObject
) -> None:
    joined = join([examples(texts, 10 * at) for at, texts in enumerate(sets)])
    assert joined.texts == [text for texts in sets for text in texts]
    rows = data.draw(st.lists(st.integers(0, len(joined) - 1), max_size=6))
    taken = joined.take(np.array(rows, dtype=np.intp))
    assert len(taken) == len(rows)
    for at, row in enumerate(rows):
        assert taken.texts[at] == joined.texts[row]
        assert taken.fold[at] == joined.fold[row] == joined.weights[row] == taken.weights[at]
        assert taken.source[at] == f"s{taken.fold[at]}"
        assert (taken.targets[at] == 10 * (taken.fold[at] // 10)).all()
