"""A text's fingerprint: a few numbers. Texts that say nearly the same share most of them.

MinHash (A. Broder, "On the resemblance and containment of documents", 1997) over runs of letters, cut into bands.
"""

from __future__ import annotations

import hashlib
import re

import numpy as np
from numpy.typing import NDArray

from texts import links
from texts.folding import normalized

Numbers = NDArray[np.uint64]

#: Letters in a shingle, bands in a fingerprint, rows in a band: see docs/decisions/0040.
SHINGLE, BANDS, ROWS = 6, 24, 4
#: Shingles that are used, to bound the cost: those with the smallest hashes, which are the same in near copies.
MOST_SHINGLES = 512
#: A text with fewer letters also gets a number for its whole text: it has too few shingles to be compared by them.
SHORT = 30
#: Letters that are read of a text.
_LONGEST = 20_000

#: What attackers change from copy to copy: links, addresses, mentions. Patterns without an upper length match only at
#: the beginning of a word, so that a long text without spaces costs no more than another.
_CHANGING = re.compile(
    rf"{links.BEGINNING}\S+|<[^<>]*>|(?<![\w.-])[\w.-]*[\w-]\.[a-z]{{2,}}/\S*|(?<!\S)[^\s@]+@\S+|@\w+"
)
_REPEATED = re.compile(r"(.)\1+")


def fingerprint(text: str) -> tuple[int, ...]:
    """The numbers in rising order; each fits a signed 64-bit column. Empty for a text that holds nothing but space.

    Case, accents, spacing, punctuation, digits, links and repeated letters make no difference.
    """
    letters = _letters(text)
    if len(letters) < SHORT:
        whole = letters or "".join(text.casefold().split())
        exact = (_whole(whole),) if whole else ()
    else:
        exact = ()
    codes = np.frombuffer(letters.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    return tuple(sorted({*exact, *_bands(codes)}))


def _letters(text: str) -> str:
    plain = _CHANGING.sub(" ", normalized("NFKC", text[:_LONGEST]).casefold())
    letters = "".join(filter(str.isalpha, normalized("NFD", plain)))
    return _REPEATED.sub(r"\1", letters)


def _whole(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def _bands(codes: Numbers) -> list[int]:
    if len(codes) < SHINGLE:
        return []
    least = ((_shingles(codes)[:, None] * _FACTORS + _TERMS) >> _HALF).min(axis=0).reshape(BANDS, ROWS)
    numbers = np.arange(1, BANDS + 1, dtype=np.uint64)
    for row in range(ROWS):
        numbers = _mixed(numbers * _BASE + least[:, row])
    band_numbers: list[int] = numbers.view(np.int64).tolist()
    return band_numbers


def _shingles(codes: Numbers) -> Numbers:
    """The hashes of the distinct shingles: the smallest, at most `MOST_SHINGLES`."""
    count = len(codes) - SHINGLE + 1
    hashes = np.zeros(count, dtype=np.uint64)
    for at in range(SHINGLE):
        hashes = hashes * _BASE + codes[at : at + count]
    return np.unique(_mixed(hashes))[:MOST_SHINGLES]


def _mixed(numbers: Numbers) -> Numbers:
    """The last step of splitmix64: every bit of the result depends on every bit of the number."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


_BASE, _HALF = np.uint64(1099511628211), np.uint64(32)
#: A hash function for each row of each band, `(x * factor + term) >> 32`. They are the same in every process, for ever.
_FACTORS = _mixed(np.arange(1, BANDS * ROWS + 1, dtype=np.uint64)) | np.uint64(1)
_TERMS = _mixed(np.arange(1_000_001, 1_000_001 + BANDS * ROWS, dtype=np.uint64))
