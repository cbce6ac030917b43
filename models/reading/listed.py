"""Find the words of a list in a text: bad words that people of a language wrote down."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from models.reading.letters import spell_words
from models.remembered import Remembered

#: Letters of a listed word that is found within others ("drecksack" in "drecksackverein"). An insult, which says more,
#: needs more.
LEAST_INSIDE, LEAST_INSIDE_OF_INSULTS = 5, 7
#: Letters that are written by two where a keyboard lacks them, and those that are no accented ones.
_BY_TWO = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_OTHER_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "ı": "i", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d"})
_ACCENT = re.compile("[\u0300-\u036f]")
#: Letters of an entry that counts without its accents, and those that are other words then.
_LEAST_PLAIN = 5
_OTHER_WORDS = frozenset("parowa lepra crapa tares tahni bacini mamon picus labar pedes negri negre".split())  # noqa: SIM905


def without_accents(entries: Iterable[str], is_usual: Callable[[str], bool]) -> list[str]:
    """How entries are written where accents are left out, or written with other letters ("bloede kuh").

    Without those that are short, or a usual word then, of any language.
    """
    forms = [form for entry in entries for form in dict.fromkeys((_plain(entry.translate(_BY_TWO)), _plain(entry)))]
    return [form for form in forms if _tells_enough(form) and (" " in form or not is_usual(form))]


def _plain(entry: str) -> str:
    letters = unicodedata.normalize("NFD", entry.translate(_OTHER_LETTERS))
    return unicodedata.normalize("NFC", "".join(filter(lambda letter: not _ACCENT.match(letter), letters)))


def _tells_enough(form: str) -> bool:
    return form.isascii() and form not in _OTHER_WORDS and sum(map(str.isalpha, form)) >= _LEAST_PLAIN


class WordList:
    """Listed words: a single one matches a word, and from `least_inside` letters on within one; several match in a row.

    In scripts that write no spaces every listed word is found within a run of letters. Those of `alone` are found
    within none.
    """

    def __init__(self, words: Iterable[str], least_inside: int = LEAST_INSIDE, alone: Iterable[str] = ()) -> None:
        self._whole: set[str] = set()
        self._inside: set[str] = set()
        self._phrases: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)  # by their first word
        for word in words:
            parts = tuple(map(sys.intern, spell_words(word)))  # many a word is on several lists
            if len(parts) > 1:
                self._phrases[parts[0]].add(parts)
            elif parts and (len(parts[0]) >= least_inside or (_writes_no_spaces(parts[0]) and len(parts[0]) > 1)):
                self._inside.add(parts[0])
            elif parts:
                self._whole.add(parts[0])
        for spelt in map(spell_words, alone):
            if len(spelt) > 1:
                self._phrases[spelt[0]].add(tuple(spelt))
            else:
                self._whole.update(spelt)
        self._sizes = sorted({len(word) for word in self._inside})
        self._entries: Remembered[str, str] = Remembered(self._look_up)

    def find(self, words: Sequence[str]) -> list[tuple[str, int, int]]:
        """What is found in a text's words, as `letters.spell` gives them: entry, first word, one past the last."""
        matches = [(entry, at, at + 1) for at, word in enumerate(words) if (entry := self._entries[word])]
        for at, word in enumerate(words):
            for phrase in self._phrases.get(word, ()):
                if tuple(words[at : at + len(phrase)]) == phrase:
                    matches.append((" ".join(phrase), at, at + len(phrase)))
        return matches

    def holds(self, word: str, *, within: bool) -> bool:
        """Whether a word is listed, or `within` it one of those that are found within others."""
        if word in self._whole or word in self._inside:
            return True
        return within and bool(self._sizes) and len(word) > self._sizes[0] and bool(self._entries[word])

    def entries(self) -> Iterator[str]:
        """All that is listed, spelt as it is found."""
        yield from sorted(self._whole | self._inside)
        yield from (" ".join(phrase) for first in sorted(self._phrases) for phrase in sorted(self._phrases[first]))

    def covered(self, words: Sequence[str]) -> list[int]:
        """How many letters of each word belong to a listed one, or to several words that are listed together."""
        letters = [0] * len(words)
        for entry, first, last in self.find(words):
            for at in range(first, last):
                letters[at] = max(letters[at], len(words[at]) if last - first > 1 else len(entry))
        return letters

    def _look_up(self, word: str) -> str:
        if word in self._whole:
            return word
        for size in self._sizes:
            for at in range(len(word) - size + 1):
                if word[at : at + size] in self._inside:
                    return word[at : at + size]
        return ""


def _writes_no_spaces(word: str) -> bool:
    return any("\u0e00" <= letter <= "\u0eff" or "\u3040" <= letter <= "\u9fff" for letter in word)
