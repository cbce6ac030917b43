"""Read bad words of the languages that the reader that understands judges through what hides them.

The fast reader undoes disguises with the English words that it has learnt (`words.py`). Of other languages the lists
are what is known: a word with digits, signs, gaps or drawn out letters in it is read as the listed word that it hides.
Where it hides none that is listed, letters that are spelt out are read together, and those drawn out once.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice, product

from models.reading.letters import MARKS, spell_words
from models.reading.words import STANDS_FOR
from texts.edits import Edit, edited

#: Letters of a word that signs hide; of a listed one among others that are spelt out; and at most.
_LEAST_SIGNED, _LEAST_AMONG, _LONGEST = 4, 5, 40
#: So many letters with the same sign between them are one word.
_LEAST_SPELT = 5
_LONGEST_RUN = 120
_MOST_SPELLINGS = 16
#: Signs of Cyrillic words, beside those of Latin ones.
_IN_CYRILLIC = {"0": "о", "3": "зе", "4": "ч", "6": "б", "1": "и", "@": "а", "$": "с", "!": "и", "|": "и", "9": "я"}
#: A letter with its vowel signs, what may stand between letters that are spelt out, and no sign within words.
_LETTER = rf"[^\W_][{MARKS}]{{0,3}}"
_END = rf"(?![^\W_]|[{MARKS}])"
_GAP = rf"(?:[^\w\n{MARKS}]{{1,3}}|_{{1,3}})"
_NO_SIGN = rf"\w\s'’\"“”„«»‚‘?,;:()\[\]。、！？，{MARKS}"
_SUSPECT = re.compile(
    rf"(?<![^\W_]|@)(?P<spelt>{_LETTER}(?:{_GAP}{_LETTER}{_END})++)"
    rf"|(?<![^\W_]|@)(?P<signed>\$?[^\W_]++(?:(?:[^{_NO_SIGN}]|_){{1,4}}[^\W_]++)++[$@!*]{{0,3}}"
    r"|\$[^\W_]{3,40}+|[^\W\d_]{2,40}+[@$]{1,2}(?!\w)|[^\W\d_]++\d[^\W_]*+[$@!]{0,3}|\d{1,3}[^\W\d_][^\W_]*+[$@!]{0,3})"
    r"|(?P<drawn>[^\W\d_])(?P=drawn){2,}"
)
_BEFORE, _AFTER = re.compile(r"[^\W_]{0,40}\Z"), re.compile(r"[^\W_]{0,40}")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
#: A word with digits and signs that can only stand for letters, between letters.
_LIKE_LETTERS = re.compile(
    r"[^\W\d_]++(?:[013457@$]{1,2}[^\W\d_]++)+[013457@$]?|[1345@$][^\W\d_]++[013457@$][^\W\d_]++"
)
#: Drawn out letters of a word that is not listed: three consonants may meet in a compound ("Missstand").
_SURELY_DRAWN_OUT = re.compile(r"([^\W\d_])\1{3,}|([aeiouyäöüаеиоуыэюя])\2{2,}")
#: Signs that part words and letters, and hide none.
_JOINS = re.compile(r"[\s.\-/_]")
_DENSE_FROM = "\u0e00"  # the first letter of the scripts in which two letters may be a word


class Disguises:
    """Finds the words of lists behind disguises."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._listed: dict[str, str] = {}  # by its letters alone, how an entry is written
        self._parts: set[str] = set()  # the words of entries of several
        for entry in entries:
            words = [word for word in spell_words(entry) if word[0].isalpha()]
            self._listed.setdefault("".join(words), " ".join(words))
            self._parts.update(words if len(words) > 1 else ())
        self._by_shape: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        alone = (word for word, written in self._listed.items() if word == written and word)
        for word in (*alone, *sorted(self._parts)):  # the order decides which one is read behind a mask
            self._by_shape[word[0], len(word)].append(word)

    def undone(self, shown: str) -> str:
        """A text, as `visible` shows it, with its hidden words written out."""
        return edited(shown, self.find(shown))

    def find(self, shown: str) -> list[Edit]:
        """The hidden words of a text, as `visible` shows it. Linear in the text's length."""
        edits: list[Edit] = []
        done = 0
        for match in _SUSPECT.finditer(shown) if self._listed else ():
            start, end = match.span()
            if match["drawn"]:
                before, after = _BEFORE.search(shown, max(0, start - _LONGEST), start), _AFTER.match(shown, end)
                start, end = before.start() if before else start, after.end() if after else end
            if start >= done:
                written = shown[start:end]
                read_as = self._spelt_out(written) if match["spelt"] else ""
                if not read_as and not (match["spelt"] and _JOINS.search(written)):
                    read_as = self._behind(written.lower())
                if read_as:
                    edits.append((start, end, read_as))
                    done = end
        return edits

    def _spelt_out(self, written: str) -> str:
        """The word that is spelt out, or the listed one among others; "" where there is none."""
        letters = "".join(filter(_is_letter, written.lower()))[:_LONGEST_RUN]
        if letters in self._listed and not (letters.isascii() and (len(letters) < 3 or written.isupper())):
            return self._listed[letters]
        for start, end in self._among(letters):
            return f"{letters[:start]} {self._listed[letters[start:end]]} {letters[end:]}".strip()
        gaps = {gap for gap in re.split(_LETTER, written) if gap}
        return letters if len(letters) >= _LEAST_SPELT and len(gaps) == 1 else ""

    def _among(self, letters: str) -> Iterator[tuple[int, int]]:
        """Where listed words begin and end among letters, the longest first."""
        least = 2 if letters and letters[0] >= _DENSE_FROM else _LEAST_AMONG
        for size in range(min(len(letters) - 1, _LONGEST), least - 1, -1):
            for start in range(len(letters) - size + 1):
                if letters[start : start + size] in self._listed:
                    yield start, start + size

    def _behind(self, written: str) -> str:
        """The word behind one with signs, digits or drawn out letters; "" where there is none."""
        word = written[: 2 * _LONGEST]
        letters = "".join(filter(_is_letter, word))
        candidates: list[str] = [letters] if letters != word else []
        if _DRAWN_OUT.search(letters):
            candidates += (_DRAWN_OUT.sub(once, letters) for once in (r"\1", r"\1\1"))
        for one in (*candidates, *islice(_spellings(word), _MOST_SPELLINGS)):
            if self._knows(one, spare=one == letters):
                return self._listed.get(one, one)
        masked = self._behind_mask(word.strip("!"))
        if masked or not _LIKE_LETTERS.fullmatch(word):
            return masked or self._drawn_out_once(word)
        return str(next(_spellings(word)))

    def _knows(self, word: str, *, spare: bool) -> bool:
        """Whether a word is listed and long enough; `spare`: no letter of it was guessed, so that it may be shorter."""
        least = 2 if word[:1] >= _DENSE_FROM else _LEAST_SIGNED - spare
        return len(word) >= least and (word in self._listed or word in self._parts)

    def _drawn_out_once(self, word: str) -> str:
        """A word with letters that are drawn out, with each of them once; "" where that says nothing."""
        if not word.isalpha() or word[0] >= _DENSE_FROM or len(set(word)) < 3 or not _SURELY_DRAWN_OUT.search(word):
            return ""
        return _DRAWN_OUT.sub(r"\1", word)

    def _behind_mask(self, word: str) -> str:
        """The listed word of which signs hide letters, at most half of them and not the first."""
        mask = "".join(letter if _is_letter(letter) else "." for letter in word)
        if "." not in mask or _JOINS.search(word):
            return ""
        if mask[0] < _DENSE_FROM:
            return self._fitting(mask) if len(mask) >= _LEAST_SIGNED - (not mask[0].isascii()) else ""
        for size in range(min(len(mask), _LEAST_AMONG), 2, -1):
            for start in range(min(len(mask), _LONGEST) - size + 1):
                if found := self._fitting(mask[start : start + size]):
                    return word[:start] + found + word[start + size :]
        return ""

    def _fitting(self, mask: str) -> str:
        """The first word that fits a mask; "" where most of it is hidden."""
        hidden = mask.count(".")
        if not hidden or mask[0] == "." or 2 * hidden > len(mask):
            return ""
        return next(filter(re.compile(mask).fullmatch, self._by_shape.get((mask[0], len(mask)), ())), "")


def _spellings(word: str) -> Iterator[str]:
    """The ways to read a word whose digits and signs stand for letters; signs that stand for none are left out."""
    in_cyrillic = any("\u0400" <= letter <= "\u04ff" for letter in word)
    stand_for = STANDS_FOR | _IN_CYRILLIC if in_cyrillic else STANDS_FOR
    options = [letter if letter.isalpha() else stand_for.get(letter, "") for letter in word]
    return map("".join, product(*filter(None, options)))


def _is_letter(letter: str) -> bool:
    return letter.isalpha() or unicodedata.category(letter) in {"Mn", "Mc"}
