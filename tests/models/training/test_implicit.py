"""The heads of implicit abuse: learnt from sentences of ours, with a line above which few harmless comments lie."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.labels import COLUMN, LABELS
from models.training import implicit
from models.training.datasets import Examples
from models.training.implicit import Sentences
from models.training.thresholds import choose_thresholds

WIDTH, COMMENTS = 8, 6_000


@pytest.fixture(scope="module")
def heads() -> NDArray[np.float32]:
    return implicit.fit(*sentences(), *comments(), print)


def sentences() -> tuple[Sentences, NDArray[np.float32]]:
    """Of each of two labels forty that point its own way, and forty harmless ones."""
    labels: list[str | None] = [*np.repeat(["insult", "identity_attack"], 40), *[None] * 40]
    vectors = np.random.default_rng(1).normal(0, 0.3, (len(labels), WIDTH)).astype(np.float32)
    for row, label in enumerate(labels):
        if label is not None:
            vectors[row, COLUMN[label]] += 2.0
    return Sentences([f"sentence {row}" for row in range(len(labels))], labels), vectors


def comments() -> tuple[Examples, NDArray[np.float32]]:
    targets = np.zeros((COMMENTS, len(LABELS)), np.float32)
    targets[:10, 0] = 1.0
    source = np.where(np.arange(COMMENTS) % 2, "civil", "jigsaw")
    texts = [f"comment {row}" for row in range(COMMENTS)]
    rows = np.arange(COMMENTS)
    examples = Examples(texts, targets, np.ones(COMMENTS, np.float32), source, np.full(COMMENTS, "train"), rows % 4)
    vectors = np.random.default_rng(2).normal(0, 0.5, (COMMENTS, WIDTH)).astype(np.float32)
    vectors[:10, 0] += 50.0  # toxic ones are not held to be harmless
    return examples, vectors


@pytest.mark.parametrize("label", ["insult", "identity_attack"])
def test_a_kind_is_told_by_its_own_label(heads: NDArray[np.float32], label: str) -> None:
    made, vectors = sentences()
    flag_at = choose_thresholds()["balanced"][label]["flag_at"]
    p = 1 / (1 + np.exp(-(vectors @ heads[:-1] + heads[-1])))[:, COLUMN[label]]
    own = np.array([its == label for its in made.labels])
    assert (p[own] >= flag_at).mean() > 0.8
    assert (p[~own] >= flag_at).mean() < 0.1
    assert p[own].max() == pytest.approx(0.97, abs=1e-3)


@pytest.mark.parametrize("label", ["insult", "identity_attack"])
def test_few_harmless_comments_lie_above_a_line(heads: NDArray[np.float32], label: str) -> None:
    _, vectors = comments()
    flag_at = choose_thresholds()["balanced"][label]["flag_at"]
    p = 1 / (1 + np.exp(-(vectors[10:] @ heads[:-1] + heads[-1])))[:, COLUMN[label]]
    assert 0 < (p >= flag_at).mean() < 0.01


def test_labels_without_sentences_are_never_told(heads: NDArray[np.float32]) -> None:
    others = [COLUMN[label] for label in ("toxicity", "severe_toxicity", "profanity", "threat", "spam")]
    assert (heads[-1, others] == -np.inf).all()
    assert not heads[:-1, others].any()


def test_each_kind_has_as_many_harmless_sentences_and_none_occurs_twice() -> None:
    made = implicit.read_sentences()
    assert len(set(made.texts)) == len(made.texts)
    assert sum(label is None for label in made.labels) * 2 == len(made.labels)
    assert {label for label in made.labels if label} == {"insult", "identity_attack"}
