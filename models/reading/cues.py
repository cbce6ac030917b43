"""Find cues of threats, of wished harm and of contempt for what people are: who is spoken of, and what is said of them.

A word alone says little: "know", "street". Two near each other say much: "know", "your street". So the words of each
language are listed by slots that all languages share ("know", "where", "your"), and what is found are slots, and pairs
of slots that are said together. What they are worth is learnt once for all languages.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.reading.letters import spell_words
from models.remembered import Remembered

#: Words from one cue to another that are said together, and cues of a sentence that are looked at, of each the next.
_FAR, _MOST = 9, 300
_INSIDE_FROM, _LATIN_TO = "\u0e00", "\u0530"  # scripts with listed words within words; and those with accents
_LETTERS_OF_A_WORD = 2  # where no spaces are written
_LONGEST, _LEAST_STEM = 16, 2
_SAME_LETTERS = str.maketrans("أإآٱىةؤئ", "اااايهوي", "ًٌٍَُِّْ")
_PLAIN_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "ß": "ss", "æ": "ae", "đ": "d", "œ": "oe", "’": "'"})

#: Where a cue stands: the sentence, its first word and one past the last.
Place = tuple[int, int, int]
#: By feature, where its two cues stand; of a slot alone twice the same.
Found = dict[int, tuple[Place, Place]]
_Slots = tuple[int, ...]
#: A cue: its slot, its first word, one past the last, and its place in words, also where no spaces are.
_Cue = tuple[int, int, int, int]
#: By their second word, phrases' other words and their slots.
_Phrases = Mapping[str, Sequence[tuple[tuple[str, ...], _Slots]]]
_Known = tuple[_Slots, _Phrases] | tuple[()]


def count_features(slots: int) -> int:
    """How many features so many slots have: themselves and their pairs."""
    return slots + slots * slots


def features_among(slots: int, first: int) -> NDArray[np.bool_]:
    """Of the features of so many slots, which are of the first of them alone."""
    of_slots = np.arange(slots) < first
    return np.concatenate([of_slots, np.outer(of_slots, of_slots).ravel()])


class Cues:
    """Finds the cues of one language.

    Parameters
    ----------
    slots : their names, in the order of their numbers
    listed : by slot, or by several that are joined by hyphens, what is listed, separated by commas: words, words in a
        row, and stems ("kill*"); with a star before it, or in Chinese and the like, what is found within words
    """

    def __init__(self, slots: Sequence[str], listed: Mapping[str, str]) -> None:
        self.slots = len(slots)
        self._numbers = {name: number for number, name in enumerate(slots)}
        self._listed = listed
        numbers = range(self.slots)
        #: The feature of two slots; of a slot with itself, that of the slot.
        self._pairs = [[_pair(one, other, self.slots) for other in numbers] for one in numbers]

    @cached_property
    def _lists(self) -> _Lists:
        return _Lists(self._numbers, self._listed)  # of a language that is met: most never are

    def features(self, sentences: Sequence[Sequence[str]]) -> set[int]:
        """The features of some sentences, given as words that `letters.spell` has spelt. Linear in their length."""
        found: set[int] = set()
        for words in sentences:
            cues = self._lists.find(words)
            slots = [slot for slot, _, _, _ in cues]
            for first, at in _said_together(cues):
                pairs = self._pairs[slots[at]]
                found.update([pairs[other] for other in slots[first : at + 1]])
        return found

    def find(self, sentences: Sequence[Sequence[str]]) -> Found:
        """The same features, and where their cues stand first."""
        found: Found = {}
        for number, words in enumerate(sentences):
            cues = self._lists.find(words)
            for first, at in _said_together(cues):
                slot, start, end, _ = cues[at]
                for other, other_start, other_end, _ in cues[first : at + 1]:
                    both = (number, other_start, other_end), (number, start, end)
                    found.setdefault(self._pairs[slot][other], both)
        return found


def _said_together(cues: Sequence[_Cue]) -> Iterator[tuple[int, int]]:
    """Of each cue, which is the first that is said together with it; and which it is itself."""
    first = 0
    for at, (_, _, _, place) in enumerate(cues):
        while place - cues[first][3] > _FAR:
            first += 1
        yield first, at


def _pair(one: int, other: int, slots: int) -> int:
    return one if one == other else slots + slots * min(one, other) + max(one, other)


class _Lists:
    """What is listed, ready to be looked up."""

    def __init__(self, numbers: Mapping[str, int], listed: Mapping[str, str]) -> None:
        self._whole: defaultdict[str, _Slots] = defaultdict(tuple)
        self._stems: defaultdict[str, _Slots] = defaultdict(tuple)
        self._inside: defaultdict[str, _Slots] = defaultdict(tuple)
        self._phrases: defaultdict[str, defaultdict[str, list[tuple[tuple[str, ...], _Slots]]]]
        self._phrases = defaultdict(lambda: defaultdict(list))  # by their first word
        for names, entries in listed.items():
            for entry in map(str.strip, entries.split(",")):
                self._add(entry, tuple(map(numbers.__getitem__, names.split("-"))))
        self._sizes = sorted({len(word) for word in self._inside})
        self._known: Remembered[str, _Known] = Remembered(self._look_up)

    def _add(self, entry: str, slots: _Slots) -> None:
        words = tuple(map(_plain, spell_words(entry.replace("*", ""))))
        if len(words) > 1:
            self._phrases[words[0]][words[1]].append((words[1:], slots))
        elif words:
            is_inside = words[0][0] >= _INSIDE_FROM or entry.startswith("*")
            of_kind = self._inside if is_inside else self._stems if entry.endswith("*") else self._whole
            of_kind[words[0]] += slots

    def find(self, words: Sequence[str]) -> list[_Cue]:
        """The cues of a sentence, in order."""
        cues: list[_Cue] = []
        known = self._known
        more = 0  # words that runs of letters stand for, beyond one each
        for at, word in enumerate(words):
            its = known[word]
            if not its:  # as of most words
                continue
            slots, phrases = its
            for slot in slots:
                cues.append((slot, at, at + 1, at + more))
            after = phrases.get(_plain(words[at + 1]), ()) if phrases and at + 1 < len(words) else ()
            for phrase, of_phrase in after:
                end = at + 1 + len(phrase)
                if end <= len(words) and all(map(_is, words[at + 1 : end], phrase)):
                    cues += [(slot, at, end, at + more) for slot in of_phrase]
            if word[0] >= _INSIDE_FROM:
                is_run = word[0] <= "\u0eff" or "\u3040" <= word[0] <= "\u9fff"
                for start, slot in self._within(word):
                    cues.append((slot, at, at + 1, at + more + (start // _LETTERS_OF_A_WORD if is_run else 0)))
                more += len(word) // _LETTERS_OF_A_WORD if is_run else 0
        return cues[:_MOST]

    def _look_up(self, word: str) -> _Known:
        """The slots of a word, and the phrases that begin with it; nothing where nothing of it can be listed."""
        spelt = _plain(word)
        slots = self._whole.get(spelt, ())
        for size in range(_LEAST_STEM, min(len(spelt), _LONGEST) + 1):
            slots += self._stems.get(spelt[:size], ())
        if spelt and spelt[0] < _INSIDE_FROM:
            slots += tuple(slot for _, slot in self._within(spelt))
        phrases: _Phrases = self._phrases.get(spelt, {})
        if slots or phrases or word[0] >= _INSIDE_FROM:
            return tuple(dict.fromkeys(slots)), phrases
        return ()

    def _within(self, word: str) -> Iterator[tuple[int, int]]:
        """The listed words within a word: where each starts, and its slots."""
        for start in range(len(word)):
            for size in self._sizes:
                for slot in self._inside.get(word[start : start + size], ()) if start + size <= len(word) else ():
                    yield start, slot


def _is(word: str, listed: str) -> bool:
    return _plain(word) == listed


def _plain(word: str) -> str:
    """A word without the accents that many leave out."""
    if word.isascii():
        return word
    if word[0] < _LATIN_TO or word[0] == "’":
        letters = unicodedata.normalize("NFKD", word.translate(_PLAIN_LETTERS))
        return "".join(letter for letter in letters if not unicodedata.combining(letter))
    return word.translate(_SAME_LETTERS)
