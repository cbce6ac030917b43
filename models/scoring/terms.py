"""What each token adds to the score, computed once for each and remembered."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from itertools import chain, islice, repeat

import numpy as np
from numpy.typing import NDArray

from models.reading.hashing import Hashes, bucket, hash_pairs, hash_words
from models.reading.passages import Passages
from models.reading.tokens import is_break
from models.reading.words import MARKS, Reader
from models.scoring.pieces import PieceTable, grown

BREAK = 0  # the id of a token that ends a sentence
SILENT = 1  # the id of a token without words
_UNMET = -1  # instead of the id of a token that was not met
_FIRST = 2  # the id of the first word
_ENDING = ("\n",)  # what stands for the words of a token that ends a sentence, and what one begins with
_TABLES = ("rows", "first", "last", "marks")  # of a cache, by id
_READY = 16_000  # of the known words, those that are ready from the beginning: each takes 2 µs of loading
_TOGETHER = 2048  # words that are computed together: few enough for the processor's own memory
_ENDS = frozenset(".!?\n")


def expand(steps: NDArray[np.int8]) -> NDArray[np.float32]:
    """Stored weights before scaling: a step s stands for s * |s|, so that small weights keep their precision."""
    wide = steps.astype(np.float32)
    wide *= np.abs(wide)
    return wide


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
        return self.of_pairs_at(bucket(hashes, len(self.pairs)))

    def of_pairs_at(self, places: NDArray[np.intp]) -> NDArray[np.float32]:
        """The same by their rows in the table."""
        terms = expand(self.pairs.take(places, axis=0))
        terms *= self.scale[1]
        return terms


@dataclass
class TermCache:
    """The commonest words, and the tokens met so far. Each row holds a token's terms and, last, its share of the norm.

    Several threads may use one cache: a token's row never changes, and `learn` adds rows under a lock.
    """

    weights: Weights
    reader: Reader
    passages: Passages | None = None
    by_words: dict[tuple[str, ...], int] = field(default_factory=lambda: {_ENDING: BREAK, (): SILENT})
    characters: int = 0
    pieces: PieceTable = field(default_factory=PieceTable)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        # The commonest lie together, so that the processor holds them in its own memory.
        known = sorted(filter(str.isalnum, self.reader.known), key=self.reader.known.__getitem__, reverse=True)[:_READY]
        self.known, self.used = len(known), _FIRST + len(known)
        self.ids = dict(zip(known, range(_FIRST, self.used), strict=True))
        self.rows = np.zeros((self.used, self.weights.columns + 1), dtype=np.float32)
        self.first = np.zeros(self.used, dtype=np.uint64)
        self.last = np.zeros(self.used, dtype=np.uint64)
        self.marks = np.zeros((self.used, 4), dtype=np.int8)
        for start in range(0, len(known), _TOGETHER):
            words = known[start : start + _TOGETHER]
            its = slice(_FIRST + start, _FIRST + start + len(words))
            self.rows[its, :-1], self.rows[its, -1], self.first[its] = self.weights.of_words(words)
        self.last[:] = self.first
        if self.passages is not None:
            self.marks[_FIRST:] = self.passages.marks_of_known(known)

    @property
    def learnt(self) -> int:
        """How many tokens are remembered beside the commonest words."""
        return len(self.ids) - self.known

    def learn(self, tokens: Sequence[str]) -> None:
        """Add tokens, so that `ids` holds them all."""
        with self._lock:
            new = [token for token in dict.fromkeys(tokens) if token not in self.ids]
            read = self.reader.token_words
            readings = [_ENDING if token[0] in _ENDS and is_break(token) else read(token) for token in new]
            numbers = {words: self._number(words) for words in readings}
            unseen = [words for words, number in numbers.items() if number < 0]
            if unseen:
                numbers.update(zip(unseen, self._add(unseen), strict=True))
            self.characters += sum(map(len, new))
            # Only now may other threads see the tokens: their rows are in place.
            self.ids.update(zip(new, map(numbers.__getitem__, readings), strict=True))

    def _number(self, words: tuple[str, ...]) -> int:
        """The id of tokens that stand for these words, `_UNMET` where none was met."""
        is_known = len(words) == 1 and words[0].isalnum() and words[0] in self.reader.known
        number = self.ids.get(words[0]) if is_known else None  # which as a token stands for itself
        return self.by_words.get(words, _UNMET) if number is None else number

    def commonest(self, most: int, most_pieces: int, characters: int) -> TermCache:
        """A cache that remembers the tokens that this one met first, which are the commonest; none, if they are long.

        The same of pieces.
        """
        with self._lock:
            kept = copy(self)
            kept._lock = threading.Lock()
            known = dict(islice(self.ids.items(), self.known))
            met_first = dict(islice(self.ids.items(), self.known, self.known + most))
            if sum(map(len, met_first)) > characters:
                met_first = {}
            kept.ids, kept.characters = known | met_first, sum(map(len, met_first))
            kept.used = max(kept.ids.values(), default=SILENT) + 1  # rows are in the order of the tokens
            kept.by_words = {words: number for words, number in self.by_words.items() if number < kept.used}
            for name in _TABLES:
                setattr(kept, name, getattr(self, name)[: kept.used].copy())
        kept.pieces = self.pieces.first(most_pieces, kept.used)  # which has a lock that is taken before this one
        return kept

    def _add(self, readings: Sequence[tuple[str, ...]]) -> range:
        """Make the rows of tokens that stand for these words; their ids."""
        words = list(chain.from_iterable(readings))
        counts = np.array([*map(len, readings)])
        terms, norm, hashes = self.weights.of_words(words)
        rows = np.add.reduceat(np.column_stack([terms, norm]), counts.cumsum() - counts)
        spoken = np.array([at for at, word in enumerate(words) if word not in MARKS], dtype=np.intp)
        owner = np.arange(len(readings)).repeat(counts)[spoken]
        (left,) = (owner[1:] == owner[:-1]).nonzero()  # of words that a token is read as, each the one before another
        if len(left):
            pairs = self.weights.of_pairs(hash_pairs(hashes[spoken[left]], hashes[spoken[left + 1]]))
            np.add.at(rows[:, :-1], owner[left], pairs)
        is_first, is_last = np.ones(len(owner), dtype=bool), np.ones(len(owner), dtype=bool)
        is_first[left + 1] = is_last[left] = False
        new = slice(self.used, self.used + len(readings))
        for name in _TABLES:
            setattr(self, name, grown(getattr(self, name), new.stop))
        self.rows[new] = rows
        self.first[new][owner[is_first]] = hashes[spoken[is_first]]
        self.last[new][owner[is_last]] = hashes[spoken[is_last]]
        if self.passages is not None:
            self.marks[new] = [self.passages.marks(words) for words in readings]
        numbers = range(new.start, new.stop)
        self.by_words.update(zip(readings, numbers, strict=True))
        self.used = new.stop
        return numbers


def token_ids(tokens: Sequence[Sequence[str]], cache: TermCache) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The ids of all texts' tokens in one sequence, and how many tokens each text has."""
    flat = list(chain.from_iterable(tokens))
    ids = np.array([*map(cache.ids.get, flat, repeat(_UNMET))], dtype=np.intp)
    (new,) = (ids == _UNMET).nonzero()
    if len(new):
        unmet = [flat[at] for at in new.tolist()]
        cache.learn(unmet)
        ids[new] = [*map(cache.ids.__getitem__, unmet)]
    return ids, np.array([*map(len, tokens)], dtype=np.intp)
