"""Fit the heads that tell implicit abuse: what is meant badly without a bad word (Waseem et al. 2017).

Labelled comments hardly hold any: raters were asked for what is rude, and what is rude has mostly bad words. So it is
learnt from sentences of our own (`implicit.toml`), against their harmless siblings and all harmless comments, in every
language. It knows nothing but the sentence encoder's vectors, and so holds wherever the encoder reads.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from models.labels import COLUMN, LABELS, TOXICITY
from models.package_data import read_text
from models.training.datasets import Examples, fingerprint
from models.training.thresholds import choose_thresholds

#: By label, the share of harmless comments on news that lies above its default line. Chosen on development sets.
_FLAGGED = {"insult": 0.001, "identity_attack": 0.004}
#: The score of the sentence that is told best: far enough below the line from which a comment is rejected unseen.
_HIGHEST = 0.97
_COST = 1.0  # scikit-learn's C
_SIBLINGS = 4.0  # times a comment: our harmless sentences, which look like the others
_FOLDS = 4
_ON_NEWS = "civil"
#: All that a kept fit depends on beside sentences.
CHOICES = (_FLAGGED, _HIGHEST, _COST, _SIBLINGS, _FOLDS, choose_thresholds()["balanced"])

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Sentences:
    """Sentences of ours, and of each the label by which it is abuse; none where it is harmless."""

    texts: list[str]
    labels: list[str | None]


def read_sentences() -> Sentences:
    """Our own English sentences (`implicit.toml`)."""
    texts: list[str] = []
    labels: list[str | None] = []
    for kind in tomllib.loads(read_text("models.training", "implicit.toml")).values():
        texts += [*kind["abuse"], *kind["harmless"]]
        labels += [kind["label"]] * len(kind["abuse"]) + [None] * len(kind["harmless"])
    return Sentences(texts, labels)


def fit(
    ours: Sentences, of_ours: Vectors, examples: Examples, vectors: Vectors, tell: Callable[[str], None]
) -> NDArray[np.float32]:
    """A head for each label, shape (513, n_labels) with the bias last; what has none has a bias of minus infinity.

    A head's logits are placed so that a share of harmless comments on news, unseen by a fit, lies above its line.
    """
    harmless = examples.targets[:, COLUMN[TOXICITY]] < 0.5
    both = np.concatenate([of_ours, vectors[harmless]])
    fold_of_ours = [int(fingerprint(text)[:8], 16) % _FOLDS for text in ours.texts]
    fold = np.concatenate([fold_of_ours, examples.fold[harmless] % _FOLDS])
    on_news = np.concatenate([np.zeros(len(ours.texts), bool), examples.source[harmless] == _ON_NEWS])
    counts = np.ones(len(both))
    counts[: len(ours.texts)] = [_SIBLINGS if its is None else 1.0 for its in ours.labels]
    heads = np.zeros((both.shape[1] + 1, len(LABELS)), np.float32)
    heads[-1] = -np.inf
    for label, flagged in _FLAGGED.items():
        bad = np.zeros(len(both), bool)
        bad[: len(ours.texts)] = [its == label for its in ours.labels]
        unseen = np.empty(len(both))
        for number in range(_FOLDS):
            held = fold == number
            unseen[held] = _fit(both[~held], bad[~held], counts[~held]).decision_function(both[held])
        fitted = _fit(both, bad, counts)
        line = np.quantile(unseen[on_news], 1.0 - flagged)
        at_line = logit(choose_thresholds()["balanced"][label]["flag_at"])
        slope = (logit(_HIGHEST) - at_line) / (fitted.decision_function(both[bad]).max() - line)
        heads[:-1, COLUMN[label]] = slope * fitted.coef_[0]
        heads[-1, COLUMN[label]] = slope * (fitted.intercept_[0] - line) + at_line
        tell(f"fitted implicit abuse, {label}: tells {np.mean(unseen[bad] >= line):.0%} of our sentences")
    return heads


def _fit(vectors: Vectors, bad: NDArray[np.bool_], counts: NDArray[np.float64]) -> LogisticRegression:
    return LogisticRegression(C=_COST, max_iter=500).fit(vectors, bad, sample_weight=counts)
