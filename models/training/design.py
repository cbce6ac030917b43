"""The training matrix: what each comment's tokens stand for, and the features of each word.

It counts exactly as `terms.py` and `windows.py` do when they score: a comment is the set of its distinct readings (a
reading is the words of one token) and of the word pairs between and inside them. Kept as sparse factors, the product
with a weight matrix is several times cheaper than through the matrix of all letter sequences of all comments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from models.reading.hashing import Hashes, bucket, hash_pairs, hash_words
from models.reading.tokens import find_tokens, is_break
from models.reading.words import MARKS, Reader
from texts.normalization import normalize

GRAM_SHARE = 1.0  # how much a word's letter sequences together count beside the word itself
PAIR_SHARE = 0.4  # and a word pair
FLOOR = 0.3  # added to the squared norm, so that one rare word alone does not weigh like a whole comment
RARITY_STEPS = 255
_BREAK, _SILENT = -1, -2  # a token that ends a sentence, and one without words


@dataclass
class ReadingIndex:
    """Numbers what tokens stand for, in the order in which it is met."""

    reader: Reader
    numbers: dict[tuple[str, ...], int] = field(default_factory=dict)
    _tokens: dict[str, int] = field(default_factory=dict)

    def encode(self, text: str) -> NDArray[np.int32]:
        """A text as reading numbers, with -1 where a sentence ends and -2 for a token without words."""
        numbers: list[int] = []
        for token in find_tokens(self.reader.rejoin(normalize(text))):
            number = self._tokens.get(token)
            if number is None:
                words = () if is_break(token) else self.reader.token_words(token)
                silent = _BREAK if is_break(token) else _SILENT
                number = self._tokens[token] = self.numbers.setdefault(words, len(self.numbers)) if words else silent
            numbers.append(number)
        return np.array(numbers, dtype=np.int32)


@dataclass(frozen=True)
class Readings:
    """All readings and their words.

    Attributes
    ----------
    words : the distinct words
    of_reading : shape (n_readings, n_words), how often each reading holds each word
    first, last : shape (n_readings,), the hashes of a reading's first and last word that is no mark; 0 where none is
    inner : the hashes of the word pairs inside readings
    inner_of : which reading each of these is in
    """

    words: list[str]
    of_reading: sparse.csr_matrix
    first: Hashes
    last: Hashes
    inner: Hashes
    inner_of: NDArray[np.intp]


def list_readings(readings: Sequence[tuple[str, ...]]) -> Readings:
    """The words of readings, and the pairs inside and at the ends of them."""
    numbers = {word: number for number, word in enumerate(dict.fromkeys(w for words in readings for w in words))}
    hashes = hash_words(list(numbers))[0]
    first, last = np.zeros(len(readings), np.uint64), np.zeros(len(readings), np.uint64)
    left, right, inner_of, held, holder = [], [], [], [], []
    for at, words in enumerate(readings):
        held += [numbers[word] for word in words]
        holder += [at] * len(words)
        spoken = [numbers[word] for word in words if word not in MARKS]
        if spoken:
            first[at], last[at] = hashes[spoken[0]], hashes[spoken[-1]]
        left += spoken[:-1]
        right += spoken[1:]
        inner_of += [at] * (len(spoken) - 1)
    of_reading = sparse.csr_matrix((np.ones(len(held), np.float32), (holder, held)), (len(readings), len(numbers)))
    inner = hash_pairs(hashes[np.array(left, np.intp)], hashes[np.array(right, np.intp)])
    return Readings(list(numbers), of_reading, first, last, inner, np.array(inner_of, np.intp))


@dataclass(frozen=True)
class Rarity:
    """Inverse document frequencies of hashed words, in steps of `unit`; rare and unseen words get most."""

    steps: NDArray[np.uint8]
    unit: float

    def of(self, hashes: Hashes) -> NDArray[np.float32]:
        """The inverse document frequency of each hashed word."""
        return (self.steps[bucket(hashes, len(self.steps))] * np.float32(self.unit)).astype(np.float32)


def _held(encoded: Sequence[NDArray[np.int32]], count: int) -> sparse.csr_matrix:
    """Which of `count` readings each comment holds."""
    flat = np.concatenate(encoded)
    comment = np.repeat(np.arange(len(encoded)), [len(numbers) for numbers in encoded])[flat >= 0]
    held = sparse.csr_matrix((np.ones(len(comment), np.float32), (comment, flat[flat >= 0])), (len(encoded), count))
    held.sum_duplicates()
    held.data[:] = 1.0
    return held


def measure_rarity(encoded: Sequence[NDArray[np.int32]], readings: Readings, bits: int) -> Rarity:
    """Square roots of smoothed inverse document frequencies, halved to lie near 1."""
    whole, _, _ = hash_words(readings.words)
    words_held = _held(encoded, readings.of_reading.shape[0]) @ readings.of_reading
    frequency = np.bincount(words_held.indices, minlength=len(readings.words))
    most = np.log((len(encoded) + 1) / 4)
    idf = np.sqrt((np.minimum(np.log((len(encoded) + 1) / (frequency + 1)), most) + 1) / 10)
    unit = float(np.sqrt((most + 1) / 10)) / RARITY_STEPS
    steps = np.full(1 << bits, RARITY_STEPS, dtype=np.uint8)
    np.minimum.at(steps, bucket(whole, len(steps)), np.round(idf / unit).astype(np.uint8))
    return Rarity(steps, unit)


class Design(LinearOperator):  # type: ignore[misc]
    """The features of comments as a linear operator of shape (n_comments, n_word_rows + n_pair_rows).

    Each comment's row is divided by the square root of its readings' squared rarities (plus `FLOOR`).
    """

    def __init__(
        self,
        encoded: Sequence[NDArray[np.int32]],
        readings: Readings,
        rarity: Rarity,
        *,
        word_bits: int,
        pair_bits: int,
    ) -> None:
        whole, grams, owner = hash_words(readings.words)
        self.n_word_rows, pair_rows = 1 << word_bits, 1 << pair_bits
        super().__init__(np.float32, (len(encoded), self.n_word_rows + pair_rows))
        idf = rarity.of(whole)
        held = _held(encoded, len(readings.first))
        by_norm = sparse.diags((1.0 / np.sqrt(held @ (readings.of_reading @ idf**2) + FLOOR)).astype(np.float32))
        inner = sparse.csr_matrix(
            (
                np.full(len(readings.inner), PAIR_SHARE, np.float32),
                (readings.inner_of, bucket(readings.inner, pair_rows)),
            ),
            (len(readings.first), pair_rows),
        )
        self._words = (by_norm @ held @ readings.of_reading @ sparse.diags(idf)).tocsr()
        self._pairs = (by_norm @ (_pairs(encoded, readings, pair_rows) + held @ inner)).tocsr()
        self._features = _features(whole, grams, owner, self.n_word_rows)
        self._transposed = [matrix.T.tocsr() for matrix in (self._words, self._pairs, self._features)]

    def _matmat(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        weights = weights.astype(np.float32, copy=False)
        product = (
            self._words @ (self._features @ weights[: self.n_word_rows]) + self._pairs @ weights[self.n_word_rows :]
        )
        return np.asarray(product)

    def _rmatmat(self, residuals: NDArray[np.float32]) -> NDArray[np.float32]:
        words, pairs, features = self._transposed
        residuals = residuals.astype(np.float32, copy=False)
        return np.concatenate([features @ (words @ residuals), pairs @ residuals])


def _pairs(encoded: Sequence[NDArray[np.int32]], readings: Readings, rows: int) -> sparse.csr_matrix:
    """The distinct word pairs between neighbouring readings."""
    flat = np.concatenate(encoded)
    comment = np.repeat(np.arange(len(encoded)), [len(numbers) for numbers in encoded])
    adjacent = np.flatnonzero((flat[:-1] >= 0) & (flat[1:] >= 0) & (comment[:-1] == comment[1:]))
    column = bucket(hash_pairs(readings.last[flat[adjacent]], readings.first[flat[adjacent + 1]]), rows)
    matrix = sparse.csr_matrix((np.ones(len(column), np.float32), (comment[adjacent], column)), (len(encoded), rows))
    matrix.sum_duplicates()
    matrix.data[:] = PAIR_SHARE
    return matrix


def _features(whole: Hashes, grams: Hashes, owner: NDArray[np.intp], rows: int) -> sparse.csr_matrix:
    count = np.bincount(owner, minlength=len(whole))
    values = np.concatenate([np.ones(len(whole)), GRAM_SHARE / np.sqrt(count[owner])]).astype(np.float32)
    column = bucket(np.concatenate([whole, grams]), rows)
    return sparse.csr_matrix((values, (np.concatenate([np.arange(len(whole)), owner]), column)), (len(whole), rows))
