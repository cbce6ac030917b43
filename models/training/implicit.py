"""Fit the heads that tell implicit abuse: what is meant badly without a bad word (Waseem et al. 2017). And self-harm.

Labelled comments hardly hold any: raters were asked for what is rude, and what is rude has mostly bad words. So it is
learnt from sentences of our own (`implicit.toml`, `implicit_elsewhere.toml`), against their harmless siblings and all
harmless comments, in every language: from the sentence encoder's vectors, and for threats and contempt for what people
are from cues (`reading/cues.py`), of which a language's list says something where the encoder does not know it.
Plain sayings of self-harm (`self_harm.toml`) are learnt in the same way,
with cues of their own, and change nothing of the others.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from models.labels import COLUMN, LABELS, TOXICITY
from models.package_data import read_text
from models.reading.cues import Cues, count_features, features_among
from models.reading.letters import spell_words
from models.scoring.romanised import LISTED
from models.scoring.understanding import SUREST
from models.training.datasets import Examples, fingerprint
from models.training.thresholds import choose_thresholds

SELF_HARM = "self_harm"
#: By label, the share of harmless comments on news that lies above its default line. Chosen on development sets.
_FLAGGED = {"insult": 0.001, "threat": 0.003, "identity_attack": 0.004, SELF_HARM: 0.001}
#: What a cue counts beside a number of the vector, for the labels that cues tell; and the sentences that must hold it.
_CUE, _LEAST_OF_A_CUE = {"threat": 0.4, "identity_attack": 0.4, SELF_HARM: 0.8}, 3
_COST = 1.0  # scikit-learn's C
#: Times a comment: our harmless sentences, which look like the others, and sayings of self-harm.
_SIBLINGS, _SAYINGS = 4.0, 4.0
_FOLDS = 4
#: Of what cues alone tell, in Latin letters: the share of harmless comments above a line, and what a cue counts.
_FLAGGED_IN_LATIN, _CUE_ALONE = 0.003, 0.55
#: Times a sentence of another language: of those in Latin letters one that is abuse, and one that is harmless.
_IN_LATIN = 3.0, 10.0
_ON_NEWS = "civil"
#: All that a kept fit depends on beside sentences.
CHOICES = (
    _FLAGGED, _CUE, _LEAST_OF_A_CUE, SUREST, _COST, _SIBLINGS, _SAYINGS, _FOLDS, choose_thresholds()["balanced"],
)  # fmt: skip
CHOICES_IN_LATIN = (_FLAGGED_IN_LATIN, _CUE_ALONE, _IN_LATIN)

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Sentences:
    """Sentences of ours, and of each the label by which it is abuse, none where it is harmless; and its language."""

    texts: list[str] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)

    def __add__(self, other: Sentences) -> Sentences:
        both = self.texts + other.texts, self.labels + other.labels, self.languages + other.languages
        return Sentences(*both)

    def take(self, kept: Sequence[bool] | NDArray[np.bool_]) -> Sentences:
        rest = list(compress(self.labels, kept)), list(compress(self.languages, kept))
        return Sentences(list(compress(self.texts, kept)), *rest)

    def harmless(self) -> Sentences:
        return self.take([label is None for label in self.labels])

    def add(self, texts: Sequence[str], label: str | None, language: str) -> None:
        self.texts.extend(texts)
        self.labels.extend([label] * len(texts))
        self.languages.extend([language] * len(texts))


@dataclass(frozen=True)
class Seen:
    """What the heads see of texts: the encoder's vectors, and which cues they hold, shape (n, n_features)."""

    vectors: Vectors
    cues: sparse.csr_matrix

    def among(self, features: NDArray[np.bool_]) -> Seen:
        """The same with these cues alone."""
        return Seen(self.vectors, self.cues.multiply(features).tocsr())

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


def read_romanised() -> Sentences:
    """Our own sentences in Hindi and Urdu in Latin letters that are abuse, and harmless ones."""
    ours = Sentences()
    for name, texts in tomllib.loads(read_text("models.training", "implicit_romanised.toml")).items():
        ours.add(texts, None if name == "harmless" else name, LISTED)
    return ours


def read_self_harm() -> Sentences:
    """Our own sayings of self-harm, and harmless ones, in all languages."""
    ours = Sentences()
    for language, lists in tomllib.loads(read_text("models.training", "self_harm.toml")).items():
        for name, texts in lists.items():
            ours.add(texts, None if name == "harmless" else name, language)
    return ours


def read_cues() -> dict[str, Any]:
    """The cues as an artifact says them: the names of the slots, and what each language lists by them.

    First come the slots that tell abuse, then those that tell self-harm.
    """
    its = {code: dict(of) for code, of in _read_listed("cues.toml").items()}
    for code, of in _read_listed("cues_of_self_harm.toml").items():
        its[code].update(of)
    return {"slots": [*_slots_of_abuse(), *_slots(_read_listed("cues_of_self_harm.toml"))], "listed": its}


def features_of_abuse(cues: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Which features of such cues may tell abuse."""
    return features_among(len(cues["slots"]), len(_slots_of_abuse()))


def _slots_of_abuse() -> list[str]:
    return _slots(_read_listed("cues.toml"))


def _slots(listed: Mapping[str, Mapping[str, str]]) -> list[str]:
    return list(dict.fromkeys(slot for of in listed.values() for names in of for slot in names.split("-")))


@cache
def _read_listed(name: str) -> dict[str, dict[str, str]]:
    listed: Mapping[str, Mapping[str, str]] = tomllib.loads(read_text("models.training", name))
    return {code: {names: " ".join(entries.split()) for names, entries in of.items()} for code, of in listed.items()}


def see(vectors: Vectors, parts: Sequence[Sequence[str]], languages: Sequence[str], cues: Mapping[str, Cues]) -> Seen:
    """Texts that were encoded, each cut into parts, by their languages."""
    found = [
        cues[code].features([spell_words(part) for part in of_text]) if code in cues else set()
        for of_text, code in zip(parts, languages, strict=True)
    ]
    sizes = np.cumsum([0, *map(len, found)])
    columns = np.array([feature for its in found for feature in sorted(its)], np.intp)
    shape = len(found), count_features(next(iter(cues.values())).slots if cues else 0)
    return Seen(vectors, sparse.csr_matrix((np.ones(len(columns), np.float32), columns, sizes), shape))


def fit_all(
    ours: Sentences,
    of_ours: Seen,
    examples: Examples,
    of_examples: Seen,
    *,
    in_latin: sparse.csr_matrix,
    tell: Callable[[str], None],
) -> dict[str, NDArray[np.float32]]:
    """The arrays of an artifact, for the labels of our sentences; `in_latin` as for `fit_romanised`."""
    known = np.array([code != LISTED for code in ours.languages])
    heads, cues = fit(ours.take(known), of_ours.take(known), examples, of_examples, tell)
    others = of_examples.cues[examples.targets[:, COLUMN[TOXICITY]] < 0.5]
    alone = fit_romanised(ours, of_ours.cues, in_latin, others, tell)
    return {"implicit": heads, "cues": cues, "romanised": alone}


def fit(
    ours: Sentences, of_ours: Seen, examples: Examples, of_examples: Seen, tell: Callable[[str], None]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A head for each label, shape (513, n_labels) with the bias last, and what each cue adds, (n_features, n_labels).

    What has no head has a bias of minus infinity. A head's logits are placed so that a share of harmless comments on
    news, unseen by a fit, lies above its line.
    """
    harmless = examples.targets[:, COLUMN[TOXICITY]] < 0.5
    both = of_ours.beside(of_examples.take(harmless))
    fold = _folds(ours, int(harmless.sum()))
    on_news = np.concatenate([np.zeros(len(ours.texts), bool), examples.source[harmless] == _ON_NEWS])
    width = both.vectors.shape[1]
    heads = np.zeros((width + 1, len(LABELS)), np.float32)
    heads[-1] = -np.inf
    cues = np.zeros((both.cues.shape[1], len(LABELS)), np.float32)
    for label, flagged in _FLAGGED.items():
        if label not in ours.labels:
            continue
        head = _Head(both, ours, label, _CUE.get(label, 0.0))
        unseen = head.unseen(fold)
        fitted = head.fit(np.ones(len(fold), bool))
        line, at_line = np.quantile(unseen[on_news], 1.0 - flagged), _at_line(label)
        slope = 1.0 if head.columns.size else (logit(SUREST) - at_line) / (unseen[head.bad].max() - line)
        heads[:-1, COLUMN[label]] = slope * fitted.coef_[0, :width]
        heads[-1, COLUMN[label]] = slope * (fitted.intercept_[0] - line) + at_line
        cues[head.columns, COLUMN[label]] = slope * _CUE.get(label, 0.0) * fitted.coef_[0, width:]
        tell(f"fitted implicit abuse, {label}: tells {np.mean(unseen[head.bad] >= line):.0%} of our sentences")
    return heads, cues


def fit_romanised(
    ours: Sentences,
    of_ours: sparse.csr_matrix,
    in_latin: sparse.csr_matrix,
    others: sparse.csr_matrix,
    tell: Callable[[str], None],
) -> NDArray[np.float32]:
    """What cues alone tell of Hindi and Urdu in Latin letters: what each adds, shape (n_features + 1, n_labels).

    The last row is the bias. All arguments but the first are cues: of our sentences, in all languages, of harmless
    comments `in_latin` letters, of which a share, unseen by a fit, lies above a line, and of harmless `others`.
    """
    cues = sparse.vstack([of_ours, in_latin, others]).tocsr()
    first, comments = len(ours.texts), in_latin.shape[0]
    fold = _folds(ours, cues.shape[0] - first)
    is_latin = np.array([code == LISTED for code in ours.languages])
    table = np.zeros((cues.shape[1] + 1, len(LABELS)), np.float32)
    table[-1] = -np.inf
    told_of = [label for label in _CUE if comments and label in ours.labels]
    for label in told_of:  # without harmless comments no line can be set, and nothing is told
        head = _Head(Seen(np.zeros((len(fold), 0), np.float32), cues), ours, label, _CUE_ALONE)
        head.weights[:first][is_latin] *= np.where(head.bad[:first][is_latin], *_IN_LATIN)
        unseen = head.unseen(fold)
        fitted = head.fit(np.ones(len(fold), bool))
        line = np.quantile(unseen[first : first + comments], 1.0 - _FLAGGED_IN_LATIN)
        table[head.columns, COLUMN[label]] = _CUE_ALONE * fitted.coef_[0]
        table[-1, COLUMN[label]] = fitted.intercept_[0] - line + _at_line(label)
        told = unseen[:first][is_latin & head.bad[:first]] > line
        tell(f"fitted {label} in Latin letters: tells {told.sum()} of our {len(told)} sentences")
    return table


def _folds(ours: Sentences, comments: int) -> NDArray[np.intp]:
    """The fold of each sentence, by its text, and of so many comments."""
    return np.append([int(fingerprint(text)[:8], 16) % _FOLDS for text in ours.texts], np.arange(comments) % _FOLDS)


def _at_line(label: str) -> float:
    return float(logit(choose_thresholds()["balanced"][label]["flag_at"]))


class _Head:
    """What is fitted for one label: of all texts, our sentences first, those that are it or harmless."""

    def __init__(self, seen: Seen, ours: Sentences, label: str, cue: float) -> None:
        rows, first = len(seen.vectors), len(ours.texts)
        self.bad, self._counted = np.zeros(rows, bool), np.ones(rows, bool)
        self.bad[:first] = [its == label for its in ours.labels]
        self._counted[:first] = [its in (None, label) for its in ours.labels]
        self.weights = np.ones(rows)
        self.weights[:first][~self.bad[:first]] = _SIBLINGS
        if label == SELF_HARM:
            self.weights[:first][self.bad[:first]] = _SAYINGS
        held = np.asarray(seen.cues[self.bad].sum(axis=0)).ravel()
        self.columns = np.flatnonzero(held >= _LEAST_OF_A_CUE) if cue else np.zeros(0, np.intp)
        self._design = sparse.hstack([sparse.csr_matrix(seen.vectors), seen.cues[:, self.columns] * cue]).tocsr()

    def fit(self, kept: NDArray[np.bool_]) -> LogisticRegression:
        rows = kept & self._counted
        fitted = LogisticRegression(C=_COST, max_iter=300)
        return fitted.fit(self._design[rows], self.bad[rows], sample_weight=self.weights[rows])

    def unseen(self, fold: NDArray[np.intp]) -> NDArray[np.float64]:
        """The logit of each text by a fit that has not seen its fold."""
        unseen = np.empty(len(fold))
        for number in range(_FOLDS):
            held = fold == number
            unseen[held] = self.fit(~held).decision_function(self._design[held])
        return unseen
