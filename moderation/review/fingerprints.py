"""A text's fingerprint: a few numbers. Texts that say nearly the same share some of them.

MinHash (A. Broder, "On the resemblance and containment of documents", 1997) over runs of letters: some of the
hashes are cut into bands, by which a database finds what may be alike, and one bit of each of 64 is kept, by which that
is checked (P. Li and A. C. König, "b-bit minwise hashing", 2010). See docs/decisions/0086.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from texts import links
from texts.comparison import compared
from texts.folding import CharacterTable, stream_safe

Numbers = NDArray[np.uint64]

#: Letters in a shingle, bands in a fingerprint, rows in a band, and bits in a sketch.
SHINGLE, BANDS, ROWS, BITS = 6, 12, 3, 64
#: Shingles that are used, to bound the cost: those with the smallest hashes, which are the same in near copies.
MOST_SHINGLES = 512
#: A text with fewer letters also gets a number for its whole text: it has too few shingles to be compared by them.
SHORT = 30
#: How many bits two sketches have to share. Of unlike texts half of them are equal by chance: 32, give or take 4. Short
#: texts, such as "Thank you for this article", share more by chance.
ALIKE, ALIKE_IF_SHORT = 46, 52
#: Letters that are read of a text.
_LONGEST = 20_000
#: A character of a dense script, such as Chinese, counts for so many letters.
_DENSE_FROM, _DENSE = 0x2E80, 3

#: What attackers change from copy to copy: links, addresses, mentions. Patterns without an upper length match only at
#: the beginning of a word, so that a long text without spaces costs no more than another.
_CHANGING = re.compile(
    rf"{links.BEGINNING}\S+|<[^<>]*>|(?<![\w.-])[\w.-]*[\w-]\.[a-z]{{2,}}/\S*|(?<!\S)[^\s@]+@\S+|@\w+"
)
_REPEATED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is compared of a text. Without bands it is like no other."""

    #: In rising order; each fits a signed 64-bit column.
    bands: tuple[int, ...] = ()
    #: A bit of each of `BITS` hashes, as a signed number.
    sketch: int = 0
    #: Whether it has fewer letters than `SHORT`, and whether it says so little that many people write it by chance.
    short: bool = False
    says_little: bool = False

    def is_like(self, sketch: int) -> bool:
        """Whether a text with this sketch, with which it shares a band, says nearly the same."""
        return BITS - ((self.sketch ^ sketch) & _ALL_BITS).bit_count() >= (ALIKE_IF_SHORT if self.short else ALIKE)


#: Like no other text.
NONE = Fingerprint()


def fingerprint(text: str) -> Fingerprint:
    """The fingerprint; `NONE` for a text that holds nothing but space.

    Case, accents, spacing, punctuation, digits, emoji, links, repeated letters and look-alikes make no difference.
    """
    letters = _letters(text)
    codes = _codes(letters)
    short = len(codes) < SHORT
    says_little = short and not links.count(text)
    exact: tuple[int, ...] = ()
    if short:
        whole = letters or "".join(text.casefold().split())
        exact = (_whole(whole),) if whole else ()
    if len(codes) < SHINGLE:
        return Fingerprint(exact, exact[0] if exact else 0, short, says_little)
    least = ((_shingles(codes)[:, None] * _FACTORS + _TERMS) >> _HALF).min(axis=0)
    return Fingerprint(tuple(sorted({*exact, *_bands(least)})), _sketch(least), short, says_little)


def common_parts(texts: list[str]) -> list[list[tuple[int, int]]]:
    """Where each text has what most of these texts have: `(start, end)` of its runs, in code points."""
    placed = [_placed(text) for text in texts]
    held_by: dict[str, int] = {}
    for letters, _ in placed:
        for shingle in set(_cut(letters)):
            held_by[shingle] = held_by.get(shingle, 0) + 1
    common = {shingle for shingle, number in held_by.items() if 2 * number > len(texts) > 1}
    return [_runs(letters, places, common, text) for text, (letters, places) in zip(texts, placed, strict=True)]


def _cut(letters: str) -> Iterator[str]:
    """Its shingles; all of it where it has none."""
    size = SHINGLE if any(ord(letter) < _DENSE_FROM for letter in letters) else SHINGLE // _DENSE
    for at in range(max(1, len(letters) - size + 1)):
        yield letters[at : at + size]


def _runs(letters: str, places: list[int], common: set[str], text: str) -> list[tuple[int, int]]:
    marked = [False] * len(letters)
    for at, shingle in enumerate(_cut(letters)):
        if shingle and shingle in common:
            marked[at : at + len(shingle)] = [True] * len(shingle)
    spots = [place for place, is_marked in zip(places, marked, strict=True) if is_marked]
    if not spots:
        return []
    # Letters next to each other, and with nothing but gaps between them, are one run.
    runs = [[spots[0], spots[0] + 1]]
    unmarked = {place for place, is_marked in zip(places, marked, strict=True) if not is_marked}
    for before, place in pairwise(spots):
        if place - before > _WIDEST_GAP or any(between in unmarked for between in range(before + 1, place)):
            runs.append([place, place])
        runs[-1][1] = place + 1
    whole = [(_word_start(text, start), _word_end(text, end)) for start, end in runs]
    return [(start, end) for start, end in whole if start < end]


def _word_start(text: str, start: int) -> int:
    """Where a run starts that starts here: behind a word that is cut in two."""
    if 0 < start < len(text) and text[start - 1].isalpha() and ord(text[start]) < _DENSE_FROM:
        while start < len(text) and text[start].isalnum():
            start += 1
    return start


def _word_end(text: str, end: int) -> int:
    """Where a run ends that ends here: with its last letter's repetitions and marks, or before a word cut in two."""
    while end < len(text) and (text[end] == text[end - 1] or unicodedata.combining(text[end])):
        end += 1
    if 0 < end < len(text) and text[end].isalpha() and ord(text[end]) < _DENSE_FROM:
        while end > 0 and text[end - 1].isalnum():
            end -= 1
    return end


def _placed(text: str) -> tuple[str, list[int]]:
    """The letters that are compared, and where in the text each stands."""
    plain = _CHANGING.sub(lambda found: " " * len(found[0]), text[:_LONGEST])
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(plain):
        for letter in _LETTERS[ord(character)]:
            if not letters or letters[-1] != letter:
                letters.append(letter)
                places.append(place)
    return "".join(letters), places


#: Between two marked letters that are one run.
_WIDEST_GAP = 40


def _letters(text: str) -> str:
    plain = stream_safe(_CHANGING.sub(" ", text[:_LONGEST]))
    return _REPEATED.sub(r"\1", plain.translate(_LETTERS))


def _letter(character: str) -> str:
    if unicodedata.category(character)[0] not in "LMS" and not unicodedata.normalize("NFKC", character).isalpha():
        return ""  # a digit or a sign, even if it may pass for a letter
    return "".join(filter(str.isalpha, unicodedata.normalize("NFD", compared(character))))


_LETTERS = CharacterTable(_letter)


def _codes(letters: str) -> Numbers:
    """The letters as numbers, of which a dense character has several."""
    codes = np.frombuffer(letters.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    dense = codes >= np.uint64(_DENSE_FROM)
    if not dense.any():
        return codes
    times = np.where(dense, _DENSE, 1)
    first = np.repeat(np.cumsum(times) - times, times)
    part = (np.arange(times.sum()) - first).astype(np.uint64)
    repeated: Numbers = np.repeat(codes, times) + (part << np.uint64(24))
    return repeated


def _whole(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def _bands(least: Numbers) -> list[int]:
    rows = least[: BANDS * ROWS].reshape(BANDS, ROWS)
    numbers = _NUMBERED
    for row in range(ROWS):
        numbers = numbers * _BASE + rows[:, row]
    band_numbers: list[int] = _mixed(numbers).view(np.int64).tolist()
    return band_numbers


def _sketch(least: Numbers) -> int:
    bits = np.packbits((least >> np.uint64(3)).astype(np.uint8) & 1)
    return int(bits.view(np.int64)[0])


def _shingles(codes: Numbers) -> Numbers:
    """The hashes of the shingles: of more than `MOST_SHINGLES`, the smallest."""
    count = len(codes) - SHINGLE + 1
    hashes = np.zeros(count, dtype=np.uint64)
    for at in range(SHINGLE):
        hashes = hashes * _BASE + codes[at : at + count]
    hashes = _mixed(hashes)
    return hashes if count <= MOST_SHINGLES else np.unique(hashes)[:MOST_SHINGLES]


def _mixed(numbers: Numbers) -> Numbers:
    """The last step of splitmix64: every bit of the result depends on every bit of the number."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


_BASE, _HALF, _ALL_BITS = np.uint64(1099511628211), np.uint64(32), (1 << BITS) - 1
_NUMBERED = np.arange(1, BANDS + 1, dtype=np.uint64)
#: The hash functions, `(x * factor + term) >> 32`. They are the same in every process, for ever.
_FACTORS = _mixed(np.arange(1, BITS + 1, dtype=np.uint64)) | np.uint64(1)
_TERMS = _mixed(np.arange(1_000_001, 1_000_001 + BITS, dtype=np.uint64))
