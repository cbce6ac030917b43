"""Read Russian that is written in Latin letters: "ya tebya znayu", "4to", "poshel"."""

from __future__ import annotations

import re
from functools import cached_property

from models.reading.native import Native

_LETTERS = {
    "shch": "щ", "sch": "щ", "zh": "ж", "kh": "х", "ts": "ц", "ch": "ч", "sh": "ш", "yu": "ю", "ya": "я", "yo": "е",
    "ye": "е", "ju": "ю", "ja": "я", "jo": "е", "je": "е", "iu": "ю", "ia": "я", "a": "а", "b": "б", "v": "в",
    "w": "в", "g": "г", "d": "д", "e": "е", "z": "з", "i": "и", "j": "й", "y": "ы", "k": "к", "l": "л", "m": "м",
    "n": "н", "o": "о", "p": "п", "r": "р", "s": "с", "t": "т", "u": "у", "f": "ф", "h": "х", "x": "х", "c": "ц",
    "q": "к", "'": "ь", "4": "ч", "6": "ш",
}  # fmt: skip
_LATIN = re.compile("|".join(sorted(_LETTERS, key=len, reverse=True)))
_AFTER_VOWEL = re.compile("(?<=[аеиоуыюя])ы")
#: Letters that are left out, or written as others are.
_SAME = str.maketrans({"ь": None, "ъ": None, "ё": "е", "э": "е", "й": "и", "ы": "и", "щ": "ш", "ц": "тс"})
_BEFORE_VOWEL, _TWICE = re.compile("и(?=[аеоую])"), re.compile(r"(.)\1+")


class Cyrillic(Native):
    """Reads Russian words."""

    def _look_up(self, word: str) -> str:
        spelt = _AFTER_VOWEL.sub("й", _LATIN.sub(lambda found: _LETTERS[found[0]], word))
        return spelt if spelt in self._words else self._by_sound.get(_sound(spelt), spelt)

    @cached_property
    def _by_sound(self) -> dict[str, str]:
        """Of the words that are written alike in Latin letters the commonest."""
        return {_sound(word): word for word, _ in sorted(self._words.items(), key=lambda its: -its[1])}


def _sound(word: str) -> str:
    return _TWICE.sub(r"\1", _BEFORE_VOWEL.sub("", _TWICE.sub(r"\1", word.translate(_SAME))))
