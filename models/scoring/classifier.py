"""The spam and toxicity classifier: two readers, one score.

The fast reader's logit is a sum of terms over words and word pairs, divided by a norm; it has learnt English and Roman
Urdu. The reader that understands (`understanding.py`) judges the other languages, and helps with English.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from models import artifact as artifacts
from models.artifact import Artifact, ArtifactError
from models.labels import ABUSE_COLUMNS, COLUMN, LABELS
from models.languages import FIRST_LEARNT, FOREIGN, GRADES, UNTOLD, Grade, base, grades, is_judged
from models.reading.encoder import open_encoder
from models.reading.language import LOOKED_AT, detect, likeliest, prepare
from models.reading.tokens import find_tokens
from models.reading.unmasking import read_as
from models.reading.words import Reader
from models.scoring import attribution, readers, understanding
from models.scoring.explanation import Explanation, explain, together
from models.scoring.pooling import pool
from models.scoring.readers import READ_FAST
from models.scoring.signals import weigh
from models.scoring.terms import BREAK, TermCache, Weights, token_ids
from models.scoring.understanding import Understanding
from models.scoring.windows import Windows, cut, window_sums
from texts.normalization import normalize, visible

#: Tokens that are remembered. When there are more, the commonest half stays: readers write new words for ever, and a
#: larger memory would grow for weeks and save hardly any time.
_CACHE_TOKENS, _CACHE_CHARACTERS = 30_000, 600_000
#: Texts whose language is remembered: each is asked for several times, by one step after the other.
_TOLD = 1_024
#: From this score on a text in no language that can be told is abuse in English.
_ABUSE_IN_ENGLISH = 0.5

Scores = NDArray[np.float64]
Signals = Mapping[str, object]


@dataclass(frozen=True)
class Sum:
    """How the two readers' logits of English comments are one: `slope * (fast + share * understood) + offset`.

    Each of shape (n_labels,).
    """

    share: NDArray[np.float64]
    slope: NDArray[np.float64]
    offset: NDArray[np.float64]


@dataclass(frozen=True)
class _Reading:
    """Texts' logits, and of which texts only the reader that understands made them."""

    logits: NDArray[np.float64]
    understood: NDArray[np.bool_]


@dataclass(frozen=True)
class Classifier:
    """Scores comments. Made by `models.load`; any number of threads may use one.

    Attributes
    ----------
    labels : the labels, in the order of the columns of `score`
    version : the trained model's version
    thresholds : preset ("lenient", "balanced", "strict") -> label -> {"flag_at", "reject_at"}
    manifest : everything else that the artifact says of itself
    """

    labels: tuple[str, ...]
    version: str
    thresholds: dict[str, dict[str, dict[str, float]]]
    manifest: dict[str, Any]
    bias: NDArray[np.float64]
    floor: float
    calibration: NDArray[np.float64]
    _caches: list[TermCache]
    reader: str = "fast"
    understanding: Understanding | None = None
    sum: Sum | None = None
    _told: dict[str, str] = field(default_factory=dict)

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
        scores = self.probability(reading.logits)
        scores[reading.understood] = 0.5 + 0.5 * np.tanh(reading.logits[reading.understood] / 2)  # 1 / (1 + e^-logit)
        return scores

    def logits(self, texts: Sequence[str], signals: Sequence[Signals] | None = None) -> NDArray[np.float64]:
        """The raw logit of each text with its signals, shape (n_texts, n_labels)."""
        return self._read(texts, signals).logits

    def fast_logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """What the fast reader alone says of each text, without signals, shape (n_texts, n_labels)."""
        logits, windows = self.window_logits(texts)
        return pool(logits, windows.first)

    def _read(self, texts: Sequence[str], signals: Sequence[Signals] | None) -> _Reading:
        logits = self.fast_logits(texts)
        understood = np.zeros(len(texts), bool)
        if self.understanding is not None and self.sum is not None:
            languages, asked = self._plan(self.understanding, texts, signals, logits)
            if asked:
                second = self.understanding.logits([texts[row] for row in asked], [languages[row] for row in asked])
                understood[asked] = [languages[row] not in READ_FAST for row in asked]
                both = self.sum.slope * (logits[asked] + self.sum.share * second) + self.sum.offset
                logits[asked] = np.where(understood[asked, None], second, both)
        for row, text in enumerate(texts):
            for label, weights in weigh(text, signals[row] if signals is not None else {}).items():
                logits[row, COLUMN[label]] += sum(weights.values())
        return _Reading(logits, understood)

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
        return said if said != UNTOLD else likeliest(visible(text[:LOOKED_AT]))

    def window_logits(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], Windows]:
        """The raw logit of each window of each text, shape (n_windows, n_labels), and the windows."""
        cache = self.cache()
        rejoin = cache.reader.rejoin
        ids, sizes = token_ids([find_tokens(rejoin(normalize(text))) for text in texts], cache)
        windows = cut(sizes, ids == BREAK)
        sums = window_sums(ids, windows, cache)
        return sums[:, :-1] / np.sqrt(sums[:, -1:] + self.floor) + self.bias, windows

    def probability(self, logits: NDArray[np.float64]) -> Scores:
        """The calibrated probability of each logit, shape as given: (n, n_labels)."""
        curves = zip(logits.T, self.calibration[:, 0], self.calibration[:, 1], strict=True)
        return np.array([np.interp(column, knots, values) for column, knots, values in curves]).T

    def explain(self, text: str, label: str, signals: Signals | None = None) -> Explanation:
        """Which words and signals made a comment's score on one label. Raises ValueError for an unknown label."""
        return self.explain_all([text], [[label]], None if signals is None else [signals])[0][label]

    def explain_all(
        self, texts: Sequence[str], labels: Sequence[Sequence[str]], signals: Sequence[Signals] | None = None
    ) -> list[dict[str, Explanation]]:
        """`explain` for each text and each of its labels: what all need is done once. Arguments as for `score`."""
        if unknown := {label for its in labels for label in its} - set(self.labels):
            raise ValueError(f"no label {min(unknown)!r}; there are {', '.join(self.labels)}")
        columns = [[COLUMN[label] for label in its] for its in labels]
        languages: Sequence[str] = ()
        understood: dict[int, dict[int, Explanation]] = {}
        if self.understanding is not None:
            languages, asked = self._plan(self.understanding, texts, signals, self.fast_logits(texts))
            if asked:
                second = attribution.explain(
                    [texts[row] for row in asked],
                    [languages[row] for row in asked],
                    [columns[row] for row in asked],
                    self.understanding,
                )
                understood = dict(zip(asked, second, strict=True))
        explained = []
        for row, text in enumerate(texts):
            alone = row in understood and languages[row] not in READ_FAST
            its = understood[row] if alone else self._both(text, columns[row], understood.get(row))
            beside = weigh(text, signals[row] if signals is not None else {})
            explained.append({self.labels[at]: one.beside(beside.get(self.labels[at], {})) for at, one in its.items()})
        return explained

    def _both(
        self, text: str, columns: Sequence[int], understood: dict[int, Explanation] | None
    ) -> dict[int, Explanation]:
        """What the fast reader, or both, say of a text, by column."""
        fast = explain(text, self.cache(), columns, floor=self.floor, bias=self.bias)
        if understood is None or self.sum is None:
            return fast
        of_both = self.sum
        return {
            column: together(
                fast[column], understood[column],
                slope=float(of_both.slope[column]), share=float(of_both.share[column]),
                offset=float(of_both.offset[column]),
            )
            for column in columns
        }  # fmt: skip

    def _plan(
        self,
        second: Understanding,
        texts: Sequence[str],
        signals: Sequence[Signals] | None,
        logits: NDArray[np.float64],
    ) -> tuple[list[str], list[int]]:
        """The language each text is read in, and which are shown to the second reader; `logits` are the fast one's."""
        scores = self.probability(logits)
        beside: Sequence[Signals | None] = signals if signals is not None else [None] * len(texts)
        highest = scores[:, ABUSE_COLUMNS].max(axis=1).tolist()
        languages = list(map(self.speech, texts, beside, highest))
        chosen = readers.choose_asked(self.reader, texts, languages, scores, second.insults["en"])
        return languages, [int(row) for row in np.flatnonzero(chosen)]

    def read_as(self, written: str) -> str | None:
        """How a part of a comment was read, where it hides a word, as "sh1t" hides "shit"; else None."""
        return read_as(self.cache().reader, written)

    @cached_property
    def languages(self) -> Mapping[str, Grade]:
        """How well each language is judged, by its code: as the model says, with no more than it has learnt."""
        return grades(FIRST_LEARNT if self.understanding is None else self.manifest["languages"])

    def detected_language(self, text: str) -> str:
        """A language code ("en", "ur-Latn", "ru"), or "und" where the text is too short or mixed to tell.

        "mis": it is in a script that nobody here knows, or too long for the only reader that knows its language.
        """
        head = text[:LOOKED_AT]
        told = self._told.get(head)
        if told is None:
            words = self.cache().reader
            insults = {} if self.understanding is None else self.understanding.insults
            told = detect(visible(head), words.known, words.strong, insults)
            if len(self._told) >= _TOLD:
                for oldest in list(self._told)[: _TOLD // 2]:
                    self._told.pop(oldest, None)  # another thread may have
            self._told[head] = told
        return FOREIGN if len(text) > readers.LONGEST and told not in {*READ_FAST, UNTOLD} else told

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
        if len(cache.ids) > _CACHE_TOKENS or cache.characters > _CACHE_CHARACTERS:
            cache = self._caches[0] = cache.commonest(_CACHE_TOKENS // 2, _CACHE_CHARACTERS // 2)
        return cache


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
    if tuple(artifact.manifest["labels"]) != LABELS:
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
    return Classifier(
        labels=LABELS,
        version=manifest["version"],
        thresholds=manifest["thresholds"],
        manifest=manifest,
        bias=np.asarray(arrays["bias"], dtype=np.float64),
        floor=manifest["floor"],
        calibration=np.asarray(arrays["calibration"], dtype=np.float64),
        _caches=[TermCache(weights, Reader(known, frozenset(strong)))],
        reader=reader,
        understanding=None if reader == "fast" else understanding.from_artifact(artifact, open_encoder()),
        sum=None if reader == "fast" else Sum(*np.asarray(arrays["sum"], dtype=np.float64)),
    )
