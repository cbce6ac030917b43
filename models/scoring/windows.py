"""Cut comments into the windows that are scored: the whole comment, and each of its sentences.

`pooling.py` makes one logit of a comment's windows, so that an insult does not vanish inside a long harmless comment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.reading.hashing import bucket, hash_pairs
from models.scoring.terms import SILENT, TermCache

LONGEST = 32  # tokens; a longer sentence is cut into windows
# Tokens in a window, and from one to the next: long ones, and short ones for an insult without full stops around it.
SLIDING = ((LONGEST, LONGEST // 2), (8, 2))
_PAIR = 1 << 30  # what sets a pair's number apart from a token's


@dataclass(frozen=True)
class Windows:
    """Token ranges to score: of each text the whole, then its parts.

    Attributes
    ----------
    start, end : shape (n_windows,), positions in the batch's token sequence
    first : shape (n_texts,), which window is the whole text; those up to the next text's are its parts
    """

    start: NDArray[np.intp]
    end: NDArray[np.intp]
    first: NDArray[np.intp]


def cut(sizes: NDArray[np.intp], is_break: NDArray[np.bool_]) -> Windows:
    """The windows of texts of `sizes` tokens, given in one sequence with marks where a sentence ends."""
    starts: list[int] = []
    ends: list[int] = []
    first = []
    breaks = [*np.flatnonzero(is_break).tolist(), len(is_break)]
    at = end = 0
    for size in sizes.tolist():
        start, end = end, end + size
        first.append(len(starts))
        starts.append(start)
        ends.append(end)
        while breaks[at] < end:
            _add_parts(start, breaks[at], starts, ends)
            start = breaks[at] + 1
            at += 1
        _add_parts(start, end, starts, ends)
        if len(starts) == first[-1] + 2:  # its only part is the whole
            del starts[-1], ends[-1]
    return Windows(*(np.array(places, dtype=np.intp) for places in (starts, ends, first)))


def _add_parts(start: int, end: int, starts: list[int], ends: list[int]) -> None:
    """Add a sentence as it is, or the windows that cover a long one; nothing where it has no tokens."""
    if end - start > LONGEST:
        for size, step in SLIDING:
            starts += range(start, end - size + step, step)
            ends += range(start + size, end + step, step)
            ends[-1] = end
    elif end > start:
        starts.append(start)
        ends.append(end)


def window_sums(ids: NDArray[np.intp], windows: Windows, cache: TermCache) -> NDArray[np.float64]:
    """The summed terms and norm of each window's distinct tokens and token pairs, (n_windows, n_columns + 1)."""
    numbers, rows = _features(ids, cache)
    before = _met_before(numbers)
    start = 2 * windows.start
    length = np.maximum(2 * (windows.end - windows.start) - 1, 0)
    offset = length.cumsum() - length
    # All windows' features in a row; one that its window repeats counts where it is met first.
    at = np.arange(length.sum()) + (start - offset).repeat(length)
    (distinct,) = (before.take(at) < start.repeat(length)).nonzero()
    sums = np.zeros((len(length), rows.shape[1]))
    (filled,) = length.nonzero()  # an empty text has an empty window
    if len(filled):
        firsts = distinct.searchsorted(offset[filled])
        sums[filled] = np.add.reduceat(rows.take(at[distinct], axis=0), firsts, axis=0, dtype=np.float64)
    return sums


def _features(ids: NDArray[np.intp], cache: TermCache) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The tokens, each followed by its pair with the next: their numbers, and their terms with the norm as last column.

    So the token at i is the feature at 2 i. Where two tokens make no pair there is a silent feature.
    """
    numbers = np.full((len(ids), 2), SILENT, dtype=np.intp)
    rows = np.zeros((len(ids), 2, cache.rows.shape[1]), dtype=np.float32)
    numbers[:, 0] = ids
    rows[:, 0] = cache.rows.take(ids, axis=0)
    spoken = ids > SILENT
    (left,) = (spoken[:-1] & spoken[1:]).nonzero()
    hashes = hash_pairs(cache.last.take(ids[left]), cache.first.take(ids[left + 1]))
    pairs = bucket(hashes, len(cache.weights.pairs))
    numbers[left, 1] = _PAIR + pairs
    rows[left, 1, :-1] = cache.weights.of_pairs_at(pairs)
    return numbers.reshape(-1), rows.reshape(-1, rows.shape[2])


def _met_before(numbers: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where each number, below 2**31, stood last before its place; -1 where it is met for the first time."""
    keys = numbers << 32 | np.arange(len(numbers))
    keys.sort()
    places = keys & 0xFFFFFFFF
    keys >>= 32
    (again,) = (keys[1:] == keys[:-1]).nonzero()
    before = np.full(len(numbers), -1)
    before[places[again + 1]] = places[again]
    return before
