"""Read a batch of texts by their pieces, each of which is read once and remembered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.reading import pieces as of_piece
from models.reading.pieces import read_pieces
from models.reading.tokens import find_tokens
from models.reading.words import Reader
from models.scoring import signals
from texts.normalization import normalize

#: Of texts' tokens the ids in one sequence, and how many each text has.
Ids = tuple[NDArray[np.intp], NDArray[np.intp]]
#: A longer piece is not remembered, and its text is read as a whole.
_LONGEST = 40
#: Pieces that are learnt from a batch; so a text of nothing but new ones costs no memory.
_MOST_AT_ONCE = 20_000
#: Fewer texts are read as wholes: together they would cost what these cost.
_WORTH_IT = 4
UNKNOWN = 0  # the row of a piece that is not remembered
_FIRST, _COUNT, _TELLS, _SPELT = range(4)


@dataclass(frozen=True)
class Tokens:
    """The tokens of a batch of texts.

    Attributes
    ----------
    ids : of all texts in one sequence
    sizes : shape (n_texts,), how many each has
    may_signal : bool, shape (n_texts,), whether a signal may be seen in a text
    """

    ids: NDArray[np.intp]
    sizes: NDArray[np.intp]
    may_signal: NDArray[np.bool_]


@dataclass
class PieceTable:
    """The pieces met so far. Each row: where its tokens begin, how many it has, what it says, and its spelling's hash.

    Several threads may use one table: a row never changes, and pieces are learnt under a lock.
    """

    ids: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        unknown = of_piece.HIDES | of_piece.SIGNALS | of_piece.GAPS
        self.rows = np.zeros((1024, 4), dtype=np.int32)
        self.rows[UNKNOWN, _TELLS] = unknown
        self.tokens = np.zeros(1024, dtype=np.int32)
        self.used, self.tokens_used = 1, 0

    def read(self, texts: Sequence[str], reader: Reader, identify: Callable[[Sequence[Sequence[str]]], Ids]) -> Tokens:
        """The tokens of texts. `identify` gives the ids of tokens."""
        if len(texts) < _WORTH_IT:
            return Tokens(*identify([_whole(text, reader) for text in texts]), np.ones(len(texts), dtype=bool))
        pieces = " ".join(texts).split(" ")
        found = np.array([*map(self.ids.get, pieces, repeat(UNKNOWN))])
        (new,) = (found == UNKNOWN).nonzero()
        if len(new):
            met = [pieces[at] for at in new.tolist()]
            self._learn(met, reader, identify)
            found[new] = [self.ids.get(piece, UNKNOWN) for piece in met]
        sizes = np.array([text.count(" ") for text in texts]) + 1
        owner = np.arange(len(texts)).repeat(sizes)
        rows = self.rows.take(found, axis=0)
        told = rows[:, _TELLS]
        (filled,) = ((told & of_piece.EMPTY) == 0).nonzero()
        whole = _is_read_whole(told, owner, filled, len(texts))
        may_signal = _may_signal(texts, rows, owner, filled)
        counts = np.where(whole[owner], 0, rows[:, _COUNT])
        ends = counts.cumsum()
        at = np.arange(ends[-1]) + (rows[:, _FIRST] - (ends - counts)).repeat(counts)
        ids = self.tokens.take(at).astype(np.intp)
        sizes = np.add.reduceat(counts, sizes.cumsum() - sizes)
        (hidden,) = whole.nonzero()
        if len(hidden):
            its_ids, its_sizes = identify([_whole(texts[row], reader) for row in hidden.tolist()])
            ids = np.insert(ids, sizes.cumsum()[hidden].repeat(its_sizes), its_ids)
            sizes[hidden] = its_sizes
        return Tokens(ids, sizes, may_signal)

    def _learn(self, pieces: Sequence[str], reader: Reader, identify: Callable[[Sequence[Sequence[str]]], Ids]) -> None:
        with self._lock:
            met = dict.fromkeys(pieces)
            new = [piece for piece in met if len(piece) <= _LONGEST and piece not in self.ids][:_MOST_AT_ONCE]
            if not new:
                return
            tokens, told = read_pieces(new, reader)
            ids, counts = identify(tokens)
            spelt = [hash(piece.lower()) & 0x7FFFFFFF for piece in new]
            rows = slice(self.used, self.used + len(new))
            its = slice(self.tokens_used, self.tokens_used + len(ids))
            self.rows, self.tokens = grown(self.rows, rows.stop), grown(self.tokens, its.stop)
            self.rows[rows] = np.column_stack([its.start + counts.cumsum() - counts, counts, told, spelt])
            self.tokens[its] = ids
            self.used, self.tokens_used = rows.stop, its.stop
            # Only now may other threads see the pieces: their rows are in place.
            self.ids.update(zip(new, range(rows.start, rows.stop), strict=True))

    def first(self, most: int, below: int) -> PieceTable:
        """A table of those of the pieces met first, at most so many, whose tokens' ids are all `below` a number."""
        with self._lock:
            ends = self.rows[: self.used, _FIRST] + self.rows[: self.used, _COUNT]
            over = int(np.argmax(np.append(self.tokens[: self.tokens_used] >= below, True)))
            kept = min(most, int(np.searchsorted(ends[1:], over, side="right")))
            table = PieceTable(dict(islice(self.ids.items(), kept)))
            table.used, table.tokens_used = kept + 1, int(ends[kept])
            table.rows = self.rows[: table.used].copy()
            table.tokens = self.tokens[: table.tokens_used].copy()
            return table


def _whole(text: str, reader: Reader) -> list[str]:
    """The tokens of a text that is read as a whole."""
    return find_tokens(reader.rejoin(normalize(text)))


def grown(array: NDArray[Any], needed: int) -> NDArray[Any]:
    """An array with room for so many rows: a new one, never resized in place, since other threads may be reading."""
    if needed <= len(array):
        return array
    larger = np.zeros((max(needed, 2 * len(array)), *array.shape[1:]), dtype=array.dtype)
    larger[: len(array)] = array
    return larger


def _is_read_whole(
    told: NDArray[np.int32], owner: NDArray[np.intp], filled: NDArray[np.intp], texts: int
) -> NDArray[np.bool_]:
    """Which texts have a piece that hides something, or two neighbours that may be parts of one word or code."""
    whole = np.zeros(texts, dtype=bool)
    whole[owner[(told & of_piece.HIDES) != 0]] = True
    its, of = told[filled], owner[filled]
    goes_on = (its[:-1] // of_piece.BEGINS) & its[1:] & of_piece.ANY_KIND
    (left,) = ((goes_on != 0) & (of[:-1] == of[1:])).nonzero()
    whole[of[left]] = True
    return whole


def _may_signal(
    texts: Sequence[str], rows: NDArray[np.int32], owner: NDArray[np.intp], filled: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """In which texts a signal may be seen: the others have none of `signals.weigh`."""
    told, of = rows[:, _TELLS], owner[filled]
    lengths = np.array([*map(len, texts)])
    words = np.bincount(owner[(told & of_piece.WORD) != 0], minlength=len(texts))
    pieces = np.bincount(of, minlength=len(texts))
    may = (lengths > signals.LOOKED_AT) | ((lengths < signals.SHORT) & (words <= signals.FEW_WORDS))
    may[owner[(told & (of_piece.SIGNALS | of_piece.GAPS)) != 0]] = True
    spellings = of << 32 | rows[filled, _SPELT]
    spellings.sort()
    is_first = np.ones(len(spellings), dtype=bool)
    is_first[1:] = spellings[1:] != spellings[:-1]
    different = np.bincount(spellings[is_first] >> 32, minlength=len(texts))
    return np.asarray(may | ((pieces >= signals.MANY_PIECES) & (signals.ONE_IN * different < pieces)))
