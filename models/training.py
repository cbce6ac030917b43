"""Train the classifier from the labelled comments in a directory.

Deterministic: the same data and library versions give the same arrays.
"""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
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
from models.design import FLOOR, GRAM_SHARE, PAIR_SHARE, Design, Rarity, WordIndex, measure_rarity
from models.estimator import PartialLabelLogisticRegression
from models.feedback import read_feedback
from models.labels import LABELS
from models.normalization import normalize
from models.thresholds import choose_thresholds
from models.tokens import find_tokens
from models.words import Reader

VERSION = "1.0.0"
WORD_BITS, PAIR_BITS = 19, 19
PENALTY = (12.0, 12.0, 12.0, 12.0, 12.0, 12.0, 4.0)  # one a label; chosen on development sets
#: All others: 0.
_GROUPS = {
    "civil": 1,
    "davidson": 2,
    "hatemoji": 3,
    "roman_urdu": 4,
    "youtube": 5,
    "sms": 6,
    "feedback": 7,
    "web_forms": 8,
}
_KNOWN_FROM = 4  # training comments that must hold a word before it counts as known
_FOLDS = 4

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
    bias: NDArray[np.float64]

    def artifact(self, calibration: NDArray[np.float64], manifest: dict[str, Any]) -> Artifact:
        """As it is stored: each weight in a byte."""
        words, word_scale = _quantize(self.coef[: 1 << WORD_BITS])
        pairs, pair_scale = _quantize(self.coef[1 << WORD_BITS :] * np.float32(PAIR_SHARE))
        arrays: dict[str, NDArray[Any]] = {
            "words": words,
            "pairs": pairs,
            "scale": np.stack([word_scale, pair_scale]),
            "rarity": self.rarity.steps,
            "bias": self.bias,
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
        index = WordIndex(Reader(self.vocabulary.known, self.vocabulary.strong))
        encoded = [index.encode(text) for text in examples.texts]
        progress(f"read {len(encoded):,} comments, {len(index.numbers):,} different words")
        self.rarity = measure_rarity(encoded, list(index.numbers), WORD_BITS)
        self.design = Design(encoded, index, self.rarity, word_bits=WORD_BITS, pair_bits=PAIR_BITS)
        self.groups = np.array([_GROUPS.get(source, 0) for source in examples.source])

    def fit(self, keep: NDArray[np.bool_], labels: Sequence[int]) -> Model:
        """Fit some labels on some rows; other labels' weights stay zero."""
        weight = (self.examples.weights * keep).astype(np.float64)
        coef = np.zeros((self.design.shape[1], len(LABELS)), dtype=np.float32)
        bias = np.zeros(len(LABELS))
        for label in labels:  # one after the other: L-BFGS converges in fewer steps than on all at once
            estimator = PartialLabelLogisticRegression(PENALTY[label])
            targets = self.examples.targets[:, [label]]
            estimator.fit(self.design, targets, sample_weight=weight, groups=self.groups)
            coef[:, label] = estimator.coef_[:, 0]
            bias[label] = estimator.intercept_[0, 0]
            if len(labels) > 1:
                self.progress(f"fitted {LABELS[label]}")
        return Model(self.vocabulary, self.rarity, coef, bias)

    def spam_out_of_fold(self) -> NDArray[np.float64]:
        """Each spam set's comments' spam logits from a fit that did not see their fold (YouTube: their video)."""
        spam = LABELS.index("spam")
        folds = np.array([fold if fold >= 0 else -1 for fold in self.examples.fold])
        logits = np.full(len(folds), np.nan)
        for fold in range(_FOLDS):
            held = folds == fold
            classifier = self.fit(~held, [spam]).classifier()
            texts = [self.examples.texts[row] for row in np.flatnonzero(held)]
            logits[held] = classifier.logits(texts)[:, spam]
            self.progress(f"spam: fold {fold + 1} of {_FOLDS}")
        return logits


def train(data: Path, out: Path, progress: Progress) -> Artifact:
    """Train on the files in `data` and write the model into the folder `out`.

    Raises
    ------
    FileNotFoundError : a file that datasets.py names is not in `data`
    """
    started = time.monotonic()

    def tell(message: str) -> None:
        progress(f"{time.monotonic() - started:4.0f} s  {message}")

    examples, held_out = _examples(data, tell)
    trainer = Trainer(examples, tell)
    out_of_fold = trainer.spam_out_of_fold()
    model = trainer.fit(np.ones(len(examples), dtype=bool), range(len(LABELS)))
    logits = model.classifier().logits(held_out.texts)
    knots = calibrate(logits, held_out, out_of_fold, examples)
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


def _examples(data: Path, progress: Progress) -> tuple[Examples, Examples]:
    """The comments to fit on, and the Jigsaw comments held out of them to calibrate on."""
    said = read_feedback(data)
    sources = [datasets.read_source(data, source) for source in datasets.SOURCES]
    everything = datasets.join([*sources, made_up_examples(), *([said] if said is not None else [])])
    tested = datasets.tested_fingerprints(data, everything)
    fingerprints = [datasets.fingerprint(text) for text in everything.texts]
    usable = (everything.split == "train") & np.array([mark not in tested for mark in fingerprints])
    # A slice chosen by the text itself, so that copies of a comment fall on one side.
    aside = np.array([int(mark[:8], 16) % 10 == 0 for mark in fingerprints]) & (everything.source == "jigsaw")
    fit_on = everything.take(np.flatnonzero(usable & ~aside))
    held_out = everything.take(np.flatnonzero(usable & aside))
    progress(f"{len(fit_on):,} comments to fit on, {len(held_out):,} to calibrate on")
    return fit_on, held_out
