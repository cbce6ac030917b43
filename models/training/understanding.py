"""Fit the reader that understands: the head that all languages share, each language's letters, and its scale.

Three stages, each kept (`stages.py`): every comment is encoded once; the head is fitted, with and without each fold; so
are the letters of each language. Scales are learnt on logits of fits that did not see the comment. Languages without
labelled comments of their own learn their letters from labels that are carried over (`carried.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from models.labels import ABUSE_LABELS, COLUMN, CORE_COLUMNS, CORE_LABELS, SPAM, TOXICITY
from models.languages import FIRST_LEARNT
from models.reading.encoder import DIMENSIONS, open_encoder
from models.reading.encoder_weights import DIGEST
from models.reading.letters import LetterIndex, spell_words
from models.reading.listed import WordList
from models.reading.sentences import find_parts
from models.scoring.romanised import LISTED
from models.scoring.understanding import ANY, BESIDE, find_cues, find_insults, weigh_listed
from models.training import carried, datasets, implicit, languages
from models.training.augmentation import made_up_examples
from models.training.calibration import NATURAL_RATES
from models.training.carried import CARRIED, LINED, Carried
from models.training.datasets import Examples
from models.training.estimator import PartialLabelLogisticRegression
from models.training.languages import LEARNT
from models.training.stages import Arrays, Stages
from models.training.thresholds import choose_thresholds

_LETTER_BITS = 17
_FOLDS = 3
_PENALTY = 25.0  # of the head, chosen on development sets as the other figures here
_LETTER_COST = 3.0  # scikit-learn's C
#: Languages that the encoder does not know and whose comments are labelled: what letters say counts twice, ...
_LETTERS_COUNT = {"hi": 2.0, "ro": 2.0}
#: ... and what each of our own sentences counts (`said_here.toml`), beside the labelled comments of a language: no more
#: than leaves its development comments ranked as well.
_OURS_COUNT = {"ar": 0.5, "da": 1.0, "hi": 1.0, "pl": 1.0, "ro": 1.0}
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
_FLAGGED_OF_NATURAL = {"es": 0.02, "it": 0.02, "tr": 0.02, "da": 0.025, "pl": 0.025}
#: Languages in which a few words beside other sentences decide less. Chosen on their harmless comments.
_WARY = ("it", "tr")
#: Threats are rare among the harmless whatever they were chosen by: so many of these lie above its threshold.
_FLAGGED_AS_THREAT = 0.005
#: Noisy labels say so little that plain insults and threats would pass: these are raised, by so much at most.
_RAISED = {TOXICITY: 2.6, "insult": 3.0, "threat": 2.3}
#: Where labels are carried over, this share of harmless English comments, said word by word, lies above a line; half as
#: many where letters have learnt from labelled comments, which look otherwise. So many are encoded to find out.
_FLAGGED_OF_SAID, _SAID_FOR_A_LINE = (0.015, 0.0075), 3_000
_LEAST_HARMLESS = 100  # comments, of fewer no line can be set
_LEAST_COUNT = 1e-3  # a text that counts less is left out
_LEAST_FOR_A_LINE = 200  # bad comments; with fewer a label is added as toxicity is
#: What the fast reader's logit and this one's are added with, for all labels of abuse. Chosen on development sets.
SHARE = 0.6

#: A language's listed words, and the insults among them.
Listed = tuple[WordList, WordList]
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


def carry_over(data: Path, english: carried.English, words: Mapping[str, Sequence[str]]) -> dict[str, Carried]:
    """What the languages learn from that labels are carried over to, those whose sentences are in `data`."""
    return {
        code: carried.carry(code, carried.read_sentences(data, code), english, words.get(code, ()))
        for code in (*CARRIED, *LINED)
        if carried.sentences_path(data, code).is_file()
    }


@dataclass(frozen=True)
class Lists:
    """Bad words by language, and insults by language, which are among them when they are counted."""

    words: Mapping[str, Sequence[str]]
    insults: Mapping[str, Sequence[str]]


class Fitting:
    """Holds what the stages share."""

    def __init__(
        self,
        examples: Examples,
        lists: Lists,
        carried_over: Mapping[str, Carried],
        stages: Stages,
        tell: Progress,
        *,
        in_latin: Sequence[str],
    ) -> None:
        """`in_latin` are harmless comments in Hindi and Urdu in Latin letters, which the encoder is not shown."""
        self.examples, self.carried, self.stages, self.tell = examples, carried_over, stages, tell
        self.in_latin = in_latin
        self.insults = {code: list(its) for code, its in lists.insults.items()}
        self.cues = implicit.read_cues()
        codes = {*lists.words, *self.insults} - (FIRST_LEARNT - {"en"})
        self.words = {code: sorted({*lists.words.get(code, ()), *self.insults.get(code, ())}) for code in codes}
        self.parts = [find_parts(text[:_LONGEST]) for text in examples.texts]
        self.vectors = np.empty((len(examples), DIMENSIONS), np.float32)
        for source in dict.fromkeys(examples.source):
            self._encode(source)
        self.head, self.seen_by_none = self._fit_head()
        spam = examples.targets[:, COLUMN[SPAM]]
        of_spam = self.seen_by_none[:, COLUMN[SPAM]]
        self.of_spam = _platt(of_spam, spam > 0.5, spam < 0.5, NATURAL_RATES[SPAM])
        self.spelt = list(map(_spell, self.parts))

    def learn(self) -> Learnt:
        """Everything but how the two readers are added."""
        index = LetterIndex(1 << _LETTER_BITS)
        tables: list[NDArray[np.float32]] = []
        tongues, scales = [], []
        letters: dict[str, int] = {}
        insults = find_insults({"insults": self.insults})
        listed = {code: (WordList(self.words.get(code, ())), insults[code]) for code in {*self.words, *LEARNT}}
        of_jigsaw = self.examples.source == "jigsaw"
        english = self._scale(self.seen_by_none[of_jigsaw], of_jigsaw, None)
        pooled: list[tuple[NDArray[np.bool_], Logits]] = []
        for code in LEARNT:
            rows = self.examples.source == code
            beside = _count_listed([self.spelt[row] for row in np.flatnonzero(rows)], listed[code])
            pooled.append((rows, beside))
            if rows.sum() >= languages.LEAST_FOR_LETTERS:
                table, said = self._fit_letters(code, rows, index)
                letters[code] = len(tables)
                tables.append(table)
                beside = beside + said
            scale = self._scale(self.seen_by_none[rows] + beside[:, None] * BESIDE[CORE_COLUMNS], rows, english)
            if code in self.carried and code in letters:
                self._set_lines(scale, code, index, tables[letters[code]], listed[code])
            tongues.append(code)
            scales.append(scale)
        anything = np.concatenate([np.flatnonzero(rows) for rows, _ in pooled])
        beside = np.concatenate([its for _, its in pooled])
        of_any = self._scale(self.seen_by_none[anything] + beside[:, None] * BESIDE[CORE_COLUMNS], anything, english)
        for code in ["en", *sorted(set(self.words) - {"en", *LEARNT}), ANY]:
            scale = english if code == "en" else of_any
            if code in self.carried:
                of_half, table = self._learn_carried(code, index)
                letters[code] = len(tables)
                tables.append(table)
                scale = of_any.copy()
                self._set_lines(scale, code, index, of_half, listed[code])
            tongues.append(code)
            scales.append(scale)
        arrays: Arrays = {
            "head": self.head.astype(np.float32),
            "letters": np.array([_steps(table)[0] for table in tables], np.int8).reshape(-1, index.size),
            "letters_scale": np.array([_steps(table)[1] for table in tables], dtype=np.float32),
            "tongues": np.stack(scales),
            **self._fit_implicit(),
        }
        lists = {"listed": dict(sorted(self.words.items())), "insults": self.insults, "cues": self.cues}
        facts = {"tongues": tongues, "letters": letters, **lists, "wary": [*_WARY], "encoder": DIGEST}
        return Learnt(arrays, facts, self.seen_by_none * english[0] + english[1])

    def _encode(self, source: str) -> None:
        """The vectors of a source's comments. A source that is new leaves those of the others as they were kept."""
        rows = np.flatnonzero(self.examples.source == source)

        def encode() -> Arrays:
            vectors = encode_parts([self.parts[row] for row in rows])
            self.tell(f"encoded {len(rows):,} comments of {source}")
            return {"vectors": vectors}

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
                estimator = PartialLabelLogisticRegression((_PENALTY,) * len(CORE_LABELS), 150)
                estimator.fit(
                    self.vectors[kept], examples.targets[kept], sample_weight=weight[kept], groups=groups[kept]
                )
                heads.append(np.vstack([estimator.coef_, estimator.intercept_[:1]]))
                self.tell(f"fitted the shared head, {fold + 1} of {_FOLDS + 1} times")
            return {"heads": np.stack(heads)}

        facts = [str(_PENALTY), str(_FOLDS), str(weight.sum()), DIGEST, *examples.texts]
        heads = self.stages.run("head", facts, fit)["heads"].astype(np.float64)
        wide = np.column_stack([self.vectors, np.ones(len(self.vectors), np.float32)])
        unseen = np.empty((len(examples), len(CORE_LABELS)))
        for fold in range(_FOLDS):
            held = examples.fold == fold
            unseen[held] = wide[held] @ heads[fold]
        return heads[-1], unseen

    def _fit_implicit(self) -> Arrays:
        """The heads that tell implicit abuse, and what cues add to them; and what cues tell alone, in Latin letters.

        Self-harm is learnt beside it, with its own cues.
        """
        examples = self.examples
        abuse = implicit.read_sentences() + implicit.read_romanised()
        despair = abuse.harmless() + implicit.read_self_harm()
        of_comments = [source if source in LEARNT else "en" for source in examples.source]

        def fit() -> Arrays:
            cues = find_cues({"cues": self.cues})
            of_examples = implicit.see(self.vectors, self.parts, of_comments, cues)
            in_latin = [find_parts(text[:_LONGEST]) for text in self.in_latin]
            of_latin = implicit.see(np.zeros((len(in_latin), 0), np.float32), in_latin, [LISTED] * len(in_latin), cues)
            fitted = []
            for ours, among in ((abuse, implicit.features_of_abuse(self.cues)), (despair, None)):
                parts = [find_parts(text) for text in ours.texts]
                of_ours = implicit.see(encode_parts(parts).astype(np.float32), parts, ours.languages, cues)
                seen = [its if among is None else its.among(among) for its in (of_ours, of_examples, of_latin)]
                arrays = implicit.fit_all(ours, seen[0], examples, seen[1], in_latin=seen[2].cues, tell=self.tell)
                fitted.append(arrays)
            column = COLUMN[implicit.SELF_HARM]
            for name, array in fitted[0].items():
                array[:, column] = fitted[1][name][:, column]
            return fitted[0]

        everything = abuse + despair
        labels = [*map(str, everything.labels), *everything.languages]
        choices = [str(implicit.CHOICES), str(implicit.CHOICES_IN_LATIN), str(self.cues)]
        facts = [*choices, *everything.texts, *labels, DIGEST, *examples.texts, *self.in_latin]
        return self.stages.run("implicit", facts, fit)

    def _fit_letters(
        self, code: str, rows: NDArray[np.bool_], index: LetterIndex
    ) -> tuple[NDArray[np.float32], Logits]:
        """The weights of a language's letter sequences; and what those of fits without a comment's fold say of it."""
        at = np.flatnonzero(rows)
        design = _letter_design([self.spelt[row] for row in at], index)
        toxic = self.examples.targets[at, COLUMN[TOXICITY]] > 0.5
        fold = self.examples.fold[at]
        ours, of_ours = languages.said_here(code) if code in _OURS_COUNT else ([], [])
        beside = _letter_design([_spell(find_parts(text)) for text in ours], index) if ours else design[:0]

        def fit() -> Arrays:
            columns = []
            for number in range(_FOLDS + 1):
                kept = fold != number  # the last time all of them
                fitted = LogisticRegression(C=_LETTER_COST, solver="liblinear", random_state=0)
                counts = np.append(np.ones(kept.sum()), np.full(len(ours), _OURS_COUNT.get(code, 1.0)))
                labels = np.append(toxic[kept], np.array(of_ours) > 0.5)
                fitted.fit(sparse.vstack([design[kept], beside]), labels, sample_weight=counts)
                columns.append(fitted.coef_[0].astype(np.float32))
            self.tell(f"fitted the letters of {code}")
            return {"tables": np.stack(columns)}

        facts = [str(_LETTER_COST), str(_LETTER_BITS), str(_FOLDS), *(" ".join(self.spelt[row]) for row in at)]
        count = [str(_OURS_COUNT[code])] if ours else []
        tables = self.stages.run(f"letters-{code}", [*facts, *ours, *count], fit)["tables"]
        tables = tables * np.float32(_LETTERS_COUNT.get(code, 1.0))
        said = np.array([np.asarray(design @ table) for table in tables[:-1]])
        return tables[-1], said[fold, np.arange(len(at))].astype(np.float64)

    def _learn_carried(self, code: str, index: LetterIndex) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The letters of a language from labels carried over: from half of them, and from all."""
        its = self.carried[code]
        spelt = [_spell(find_parts(text[:_LONGEST])) for text in its.texts]
        half = np.arange(len(spelt)) % 2 == 0

        def fit() -> Arrays:
            design = _letter_design(spelt, index)
            tables = [_fit_likely(design[kept], its.bad[kept], its.weights[kept]) for kept in (half, half | True)]
            self.tell(f"fitted the letters of {code} to labels carried over")
            return {"tables": np.stack(tables)}

        facts = [str((_LETTER_COST, _LETTER_BITS)), str(its.weights.sum()), str(its.bad.tolist()), *its.texts]
        tables = self.stages.run(f"carried-{code}", facts, fit)["tables"]
        return tables[0], tables[1]

    def _set_lines(
        self, scale: Logits, code: str, index: LetterIndex, table: NDArray[np.float32], listed: Listed
    ) -> None:
        """Set a language's lines on harmless English comments, said in it, that `table`, its letters, has not seen."""
        its = self.carried[code]
        half = np.arange(len(its.texts)) % 2 == 1
        texts = [its.texts[row] for row in np.flatnonzero(its.comments & half)[:_SAID_FOR_A_LINE]]
        if len(texts) < _LEAST_HARMLESS:
            return

        parts = [find_parts(text) for text in texts]

        def encode() -> Arrays:
            return {"vectors": encode_parts(parts)}

        vectors = self.stages.run(f"said-{code}", [DIGEST, *texts], encode)["vectors"].astype(np.float64)
        spelt = list(map(_spell, parts))
        beside = np.asarray(_letter_design(spelt, index) @ table) + _count_listed(spelt, listed)
        logits = vectors @ self.head[:-1] + self.head[-1] + beside[:, None] * BESIDE[CORE_COLUMNS]
        for label in ABUSE_LABELS:
            share = _FLAGGED_AS_THREAT if label == "threat" else _FLAGGED_OF_SAID[code in LINED]
            _set_line(scale, label, logits, share, _RAISED.get(label, 0.0))

    def _scale(self, logits: Logits, rows: NDArray[Any], otherwise: Logits | None) -> Logits:
        """Slope and offset of each label, shape (2, n_labels): so that the logits mean what they say at natural rates.

        A label that a language's comments do not tell takes the slope of `otherwise`, English, and its place beside
        toxicity. No threshold flags more than this share of the harmless comments: `_FLAGGED`, or what is natural.
        """
        targets = self.examples.targets[rows]
        flagged = fmean(_FLAGGED_OF_NATURAL.get(source, _FLAGGED) for source in self.examples.source[rows])
        calibration = np.stack([np.ones(len(CORE_LABELS)), np.zeros(len(CORE_LABELS))])
        harmless = targets[:, COLUMN[TOXICITY]] < 0.5
        for label in ABUSE_LABELS:
            column = COLUMN[label]
            bad, good = targets[:, column] > 0.5, targets[:, column] < 0.5
            fitted = min(bad.sum(), good.sum()) >= 100
            if fitted:
                calibration[:, column] = _platt(logits[:, column], bad, good, NATURAL_RATES.get(label, _TOXICITY_RATE))
            elif otherwise is not None:
                calibration[:, column] = otherwise[:, column]
                calibration[1, column] += calibration[1, COLUMN[TOXICITY]] - otherwise[1, COLUMN[TOXICITY]]
            if harmless.sum() >= _LEAST_HARMLESS:
                share = _FLAGGED_AS_THREAT if label == "threat" and otherwise is not None else flagged
                raised = _RAISED.get(label, 0.0) if otherwise is not None else 0.0
                _set_line(calibration, label, logits[harmless], share, raised)
        calibration[:, COLUMN[SPAM]] = self.of_spam
        return calibration


def fit_sum(
    second: Logits, examples: Examples, fast: Mapping[str, Logits], curves: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How the readers' logits of English are added: share, slope and offset, shape (3, n_labels).

    `second` holds this reader's logits of `examples`, `fast` the other's by text, both of fits that did not see the
    comment; `curves` turn a sum into a probability. Spam is left to the fast reader.
    """
    rows = [row for row, text in enumerate(examples.texts) if examples.source[row] == "jigsaw" and text in fast]
    first, targets = np.array([fast[examples.texts[row]] for row in rows]), examples.targets[rows]
    calibration = np.stack([np.zeros(len(CORE_LABELS)), np.ones(len(CORE_LABELS)), np.zeros(len(CORE_LABELS))])
    for label in ABUSE_LABELS:
        column = COLUMN[label]
        x = first[:, column] + SHARE * second[rows, column]
        bad, weight = targets[:, column] > 0.5, _at_natural_rates(targets, column)
        enough = bad.sum() >= _LEAST_FOR_A_LINE or label == TOXICITY
        line = _fit_line(x, bad, weight, curves[column]) if enough else calibration[1:, COLUMN[TOXICITY]]
        calibration[:, column] = SHARE, *line
    return calibration


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
    rate = NATURAL_RATES.get(CORE_LABELS[column], _TOXICITY_RATE)
    weight = np.zeros(len(targets))
    for part, share in (
        (label > 0.5, rate),
        (toxic & (label < 0.5), _TOXICITY_RATE - rate),
        (~toxic & (label < 0.5), 1.0 - _TOXICITY_RATE),
    ):
        weight[part] = max(share, 0.0) / max(1, part.sum())
    return weight


def encode_parts(texts: Sequence[Sequence[str]]) -> NDArray[np.float16]:
    """The vectors of texts that were cut into parts."""
    encoder = open_encoder()
    vectors = np.empty((len(texts), DIMENSIONS), np.float16)
    for first in range(0, len(texts), _ENCODED_AT_ONCE):
        batch = texts[first : first + _ENCODED_AT_ONCE]
        numbers = iter(encoder.find_pieces([part for parts in batch for part in parts]))
        sums = encoder.sum_runs([[next(numbers) for _ in parts] for parts in batch])
        sizes = np.array([len(parts) for parts in batch])
        vectors[first : first + len(batch)] = encoder.vectors(encoder.gather(sums.joined(sizes.cumsum() - sizes)))
    return vectors


def _spell(parts: Sequence[str]) -> list[str]:
    """The words of a text that was cut into parts."""
    return [word for part in parts for word in spell_words(part)]


def _count_listed(texts: Sequence[Sequence[str]], listed: Listed) -> Logits:
    """What the listed words of each text add."""
    return np.array([weigh_listed(spelt, *listed) for spelt in texts], dtype=np.float64)


def _set_line(calibration: Logits, label: str, harmless: Logits, share: float, raised: float) -> None:
    """Move a label's offset so that `share` of harmless comments lies above its threshold: up by `raised` at most."""
    column = COLUMN[label]
    highest = np.quantile(harmless[:, column] * calibration[0, column] + calibration[1, column], 1 - share)
    flag_at = choose_thresholds()["balanced"][label]["flag_at"]
    calibration[1, column] += min(raised, logit(flag_at) - highest)


def _fit_likely(design: sparse.csr_matrix, bad: Logits, weights: Logits) -> NDArray[np.float32]:
    """Weights of letter sequences, of texts that are bad with a probability: each counts as both, as much as likely."""
    both = sparse.vstack([design, design]).tocsr()
    counts = np.append(weights * bad, weights * (1.0 - bad))
    kept = counts > _LEAST_COUNT
    fitted = LogisticRegression(C=_LETTER_COST, solver="liblinear", random_state=0)
    fitted.fit(both[kept], (np.arange(len(counts)) < len(bad))[kept], sample_weight=counts[kept])
    return np.asarray(fitted.coef_[0], dtype=np.float32)


def _letter_design(texts: Sequence[Sequence[str]], index: LetterIndex) -> sparse.csr_matrix:
    """Each text's distinct letter sequences, counted as `Understanding.weigh_words` does."""
    places = [index.distinct(list(words)) for words in texts]
    sizes = np.array([len(its) for its in places])
    values = np.repeat(1.0 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    starts = np.concatenate([[0], sizes.cumsum()])
    return sparse.csr_matrix((values, np.concatenate(places), starts), (len(texts), index.size))


def _platt(x: Logits, bad: NDArray[np.bool_], good: NDArray[np.bool_], rate: float) -> tuple[float, float]:
    """Platt's scale (1999), as if the label had a natural rate."""
    labelled = bad | good
    weight = np.where(bad, rate / bad.sum(), (1.0 - rate) / good.sum())[labelled] * labelled.sum()
    fitted = LogisticRegression(C=1e6, max_iter=1000).fit(x[labelled, None], bad[labelled], sample_weight=weight)
    return max(0.2, float(fitted.coef_[0, 0])), float(fitted.intercept_[0])


def _steps(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], np.float32]:
    """A table as it is stored (`terms.expand` undoes it), and what a step is worth."""
    scale = np.float32(max(float(np.abs(table).max()), 1e-6) / 127**2)
    return (np.round(np.sqrt(np.abs(table) / scale)) * np.sign(table)).astype(np.int8), scale
