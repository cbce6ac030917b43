"""The spam and toxicity classifier: two readers, one score.

The fast reader's logit is a sum of terms over words and word pairs, divided by a norm; it has learnt English and Roman
Urdu. The reader that understands (`understanding.py`) judges the other languages, and helps with English.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from models import artifact as artifacts
from models.artifact import Artifact, ArtifactError
from models.labels import (
    ABUSE_COLUMNS,
    COLUMN,
    CORE_COLUMNS,
    CORE_LABELS,
    LABELS,
    SUBJECT_COLUMNS,
    TOXICITY,
)
from models.languages import FIRST_LEARNT, FOREIGN, GRADES, UNTOLD, Grade, base, grades, is_judged
from models.reading.encoder import open_encoder
from models.reading.language import LOOKED_AT, detect, likeliest, prepare
from models.reading.latin import detect_romanised, in_latin
from models.reading.passages import Passages
from models.reading.unmasking import read_as
from models.reading.words import Reader
from models.scoring import attribution, mixed, readers, romanised, understanding
from models.scoring.attribution import Traced
from models.scoring.explanation import SUREST, Explanation, explain, made_of, together
from models.scoring.mixed import Plan, Together
from models.scoring.pieces import Tokens
from models.scoring.pooling import pool
from models.scoring.readers import READ_FAST
from models.scoring.romanised import Romanised
from models.scoring.signals import weigh
from models.scoring.terms import BREAK, TermCache, Weights, token_ids
from models.scoring.understanding import Understanding
from models.scoring.windows import Windows, cut, window_sums
from texts.edits import edited
from texts.normalization import visible

#: Tokens that are remembered beside the commonest words, and pieces. When there are more, those met first stay: readers
#: write new words for ever, and a larger memory would grow for weeks and save hardly any time.
_CACHE_TOKENS, _CACHE_PIECES, _CACHE_CHARACTERS = 22_000, 60_000, 600_000
#: Texts whose language is remembered: each is asked for several times, by one step after the other.
_TOLD = 1_024
#: Characters of a text whose language a hidden word may tell.
_SHORT = 100
_TOXICITY = COLUMN[TOXICITY]
#: From this probability on implicit abuse counts: below it, it would only make harmless comments a little less so.
_MEANT_FROM = 0.5
#: From this score on a text in no language that can be told is abuse in English.
_ABUSE_IN_ENGLISH = 0.5
#: The logit of a subject in a comment that has no word of it, and was not read for that.
_UNREAD = -20.0

Scores = NDArray[np.float64]
Signals = Mapping[str, object]


@dataclass(frozen=True)
class Sum:
    """How the two readers' logits of English comments are one: `slope * (fast + share * understood) + offset`.

    Each of shape (n_core_labels,). What a comment is about, the reader that understands says alone.
    """

    share: NDArray[np.float64]
    slope: NDArray[np.float64]
    offset: NDArray[np.float64]


@dataclass(frozen=True)
class _Reading:
    """Texts' logits, and which of them the reader that understands made alone; all of shape (n_texts, n_labels).

    And their scores, where these were needed on the way.
    """

    logits: NDArray[np.float64]
    understood: NDArray[np.bool_]
    scores: Scores | None = None


@dataclass(frozen=True)
class Classifier:
    """Scores comments. Made by `models.load`; any number of threads may use one.

    Attributes
    ----------
    labels : the labels, in the order of the columns of `score`; without the subjects where the fast reader is
        alone, and of a model that has not learnt them
    version : the trained model's version
    thresholds : preset ("lenient", "balanced", "strict") -> label -> {"flag_at", "reject_at"}
    manifest : everything else that the artifact says of itself
    """

    labels: tuple[str, ...]
    version: str
    thresholds: dict[str, dict[str, dict[str, Any]]]
    manifest: dict[str, Any]
    bias: NDArray[np.float64]
    floor: float
    calibration: NDArray[np.float64]
    _caches: list[TermCache]
    reader: str = "fast"
    understanding: Understanding | None = None
    sum: Sum | None = None
    romanised: Romanised | None = None
    _passages: Passages | None = None

    def score(self, texts: Sequence[str], signals: Sequence[Signals] | None = None) -> Scores:
        """Calibrated probabilities, shape (n_texts, n_labels), in [0, 1].

        `signals`, one mapping a text, is what is known beside it (docs/classifier.md lists the keys).
        Raises ValueError when there are not as many as texts.
        """
        if signals is not None and len(signals) != len(texts):
            raise ValueError(f"{len(texts)} texts came with {len(signals)} signals")
        if not len(texts):
            return np.zeros((0, len(self.labels)))
        reading = self._read(texts, signals)
        scores = reading.scores
        if scores is None:
            scores = self.probability_by(reading.logits, reading.understood)
        return scores[:, : len(self.labels)]

    def logits(self, texts: Sequence[str], signals: Sequence[Signals] | None = None) -> NDArray[np.float64]:
        """The raw logit of each text with its signals, shape (n_texts, n_labels)."""
        return self._read(texts, signals).logits[:, : len(self.labels)]

    def fast_logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """What the fast reader alone says of each text, without signals, shape (n_texts, n_labels)."""
        return self._heard(texts, self.cache())[0]

    def _heard(self, texts: Sequence[str], cache: TermCache) -> tuple[NDArray[np.float64], Tokens, Windows]:
        """`fast_logits`, and the tokens and windows that they were made of."""
        tokens = self._tokens(texts, cache)
        logits, windows = self._window_logits(tokens, cache)
        return pool(logits, windows.first), tokens, windows

    def _read(self, texts: Sequence[str], signals: Sequence[Signals] | None) -> _Reading:
        """Texts with their signals."""
        plan = self._plan(texts, signals)
        read = self._understood(plan)
        logits, understood, _ = mixed.strongest(read.logits, read.understood, plan, self.probability_by)
        scores = plan.settled
        for row in np.flatnonzero(plan.may_signal).tolist() if signals is None else range(len(texts)):
            for label, weights in weigh(texts[row], signals[row] if signals is not None else {}).items():
                logits[row, COLUMN[label]] += sum(weights.values())
                scores = None
        return _Reading(logits, understood, scores)

    def _understood(self, plan: Plan) -> _Reading:
        """All that is read, by the fast reader, by the one that understands, or by both.

        Where implicit abuse alone is more probable than what they say together, that decides a label.
        """
        logits, alone = plan.logits, plan.alone[:, None].repeat(plan.logits.shape[1], axis=1)
        if self.understanding is None or self.sum is None:
            return _Reading(logits, alone)
        for asked, texts, languages in plan.asked_together:
            told, meant = self.understanding.logits(texts, languages)
            core = told[:, CORE_COLUMNS]
            both = self.sum.slope * (logits[asked, CORE_COLUMNS] + self.sum.share * core) + self.sum.offset
            told[:, CORE_COLUMNS] = np.where(plan.alone[asked, None], core, both)
            logits[asked] = told
            self._imply(asked, meant, logits, alone)
        if plan.about:
            about, texts, languages = plan.about_together
            told, meant = self.understanding.logits(texts, languages)
            logits[about, SUBJECT_COLUMNS] = told[:, SUBJECT_COLUMNS]
            self._imply(about, _of_subjects(meant), logits, alone)
        if plan.romanised and self.romanised is not None:
            meant = self.romanised.logits(*plan.romanised_together)
            self._imply(plan.romanised, meant, logits, alone)
        return _Reading(logits, alone)

    def _imply(
        self, rows: Sequence[int], meant: NDArray[np.float64], logits: NDArray[np.float64], alone: NDArray[np.bool_]
    ) -> None:
        """Put what is `meant` in some rows in the place of their logits where it decides; `alone` says so then, too."""
        heads = self._implied_by(meant, logits[rows], alone[rows])
        logits[rows] = np.where(heads >= 0, np.take_along_axis(meant, np.maximum(heads, 0), axis=1), logits[rows])
        alone[rows] |= heads >= 0

    def _implied_by(
        self, meant: NDArray[np.float64], told: NDArray[np.float64], alone: NDArray[np.bool_]
    ) -> NDArray[np.intp]:
        """The column of the head of implicit abuse that decides a label, -1 where none does.

        `meant` is what these heads say, `told` all else, `alone` as `understood` of `probability_by`; all of one shape.
        """
        heads = np.tile(np.arange(meant.shape[1]), (len(meant), 1))
        heads[:, _TOXICITY] = meant[:, CORE_COLUMNS].argmax(axis=1)  # each kind of it is toxic, but for self-harm
        strongest = _logistic(np.take_along_axis(meant, heads, axis=1))
        return np.where(strongest > np.maximum(self.probability_by(told, alone), _MEANT_FROM), heads, -1)

    def speech(self, text: str, beside: Signals | None = None, fast_score: float = 0.0) -> str:
        """The language that a text is read in: where none can be told, one that is said beside it, or the likeliest.

        But English, where the fast reader's score says that it is abuse in English.
        """
        told = self.detected_language(text)
        if told != UNTOLD:
            return told
        if self.understanding is None or fast_score >= _ABUSE_IN_ENGLISH:
            return "en"
        said = self.language(text, _said(beside))
        return in_latin(said) if said != UNTOLD else likeliest(visible(text[:LOOKED_AT]))

    def window_logits(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], Windows]:
        """The raw logit of each window of each text, shape (n_windows, n_labels), and the windows."""
        cache = self.cache()
        return self._window_logits(self._tokens(texts, cache), cache)

    def _tokens(self, texts: Sequence[str], cache: TermCache) -> Tokens:
        return cache.pieces.read(texts, cache.reader, lambda tokens: token_ids(tokens, cache))

    def _window_logits(self, tokens: Tokens, cache: TermCache) -> tuple[NDArray[np.float64], Windows]:
        windows = cut(tokens.sizes, tokens.ids == BREAK)
        sums = window_sums(tokens.ids, windows, cache)
        return sums[:, :-1] / np.sqrt(sums[:, -1:] + self.floor) + self.bias, windows

    def probability_by(self, logits: NDArray[np.float64], understood: NDArray[np.bool_]) -> Scores:
        """The probability of each logit; `understood`, shaped as they are, says which the second reader alone made."""
        scores = self.probability(logits)
        scores[understood] = _logistic(logits[understood])
        return scores

    def probability(self, logits: NDArray[np.float64]) -> Scores:
        """The calibrated probability of each logit, shape as given: (n, n_labels)."""
        scores = np.empty_like(logits)
        for column, (knots, values) in enumerate(self._curves):
            scores[:, column] = np.interp(logits[:, column], knots, values)
        scores[:, SUBJECT_COLUMNS] = _logistic(logits[:, SUBJECT_COLUMNS])
        return scores

    @cached_property
    def _curves(self) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Each label's logits and their probabilities, between which the others lie."""
        return list(zip(self.calibration[:, 0], self.calibration[:, 1], strict=True))

    def explain(self, text: str, label: str, signals: Signals | None = None) -> Explanation:
        """Which words and signals made a comment's score on one label. Raises ValueError for an unknown label."""
        return self.explain_all([text], [[label]], None if signals is None else [signals])[0][label]

    def explain_all(
        self,
        texts: Sequence[str],
        labels: Sequence[Sequence[str]],
        signals: Sequence[Signals] | None = None,
        answered: NDArray[np.float64] | None = None,
    ) -> list[dict[str, Explanation]]:
        """`explain` for each text and each of its labels: what all need is done once. Arguments as for `score`.

        Each adds up to what `logits` says of the same texts together. Among others single precision makes that another
        by some millionths: with `answered`, the logits that were said of the texts then, each adds up to these.
        """
        if unknown := {label for its in labels for label in its} - set(self.labels):
            raise ValueError(f"no label {min(unknown)!r}; there are {', '.join(self.labels)}")
        plan = self._plan(texts, signals)
        read = self._understood(plan) if plan.passages else _Reading(plan.logits, np.zeros(plan.logits.shape, bool))
        _, _, decider = mixed.strongest(read.logits, read.understood, plan, self.probability_by)
        columns: list[list[int]] = [[] for _ in plan.texts]
        for row, its in enumerate(labels):
            for label in its:
                columns[decider[row, COLUMN[label]]].append(COLUMN[label])
        parts = self._explain(plan, columns)
        explained: list[dict[str, Explanation]] = []
        for row, its in enumerate(labels):
            beside = weigh(texts[row], signals[row] if signals is not None else {})
            explained.append({})
            for label in its:
                at = int(decider[row, COLUMN[label]])
                one = parts[at][COLUMN[label]]
                if at != row:
                    one = mixed.of_passage(one, plan.passages[at - len(texts)][1])
                one = one.beside(beside.get(label, {}))
                if answered is not None:
                    one = one.adding_up_to(float(answered[row, COLUMN[label]]))
                explained[-1][label] = one
        return explained

    def _explain(self, plan: Plan, columns: Sequence[Sequence[int]]) -> list[dict[int, Explanation]]:
        """The explanations of all that is read, by column."""
        asked = self._traced(plan.asked_together, columns)
        subjects = [[column for column in its if column >= CORE_COLUMNS.stop] for its in columns]
        about = self._traced([plan.about_together], subjects)
        explained_by: list[dict[int, Explanation]] = []
        in_latin = set(plan.romanised)
        for row, (text, its) in enumerate(zip(plan.texts, columns, strict=True)):
            traced, alone = asked.get(row), bool(plan.alone[row])
            if not its:
                explained_by.append({})
            elif traced is None:
                told = self._both(text, its, about[row].explain(subjects[row]) if row in about else None)
                if row in about:
                    told |= self._meant(told, about[row], _of_subjects)
                explained_by.append(told)
            else:
                own = traced.explain(its)
                told = own if alone else self._both(text, its, own)
                explained_by.append(told | self._meant(told, traced, alone=alone))
            if its and row in in_latin and self.romanised is not None:
                language = plan.languages[row]
                meant = self.romanised.logits([text], [language])
                by_cues = partial(self.romanised.explain, text, language)
                explained_by[-1] |= self._implied(explained_by[-1], meant, by_cues, alone=alone)
        return explained_by

    def _traced(self, groups: Iterable[Together], columns: Sequence[Sequence[int]]) -> dict[int, Traced]:
        """The texts of some groups of which an explanation is wanted, as the reader that understands traces them."""
        traced: dict[int, Traced] = {}
        for rows, texts, languages in groups:
            if self.understanding is not None and any(columns[row] for row in rows):
                traced |= zip(rows, attribution.trace(texts, languages, self.understanding), strict=True)
        return traced

    def _meant(
        self,
        told: Mapping[int, Explanation],
        traced: Traced,
        kept: Callable[[NDArray[np.float64]], NDArray[np.float64]] = lambda meant: meant,
        *,
        alone: bool = False,
    ) -> dict[int, Explanation]:
        """The explanations of those labels that the heads of implicit abuse decide, those `kept` of them."""
        if traced.implicit is None:
            return {}
        meant = kept(understanding.surest(pool(traced.implicit.logits, np.zeros(1, np.intp))))
        return self._implied(told, meant, traced.implicit.explain, alone=alone)

    def _implied(
        self,
        told: Mapping[int, Explanation],
        meant: NDArray[np.float64],
        explain: Callable[[Sequence[int]], dict[int, Explanation]],
        *,
        alone: bool = False,
    ) -> dict[int, Explanation]:
        """The explanations of those labels that implicit abuse alone decides, where all else is `told`.

        `meant` is what it comes to, shape (1, n_labels), and `explain` says of what.
        """
        logits = np.full(meant.shape, -np.inf)
        logits[0, list(told)] = [its.logit for its in told.values()]
        heads = self._implied_by(meant, logits, np.full(meant.shape, alone))[0]
        explained = explain(sorted({int(heads[column]) for column in told if heads[column] >= 0}))
        for head, one in explained.items():
            if one.logit > meant[0, head]:
                explained[head] = one.beside({SUREST: float(meant[0, head]) - one.logit})
        return {column: explained[int(heads[column])] for column in told if heads[column] >= 0}

    def _both(
        self, text: str, columns: Sequence[int], understood: dict[int, Explanation] | None
    ) -> dict[int, Explanation]:
        """What the fast reader, or both, say of a text, by column. Of subjects the second says all."""
        second = understood or {}
        core = [column for column in columns if column < CORE_COLUMNS.stop]
        told = explain(text, self.cache(), core, floor=self.floor, bias=self.bias)
        for column in columns:
            if column not in told:
                told[column] = second.get(column) or made_of([], {}, _UNREAD, (0, 0))
            elif column in second and self.sum is not None:
                told[column] = together(
                    told[column], second[column],
                    slope=float(self.sum.slope[column]), share=float(self.sum.share[column]),
                    offset=float(self.sum.offset[column]),
                )  # fmt: skip
        return told

    def _plan(self, texts: Sequence[str], signals: Sequence[Signals] | None) -> Plan:
        """What is read of texts, in which language, and by which reader."""
        cache = self.cache()
        logits, tokens, windows = self._heard(texts, cache)
        second = self.understanding
        if second is None or self._passages is None or not texts:
            return Plan(texts, ["en"] * len(texts), logits, [], np.zeros(len(texts), bool), tokens.may_signal)
        marks = mixed.count_marks(tokens.ids, tokens.sizes, windows, cache)
        logits = _unread(logits)
        scores = self.probability(logits)
        beside: Sequence[Signals | None] = signals if signals is not None else [None] * len(texts)
        languages = list(map(self.speech, texts, beside, scores[:, ABUSE_COLUMNS].max(axis=1).tolist()))
        passages = mixed.find_passages(self._passages, texts, languages, marks, self.judges)
        if passages:
            pieces = [texts[row][one.start : one.end] for row, one in passages]
            heard = _unread(self.fast_logits(pieces))
            kept = mixed.worst_english(passages, self.probability(heard))
            passages = [passages[at] for at in kept]
            texts = [*texts, *(pieces[at] for at in kept)]
            languages += [one.language for _, one in passages]
            logits = np.concatenate([logits, heard[kept]])
            scores = self.probability(logits)
        first = len(marks)  # of the passages
        chosen = readers.choose_asked(self.reader, texts, languages, scores, second.insults["en"])
        alone = np.array([language not in READ_FAST for language in languages])
        alone[first:] = [language != "en" for language in languages[first:]]
        asked = chosen | (alone & (np.arange(len(texts)) >= first))
        about = readers.choose_about(texts[:first], languages[:first], marks[:, mixed.ASKING], asked[:first])
        return Plan(
            texts, languages, logits, asked.nonzero()[0].tolist(), alone & asked, tokens.may_signal, passages,
            about.nonzero()[0].tolist(), self._told_by_cues(languages[:first]), scores,
        )  # fmt: skip

    def _told_by_cues(self, languages: Sequence[str]) -> list[int]:
        """Which texts cues alone may tell threats and contempt of, by their languages."""
        told = () if self.romanised is None else self.romanised.tongues
        return [row for row, language in enumerate(languages) if language in told]

    def read_as(self, written: str) -> str | None:
        """How a part of a comment was read, where it hides a word, as "sh1t" hides "shit"; else None."""
        told = read_as(self.cache().reader, written)
        if told is not None or self.understanding is None or len(written) > _SHORT:
            return told
        shown = visible(written)
        edits = self.understanding.disguises.find(shown)
        return edited(shown, edits) if edits else None

    @cached_property
    def languages(self) -> Mapping[str, Grade]:
        """How well each language is judged, by its code: as the model says, with no more than it has learnt."""
        return grades(FIRST_LEARNT if self.understanding is None else self.manifest["languages"])

    def detected_language(self, text: str) -> str:
        """A language code ("en", "ur-Latn", "ru"), or "und" where the text is too short or mixed to tell.

        "mis": it is in a script that nobody here knows, or too long for the only reader that knows its language.
        """
        told = self._told(text[:LOOKED_AT])
        return FOREIGN if len(text) > readers.LONGEST and told not in {*READ_FAST, UNTOLD} else told

    @cached_property
    def _told(self) -> Callable[[str], str]:
        return lru_cache(_TOLD)(self._tell)

    def _tell(self, head: str) -> str:
        """The language of the beginning of a text."""
        words, second = self.cache().reader, self.understanding
        beside = () if second is None else (second.insults, second.is_russian)
        return detect(self._shown(head), words.known, words.strong, *beside)

    def _shown(self, head: str) -> str:
        """The beginning of a text, with hidden words of other languages than English where it is short."""
        shown = visible(head)
        if self.understanding is None or len(head) > _SHORT or detect_romanised(shown.lower().split(), shown)[0]:
            return shown  # the digits of Arabic in Latin letters hide nothing
        return self.understanding.disguises.undone(shown)

    def judgeable(self, text: str) -> bool:
        """Whether the text is in a language that the classifier judges. What is in none that can be told, it judges."""
        return self.judges(self.detected_language(text))

    def language(self, text: str, said: Sequence[str | None] = ()) -> str:
        """What a text is decided as: its language, or where none can be told, the first that somebody said it is in.

        `said` are language tags or locales. A text without letters is in no language, whatever is said of it.
        """
        told = self.detected_language(text)
        if told != UNTOLD or not any(said) or not any(map(str.isalpha, text[:LOOKED_AT])):
            return told
        return next((code for tag in said if tag and (code := base(tag)) in GRADES), UNTOLD)

    def judges(self, language: str) -> bool:
        """Whether a language, by its code in `models.languages`, is one that the classifier judges."""
        return language == UNTOLD or is_judged(self.languages.get(language, "unknown"))

    def cache(self) -> TermCache:
        """The token cache, without its rarer tokens when it has grown too large: memory stays bounded."""
        cache = self._caches[0]
        if (
            cache.learnt > _CACHE_TOKENS
            or len(cache.pieces.ids) > _CACHE_PIECES
            or cache.characters > _CACHE_CHARACTERS
        ):
            cache = self._caches[0] = cache.commonest(_CACHE_TOKENS // 2, _CACHE_PIECES // 2, _CACHE_CHARACTERS // 2)
        return cache


def _logistic(logits: NDArray[np.float64]) -> Scores:
    """1 / (1 + e^-logit)."""
    return np.asarray(0.5 + 0.5 * np.tanh(logits / 2))


def _unread(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The fast reader's logits, with those of the subjects, which it does not judge."""
    unread = np.full((len(logits), len(LABELS)), _UNREAD)
    unread[:, CORE_COLUMNS] = logits
    return unread


def _of_subjects(meant: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of what heads of implicit abuse say, only what texts are about."""
    kept = np.full_like(meant, -np.inf)
    kept[:, SUBJECT_COLUMNS] = meant[:, SUBJECT_COLUMNS]
    return kept


def _said(beside: Signals | None) -> Sequence[str | None]:
    """What is said beside a text of its language."""
    said = (beside or {}).get("languages")
    return [tag for tag in said if isinstance(tag, str)] if isinstance(said, list | tuple) else ()


def load(path: str | Path | None = None, reader: str = "unsure") -> Classifier:
    """The classifier that ships with Winnow, or the one in a folder that `winnow train` wrote.

    From then on the process multiplies matrices on one core. What is to use more cores is more processes.

    `reader` says when its second reader is asked (`readers.READERS`); with "fast" it is not even opened.

    Raises
    ------
    ArtifactError : the folder's model is missing, truncated, altered, too new, or made for other labels or another
        encoder
    """
    folder = Path(path) if path is not None else artifacts.SHIPPED
    artifact = artifacts.read(folder)
    if tuple(artifact.manifest["labels"]) not in (LABELS, CORE_LABELS):  # the latter before 2.4
        raise ArtifactError(
            f"The model in {folder} scores {', '.join(artifact.manifest['labels'])}, and this Winnow expects "
            f"{', '.join(LABELS)}, in this order. Train it again with `winnow train`."
        )
    prepare()
    classifier = from_artifact(artifact, reader)
    threadpool_limits(1)  # the products are small: threads that share one wait for each other, at work, for longer
    return classifier


def from_artifact(artifact: Artifact, reader: str = "fast") -> Classifier:
    """A classifier from a model that was read or just trained."""
    manifest, arrays = artifact.manifest, artifact.arrays
    known, strong = {}, set()
    for line in artifact.words.splitlines():
        word, count, mark = line.split("\t")
        known[word] = int(count)
        if mark:
            strong.add(word)
    weights = Weights(  # plain arrays over the memory maps, whose own indexing is slow
        words=np.asarray(arrays["words"]),
        pairs=np.asarray(arrays["pairs"]),
        scale=np.asarray(arrays["scale"], dtype=np.float32),
        rarity=np.asarray(arrays["rarity"]),
        rarity_scale=manifest["rarity_scale"],
        gram_share=manifest["gram_share"],
    )
    reading = Reader(known, frozenset(strong))
    second = None if reader == "fast" else understanding.from_artifact(artifact, open_encoder())
    asking = readers.asking(manifest.get("asking", {}))
    passages = None if second is None else Passages(reading, second.insults, asking)
    labels = CORE_LABELS if second is None or "subjects" not in arrays else LABELS
    return Classifier(
        labels=labels,
        version=manifest["version"],
        thresholds={
            preset: {label: its for label, its in of_labels.items() if label in labels}
            for preset, of_labels in manifest["thresholds"].items()
        },
        manifest=manifest,
        bias=np.asarray(arrays["bias"], dtype=np.float64),
        floor=manifest["floor"],
        calibration=np.asarray(arrays["calibration"], dtype=np.float64),
        _caches=[TermCache(weights, reading, passages)],
        reader=reader,
        understanding=second,
        sum=None if reader == "fast" else Sum(*np.asarray(arrays["sum"], dtype=np.float64)),
        romanised=None if second is None else romanised.from_artifact(artifact, second),
        _passages=passages,
    )
