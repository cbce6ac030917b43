"""The language detector's sequences of letters, and how those of a text are found.

The library keeps them as an automaton with a row of 256 moves for each beginning of a sequence: 39 MB, of which a text
reads a few rows here and there. The beginnings alone, each with the one that it goes on from, take 0.4 MB.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from py3langid.langid import LanguageIdentifier

Edges = NDArray[np.uint32]
Features = NDArray[np.int32]
#: More than any edge.
_BEYOND = 0xFFFFFFFF


class Identifier(LanguageIdentifier):  # type: ignore[misc]
    """The library's identifier, with what `beginnings` made of its automaton.

    A beginning's number is one more than its place in `edges`; 0 is that without letters.
    """

    __slots__ = ("_edges", "_features", "_of_one")

    def __init__(
        self,
        weights: NDArray[np.float32],
        priors: NDArray[np.float32],
        codes: list[str],
        edges: Edges,
        features: Features,
    ) -> None:
        super().__init__(weights, priors, codes, (), (), tk_row=())
        self._edges, self._features = edges, features
        of_one = int(edges.searchsorted(0x100))
        self._of_one = np.zeros(0x100, np.uint32)
        self._of_one[edges[:of_one]] = np.arange(1, of_one + 1)

    def _raw_score(self, text: bytes) -> NDArray[np.float32]:
        found = Counter(self.find(text))
        scores: NDArray[np.float32] = self._sparse_score(found, self.nb_ptc) if found else super()._raw_score(b"")
        return scores

    def find(self, text: bytes) -> list[int]:
        """The feature of the longest beginning that ends at each letter, in order; of some there is none."""
        letters = np.frombuffer(text, np.uint8)
        reached = self._of_one.take(letters)
        (at,) = reached.nonzero()
        longer = reached[at]
        while len(at):  # as often as the longest has letters
            at = at + 1
            if at[-1] == len(letters):
                at, longer = at[:-1], longer[:-1]
            sought = longer << 8 | letters[at]
            places = self._edges.searchsorted(sought)
            (met,) = (self._edges[places] == sought).nonzero()
            at = at[met]
            longer = (places[met] + 1).astype(np.uint32)
            reached[at] = longer
        features = self._features[reached]
        return [*features[features >= 0].tolist()]


def beginnings(moves: NDArray[np.uint32], rows: NDArray[np.intp], outputs: Features) -> tuple[Edges, Features]:
    """The library's automaton by its beginnings alone: `Identifier` says how they are numbered.

    Each edge is the beginning that it goes on from, times 256, and a letter; all ascend. After them stands one more.
    """
    table, is_met = moves.reshape(-1, 0x100), np.zeros(len(rows), bool)
    level, before = np.zeros(1, np.intp), 0
    is_met[level] = True
    edges, order = [], [level]
    while len(level):  # a state that was not met is reached from the beginning that it goes on from
        reached = table[rows[level]]
        parents, letters = (~is_met[reached]).nonzero()
        edges.append((before + parents) << 8 | letters)
        before += len(level)
        level = reached[parents, letters].astype(np.intp)
        is_met[level] = True
        order.append(level)
    return np.append(np.concatenate(edges), _BEYOND).astype(np.uint32), outputs[np.concatenate(order)]
