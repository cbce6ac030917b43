"""What each token adds to the score, computed once for each and remembered."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from models.reading.hashing import Hashes, bucket, hash_pairs, hash_words
from models.reading.passages import Passages
from models.reading.tokens import is_break
from models.reading.words import MARKS, Reader
from models.scoring.pieces import PieceTable, grown

BREAK = 0  # the id of a token that ends a sentence
SILENT = 1  # the id of a token without words
_ENDING = ("\n",)  # what stands for the words of a token that ends a sentence, and what one begins with
_ENDS = frozenset(".!?\n")


def expand(steps: NDArray[np.int8]) -> NDArray[np.float32]:
    """Stored weights before scaling: a step s stands for s * |s|, so that small weights keep their precision."""
    wide = steps.astype(np.float32)
    return wide * np.abs(wide)


@dataclass(frozen=True)
class Weights:
    """The trained weights, hashed.

    Attributes
    ----------
    words : shape (2**word_bits, n_columns), of words and letter sequences
    pairs : shape (2**pair_bits, n_columns), of word pairs
    scale : shape (2, n_columns), what a stored unit of `words` and of `pairs` is worth
    rarity : uint8, shape (2**word_bits,), each word's inverse document frequency
    rarity_scale : what a unit of `rarity` is worth
    gram_share : how much a word's letter sequences together count beside the word itself
    """

    words: NDArray[np.int8]
    pairs: NDArray[np.int8]
    scale: NDArray[np.float32]
    rarity: NDArray[np.uint8]
    rarity_scale: float
    gram_share: float

    @property
    def columns(self) -> int:
        return int(self.scale.shape[1])

    def of_words(self, words: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32], Hashes]:
        """Each word's terms, shape (n_words, n_columns); its share of the squared norm; and its hash."""
        whole, grams, owner = hash_words(words)
        at = bucket(whole, len(self.words))
        rarity = self.rarity[at].astype(np.float32) * np.float32(self.rarity_scale)
        counts = np.bincount(owner, minlength=len(words))
        terms = expand(self.words[at])
        sums = np.add.reduceat(expand(self.words[bucket(grams, len(self.words))]), counts.cumsum() - counts)
        terms += sums * (np.float32(self.gram_share) / np.sqrt(counts, dtype=np.float32))[:, None]
        return np.asarray(terms * (rarity[:, None] * self.scale[0])), rarity * rarity, whole

    def of_pairs(self, hashes: Hashes) -> NDArray[np.float32]:
        """The terms of word pairs, shape (n_pairs, n_columns)."""
        return np.asarray(expand(self.pairs[bucket(hashes, len(self.pairs))]) * self.scale[1])


@dataclass
class TermCache:
    """The tokens met so far. Each row holds a token's terms and, last, its share of the squared norm.

    Several threads may use one cache: a token's row never changes, and `learn` adds rows under a lock.
    """

    weights: Weights
    reader: Reader
    passages: Passages | None = None
    ids: dict[str, int] = field(default_factory=dict)
    by_words: dict[tuple[str, ...], int] = field(default_factory=lambda: {_ENDING: BREAK, (): SILENT})
    characters: int = 0
    pieces: PieceTable = field(default_factory=PieceTable)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.rows = np.zeros((1024, self.weights.columns + 1), dtype=np.float32)
        self.first = np.zeros(1024, dtype=np.uint64)
        self.last = np.zeros(1024, dtype=np.uint64)
        self.marks = np.zeros((1024, 4), dtype=np.intp)
        self.used = 2

    def learn(self, tokens: Sequence[str]) -> None:
        """Add tokens, so that `ids` holds them all."""
        with self._lock:
            new = [token for token in dict.fromkeys(tokens) if token not in self.ids]
            read = self.reader.token_words
            readings = [_ENDING if token[0] in _ENDS and is_break(token) else read(token) for token in new]
            unseen = [words for words in dict.fromkeys(readings) if words not in self.by_words]
            if unseen:
                self._add(unseen)
            self.characters += sum(map(len, new))
            # Only now may other threads see the tokens: their rows are in place.
            self.ids.update(zip(new, map(self.by_words.__getitem__, readings), strict=True))

    def commonest(self, most: int, most_pieces: int, characters: int) -> TermCache:
        """A cache that knows the tokens that this one met first, which are the commonest; none, if they are long.

        The same of pieces.
        """
        with self._lock:
            kept = TermCache(self.weights, self.reader, self.passages, dict(islice(self.ids.items(), most)))
            kept.characters = sum(map(len, kept.ids))
            if kept.characters > characters:
                return TermCache(self.weights, self.reader, self.passages)
            kept.used = max([SILENT, *kept.ids.values()]) + 1  # rows are in the order of the tokens
            kept.by_words = {words: number for words, number in self.by_words.items() if number < kept.used}
            kept.rows = self.rows[: kept.used].copy()
            kept.first, kept.last = self.first[: kept.used].copy(), self.last[: kept.used].copy()
            kept.marks = self.marks[: kept.used].copy()
        kept.pieces = self.pieces.first(most_pieces, kept.used)  # which has a lock that is taken before this one
        return kept

    def _add(self, readings: Sequence[tuple[str, ...]]) -> None:
        words = list(chain.from_iterable(readings))
        counts = np.array([*map(len, readings)])
        terms, norm, hashes = self.weights.of_words(words)
        rows = np.column_stack([terms, norm])
        if len(words) > len(readings):
            rows = np.add.reduceat(rows, counts.cumsum() - counts)
        spoken = np.array([at for at, word in enumerate(words) if word not in MARKS], dtype=np.intp)
        owner = np.arange(len(readings)).repeat(counts)[spoken]
        (left,) = (owner[1:] == owner[:-1]).nonzero()
        if len(left):
            pairs = self.weights.of_pairs(hash_pairs(hashes[spoken[left]], hashes[spoken[left + 1]]))
            np.add.at(rows[:, :-1], owner[left], pairs)
        self._reserve(self.used + len(readings))
        new = slice(self.used, self.used + len(readings))
        self.rows[new] = rows
        is_first, is_last = np.ones(len(owner), dtype=bool), np.ones(len(owner), dtype=bool)
        is_first[left + 1] = is_last[left] = False
        self.first[new][owner[is_first]] = hashes[spoken[is_first]]
        self.last[new][owner[is_last]] = hashes[spoken[is_last]]
        if self.passages is not None:
            self.marks[new] = [self.passages.marks(words) for words in readings]
        self.by_words.update(zip(readings, range(new.start, new.stop), strict=True))
        self.used = new.stop

    def _reserve(self, needed: int) -> None:
        for name in ("rows", "first", "last", "marks"):
            setattr(self, name, grown(getattr(self, name), needed))


def token_ids(tokens: Sequence[Sequence[str]], cache: TermCache) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The ids of all texts' tokens in one sequence, and how many tokens each text has."""
    flat = list(chain.from_iterable(tokens))
    try:
        ids = _ids_of(flat, cache)
    except KeyError:
        cache.learn(flat)
        ids = _ids_of(flat, cache)
    return ids, np.array([*map(len, tokens)], dtype=np.intp)


def _ids_of(tokens: Sequence[str], cache: TermCache) -> NDArray[np.intp]:
    """Raises KeyError where one has not been learnt."""
    return np.array([*map(cache.ids.__getitem__, tokens)], dtype=np.intp)
