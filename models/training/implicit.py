"""Fit the heads that tell implicit abuse: what is meant badly without a bad word (Waseem et al. 2017).

Labelled comments hardly hold any: raters were asked for what is rude, and what is rude has mostly bad words. So it is
learnt from sentences of our own (`implicit.toml`, `implicit_elsewhere.toml`), against their harmless siblings and all
harmless comments, in every language: from the sentence encoder's vectors, and for threats and contempt for what people
are from cues (`reading/cues.py`), of which a language's list says something where the encoder does not know it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from models.labels import COLUMN, LABELS, TOXICITY
from models.package_data import read_text
from models.reading.cues import Cues, count_features
from models.reading.letters import find_words
from models.scoring.understanding import SUREST
from models.training.datasets import Examples, fingerprint
from models.training.thresholds import choose_thresholds

#: By label, the share of harmless comments on news that lies above its default line. Chosen on development sets.
_FLAGGED = {"insult": 0.001, "threat": 0.003, "identity_attack": 0.004}
#: What a cue counts beside a number of the vector, for the labels that cues tell; and the sentences that must hold it.
_CUE, _LEAST_OF_A_CUE = {"threat": 0.4, "identity_attack": 0.4}, 3
_COST = 1.0  # scikit-learn's C
_SIBLINGS = 4.0  # times a comment: our harmless sentences, which look like the others
_FOLDS = 4
_ON_NEWS = "civil"
#: All that a kept fit depends on beside sentences.
CHOICES = (_FLAGGED, _CUE, _LEAST_OF_A_CUE, SUREST, _COST, _SIBLINGS, _FOLDS, choose_thresholds()["balanced"])

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Sentences:
    """Sentences of ours, and of each the label by which it is abuse, none where it is harmless; and its language."""

    texts: list[str] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)

    def add(self, texts: Sequence[str], label: str | None, language: str) -> None:
        self.texts.extend(texts)
        self.labels.extend([label] * len(texts))
        self.languages.extend([language] * len(texts))


@dataclass(frozen=True)
class Seen:
    """What the heads see of texts: the encoder's vectors, and which cues they hold, shape (n, n_features)."""

    vectors: Vectors
    cues: sparse.csr_matrix

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Seen:
        return Seen(self.vectors[rows], self.cues[rows])

    def beside(self, other: Seen) -> Seen:
        both = sparse.vstack([self.cues, other.cues]).tocsr()
        return Seen(np.concatenate([self.vectors, other.vectors]), both)


def read_sentences() -> Sentences:
    """Our own sentences, the English ones first."""
    ours = Sentences()
    for kind in tomllib.loads(read_text("models.training", "implicit.toml")).values():
        ours.add(kind["abuse"], kind["label"], "en")
        ours.add(kind["harmless"], None, "en")
    for language, lists in tomllib.loads(read_text("models.training", "implicit_elsewhere.toml")).items():
        for name, texts in lists.items():
            ours.add(texts, None if name == "harmless" else name, language)
    return ours


def read_cues() -> dict[str, Any]:
    """The cues as an artifact says them: the names of the slots, and what each language lists by them."""
    listed: Mapping[str, Mapping[str, str]] = tomllib.loads(read_text("models.training", "cues.toml"))
    its = {code: {names: " ".join(entries.split()) for names, entries in of.items()} for code, of in listed.items()}
    slots = dict.fromkeys(slot for of in its.values() for names in of for slot in names.split("-"))
    return {"slots": list(slots), "listed": its}


def see(vectors: Vectors, parts: Sequence[Sequence[str]], languages: Sequence[str], cues: Mapping[str, Cues]) -> Seen:
    """Texts that were encoded, each cut into parts, by their languages."""
    found = [
        cues[code].features([[word for word, _, _ in find_words(part)] for part in of_text]) if code in cues else set()
        for of_text, code in zip(parts, languages, strict=True)
    ]
    sizes = np.cumsum([0, *map(len, found)])
    columns = np.array([feature for its in found for feature in sorted(its)], np.intp)
    shape = len(found), count_features(next(iter(cues.values())).slots if cues else 0)
    return Seen(vectors, sparse.csr_matrix((np.ones(len(columns), np.float32), columns, sizes), shape))


def fit(
    ours: Sentences, of_ours: Seen, examples: Examples, of_examples: Seen, tell: Callable[[str], None]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A head for each label, shape (513, n_labels) with the bias last, and what each cue adds, (n_features, n_labels).

    What has no head has a bias of minus infinity. A head's logits are placed so that a share of harmless comments on
    news, unseen by a fit, lies above its line.
    """
    harmless = examples.targets[:, COLUMN[TOXICITY]] < 0.5
    both = of_ours.beside(of_examples.take(harmless))
    fold_of_ours = [int(fingerprint(text)[:8], 16) % _FOLDS for text in ours.texts]
    fold = np.concatenate([fold_of_ours, np.arange(harmless.sum()) % _FOLDS])
    on_news = np.concatenate([np.zeros(len(ours.texts), bool), examples.source[harmless] == _ON_NEWS])
    heads = np.zeros((both.vectors.shape[1] + 1, len(LABELS)), np.float32)
    heads[-1] = -np.inf
    cues = np.zeros((both.cues.shape[1], len(LABELS)), np.float32)
    for label, flagged in _FLAGGED.items():
        bad, other = np.zeros((2, len(fold)), bool)
        bad[: len(ours.texts)] = [its == label for its in ours.labels]
        other[: len(ours.texts)] = [its not in (None, label) for its in ours.labels]
        head = _Head(both, bad, ~other, len(ours.texts), _CUE.get(label, 0.0))
        unseen = np.empty(len(fold))
        for number in range(_FOLDS):
            held = fold == number
            unseen[held] = head.fit(~held).decision_function(head.design[held])
        fitted = head.fit(np.ones(len(fold), bool))
        line = np.quantile(unseen[on_news], 1.0 - flagged)
        at_line = logit(choose_thresholds()["balanced"][label]["flag_at"])
        slope = 1.0 if head.columns.size else (logit(SUREST) - at_line) / (unseen[bad].max() - line)
        width = both.vectors.shape[1]
        heads[:-1, COLUMN[label]] = slope * fitted.coef_[0, :width]
        heads[-1, COLUMN[label]] = slope * (fitted.intercept_[0] - line) + at_line
        cues[head.columns, COLUMN[label]] = slope * _CUE.get(label, 0.0) * fitted.coef_[0, width:]
        tell(f"fitted implicit abuse, {label}: tells {np.mean(unseen[bad] >= line):.0%} of our sentences")
    return heads, cues


class _Head:
    """What is fitted for one label: of all texts, `ours` sentences of ours first, those that are `counted`."""

    def __init__(self, seen: Seen, bad: NDArray[np.bool_], counted: NDArray[np.bool_], ours: int, cue: float) -> None:
        self._bad, self._counted = bad, counted
        self._weights = np.ones(len(bad))
        self._weights[:ours][~bad[:ours]] = _SIBLINGS
        held = np.asarray(seen.cues[bad].sum(axis=0)).ravel()
        self.columns = np.flatnonzero(held >= _LEAST_OF_A_CUE) if cue else np.zeros(0, np.intp)
        self.design = sparse.hstack([sparse.csr_matrix(seen.vectors), seen.cues[:, self.columns] * cue]).tocsr()

    def fit(self, kept: NDArray[np.bool_]) -> LogisticRegression:
        rows = kept & self._counted
        fitted = LogisticRegression(C=_COST, max_iter=300)
        return fitted.fit(self.design[rows], self._bad[rows], sample_weight=self._weights[rows])
