"""Cut comments into the windows that are scored: the whole comment, and each of its sentences.

`pooling.py` makes one logit of a comment's windows, so that an insult does not vanish inside a long harmless comment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.hashing import bucket, hash_pairs
from models.terms import TermCache, expand

LONGEST = 32  # tokens; a longer sentence is cut into windows
# Tokens in a window, and from one to the next: long ones, and short ones for an insult without full stops around it.
SLIDING = ((LONGEST, LONGEST // 2), (8, 2))


@dataclass(frozen=True)
class Windows:
    """Token ranges to score.

    Attributes
    ----------
    start, end : shape (n_windows,), positions in the batch's token sequence
    of_text : shape (n_windows,), ascending, which text each window belongs to; its first is the whole text
    """

    start: NDArray[np.intp]
    end: NDArray[np.intp]
    of_text: NDArray[np.intp]


def cut(sizes: NDArray[np.intp], is_break: NDArray[np.bool_]) -> Windows:
    """The windows of texts of `sizes` tokens, given in one sequence with marks where a sentence ends."""
    ends = np.cumsum(sizes)
    starts = ends - sizes
    texts = np.arange(len(sizes))
    breaks = np.flatnonzero(is_break)
    break_text = np.searchsorted(ends, breaks, side="right")
    piece_start = np.concatenate([starts, breaks + 1])
    piece_text = np.concatenate([texts, break_text])
    order = np.argsort(piece_start + piece_text, kind="stable")  # an empty text shares its start with the next
    piece_start, piece_text = piece_start[order], piece_text[order]
    following = np.append(piece_start[1:] - 1, ends[-1] if len(ends) else 0)
    same = np.append(piece_text[1:] == piece_text[:-1], False)
    piece_end = np.where(same, following, ends[piece_text])
    length = piece_end - piece_start
    whole = length == sizes[piece_text]
    kept = (length > 0) & ~(whole & (length <= LONGEST))
    piece_start, piece_end, piece_text, length = (a[kept] for a in (piece_start, piece_end, piece_text, length))
    short = length <= LONGEST
    cuts = [(piece_start[short], piece_end[short], piece_text[short])]
    cuts += [_slide(piece_start[~short], piece_end[~short], piece_text[~short], *sizes) for sizes in SLIDING]
    start, end, of_text = (np.concatenate(parts) for parts in zip((starts, ends, texts), *cuts, strict=True))
    by_text = np.argsort(of_text, kind="stable")
    return Windows(start[by_text], end[by_text], of_text[by_text])


def _slide(
    piece_start: NDArray[np.intp], piece_end: NDArray[np.intp], piece_text: NDArray[np.intp], size: int, step: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """The windows of `size` tokens, `step` apart, that cover each piece: their starts, ends and texts."""
    copies = np.maximum(1, -(-(piece_end - piece_start - size) // step) + 1)
    nth = np.arange(copies.sum()) - np.repeat(np.cumsum(copies) - copies, copies)
    start = np.repeat(piece_start, copies) + nth * step
    return start, np.minimum(np.repeat(piece_end, copies), start + size), np.repeat(piece_text, copies)


def window_sums(ids: NDArray[np.intp], windows: Windows, cache: TermCache) -> NDArray[np.float64]:
    """The summed terms and norm of each window's distinct tokens and token pairs, (n_windows, n_columns + 1)."""
    count = len(windows.start)
    length = windows.end - windows.start
    owner = np.repeat(np.arange(len(length)), length)
    at = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length) + np.repeat(windows.start, length)
    sums = _sum_distinct(owner, ids[at], cache.rows, count)
    paired = (owner[1:] == owner[:-1]) & (ids[at[1:]] > 1) & (ids[at[:-1]] > 1)
    left, right = ids[at[:-1][paired]], ids[at[1:][paired]]
    index = bucket(hash_pairs(cache.last[left], cache.first[right]), len(cache.weights.pairs))
    pairs = _sum_distinct(owner[1:][paired], index, cache.weights.pairs, count)
    sums[:, :-1] += pairs * cache.weights.scale[1]
    return sums


def _sum_distinct(
    owner: NDArray[np.intp], index: NDArray[np.intp], table: NDArray[Any], count: int
) -> NDArray[np.float64]:
    """For each owner, the sum of the table's rows that it indexes, each once; shape (count, n_columns)."""
    sums = np.zeros((count, table.shape[1]))
    keys = np.sort((owner << 32) | index)
    if not len(keys):
        return sums
    keys = keys[np.append(True, keys[1:] != keys[:-1])]
    owners = keys >> 32
    starts = np.flatnonzero(np.append(True, owners[1:] != owners[:-1]))
    rows = table[keys & 0xFFFFFFFF]
    rows = rows if rows.dtype == np.float32 else expand(rows)
    sums[owners[starts]] = np.add.reduceat(rows.astype(np.float64), starts, axis=0)
    return sums
