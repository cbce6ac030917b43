"""Train the classifier from the labelled comments in a directory.

Deterministic: the same data and library versions give the same arrays.
"""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn
from numpy.typing import NDArray

from models import artifact as artifacts
from models import datasets
from models.artifact import Artifact
from models.augmentation import made_up_examples
from models.calibration import calibrate, measure_spam
from models.classifier import Classifier, from_artifact
from models.datasets import Examples
from models.design import FLOOR, GRAM_SHARE, PAIR_SHARE, Design, Rarity, ReadingIndex, list_readings, measure_rarity
from models.estimator import PartialLabelLogisticRegression
from models.feedback import read_feedback
from models.labels import LABELS
from models.normalization import normalize
from models.thresholds import choose_thresholds
from models.tokens import find_tokens
from models.words import Reader

VERSION = "1.1.0"
WORD_BITS, PAIR_BITS = 19, 19
PENALTY = (15.0, 15.0, 15.0, 15.0, 15.0, 15.0, 4.0)  # one a label; chosen on development sets
#: All others: 0.
_GROUPS = {
    "civil": 1,
    "davidson": 2,
    "hatemoji": 3,
    "roman_urdu": 4,
    "youtube": 5,
    "sms": 6,
    "feedback": 7,
}
_SPAM = LABELS.index("spam")
_TOXIC = slice(0, _SPAM)  # columns of the other labels
_MADE_UP_FOR_SPAM = 8.0  # times a sentence of ours: YouTube's comments, of four videos only, count as much
_KNOWN_FROM = 4  # training comments that must hold a word before it counts as known
_FOLDS = 4
FAVOUR = (0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.0)  # one a label, chosen as the penalty
_STEPS, _STEPS_NEAR = 40, 12  # of L-BFGS, from nothing and from nearly the same fit

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Vocabulary:
    """The words that the reader knows, with the number of comments that hold each, and those that people disguise."""

    known: dict[str, int]
    strong: frozenset[str]

    def lines(self) -> str:
        """As the artifact keeps it: word, count and mark, one word a line."""
        return "\n".join(
            f"{word}\t{count}\t{'*' if word in self.strong else ''}" for word, count in sorted(self.known.items())
        )


def count_words(texts: Iterable[str]) -> Counter[str]:
    """In how many texts each plain word occurs."""
    counts: Counter[str] = Counter()
    for text in texts:
        words = {token.lower().replace("'", "") for token in find_tokens(normalize(text))}
        counts.update(word for word in words if word.isascii() and word.isalpha())
    return counts


def learn_vocabulary(examples: Examples) -> Vocabulary:
    """The words of the training comments; strong are those that mostly occur in toxic ones."""
    counts = count_words(examples.texts)
    known = {word: count for word, count in counts.items() if count >= _KNOWN_FROM}
    strong: set[str] = set()
    for source, share, least in (("jigsaw", 0.55, 10), ("roman_urdu", 0.93, 8)):
        texts = [text for text, of in zip(examples.texts, examples.source, strict=True) if of == source]
        toxic = examples.targets[examples.source == source, 0] > 0.5
        of_all = count_words(texts)
        of_toxic = count_words(text for text, is_toxic in zip(texts, toxic, strict=True) if is_toxic)
        strong |= {
            word
            for word, count in of_all.items()
            if word in known and len(word) > 2 and count >= least and of_toxic[word] > share * count
        }
    return Vocabulary(known, frozenset(strong))


@dataclass(frozen=True)
class Model:
    """What a fit learns, before calibration."""

    vocabulary: Vocabulary
    rarity: Rarity
    coef: NDArray[np.float32]
    intercept: NDArray[np.float64]  # a row for each group of sources; the first is what scores start from

    def artifact(self, calibration: NDArray[np.float64], manifest: dict[str, Any]) -> Artifact:
        """As it is stored: each weight in a byte."""
        words, word_scale = _quantize(self.coef[: 1 << WORD_BITS])
        pairs, pair_scale = _quantize(self.coef[1 << WORD_BITS :] * np.float32(PAIR_SHARE))
        arrays: dict[str, NDArray[Any]] = {
            "words": words,
            "pairs": pairs,
            "scale": np.stack([word_scale, pair_scale]),
            "rarity": self.rarity.steps,
            "bias": self.intercept[0],
            "calibration": calibration,
        }
        facts = {"rarity_scale": self.rarity.unit, "gram_share": GRAM_SHARE, "floor": FLOOR, **manifest}
        return Artifact(arrays, self.vocabulary.lines(), facts)

    def classifier(self) -> Classifier:
        """A classifier whose scores are not calibrated yet."""
        logistic = np.linspace(-40.0, 40.0, 3)
        knots = np.tile(np.stack([logistic, np.array([0.0, 0.5, 1.0])]), (len(LABELS), 1, 1))
        return from_artifact(self.artifact(knots, {"version": "", "thresholds": {}}))


def _quantize(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    # Most weights are tiny and a few are large: steps that grow with the weight keep both (terms.expand undoes it).
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-6).astype(np.float32) / np.float32(127**2)
    steps = np.round(np.sqrt(np.abs(weights) / scale)) * np.sign(weights)
    return steps.astype(np.int8), scale


class Trainer:
    """Holds what fits on different rows share: the vocabulary, the encoded comments and the design."""

    def __init__(self, examples: Examples, progress: Progress) -> None:
        self.examples = examples
        self.progress = progress
        self.vocabulary = learn_vocabulary(examples)
        progress(f"knows {len(self.vocabulary.known):,} words, {len(self.vocabulary.strong)} of them strong")
        index = ReadingIndex(Reader(self.vocabulary.known, self.vocabulary.strong))
        encoded = [index.encode(text) for text in examples.texts]
        readings = list_readings(list(index.numbers))
        progress(f"read {len(encoded):,} comments, {len(readings.words):,} different words")
        self.rarity = measure_rarity(encoded, readings, WORD_BITS)
        self.design = Design(encoded, readings, self.rarity, word_bits=WORD_BITS, pair_bits=PAIR_BITS)
        self.groups = np.array([_GROUPS.get(source, 0) for source in examples.source])

    def fit(self, aside: NDArray[np.bool_]) -> tuple[Model, NDArray[np.float64]]:
        """A model of all labels without the rows set aside; and the spam sets' logits from fits without their fold.

        Spam and its folds are fitted at once, since a pass over the features costs little more for five columns than
        for one. There are four folds (YouTube: its videos); comments of other sets have none, and their logits are NaN.
        """
        toxic = self._fit(list(range(_SPAM)), np.column_stack([self.examples.weights * ~aside] * _SPAM), self.groups)
        self.progress(f"fitted {', '.join(LABELS[:_SPAM])}")
        weight = self.examples.weights * np.where(self.examples.source == "made_up", _MADE_UP_FOR_SPAM, 1.0)
        rows = [~aside] + [self.examples.fold != fold for fold in range(_FOLDS)]
        # Whatever is no spam, from wherever, shares an intercept with the contact forms' spam, which has no like.
        groups = np.where(np.isin(self.examples.source, ("youtube", "sms")), self.groups, 0)
        spam = self._fit([_SPAM] * len(rows), np.column_stack([weight * kept for kept in rows]), groups)
        self.progress("fitted spam, and again without each fold")
        logits = np.full(len(self.examples), np.nan)
        for fold in range(_FOLDS):
            held = np.flatnonzero(self.examples.fold == fold)
            texts = [self.examples.texts[row] for row in held]
            logits[held] = self._model(toxic, spam, fold + 1).classifier().logits(texts)[:, _SPAM]
        return self._model(toxic, spam), logits

    def _fit(
        self, labels: list[int], weight: NDArray[np.floating[Any]], groups: NDArray[np.intp], near: Model | None = None
    ) -> PartialLabelLogisticRegression:
        penalty, favour = (tuple(of_label[label] for label in labels) for of_label in (PENALTY, FAVOUR))
        estimator = PartialLabelLogisticRegression(penalty, _STEPS if near is None else _STEPS_NEAR, favour=favour)
        return estimator.fit(
            self.design,
            self.examples.targets[:, labels],
            sample_weight=weight,
            groups=groups,
            coef_init=None if near is None else near.coef[:, labels],
            intercept_init=None if near is None else near.intercept[: groups.max() + 1, labels],
        )

    def refit(self, draft: Model) -> Model:
        """The model of all rows, found from one of nearly all; but for spam, since no more of that is known."""
        weight = np.column_stack([self.examples.weights] * _SPAM)
        toxic = self._fit(list(range(_SPAM)), weight, self.groups, near=draft)
        self.progress("fitted again, with the comments that were held out to calibrate on")
        coef, intercept = draft.coef.copy(), draft.intercept.copy()
        coef[:, _TOXIC], intercept[: len(toxic.intercept_), _TOXIC] = toxic.coef_, toxic.intercept_
        return Model(self.vocabulary, self.rarity, coef, intercept)

    def _model(
        self, toxic: PartialLabelLogisticRegression, spam: PartialLabelLogisticRegression, column: int = 0
    ) -> Model:
        coef = np.column_stack([toxic.coef_, spam.coef_[:, column]])
        intercept = np.zeros((max(_GROUPS.values()) + 1, len(LABELS)))
        intercept[: len(toxic.intercept_), _TOXIC] = toxic.intercept_
        intercept[: len(spam.intercept_), _SPAM] = spam.intercept_[:, column]
        return Model(self.vocabulary, self.rarity, coef, intercept)


def train(data: Path, out: Path, progress: Progress) -> Artifact:
    """Train on the files in `data` and write the model into the folder `out`.

    Raises
    ------
    FileNotFoundError : a file that datasets.py names is not in `data`
    """
    started = time.monotonic()

    def tell(message: str) -> None:
        progress(f"{time.monotonic() - started:4.0f} s  {message}")

    examples, aside = _examples(data, tell)
    trainer = Trainer(examples, tell)
    draft, out_of_fold = trainer.fit(aside)
    held_out = examples.take(np.flatnonzero(aside))
    logits = draft.classifier().logits(held_out.texts)
    knots = calibrate(logits, held_out, out_of_fold, examples)
    model = trainer.refit(draft)
    manifest = {
        "version": VERSION,
        "labels": list(LABELS),
        "thresholds": choose_thresholds(),
        "spam_out_of_fold": measure_spam(out_of_fold, logits, knots, examples),
        "data": {source: datasets.checksum(datasets.source_path(data, source)) for source in datasets.SOURCES},
        "libraries": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }
    artifact = model.artifact(knots, manifest)
    artifacts.write(out, artifact)
    tell(f"wrote {out}")
    return artifact


def _examples(data: Path, progress: Progress) -> tuple[Examples, NDArray[np.bool_]]:
    """The comments to learn from, and which of them (from Jigsaw) to hold out of the fit that is calibrated."""
    said = read_feedback(data)
    sources = [datasets.read_source(data, source) for source in datasets.SOURCES]
    everything = datasets.join([*sources, made_up_examples(), *([said] if said is not None else [])])
    tested = datasets.tested_fingerprints(data, everything)
    fingerprints = [datasets.fingerprint(text) for text in everything.texts]
    usable = (everything.split == "train") & np.array([mark not in tested for mark in fingerprints])
    # A slice chosen by the text itself, so that copies of a comment fall on one side.
    aside = np.array([int(mark[:8], 16) % 10 == 0 for mark in fingerprints]) & (everything.source == "jigsaw")
    progress(f"{(usable & ~aside).sum():,} comments to fit on, {(usable & aside).sum():,} to calibrate on")
    return everything.take(np.flatnonzero(usable)), aside[usable]
