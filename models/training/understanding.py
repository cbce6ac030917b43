"""Fit the reader that understands: the head that all languages share, each language's letters, and its scale.

Three stages, each kept (`stages.py`): every comment is encoded once; the head is fitted, with and without each fold; so
are the letters of each language. Scales are learnt on logits of fits that did not see the comment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from models.labels import ABUSE_LABELS, COLUMN, LABELS, SPAM, TOXICITY
from models.reading.encoder import DIMENSIONS, open_encoder
from models.reading.encoder_weights import DIGEST
from models.reading.letters import LetterIndex, find_words
from models.reading.listed import WordList
from models.reading.sentences import find_parts
from models.scoring.understanding import ANY, BESIDE, MOST_WORDS, WORD_WEIGHT
from models.training import datasets, languages
from models.training.augmentation import made_up_examples
from models.training.calibration import NATURAL_RATES
from models.training.datasets import Examples
from models.training.estimator import PartialLabelLogisticRegression
from models.training.languages import LEARNT
from models.training.stages import Arrays, Stages
from models.training.thresholds import choose_thresholds

_LETTER_BITS = 17
_FOLDS = 3
_PENALTY = 25.0  # of the head, chosen on development sets as the other figures here
_LETTER_COST = 3.0  # scikit-learn's C
#: Comments of one source that count fully; of a larger one each counts less, so that more data of one language leaves
#: the others as they are.
_FULL_COUNT = 4000
_TIMES = {"jigsaw": 3.0, "said_plainly": 9.0, "made_up": 1.0}
#: The most that one made-up sentence counts: a term's own words weigh less here than in the fast reader.
_MOST_OF_OURS = 8.0
_MOST = {
    "jigsaw": 18_000,
    "civil": 6_000,
    "davidson": 4_000,
    "youtube": 2_000,
    "id_gambling_spam": 4_000,
    "en_paradetox": 6_000,
    "made_up": 20_000,
}
_MOST_OF_A_LANGUAGE = 8_000
_ENGLISH = ("jigsaw", "civil", "davidson", "hatemoji", "youtube", "web_forms")
_ENCODED_AT_ONCE = 1000
_LONGEST = 1200  # characters of a comment that are learnt from
_TOXICITY_RATE = 0.1
#: This share of a language's harmless training comments lies above the default threshold of a label. Most were chosen
#: by keyword or by an adversary and are harder than a site's; those below came as they were written.
_FLAGGED = 0.06
_FLAGGED_OF_NATURAL = {"es": 0.02, "it": 0.02, "tr": 0.02, "da": 0.03, "pl": 0.03}
#: Threats are rare among the harmless whatever they were chosen by: so many of these lie above its threshold.
_FLAGGED_AS_THREAT = 0.005
#: Noisy labels say so little that plain insults and threats would pass: these are raised, by so much at most.
_RAISED = {TOXICITY: 3.0, "insult": 3.0, "threat": 2.3}
_LEAST_FOR_A_LINE = 200  # bad comments; with fewer a label is added as toxicity is
#: What the fast reader's logit and this one's are added with, for all labels of abuse. Chosen on development sets.
SHARE = 0.6

Progress = Callable[[str], None]
Logits = NDArray[np.float64]


@dataclass(frozen=True)
class Learnt:
    """What goes into the artifact."""

    arrays: Arrays
    facts: dict[str, Any]
    english: Logits  # of all training comments as if English, by fits that did not see them


def choose_examples(data: Path) -> Examples:
    """The comments that are learnt from: a part of the fast reader's, and those of the other languages."""
    parts = [datasets.read_source(data, source) for source in _ENGLISH]
    parts += [languages.read_language(data, code) for code in LEARNT] + [languages.read_gambling(data)]
    parts += [languages.read_rewritten(data), languages.said_plainly(), made_up_examples()]
    everything = datasets.join(parts)
    tested = datasets.tested_fingerprints(data, everything)
    marks = [datasets.fingerprint(text) for text in everything.texts]
    usable = (everything.split == "train") & np.array([mark not in tested for mark in marks])
    order = np.argsort(np.array(marks), kind="stable")
    kept = []
    for source in dict.fromkeys(everything.source):
        rows = order[(usable & (everything.source == source))[order]]
        kept.append(_some(everything, rows, _MOST.get(source, _MOST_OF_A_LANGUAGE)))
    chosen = np.concatenate(kept)
    everything.fold = np.array([int(mark[:8], 16) % _FOLDS for mark in marks])
    return everything.take(chosen)


def _some(examples: Examples, rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """At most so many of some rows; of Jigsaw first the toxic comments whose labels are all known."""
    if len(rows) <= most:
        return rows
    rare = ~np.isnan(examples.targets[rows, COLUMN["threat"]]) & (examples.targets[rows, COLUMN[TOXICITY]] > 0.5)
    rare &= examples.source[rows] == "jigsaw"
    return np.concatenate([rows[rare], rows[~rare]])[:most]


def _weights_of_ours(examples: Examples) -> NDArray[np.float64]:
    """What each made-up sentence counts, and each real comment: 1."""
    ours = np.minimum(examples.weights, _MOST_OF_OURS)
    return np.where(examples.source == "made_up", ours, 1.0)


class Fitting:
    """Holds what the stages share."""

    def __init__(self, examples: Examples, words: Mapping[str, Sequence[str]], stages: Stages, tell: Progress) -> None:
        self.examples, self.stages, self.tell = examples, stages, tell
        self.words = {code: list(its) for code, its in words.items()}
        self.parts = [find_parts(text[:_LONGEST]) for text in examples.texts]
        self.vectors = np.empty((len(examples), DIMENSIONS), np.float32)
        for source in dict.fromkeys(examples.source):
            self._encode(source)
        self.head, self.seen_by_none = self._fit_head()
        spam = examples.targets[:, COLUMN[SPAM]]
        of_spam = self.seen_by_none[:, COLUMN[SPAM]]
        self.of_spam = _platt(of_spam, spam > 0.5, spam < 0.5, NATURAL_RATES[SPAM])
        self.spelt = [[word for part in parts for word, _, _ in find_words(part)] for parts in self.parts]

    def learn(self) -> Learnt:
        """Everything but how the two readers are added."""
        index = LetterIndex(1 << _LETTER_BITS)
        tables: list[NDArray[np.float32]] = []
        tongues, scales = [], []
        letters: dict[str, int] = {}
        listed = {code: WordList(its) for code, its in self.words.items()}
        of_jigsaw = self.examples.source == "jigsaw"
        english = self._scale(self.seen_by_none[of_jigsaw], of_jigsaw, None)
        pooled: list[tuple[NDArray[np.bool_], Logits]] = []
        for code in LEARNT:
            rows = self.examples.source == code
            beside = self._count_listed(rows, listed.get(code))
            pooled.append((rows, beside))
            if rows.sum() >= languages.LEAST_FOR_LETTERS:
                table, said = self._fit_letters(code, rows, index)
                letters[code] = len(tables)
                tables.append(table)
                beside = beside + said
            tongues.append(code)
            scales.append(self._scale(self.seen_by_none[rows] + beside[:, None] * BESIDE, rows, english))
        anything = np.concatenate([np.flatnonzero(rows) for rows, _ in pooled])
        beside = np.concatenate([its for _, its in pooled])
        of_any = self._scale(self.seen_by_none[anything] + beside[:, None] * BESIDE, anything, english)
        for code in ["en", *sorted(set(self.words) - {"en", *LEARNT}), ANY]:
            tongues.append(code)
            scales.append(english if code == "en" else of_any)
        arrays: Arrays = {
            "head": self.head.astype(np.float32),
            "letters": np.array([_steps(table)[0] for table in tables], np.int8).reshape(-1, index.size),
            "letters_scale": np.array([_steps(table)[1] for table in tables], dtype=np.float32),
            "tongues": np.stack(scales),
        }
        facts = {"tongues": tongues, "letters": letters, "listed": self.words | {"en": []}, "encoder": DIGEST}
        return Learnt(arrays, facts, self.seen_by_none * english[0] + english[1])

    def _encode(self, source: str) -> None:
        """The vectors of a source's comments. A source that is new leaves those of the others as they were kept."""
        rows = np.flatnonzero(self.examples.source == source)

        def encode() -> Arrays:
            encoder = open_encoder()
            found = np.empty((len(rows), DIMENSIONS), np.float16)
            for first in range(0, len(rows), _ENCODED_AT_ONCE):
                batch = [self.parts[row] for row in rows[first : first + _ENCODED_AT_ONCE]]
                numbers = iter(encoder.find_pieces([part for parts in batch for part in parts]))
                sums = encoder.sum_runs([[next(numbers) for _ in parts] for parts in batch])
                sizes = np.array([len(parts) for parts in batch])
                whole = encoder.gather(sums.joined(sizes.cumsum() - sizes))
                found[first : first + len(batch)] = encoder.vectors(whole)
            self.tell(f"encoded {len(rows):,} comments of {source}")
            return {"vectors": found}

        texts = [self.examples.texts[row] for row in rows]
        self.vectors[rows] = self.stages.run(f"vectors-{source}", [DIGEST, *texts], encode)["vectors"]

    def _fit_head(self) -> tuple[Logits, Logits]:
        """The head, shape (513, n_labels) with the bias last; and each comment's logits by one that did not see it."""
        examples = self.examples
        sources = list(dict.fromkeys(examples.source))
        groups = np.array([sources.index(source) for source in examples.source])
        counts = np.bincount(groups)
        times = np.array([_TIMES.get(source, 1.0) for source in sources]) * np.minimum(1.0, _FULL_COUNT / counts)
        weight = times[groups] * _weights_of_ours(examples)

        def fit() -> Arrays:
            heads = []
            for fold in range(_FOLDS + 1):
                kept = examples.fold != fold  # the last time all of them
                estimator = PartialLabelLogisticRegression((_PENALTY,) * len(LABELS), 150)
                estimator.fit(
                    self.vectors[kept], examples.targets[kept], sample_weight=weight[kept], groups=groups[kept]
                )
                heads.append(np.vstack([estimator.coef_, estimator.intercept_[:1]]))
                self.tell(f"fitted the shared head, {fold + 1} of {_FOLDS + 1} times")
            return {"heads": np.stack(heads)}

        facts = [str(_PENALTY), str(_FOLDS), str(weight.sum()), DIGEST, *examples.texts]
        heads = self.stages.run("head", facts, fit)["heads"].astype(np.float64)
        wide = np.column_stack([self.vectors, np.ones(len(self.vectors), np.float32)])
        unseen = np.empty((len(examples), len(LABELS)))
        for fold in range(_FOLDS):
            held = examples.fold == fold
            unseen[held] = wide[held] @ heads[fold]
        return heads[-1], unseen

    def _fit_letters(
        self, code: str, rows: NDArray[np.bool_], index: LetterIndex
    ) -> tuple[NDArray[np.float32], Logits]:
        """The weights of a language's letter sequences; and what those of fits without a comment's fold say of it."""
        at = np.flatnonzero(rows)
        design = _letter_design([self.spelt[row] for row in at], index)
        toxic = self.examples.targets[at, COLUMN[TOXICITY]] > 0.5
        fold = self.examples.fold[at]

        def fit() -> Arrays:
            found = []
            for number in range(_FOLDS + 1):
                kept = fold != number  # the last time all of them
                fitted = LogisticRegression(C=_LETTER_COST, solver="liblinear", random_state=0)
                found.append(fitted.fit(design[kept], toxic[kept]).coef_[0].astype(np.float32))
            self.tell(f"fitted the letters of {code}")
            return {"tables": np.stack(found)}

        facts = [str(_LETTER_COST), str(_LETTER_BITS), str(_FOLDS), *(" ".join(self.spelt[row]) for row in at)]
        tables = self.stages.run(f"letters-{code}", facts, fit)["tables"]
        said = np.array([np.asarray(design @ table) for table in tables[:-1]])
        return tables[-1], said[fold, np.arange(len(at))].astype(np.float64)

    def _count_listed(self, rows: NDArray[np.bool_], words: WordList | None) -> Logits:
        if words is None:
            return np.zeros(int(rows.sum()))
        found = [{entry for entry, _, _ in words.find(self.spelt[row])} for row in np.flatnonzero(rows)]
        return np.array([WORD_WEIGHT * min(len(entries), MOST_WORDS) for entries in found])

    def _scale(self, logits: Logits, rows: NDArray[Any], otherwise: Logits | None) -> Logits:
        """Slope and offset of each label, shape (2, n_labels): so that the logits mean what they say at natural rates.

        A label that a language's comments do not tell takes the slope of `otherwise`, English, and its place beside
        toxicity. No threshold flags more than this share of the harmless comments: `_FLAGGED`, or what is natural.
        """
        targets = self.examples.targets[rows]
        flagged = np.mean([_FLAGGED_OF_NATURAL.get(source, _FLAGGED) for source in self.examples.source[rows]])
        found = np.stack([np.ones(len(LABELS)), np.zeros(len(LABELS))])
        flag_at = choose_thresholds()["balanced"]
        harmless = targets[:, COLUMN[TOXICITY]] < 0.5
        for label in ABUSE_LABELS:
            column = COLUMN[label]
            bad, good = targets[:, column] > 0.5, targets[:, column] < 0.5
            fitted = min(bad.sum(), good.sum()) >= 100
            if fitted:
                found[:, column] = _platt(logits[:, column], bad, good, NATURAL_RATES.get(label, _TOXICITY_RATE))
            elif otherwise is not None:
                found[:, column] = otherwise[:, column]
                found[1, column] += found[1, COLUMN[TOXICITY]] - otherwise[1, COLUMN[TOXICITY]]
            if harmless.sum() >= 100:
                share = _FLAGGED_AS_THREAT if label == "threat" and otherwise is not None else flagged
                highest = np.quantile(logits[harmless, column] * found[0, column] + found[1, column], 1 - share)
                raised = _RAISED.get(label, 0.0) if otherwise is not None else 0.0
                found[1, column] += min(raised, logit(flag_at[label]["flag_at"]) - highest)
        found[:, COLUMN[SPAM]] = self.of_spam
        return found


def fit_sum(
    second: Logits, examples: Examples, fast: Mapping[str, Logits], curves: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How the readers' logits of English are added: share, slope and offset, shape (3, n_labels).

    `second` holds this reader's logits of `examples`, `fast` the other's by text, both of fits that did not see the
    comment; `curves` turn a sum into a probability. Spam is left to the fast reader.
    """
    rows = [row for row, text in enumerate(examples.texts) if examples.source[row] == "jigsaw" and text in fast]
    first, targets = np.array([fast[examples.texts[row]] for row in rows]), examples.targets[rows]
    found = np.stack([np.zeros(len(LABELS)), np.ones(len(LABELS)), np.zeros(len(LABELS))])
    for label in ABUSE_LABELS:
        column = COLUMN[label]
        x = first[:, column] + SHARE * second[rows, column]
        bad, weight = targets[:, column] > 0.5, _at_natural_rates(targets, column)
        enough = bad.sum() >= _LEAST_FOR_A_LINE or label == TOXICITY
        line = _fit_line(x, bad, weight, curves[column]) if enough else found[1:, COLUMN[TOXICITY]]
        found[:, column] = SHARE, *line
    return found


def _fit_line(x: Logits, bad: NDArray[np.bool_], weight: Logits, curve: NDArray[np.float64]) -> tuple[float, float]:
    """The slope and offset of `x` that make labels likeliest, where `curve` tells the probability of what comes out."""

    def loss(line: Logits) -> float:
        p = np.clip(np.interp(line[0] * x + line[1], *curve), 1e-6, 1 - 1e-6)
        return float(-(weight * np.where(bad, np.log(p), np.log(1.0 - p))).sum())

    slope, offset = minimize(loss, np.array([0.7, 0.0]), method="Nelder-Mead").x
    return max(0.2, float(slope)), float(offset)


def _at_natural_rates(targets: NDArray[np.float32], column: int) -> Logits:
    """What each comment counts for, so that together they are as bad as a site's; 0 where the label is unknown."""
    toxic, label = targets[:, COLUMN[TOXICITY]] > 0.5, targets[:, column]
    rate = NATURAL_RATES.get(LABELS[column], _TOXICITY_RATE)
    weight = np.zeros(len(targets))
    for part, share in (
        (label > 0.5, rate),
        (toxic & (label < 0.5), _TOXICITY_RATE - rate),
        (~toxic & (label < 0.5), 1.0 - _TOXICITY_RATE),
    ):
        weight[part] = max(share, 0.0) / max(1, part.sum())
    return weight


def _letter_design(texts: Sequence[Sequence[str]], index: LetterIndex) -> sparse.csr_matrix:
    """Each text's distinct letter sequences, counted as `Understanding.weigh_words` does."""
    places = [index.distinct(list(words)) for words in texts]
    sizes = np.array([len(its) for its in places])
    values = np.repeat(1.0 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    starts = np.concatenate([[0], sizes.cumsum()])
    return sparse.csr_matrix((values, np.concatenate(places), starts), (len(texts), index.size))


def _platt(x: Logits, bad: NDArray[np.bool_], good: NDArray[np.bool_], rate: float) -> tuple[float, float]:
    """Platt's scale (1999), as if the label had a natural rate."""
    known = bad | good
    weight = np.where(bad, rate / bad.sum(), (1.0 - rate) / good.sum())[known] * known.sum()
    fitted = LogisticRegression(C=1e6, max_iter=1000).fit(x[known, None], bad[known], sample_weight=weight)
    return max(0.2, float(fitted.coef_[0, 0])), float(fitted.intercept_[0])


def _steps(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], np.float32]:
    """A table as it is stored (`terms.expand` undoes it), and what a step is worth."""
    scale = np.float32(max(float(np.abs(table).max()), 1e-6) / 127**2)
    return (np.round(np.sqrt(np.abs(table) / scale)) * np.sign(table)).astype(np.int8), scale
