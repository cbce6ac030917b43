"""The training matrix: which words and word pairs each comment holds, and the features of each word.

A comment's features are its words times the words' features. Kept as two sparse factors, the product with a weight
matrix is several times cheaper than through the matrix of all letter sequences of all comments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator

from models.hashing import Hashes, bucket, hash_pairs, hash_words
from models.normalization import normalize
from models.tokens import find_tokens, is_break
from models.words import MARKS, Reader

GRAM_SHARE = 1.0  # how much a word's letter sequences together count beside the word itself
PAIR_SHARE = 0.4  # and a word pair
FLOOR = 0.3  # added to the squared norm, so that one rare word alone does not weigh like a whole comment
RARITY_STEPS = 255


@dataclass
class WordIndex:
    """Numbers words in the order in which they are met, and remembers how tokens read."""

    reader: Reader
    numbers: dict[str, int] = field(default_factory=dict)
    _tokens: dict[str, list[int]] = field(default_factory=dict)

    def encode(self, text: str) -> NDArray[np.int32]:
        """A text as word numbers, with -1 where a sentence ends."""
        numbers: list[int] = []
        for token in find_tokens(self.reader.rejoin(normalize(text))):
            known = self._tokens.get(token)
            if known is None:
                words = () if is_break(token) else self.reader.token_words(token)
                known = [-1] if is_break(token) else [self.numbers.setdefault(w, len(self.numbers)) for w in words]
                self._tokens[token] = known
            numbers += known
        return np.array(numbers, dtype=np.int32)

    @property
    def marks(self) -> list[int]:
        """The numbers of the marks that are no words."""
        return [self.numbers[mark] for mark in MARKS if mark in self.numbers]


@dataclass(frozen=True)
class Rarity:
    """Inverse document frequencies of hashed words, in steps of `unit`; rare and unseen words get most."""

    steps: NDArray[np.uint8]
    unit: float

    def of(self, hashes: Hashes) -> NDArray[np.float32]:
        """The inverse document frequency of each hashed word."""
        return (self.steps[bucket(hashes, len(self.steps))] * np.float32(self.unit)).astype(np.float32)


def measure_rarity(encoded: Sequence[NDArray[np.int32]], words: Sequence[str], bits: int) -> Rarity:
    """Square roots of smoothed inverse document frequencies, halved to lie near 1."""
    whole, _, _ = hash_words(words)
    met = np.concatenate([np.unique(numbers) for numbers in encoded])
    frequency = np.bincount(met[met >= 0], minlength=len(words))
    most = np.log((len(encoded) + 1) / 4)
    idf = np.sqrt((np.minimum(np.log((len(encoded) + 1) / (frequency + 1)), most) + 1) / 10)
    unit = float(np.sqrt((most + 1) / 10)) / RARITY_STEPS
    steps = np.full(1 << bits, RARITY_STEPS, dtype=np.uint8)
    np.minimum.at(steps, bucket(whole, len(steps)), np.round(idf / unit).astype(np.uint8))
    return Rarity(steps, unit)


class Design(LinearOperator):  # type: ignore[misc]
    """The features of comments as a linear operator of shape (n_comments, n_word_rows + n_pair_rows).

    Each comment's row is divided by the square root of its words' squared rarities (plus `FLOOR`).
    """

    def __init__(
        self, encoded: Sequence[NDArray[np.int32]], index: WordIndex, rarity: Rarity, *, word_bits: int, pair_bits: int
    ) -> None:
        whole, grams, owner = hash_words(list(index.numbers))
        self.n_word_rows = 1 << word_bits
        super().__init__(np.float32, (len(encoded), self.n_word_rows + (1 << pair_bits)))
        idf = rarity.of(whole)
        flat = np.concatenate(encoded)
        comment = np.repeat(np.arange(len(encoded)), [len(numbers) for numbers in encoded])
        held = sparse.csr_matrix(
            (np.ones((flat >= 0).sum(), np.float32), (comment[flat >= 0], flat[flat >= 0])), (len(encoded), len(whole))
        )
        held.sum_duplicates()
        held.data[:] = 1.0
        by_norm = sparse.diags((1.0 / np.sqrt(held @ idf**2 + FLOOR)).astype(np.float32))
        self._held = (by_norm @ held @ sparse.diags(idf)).tocsr()
        self._pairs = (by_norm @ _pairs(flat, comment, whole, index.marks, (len(encoded), 1 << pair_bits))).tocsr()
        self._features = _features(whole, grams, owner, self.n_word_rows)
        self._transposed = [matrix.T.tocsr() for matrix in (self._held, self._pairs, self._features)]

    def _matmat(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        weights = weights.astype(np.float32, copy=False)
        product = (
            self._held @ (self._features @ weights[: self.n_word_rows]) + self._pairs @ weights[self.n_word_rows :]
        )
        return np.asarray(product)

    def _rmatmat(self, residuals: NDArray[np.float32]) -> NDArray[np.float32]:
        held, pairs, features = self._transposed
        residuals = residuals.astype(np.float32, copy=False)
        return np.concatenate([features @ (held @ residuals), pairs @ residuals])


def _pairs(
    flat: NDArray[np.int32], comment: NDArray[np.intp], whole: Hashes, marks: list[int], shape: tuple[int, int]
) -> sparse.csr_matrix:
    spoken = ~np.isin(flat, marks)
    word, of = flat[spoken], comment[spoken]
    adjacent = (word[:-1] >= 0) & (word[1:] >= 0) & (of[:-1] == of[1:])
    column = bucket(hash_pairs(whole[word[:-1][adjacent]], whole[word[1:][adjacent]]), shape[1])
    matrix = sparse.csr_matrix((np.ones(len(column), np.float32), (of[:-1][adjacent], column)), shape)
    matrix.sum_duplicates()
    matrix.data[:] = PAIR_SHARE
    return matrix


def _features(whole: Hashes, grams: Hashes, owner: NDArray[np.intp], rows: int) -> sparse.csr_matrix:
    count = np.bincount(owner, minlength=len(whole))
    values = np.concatenate([np.ones(len(whole)), GRAM_SHARE / np.sqrt(count[owner])]).astype(np.float32)
    column = bucket(np.concatenate([whole, grams]), rows)
    return sparse.csr_matrix((values, (np.concatenate([np.arange(len(whole)), owner]), column)), (len(whole), rows))
