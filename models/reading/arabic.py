"""Read Arabic that is written in Latin letters and digits: "ya 7mar", "ana 3aref", "inshallah".

Short vowels are not written in Arabic letters, so that words are found by their consonants, and then compared by the
vowels and other signs in the gaps between these.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from models.reading.latin import arabic_words
from models.reading.native import Native

#: Consonants that are written alike in Latin letters. What is in none stands in the gaps.
_ALIKE = ("ب", "تطث", "ج", "حه", "خ", "دض", "ذظز", "ر", "سص", "ش", "غ", "قك", "ل", "م", "ن", "ف")
_KIND = {letter: alike[0] for alike in _ALIKE for letter in alike}
_IN_GAPS = {
    "ا": "A", "أ": "A", "إ": "A", "آ": "A", "ى": "A", "ة": "T", "ء": "H", "ئ": "H", "ؤ": "H", "و": "W", "ي": "Y",
    "ع": "E",
}  # fmt: skip
_CONSONANTS = {
    "kh": "خ", "7'": "خ", "5": "خ", "x": "خ", "gh": "غ", "3'": "غ", "sh": "ش", "ch": "ش", "4": "ش", "th": "ث",
    "dh": "ذ", "b": "ب", "p": "ب", "t": "ت", "6": "ط", "j": "ج", "g": "ج", "7": "ح", "h": "ه", "d": "د", "z": "ز",
    "r": "ر", "s": "س", "9": "ق", "q": "ق", "8": "ق", "k": "ك", "c": "ك", "l": "ل", "m": "م", "n": "ن", "f": "ف",
    "v": "ف",
}  # fmt: skip
#: Signs of the gaps in Latin letters: capitals for what is surely written in Arabic, too; a 2 may be a letter, as well.
_SIGNS = {
    "aa": "A", "oo": "W", "ou": "W", "uu": "W", "ee": "Y", "ii": "Y", "w": "W", "y": "Y", "3": "E", "2": "H",
    "a": "a", "e": "e", "i": "i", "o": "o", "u": "u", "'": "",
}  # fmt: skip
_TWO_AS_LETTER = "ق"
_UNIT = re.compile("|".join(sorted([*_CONSONANTS, *_SIGNS], key=len, reverse=True)))
_TWICE = re.compile(r"([^aeiouwy3246'])\1+")
#: What in Latin letters may stand for a sign of Arabic ones, and what it costs where nothing does.
_MAY_BE = {"A": "aeA", "T": "aeA", "W": "ouW", "Y": "ieY", "E": "Eae", "H": "HaeiouA"}
_MISSING, _MISSING_AYN, _HARDLY_MISSING = 2.0, 1.2, 0.3
#: What signs cost that stand in Latin letters alone, and more at the end; those that may be another; and consonants.
_LEFT = {"A": 1.5, "W": 1.5, "Y": 1.2, "E": 2.5, "H": 0.7, "o": 0.4, "u": 0.4, "i": 0.4, "a": 0.15, "e": 0.15}
_LEFT_AT_END, _AYN_AS_VOWEL, _SHORT_FOR_LONG = 0.8, 0.8, 0.4
_OTHER_CONSONANT, _USUALLY_OTHER = 1.0, 0.5
_USUAL = {"هح", "كق", "سص", "تط", "دض", "زظ"}
_RARITY = 0.15
#: From what cost on a word is looked for without its endings, and spelt; what these cost.
_UNLIKE, _SPELT_FROM, _AFFIX, _BOTH = 3.2, 4.6, 0.9, 0.6
_BEFORE = {
    "wel": "وال", "wil": "وال", "wl": "وال", "bel": "بال", "bil": "بال", "fel": "في ال", "fil": "في ال", "el": "ال",
    "al": "ال", "il": "ال", "l": "ال", "we": "و", "w": "و", "bi": "ب", "b": "ب", "7a": "ح", "ha": "ه", "la": "ل",
    "ma": "ما ", "ye": "ي", "yi": "ي", "te": "ت", "ti": "ت", "2a": "ا", "a": "ا", "ne": "ن",
}  # fmt: skip
_AFTER = {
    "ak": "ك", "ek": "ك", "ik": "ك", "k": "ك", "kom": "كم", "kon": "كم", "kum": "كم", "hom": "هم", "hon": "هم",
    "ni": "ني", "ha": "ها", "na": "نا", "een": "ين", "in": "ين", "et": "ت", "at": "ات", "i": "ي", "o": "و", "u": "و",
}  # fmt: skip
_LEAST_STEM = 3
_MARKS = {"?": "؟", ",": "،", ";": "؛"}
_MARK = re.compile("[?,;]")
#: What is written apart from the word that it belongs to, and together with it in Arabic.
_JOINED_AS = {"el": "ال", "il": "ال", "al": "ال", "bi": "ب", "b": "ب", "l": "ل"}
_JOINED = re.compile(rf"\b({'|'.join(_JOINED_AS)})[ -](?=[^\W_])(?!(?:{'|'.join(_JOINED_AS)})[ -])", re.IGNORECASE)


@dataclass(frozen=True)
class _Shape:
    """A word's consonants, by their kind and as they are, and the signs in the gaps before, between and after them."""

    kinds: str
    consonants: str
    gaps: tuple[str, ...]


class Arabic(Native):
    """Reads Arabic words."""

    def find(self, shown: str) -> list[tuple[int, int, str]]:
        """As `Native.find`; an article, and what is one letter in Arabic, is read together with its word."""
        marks = [(match.start(), match.end(), _MARKS[match[0]]) for match in _MARK.finditer(shown)]
        joined = {match.end(): match for match in _JOINED.finditer(shown)}
        beside = {match.start() for match in joined.values()}
        words = [(start, end, word) for start, end, word in super().find(shown) if start not in beside]
        for at, (start, end, word) in enumerate(words):
            if start in joined:
                before = _JOINED_AS[joined[start][1].lower()]
                words[at] = joined[start].start(), end, before + word.removeprefix("ال" if before == "ال" else "")
        return sorted([*words, *marks])

    def _look_up(self, word: str) -> str:
        said = self._said.get(word)
        if said is not None:
            return said
        cost, best = min(self._candidates(word), default=(_SPELT_FROM, ""))
        return best if cost < _SPELT_FROM else _spell(word)

    @cached_property
    def _said(self) -> dict[str, str]:
        return {**arabic_words("weak"), **arabic_words("telling")}

    @cached_property
    def _shaped(self) -> dict[str, list[tuple[float, str, _Shape]]]:
        """The words by the kinds of their consonants, with what their rarity costs."""
        shaped: defaultdict[str, list[tuple[float, str, _Shape]]] = defaultdict(list)
        for word, rarity in self._words.items():
            shape = _shape_of_arabic(word)
            shaped[shape.kinds].append((rarity * _RARITY, word, shape))
        return dict(shaped)

    def _candidates(self, word: str) -> Iterator[tuple[float, str]]:
        """What a word may be, and how unlike it is to what was written: whole, or without what is joined to a word."""
        whole = list(self._alike(word))
        yield from whole
        if min(whole, default=(_UNLIKE, ""))[0] < _UNLIKE:
            return
        for before, read_before in [("", ""), *_BEFORE.items()]:
            for after, read_after in [("", ""), *_AFTER.items()] if word.startswith(before) else ():
                stem = word[len(before) : len(word) - len(after)]
                if (before or after) and word.endswith(after) and len(stem) >= _LEAST_STEM:
                    more = _AFFIX + (_BOTH if before and after else 0.0)
                    for cost, read in self._alike(stem):
                        inner = read.replace("ة", "ت") if after else read
                        yield cost + more, read_before + inner + read_after

    def _alike(self, word: str) -> Iterator[tuple[float, str]]:
        for shape in _shapes_of_latin(word):
            for cost, read, its in self._shaped.get(shape.kinds, ()):
                yield cost + _unlike(shape, its), read


def _shapes_of_latin(word: str) -> list[_Shape]:
    units = [(_CONSONANTS.get(unit, ""), _SIGNS.get(unit, "")) for unit in _UNIT.findall(_TWICE.sub(r"\1", word))]
    shapes = [_shape(units)]
    if "2" in word:
        shapes.append(_shape([(_TWO_AS_LETTER, "") if sign == "H" else (letter, sign) for letter, sign in units]))
    return shapes


def _shape_of_arabic(word: str) -> _Shape:
    return _shape([(letter if letter in _KIND else "", _IN_GAPS.get(letter, "")) for letter in word])


def _shape(units: Sequence[tuple[str, str]]) -> _Shape:
    """Of units that are a consonant or a sign."""
    consonants, gaps = "", [""]
    for consonant, sign in units:
        if consonant:
            consonants += consonant
            gaps.append("")
        else:
            gaps[-1] += sign
    return _Shape("".join(_KIND[letter] for letter in consonants), consonants, tuple(gaps))


def _unlike(written: _Shape, word: _Shape) -> float:
    """What sets a word apart from one that is written with consonants of the same kinds."""
    cost = 0.0
    last = len(word.gaps) - 1
    for at, (ours, its) in enumerate(zip(written.gaps, word.gaps, strict=True)):
        cost += _unlike_gaps(ours, its, first=at == 0, last=at == last)
    for ours, its in zip(written.consonants, word.consonants, strict=True):
        if ours != its:
            cost += _USUALLY_OTHER if ours + its in _USUAL else _OTHER_CONSONANT
    return cost


def _unlike_gaps(written: str, word: str, *, first: bool, last: bool) -> float:
    cost = 0.0
    for sign in word:
        at = next((at for at, one in enumerate(written) if one in _MAY_BE[sign]), None)
        if at is None:
            hardly = sign == "H" or (first and sign == "A")
            cost += _HARDLY_MISSING if hardly else _MISSING_AYN if sign == "E" else _MISSING
            continue
        if sign == "E" and written[at] != "E":
            cost += _AYN_AS_VOWEL
        elif sign == "A" and written[at] != "A" and not first:
            cost += _SHORT_FOR_LONG
        written = written[:at] + written[at + 1 :]
    return cost + sum(_LEFT[sign] + (_LEFT_AT_END if last else 0.0) for sign in written)


def _spell(word: str) -> str:
    """A word letter by letter: its consonants, long vowels, and a vowel at its beginning or end."""
    long = {"A": "ا", "W": "و", "Y": "ي", "E": "ع", "H": "ء"}
    at_end = {**long, "a": "ا", "e": "ة", "o": "و", "u": "و", "i": "ي"}
    shape = _shapes_of_latin(word)[0]
    last = len(shape.gaps) - 1
    spelt = "ا" if shape.gaps[0][:1] in tuple("aeiou") else ""
    for at, gap in enumerate(shape.gaps):
        signs = at_end if at == last and at else long
        spelt += "".join(signs.get(sign, "") for sign in gap) + shape.consonants[at : at + 1]
    return spelt
