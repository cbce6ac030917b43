"""Say which words made a comment's score, in places of the original text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.reading.hashing import bucket, hash_pairs
from models.reading.tokens import find_token_spans
from models.scoring.pooling import shares
from models.scoring.terms import BREAK, TermCache, expand, token_ids
from models.scoring.windows import cut, window_sums
from texts.normalization import normalize_with_offsets

#: The signal that names what a part that decides alone loses.
PART = "one part decides in a longer comment"
#: The signal that names what a sentence of a few words loses that says little for sure.
SCRAP = "a few words in a longer comment say little"
#: The signal that names what a text loses that is read in other letters than it is written in.
MISREAD = "words in Latin letters may be read as others"
#: The signal that names what implicit abuse loses that would be told too surely.
SUREST = "a person has to judge what is meant"


@dataclass(frozen=True)
class Explanation:
    """Why a comment scored as it did on one label.

    Attributes
    ----------
    spans : (start, end, weight) in code points of the original text, in order; positive weights raise the score
    signals : what else raised or lowered it, by name
    bias : what every comment starts from
    logit : the sum of all of these; the score is a monotone map of it
    window : (start, end), the worst part of the text
    """

    spans: list[tuple[int, int, float]]
    signals: dict[str, float]
    bias: float
    logit: float
    window: tuple[int, int]

    def beside(self, signals: Mapping[str, float]) -> Explanation:
        """The explanation with what counts beside the words, too."""
        return made_of(self.spans, self.signals | dict(signals), self.bias, self.window) if signals else self

    def adding_up_to(self, logit: float) -> Explanation:
        """The explanation of a logit that single precision made another by a little, as among other texts.

        Each word gets of the difference as much as it weighs; without words, what every comment starts from gets it.
        """
        missing, weighed = logit - self.logit, sum(abs(weight) for _, _, weight in self.spans)
        if not weighed:
            return made_of(self.spans, self.signals, self.bias + missing, self.window)
        spans = [(start, end, weight + missing * abs(weight) / weighed) for start, end, weight in self.spans]
        return made_of(spans, self.signals, self.bias, self.window)


def together(first: Explanation, second: Explanation, *, slope: float, share: float, offset: float) -> Explanation:
    """The explanation of `slope * (first + share * second) + offset`.

    What the second says of a word that the first names, too, is added to the first's span.
    """
    weights = {(start, end): slope * weight for start, end, weight in first.spans}
    named = sorted(weights)
    for start, end, weight in second.spans:
        after = bisect_left(named, (end, 0))
        meets = after and named[after - 1][1] > start
        span = named[after - 1] if meets else (start, end)
        weights[span] = weights.get(span, 0.0) + slope * share * weight
    signals = {name: slope * weight for name, weight in first.signals.items()}
    for name, weight in second.signals.items():
        signals[name] = signals.get(name, 0.0) + slope * share * weight
    bias = slope * (first.bias + share * second.bias) + offset
    return made_of([(*span, weight) for span, weight in sorted(weights.items())], signals, bias, first.window)


def made_of(
    spans: list[tuple[int, int, float]], signals: dict[str, float], bias: float, window: tuple[int, int]
) -> Explanation:
    """An explanation whose logit is the sum of what it holds."""
    return Explanation(
        spans, signals, bias, bias + sum(weight for _, _, weight in spans) + sum(signals.values()), window
    )


@dataclass(frozen=True)
class _Located:
    """A text's tokens: their ids, and where they start and end in the original."""

    ids: NDArray[np.intp]
    starts: list[int]
    ends: list[int]


def _locate(text: str, cache: TermCache) -> _Located:
    normal, starts, ends = normalize_with_offsets(text)
    dropped = {at for start, end in cache.reader.line_splits(normal) for at in range(start, end)}
    if dropped:
        kept = [at for at in range(len(normal)) if at not in dropped]
        normal = "".join(normal[at] for at in kept)
        starts, ends = [starts[at] for at in kept], [ends[at] for at in kept]
    spans = find_token_spans(normal)
    ids, _ = token_ids([[normal[start:end] for start, end in spans]], cache)
    return _Located(ids, [starts[start] for start, _ in spans], [ends[end - 1] for _, end in spans])


def explain(
    text: str, cache: TermCache, columns: Sequence[int], *, floor: float, bias: NDArray[np.float64]
) -> dict[int, Explanation]:
    """Of the labels in some columns of the weights, by column, what the fast reader's logit is made of.

    `floor` and `bias` are the model's.
    """
    located = _locate(text, cache)
    windows = cut(np.array([len(located.ids)]), located.ids == BREAK)
    sums = window_sums(located.ids, windows, cache)
    norms = np.sqrt(sums[:, -1] + floor)
    explained = {}
    for column in columns:
        share_of, taken_off = shares(sums[:, column] / norms + bias[column])
        weights = np.zeros(len(located.ids))
        for window, share in share_of.items():
            first, last = int(windows.start[window]), int(windows.end[window])
            weights[first:last] += share / norms[window] * token_weights(located.ids[first:last], cache, column)
        spans = [(located.starts[at], located.ends[at], float(weights[at])) for at in np.flatnonzero(weights)]
        first, last = (int(ends[max(share_of)]) for ends in (windows.start, windows.end))  # of the worst part
        where = (located.starts[first], located.ends[last - 1]) if last > first else (0, 0)
        explained[column] = made_of(spans, {PART: -taken_off} if taken_off else {}, float(bias[column]), where)
    return explained


def token_weights(ids: NDArray[np.intp], cache: TermCache, column: int) -> NDArray[np.float64]:
    """What each token of a window adds to its sum, shape as `ids`: a repeated one nothing, a pair half to each."""
    weights = np.zeros(len(ids))
    _, at = np.unique(ids, return_index=True)
    weights[at] = cache.rows[ids[at], column]
    right = np.flatnonzero((ids[1:] > 1) & (ids[:-1] > 1)) + 1
    table = cache.weights.pairs
    index, at = np.unique(
        bucket(hash_pairs(cache.last[ids[right - 1]], cache.first[ids[right]]), len(table)), return_index=True
    )
    halves = expand(table[index])[:, column] * (cache.weights.scale[1, column] / 2)
    np.add.at(weights, right[at], halves)
    np.add.at(weights, right[at] - 1, halves)
    return weights
