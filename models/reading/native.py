"""Read what is written in Latin letters for want of others in the letters of its own language, word by word.

A word is read as the one of a lexicon that is likeliest to have been written so; what none is like is spelt letter by
letter. `cyrillic.py` and `arabic.py` say how words of their letters are compared.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property

from models.remembered import Remembered
from texts.edits import Edit

#: A word in Latin letters, with the digits and signs that stand for letters.
_WORD = re.compile(r"(?<![^\W\d_])[A-Za-z2-9'’]*[A-Za-z][A-Za-z2-9'’]*(?![^\W\d_])")
_LONGEST = 40

#: Words, and how rare each is: the natural logarithm of its share, with the sign turned.
Lexicon = Mapping[str, float]


class Native(ABC):
    """Reads one language.

    Parameters
    ----------
    lexicon : gives the words that it has; asked when it is needed first
    kept : words that are left in Latin letters
    """

    def __init__(self, lexicon: Callable[[], Lexicon], kept: Callable[[], frozenset[str]] = frozenset) -> None:
        self._lexicon, self._kept_words = lexicon, kept
        self._read: Remembered[str, str] = Remembered(self._worked_out)

    def find(self, shown: str) -> list[Edit]:
        """The words of a text in Latin letters, and what each is in its own. Linear in the text's length."""
        return [(*match.span(), self.read(match[0])) for match in _WORD.finditer(shown)]

    def read(self, written: str) -> str:
        """A word in its own letters."""
        return self._read[written[:_LONGEST].lower().replace("’", "'")]

    def _worked_out(self, word: str) -> str:
        return word if word in self._kept else self._look_up(word)

    def knows(self, written: str) -> bool:
        """Whether a word is read as one of the lexicon."""
        return self.read(written) in self._words

    @cached_property
    def _kept(self) -> frozenset[str]:
        return frozenset(word for word in self._kept_words() if self._look_up(word) not in self._words)

    @cached_property
    def _words(self) -> Lexicon:
        return self._lexicon()

    @abstractmethod
    def _look_up(self, word: str) -> str: ...
