"""Say which words made the understanding reader's logit, in places of the original text.

The head's part is told by integrated gradients (Sundararajan et al. 2017) along the straight way from the empty text to
the text, at the numbers that the last layers start from: these are sums over the text's pieces, so that each piece's
share is exact there. What the few steps of the way miss, and what the marks at a text's ends add, is spread evenly over
the words.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from models.labels import ABUSE_COLUMNS, SUBJECT_COLUMNS
from models.reading.cues import Found
from models.reading.encoder import Sums, Trace
from models.reading.letters import find_words
from models.reading.sentences import Places, locate_parts
from models.scoring.explanation import MISREAD, PART, SCRAP, Explanation, made_of
from models.scoring.pooling import shares, shares_of_subjects
from models.scoring.understanding import (
    ANY,
    AT_ONCE,
    BESIDE,
    MOST_WORDS,
    WORD_WEIGHT,
    Read,
    Tongue,
    Understanding,
    weigh_insults,
)

# Gauss and Legendre's places and weights on the way from 0 to 1.
_STEPS, _STEP_WEIGHTS = (part / 2 for part in np.polynomial.legendre.leggauss(12))
_NO_SPACES_FROM = "\u0e00"  # the first letter of the scripts in which pieces stand for words
_WHOLE = "the comment as a whole"

Span = tuple[int, int]
Weights = NDArray[np.float64]


@dataclass(frozen=True)
class _Part:
    """A part of a text, and the units that weights are told of: words, or pieces in scripts without spaces.

    Attributes
    ----------
    pieces : the numbers of its pieces
    units : where each unit stands in the original
    of_piece : the unit that each piece belongs to, -1 for none
    words : the words as their letters are counted
    of_word : the units of each word
    """

    pieces: list[int]
    units: list[Span]
    of_piece: list[int]
    words: list[str]
    of_word: list[range]


def trace(texts: Sequence[str], languages: Sequence[str], reader: Understanding) -> Iterator[Traced]:
    """Texts, read so that their logits can be explained, one after the other.

    What is multiplied together is what `Understanding.logits` multiplies, so that the logits are the same to the bit.
    """
    tongues = [reader.tongue(language) for language in languages]
    for at in range(0, len(texts), AT_ONCE):
        yield from _trace(texts[at : at + AT_ONCE], tongues[at : at + AT_ONCE], reader)


def _trace(texts: Sequence[str], tongues: Sequence[Tongue], reader: Understanding) -> Iterator[Traced]:
    pairs = zip(texts, tongues, strict=True)
    located = [
        locate_parts(text, plain=tongue.plain, disguises=reader.disguises, native=tongue.native)
        for text, tongue in pairs
    ]
    parts = [[_locate(*part, reader) for part in zip(*of_text, strict=True)] for of_text in located]
    traces = list(reader.encoder.trace([[part.pieces for part in of_text] for of_text in parts]))
    read = reader.windows([strings for strings, _ in located], Sums.of([its.sums for its in traces]), tongues)
    logits = read.logits(reader)
    implied = None if reader.implicit is None else read.implied(reader.implicit)
    ends = [*read.first[1:].tolist(), len(logits)]
    for of_text, its_trace, tongue, first, end in zip(parts, traces, tongues, read.first.tolist(), ends, strict=True):
        traced = Traced(of_text, its_trace, tongue, logits[first:end], reader, read.unsure[first:end])
        yield traced if implied is None else replace(traced, implicit=_implicit(traced, read, first, *implied))


def _implicit(traced: Traced, read: Read, first: int, logits: Weights, looked: Sequence[int]) -> Traced | None:
    """A text, as the heads see it that tell implicit abuse: of what was read its windows are those from `first` on."""
    reader, lists = traced.reader.implicit, traced.tongue.cues
    if reader is None:
        return None
    end = first + len(traced.logits)
    inside = looked[bisect_left(looked, first) : bisect_left(looked, end)]
    cues = {} if lists is None else {window - first: lists.find(read.said[window][1]) for window in inside}
    certain = np.zeros_like(traced.unsure)
    its = logits[first:end]
    return Traced(traced.parts, traced.trace, reader.tongues[ANY], its, reader, certain, cues=cues, is_implicit=True)


@dataclass(frozen=True)
class Traced:
    """A text that was read: its first window is the whole, then come its parts.

    Attributes
    ----------
    logits : of each window before the language's scale, shape (n_windows, n_labels)
    unsure : what the logits of abuse of each window lose, shape (n_windows,)
    implicit : the same text, as the heads see it that tell implicit abuse; None where there are none
    cues : of that one, by window, which were found
    is_implicit : it is that one, in which a plain sentence decides alone for each label
    """

    parts: list[_Part]
    trace: Trace
    tongue: Tongue
    logits: Weights
    reader: Understanding
    unsure: Weights
    implicit: Traced | None = None
    cues: Mapping[int, Found] = field(default_factory=dict)
    is_implicit: bool = False

    def explain(self, columns: Sequence[int]) -> dict[int, Explanation]:
        """The explanations of the logits on some labels, by column."""
        slope, offset = self.tongue.slope, self.tongue.offset
        scaled = self.logits * slope + offset
        scaled[:, ABUSE_COLUMNS] -= self.unsure[:, None]
        pooled = {
            column: (shares if self.is_implicit or column < SUBJECT_COLUMNS.start else shares_of_subjects)(its)
            for column, its in zip(columns, scaled[:, list(columns)].T, strict=True)
        }
        told: dict[int, dict[int, Weights]] = {column: {} for column in columns}
        for window in {window for share_of, _ in pooled.values() for window in share_of}:
            asked = [column for column in columns if window in pooled[column][0]]
            of_words = _of_words(self.parts[self._inside(window)], self.tongue, self.reader)
            for column, of_meaning in zip(asked, self._of_meaning(window, asked), strict=True):
                told[column][window] = of_meaning + BESIDE[column] * of_words + self._of_cues(window, column)
        return {column: self._explanation(column, *pooled[column], told[column]) for column in columns}

    def _explanation(
        self, column: int, share_of: Mapping[int, float], taken_off: float, told: Mapping[int, Weights]
    ) -> Explanation:
        """`told` is what the units of each window say, whose shares are `share_of`."""
        reader = self.reader
        slope, offset = float(self.tongue.slope[column]), float(self.tongue.offset[column])
        start = float(reader.at_empty[1] @ reader.head[:, column] + reader.bias[column])
        weights: dict[Span, float] = {}
        signals = {PART: -taken_off} if taken_off else {}
        for window, share in share_of.items():
            if self.unsure[window] and column < ABUSE_COLUMNS.stop:
                name = MISREAD if self.tongue.misread else SCRAP
                signals[name] = signals.get(name, 0.0) - share * float(self.unsure[window])
            units = self._units(window)
            missing = float(self.logits[window, column]) - start - float(told[window].sum())
            if not units:
                signals[_WHOLE] = signals.get(_WHOLE, 0.0) + share * slope * missing
            for unit, weight in zip(units, told[window].tolist(), strict=True):
                weights[unit] = weights.get(unit, 0.0) + share * slope * (weight + missing / len(units))
        spans = [(*unit, weight) for unit, weight in sorted(weights.items())]
        shown = self._units(max(share_of))
        where = (shown[0][0], shown[-1][1]) if shown else (0, 0)
        return made_of(spans, signals, slope * start + offset, where)

    def _inside(self, window: int) -> slice:
        return slice(window - 1, window) if window else slice(0, len(self.parts))

    def _units(self, window: int) -> list[Span]:
        return [unit for part in self.parts[self._inside(window)] for unit in part.units]

    def _of_cues(self, window: int, column: int) -> Weights:
        """What cues add to a window's logit, by unit: half of each pair to either of the two."""
        parts = self.parts[self._inside(window)]
        firsts = np.cumsum([0, *(len(part.units) for part in parts)]).tolist()
        told = np.zeros(firsts[-1])
        weights = self.reader.cue_weights
        if weights is None:
            return told
        for feature, places in self.cues.get(window, {}).items():
            for sentence, first, end in places:
                units = [firsts[sentence] + unit for its in parts[sentence].of_word[first:end] for unit in its]
                told[units] += weights[feature, column] / len(places) / len(units)
        return told

    def _of_meaning(self, window: int, columns: Sequence[int]) -> Weights:
        """What each unit of a window adds to the head's logits of it, shape (n_columns, n_units)."""
        encoder, inside = self.reader.encoder, self._inside(window)
        empty, _ = self.reader.at_empty
        gathered = encoder.gather(self.trace.sums.within(inside))
        way = empty + (_STEPS[:, None] + 0.5).astype(np.float32) * (gathered - empty)
        directions = self.reader.head[:, columns].T.astype(np.float32)
        slopes = np.einsum("s,csd->cd", _STEP_WEIGHTS, encoder.slopes(way, directions)).astype(np.float32)
        added = encoder.shares(self.trace, inside, slopes)
        added -= (slopes @ empty[0])[:, None] / max(1, added.shape[1])
        at = 1 if inside.start == 0 else 0  # after the mark at the text's beginning
        told = []
        for part in self.parts[inside]:
            of_part = np.zeros((len(part.units) + 1, len(columns)))
            np.add.at(of_part, part.of_piece, added[:, at : at + len(part.of_piece)].T)
            told.append(of_part[:-1])  # pieces of no unit are the last: what they add is spread
            at += len(part.of_piece)
        return np.concatenate(told).T


def _locate(string: str, places: Places, reader: Understanding) -> _Part:
    pieces = reader.encoder.locate_pieces(string)
    begins = {first for _, first, _ in pieces}
    units: list[Span] = []
    of_letter = np.full(len(string), -1)
    words, of_word = [], []
    for spelt, first, last in find_words(string):
        cuts = [first]
        if spelt[0] >= _NO_SPACES_FROM:
            cuts += [at for at in range(first + 1, last) if at in begins]
        words.append(spelt)
        of_word.append(range(len(units), len(units) + len(cuts)))
        for begin, end in zip(cuts, [*cuts[1:], last], strict=True):
            of_letter[begin:end] = len(units)
            units.append((places[begin][0], max(stop for _, stop in places[begin:end])))
    of_piece = [int(of_letter[first:last].max(initial=-1)) for _, first, last in pieces]
    return _Part([number for number, _, _ in pieces], units, of_piece, words, of_word)


def _of_words(parts: Sequence[_Part], tongue: Tongue, reader: Understanding) -> Weights:
    """What the letters and listed words of some parts add, by unit."""
    words = [word for part in parts for word in part.words]
    firsts = np.cumsum([0, *(len(part.units) for part in parts)])
    of_word = [
        range(first + units.start, first + units.stop)
        for part, first in zip(parts, firsts.tolist(), strict=False)
        for units in part.of_word
    ]
    told = np.zeros(int(firsts[-1]))
    entries: dict[str, list[int]] = {}
    for entry, first, last in tongue.words.find(words):
        entries.setdefault(entry, [unit for units in of_word[first:last] for unit in units])
    for units in entries.values():
        told[units] += WORD_WEIGHT * min(len(entries), MOST_WORDS) / len(entries) / len(units)
    if entries:
        for word_units, weight in zip(of_word, weigh_insults(words, tongue.insults), strict=True):
            told[word_units] += weight / len(word_units)
    if tongue.letters is None or not words:
        return told
    places = reader.index.places(words)
    distinct, met = np.unique(np.concatenate(places), return_index=True)
    ends = np.cumsum([len(its) for its in places])
    home = np.searchsorted(ends, met, side="right")
    for word, at, weight in zip(home.tolist(), met.tolist(), tongue.letters.at(distinct).tolist(), strict=True):
        units = of_word[word]
        inside = (at - int(ends[word]) + len(places[word])) / len(places[word])  # sequences stand in the letters' order
        told[units[min(int(inside * len(units)), len(units) - 1)]] += weight / np.sqrt(len(distinct))
    return told
