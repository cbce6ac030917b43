"""Folding of texts for comparison: one case and one spelling, in linear time whatever the text holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

#: Marks that may follow one character. Nobody writes more. Unicode calls such a text stream-safe (UAX #15, 13).
MOST_MARKS = 30
#: No combining mark has a higher code.
_NO_MARKS_FROM = 0x1F000


def stream_safe(text: str) -> str:
    """`text` with each run of combining marks cut after `MOST_MARKS`.

    Call it before any normalisation: that sorts the marks of a run, which takes Python time quadratic in the run's
    length, with the interpreter locked.
    """
    return text if text.isascii() else _TOO_MANY.sub(lambda run: run[0][:MOST_MARKS], text)


def is_stream_safe(text: str) -> bool:
    """Whether no character of `text` has more than `MOST_MARKS` marks."""
    return text.isascii() or _TOO_MANY.search(text) is None


def normalized(form: str, text: str) -> str:
    """`unicodedata.normalize`, in linear time. `form` is `NFC`, `NFKC`, `NFD` or `NFKD`."""
    return unicodedata.normalize(form, stream_safe(text))  # type: ignore[arg-type]


def fold(text: str) -> str:
    """`text` as it is compared: NFKC, lower case, white space as single spaces."""
    return " ".join(normalized("NFKC", text).casefold().replace("\x01", "").split())


def fold_accents(text: str) -> str:
    """`fold`, and without accents: as somebody types who is in a hurry."""
    folded = fold(text)
    if folded.isascii():
        return folded
    return "".join(letter for letter in normalized("NFD", folded) if not unicodedata.combining(letter))


def begun(text: str, words: Sequence[str]) -> list[bool]:
    """Of each of some words, folded by `fold_accents`, whether a word of the text begins so."""
    parts = fold_accents(text).split()
    return [any(part.startswith(word) for part in parts) for word in words]


def _marks() -> str:
    """All combining marks, as ranges for a character class of a regular expression."""
    ranges: list[list[int]] = []
    for code in range(0x300, _NO_MARKS_FROM):
        if not _is_mark(chr(code)):
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


def _is_mark(character: str) -> bool:
    """Whether normalisation sorts this character as a mark, by itself or by its parts (such as U+0F73)."""
    if unicodedata.combining(character):
        return True
    parts = unicodedata.decomposition(character)
    return bool(parts) and all(map(unicodedata.combining, unicodedata.normalize("NFKD", character)))


_TOO_MANY = re.compile(f"[{_marks()}]{{{MOST_MARKS + 1},}}")


class CharacterTable(dict[int, str]):
    """A table for `str.translate`, filled from `read` when a character first occurs."""

    def __init__(self, read: Callable[[str], str]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, code: int) -> str:
        reading = self._read(chr(code))
        if len(self) < 20_000:  # a flood of rare characters must not grow memory without end
            self[code] = reading
        return reading
