"""Tell languages that are written in Latin letters for want of their own, by words that other languages have not.

The words are in `romanised.toml`; Russian and Ukrainian ones are spelt there in Cyrillic, and here in every way in
which they are written in Latin letters.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Sequence, Set
from itertools import product
from typing import Any

from models.package_data import read_text
from texts.edits import kinds, outline

_LISTED: dict[str, dict[str, Any]] = tomllib.loads(read_text("models.reading", "romanised.toml"))
#: How letters are written in Latin ones, beside the first way.
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e ye je", "ё": "e yo io", "ж": "zh j", "з": "z", "и": "i",
    "й": "y i j", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
    "ф": "f", "х": "h kh x", "ц": "ts c", "ч": "ch 4", "ш": "sh", "щ": "sch shch sh", "ъ": "", "ы": "y i", "ь": "",
    "э": "e", "ю": "yu iu ju", "я": "ya ia ja",
}  # fmt: skip
_UKRAINIAN = _CYRILLIC | {"г": "h g", "и": "y", "і": "i", "є": "ye ie", "ї": "yi i", "е": "e", "й": "y i"}
#: At its beginning and after a vowel "е" is written as it sounds; within a word rarely.
_WITHIN = _CYRILLIC | {"е": "e"}
_VOWELS = "аеёиоуыэюяь"
#: Words with digits that stand for letters in Arabic chats, but not where they do as in "h3llo" and "3rd"; those that
#: are like no others tell Arabic without a word of it, too.
_CHAT = re.compile(r"(?!\d*(?:st|nd|rd|th)\b)(?=[\w']*[a-z][\w']*[a-z])[a-z']*[23579][a-z'23579]*")
_SURE_CHAT = re.compile(
    r"(?=.{4})(?:[a-z']*[a-z][729][a-z][a-z']*|[a-z']*[aeiou]3[a-z]?[a-z']*|7[aeiou]?[a-z]{3,}|3[aeiou][a-z]{2,})"
)
_WORD, _DIGIT = re.compile(r"[a-z23456789'’]*[a-z][a-z23456789'’]*"), re.compile(r"\d")
#: The characters of such words of ASCII, as small ones; all else as blanks.
_AS_WORDS = kinds(
    {letter: letter + letter.upper() for letter in string.ascii_lowercase} | {sign: sign for sign in "23456789'"}
)
#: Which part of a text's words must be in one of these lists, and of how many words one long one is enough.
_ENOUGH, _LONG, _FEW = 0.15, 6, 4
#: Words that tell nothing by themselves must be so many, and such a part, beside one that does.
_WITH_WEAK, _ENOUGH_WITH_WEAK = 3, 0.5
ARABIC, RUSSIAN, UKRAINIAN = "ar-Latn", "ru-Latn", "uk-Latn"


def _spellings(word: str, of: dict[str, str]) -> set[str]:
    """The ways in which a word of Cyrillic letters is written in Latin ones."""
    inside = of if of is _UKRAINIAN else _WITHIN
    after = [of if at == 0 or word[at - 1] in _VOWELS else inside for at in range(len(word))]
    ways = [table[letter].split() or [""] for table, letter in zip(after, word, strict=True)]
    return {"".join(way) for way in product(*ways)}


def _telling() -> dict[str, frozenset[str]]:
    ours = {"ur-Latn": frozenset(_LISTED["ur-Latn"]["telling"].split())}
    for code, of in ((RUSSIAN, _CYRILLIC), (UKRAINIAN, _UKRAINIAN)):
        words = _LISTED[code]["telling"].split()
        ours[code] = frozenset().union(*(_spellings(word, of) for word in words))
    ours[ARABIC] = frozenset(arabic_words("telling"))
    return ours


def arabic_words(kind: str) -> dict[str, str]:
    """How Arabic words are written in their own letters, by their spelling in Latin ones; `kind` as in the file."""
    return {spelt: word for word, its in _LISTED[ARABIC][kind].items() for spelt in its.split()}


_TELLING = _telling()
_WEAK = frozenset(arabic_words("weak"))
_ANY = frozenset().union(*_TELLING.values())
#: The languages that are told here and read as if they were in their own letters.
READ_AS_NATIVE = {ARABIC: "ar", RUSSIAN: "ru"}
#: Languages that have letters of their own, and how each is called when it is written in Latin ones.
IN_LATIN = {"ar": ARABIC, "ru": RUSSIAN, "uk": UKRAINIAN}
#: All languages that are told here.
ROMANISED = frozenset(_TELLING)


def in_latin(language: str) -> str:
    """What a text in Latin letters is read as that is said to be in a language, where that has letters of its own."""
    written = IN_LATIN.get(language, language)
    return written if written in READ_AS_NATIVE else language


def is_romanised(word: str) -> bool:
    """Whether a word is one of a language that is written in Latin letters for want of its own."""
    return word in _ANY


def speaks_for(word: str, language: str) -> bool:
    """Whether a word is one of this language in Latin letters."""
    return word in _TELLING[language]


def speaks_for_any(words: Sequence[str]) -> bool:
    """Whether one of some words is."""
    return not _ANY.isdisjoint(words)


def detect_romanised(words: Sequence[str], text: str) -> tuple[str, bool]:
    """The language of what is in Latin letters for want of others ("": none), and whether any word speaks for one.

    `words` are the different ones of the text, in small letters.
    """
    said: Set[str] = _ANY.intersection(words)
    chat: set[str] = set()
    if _DIGIT.search(text) if text.isascii() else any(map(str.isdigit, text)):
        spelt = _with_digits(text)
        said |= _ANY.intersection(spelt)
        chat = {word for word in spelt if not word.isalpha() and _CHAT.fullmatch(word)}
    if not said and not chat:
        return "", False
    counts = {code: len(own & said) for code, own in _TELLING.items()}
    weak = len(_WEAK.intersection(words)) if counts[ARABIC] or chat else 0
    sure = sum(_SURE_CHAT.fullmatch(word) is not None for word in chat)
    if chat and (counts[ARABIC] or weak > 1 or sure > 1 or (sure and weak)):
        counts[ARABIC] += len(chat - _TELLING[ARABIC])
    best = max(counts, key=counts.__getitem__)
    many = counts[best]
    if _is_told(many, len(words), weak if best == ARABIC else 0, max(map(len, said), default=0)):
        return best, True
    return "", bool(said)


def _with_digits(text: str) -> Set[str]:
    """The words of a text in small letters, with the digits that may stand for letters; digits alone, too."""
    if text.isascii():
        return set(outline(text, _AS_WORDS).decode().split())
    return set(_WORD.findall(text.lower().replace("’", "'")))


def _is_told(many: int, of: int, weak: int, longest: int) -> bool:
    if many > 1 and many >= _ENOUGH * of:
        return True
    if many and of <= _FEW and longest >= _LONG:
        return True
    return bool(many) and many + weak >= _WITH_WEAK and many + weak >= _ENOUGH_WITH_WEAK * of
