"""How words are compared: as a reader reads them, through what disguises them. Linear in a text's length.

The classifier undoes disguises with the words that it has learnt. This module needs no learnt words: it makes the
readings of a text in which a list's own words are looked for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import partial
from itertools import product

from texts.folding import CharacterTable, normalized
from texts.lookalikes import LOOKALIKES
from texts.normalization import fold_character, without_markup

#: Scripts in which marks are part of the spelling, such as vowels: from Indic scripts to Thai, and those of East Asia,
#: with the two marks that narrow kana have beside them.
_MARKS_SPELL = ((0x0900, 0x1AAF), (0x2E80, 0xA63F), (0xA800, 0xD7FF), (0xFF9E, 0xFF9F))
_STANDS_FOR = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "!": "i"}
#: It lengthens an Arabic word, and is no letter of it.
_TATWEEL = "\u0640"
#: Two ways of reading, because `1` and `|` may stand for i or for l.
_ONE_WAY = str.maketrans(_STANDS_FOR | {"1": "i", "|": "i"})
_OTHER_WAY = str.maketrans(_STANDS_FOR | {"1": "l", "|": "l"})

#: Letters one by one, as in `c a s i n o`.
_SPELT_OUT = re.compile(r"(?<![^\W_])[^\W_](?:(?:[^\w\n]|_){1,3}[^\W_](?![^\W_])){2,}")
_NO_LETTERS = re.compile(r"[\W_]+")
#: A run of letters, and of signs that may stand for letters or between them.
_RUN = re.compile(r"[^\W_](?:[^\W_]|[@$!|*.\-_']){1,60}|[@$!|](?:[^\W_]|[@$!|*.\-_']){1,60}")
_BETWEEN = re.compile(r"[*.\-_']+")
_EDGE_DIGITS = re.compile(r"\d*(\D{4,}?)\d*")
_REPEATED = re.compile(r"(.)\1{2,}")
_LETTER = re.compile(r"[^\W\d_]")
_DISGUISING = re.compile(r"[\d@$!|*\-_'.]|(.)\1{2}")


def compared(character: str) -> str:
    """How one character is compared: as none, one or a few, a look-alike as the letter that it passes for."""
    if character == _TATWEEL:
        return ""
    code = ord(character)
    if character.lower() not in LOOKALIKES and any(first <= code <= last for first, last in _MARKS_SPELL):
        composed = unicodedata.normalize("NFKC", character)
        is_mark = unicodedata.category(composed[0]).startswith("M")
        return composed.casefold() if is_mark or fold_character(character) else ""
    folded = fold_character(character).casefold()
    return character if folded == "*" else folded  # `*` has a meaning in lists; other stars do not become one


_COMPARED = CharacterTable(compared)


def as_read(text: str) -> str:
    """`text` as it is compared: without markup and invisible characters, in lower case, look-alikes read as letters."""
    readable = without_markup(text)
    readable = readable.lower() if readable.isascii() else normalized("NFC", readable.translate(_COMPARED))
    return " ".join(readable.replace("\x01", "").split())


def readings(text: str) -> Iterator[str]:
    """`as_read(text)`, then further readings: spelt-out letters joined, digits read as the letters they stand for."""
    read = as_read(text)
    yield read
    if _DISGUISING.search(read) is None and _SPELT_OUT.search(read) is None:
        return
    joined = _SPELT_OUT.sub(lambda run: _NO_LETTERS.sub("", run[0]), read)
    yielded = {read}
    ways = ((_ONE_WAY, r"\1"), (_OTHER_WAY, r"\1\1"))
    for whole, (signs, letters) in product((False, True), ways):
        reading = _RUN.sub(partial(_undisguised, signs=signs, repeated=letters, whole=whole), joined)
        if reading not in yielded:
            yielded.add(reading)
            yield reading


def letters(text: str) -> str:
    """The letters and digits of `as_read(text)` with nothing between them."""
    return _NO_LETTERS.sub("", as_read(text))


def spelled(text: str) -> str:
    """`text` as an id or an e-mail address is compared: only case is folded, and no look-alike passes for a letter."""
    stripped = text.strip()
    lowered = normalized("NFC", stripped).lower()
    return lowered if stripped.isascii() == lowered.isascii() else stripped  # the Kelvin sign is no k


def _undisguised(run: re.Match[str], signs: dict[int, str], repeated: str, *, whole: bool) -> str:
    """How a run is read; `whole`, with the digits at its edges, of which one may be a letter, as in `casin0`."""
    if _LETTER.search(run[0]) is None:
        return run[0]
    joined = _BETWEEN.sub("", run[0].rstrip("!|"))
    inner = None if whole else _EDGE_DIGITS.fullmatch(joined)
    return _REPEATED.sub(repeated, (inner[1] if inner else joined).translate(signs))
