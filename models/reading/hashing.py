"""Hash the words and letter sequences of many words at once.

A polynomial hash of every letter sequence comes from one cumulative sum over all words' code points: with
Q[i] = sum of c[j] * B**j for j < i, the sequence from s to e hashes to (Q[e] - Q[s]) * B**-s, modulo 2**64
(B is odd, so that it has an inverse).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SHORTEST, LONGEST = 3, 5
_SIZES = np.arange(SHORTEST, LONGEST + 1)
_BASE = 0x9E3779B97F4A7C15 | 1
_INVERSE = pow(_BASE, -1, 2**64)
_FIRST_SHIFT, _SECOND_SHIFT, _LAST_SHIFT = np.uint64(30), np.uint64(27), np.uint64(31)
_FIRST_FACTOR, _SECOND_FACTOR = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_OF_FIRST, _OF_SECOND = np.uint64(0xD6E8FEB86659FD93), np.uint64(0xA5A5A5A5)

Hashes = NDArray[np.uint64]


def mix(values: Hashes) -> Hashes:
    """Spread 64-bit values evenly (the finaliser of SplitMix64: Steele, Lea and Flood 2014)."""
    mixed = values ^ (values >> _FIRST_SHIFT)
    mixed *= _FIRST_FACTOR
    mixed ^= mixed >> _SECOND_SHIFT
    mixed *= _SECOND_FACTOR
    mixed ^= mixed >> _LAST_SHIFT
    return mixed


def _powers(base: int, count: int, known: Hashes | None = None) -> Hashes:
    """The first powers of a base; of the `known` ones, if there are as many."""
    if known is not None and count <= len(known):
        return known[:count]
    powers = np.full(count, base, dtype=np.uint64)
    powers[:1] = 1
    return np.multiply.accumulate(powers)


#: The first powers, as many as the letters of a few words ask for.
_OF_BASE, _OF_INVERSE = _powers(_BASE, 1024), _powers(_INVERSE, 1024)


def hash_words(words: Sequence[str], letters: NDArray[np.intp] = _SIZES) -> tuple[Hashes, Hashes, NDArray[np.intp]]:
    """Hash each word, and each sequence within it of so many `letters`, in one row (a word's ends are marked).

    Returns
    -------
    words : uint64, shape (n_words,)
    grams : uint64, shape (n_grams,), the letter sequences of all words
    owner : shape (n_grams,), ascending, the index of the word that each sequence belongs to
    """
    text = "".join(f"\x02{word}\x03" for word in words)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    sizes = np.array([len(word) + 2 for word in words], dtype=np.intp)
    ends = sizes.cumsum()
    starts = ends - sizes
    sums = np.zeros(len(codes) + 1, dtype=np.uint64)
    np.cumsum((codes + np.uint64(1)) * _powers(_BASE, len(codes), _OF_BASE), out=sums[1:])
    inverse = _powers(_INVERSE, len(codes) + 1, _OF_INVERSE)
    whole = mix((sums[ends] - sums[starts]) * inverse[starts])
    left = ends.repeat(sizes) - np.arange(len(codes))  # letters from each place to its word's end
    start, size = (left[:, None] >= letters).nonzero()
    size += letters[0]
    grams = mix((sums[start + size] - sums[start]) * inverse[start] + size.astype(np.uint64))
    return whole, grams, np.arange(len(words)).repeat(sizes)[start]


def hash_pairs(first: Hashes, second: Hashes) -> Hashes:
    """Hash ordered pairs of word hashes; shape as given."""
    return mix(first * _OF_FIRST + (second ^ _OF_SECOND))


def bucket(hashes: Hashes, size: int) -> NDArray[np.intp]:
    """The row of a table of `size` rows (a power of two) for each hash: its top bits."""
    return (hashes >> np.uint64(64 - (size - 1).bit_length())).astype(np.intp)
