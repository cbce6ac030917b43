"""The words of a text and their letter sequences, for languages whose own comments were learnt from."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.reading.hashing import bucket, hash_words
from models.remembered import Remembered

#: Letters in a sequence, from one on: one is a word where no spaces are written.
_SIZES = np.arange(1, 6)
#: Vowel signs and accents, which are no letters to Python: above Latin and Arabic letters, in Devanagari and Thai.
MARKS = (
    "\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd"
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u200c\u200d"
)
_WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{MARKS}])*|[^\w\s{MARKS}]")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_DRAWN_OUT_IN_WORDS = re.compile(rf"([^\W\d_]|[{MARKS}])\1{{2,}}")
_LONGEST_WORD = 40
_REMEMBERED = 30_000

Places = NDArray[np.int32]


def find_words(part: str) -> list[tuple[str, int, int]]:
    """The words and signs of a part of a text: how each is spelt, and where it starts and ends."""
    return [(spell(match.group()), *match.span()) for match in _WORD.finditer(part)]


def spell_words(part: str) -> list[str]:
    """The same words and signs, without their places, in a third of the time."""
    return [word[:_LONGEST_WORD] for word in _WORD.findall(_DRAWN_OUT_IN_WORDS.sub(r"\1\1", part.lower()))]


def spell(word: str) -> str:
    """A word as its letters are counted: in small letters, none drawn out."""
    return _DRAWN_OUT.sub(r"\1\1", word.lower())[:_LONGEST_WORD]


class LetterIndex:
    """The places in a table of `size` weights (a power of two) of words' letter sequences."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._known: Remembered[str, Places] = Remembered(lambda word: self._look_up([word])[0], _REMEMBERED)

    def places(self, words: Sequence[str]) -> list[Places]:
        """Of each word the places of itself and of its letter sequences."""
        return self._known.of(words, self._look_up)

    def distinct(self, words: Sequence[str]) -> Places:
        """The distinct places of some words, ascending."""
        return np.unique(np.concatenate(self.places(words))) if words else np.zeros(0, np.int32)

    def _look_up(self, words: Sequence[str]) -> list[Places]:
        whole, grams, owner = hash_words(words, _SIZES)
        at, grams_at = (bucket(hashes, self.size).astype(np.int32) for hashes in (whole, grams))
        cuts = np.searchsorted(owner, np.arange(1, len(words)))
        return [np.append(parts, own) for own, parts in zip(at, np.split(grams_at, cuts), strict=True)]
