"""Say which words made the understanding reader's logit, in places of the original text.

The head's part is told by integrated gradients (Sundararajan et al. 2017) along the straight way from the empty text to
the text, at the numbers that the last layers start from: these are sums over the text's pieces, so that each piece's
share is exact there. What the few steps of the way miss, and what the marks at a text's ends add, is spread evenly over
the words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.reading.letters import find_words
from models.reading.sentences import Places, locate_parts
from models.scoring.explanation import PART, Explanation, made_of
from models.scoring.pooling import shares
from models.scoring.understanding import BESIDE, MOST_WORDS, WORD_WEIGHT, Tongue, Understanding

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
    units : where each unit stands in the original
    of_piece : the unit that each piece belongs to, -1 for none
    words : the words as their letters are counted
    of_word : the units of each word
    """

    units: list[Span]
    of_piece: list[int]
    words: list[str]
    of_word: list[range]


def explain(text: str, language: str, column: int, reader: Understanding) -> Explanation:
    """The explanation of a text's logit on the label in a column."""
    tongue = reader.tongue(language)
    slope, offset = float(tongue.slope[column]), float(tongue.offset[column])
    read = reader.read([text], [tongue])
    raw = read.logits(reader)[:, column]
    share_of, taken_off = shares(raw * slope + offset)
    strings, places = locate_parts(text, plain=tongue.plain)
    parts = [_locate(string, its, reader) for string, its in zip(strings, places, strict=True)]
    pieces = reader.encoder.find_pieces(strings)
    weights: dict[Span, float] = {}
    signals = {PART: -taken_off} if taken_off else {}
    start = float(reader.at_empty[1] @ reader.head[:, column] + reader.bias[column])
    for window, share in share_of.items():
        inside = slice(window - 1, window) if window else slice(0, len(parts))
        units = [unit for part in parts[inside] for unit in part.units]
        told = _of_meaning(parts, pieces, inside, column, reader) + BESIDE[column] * _of_words(
            parts[inside], tongue, reader
        )
        missing = float(raw[window]) - start - float(told.sum())
        if not units:
            signals[_WHOLE] = signals.get(_WHOLE, 0.0) + share * slope * missing
        for unit, weight in zip(units, told.tolist(), strict=True):
            weights[unit] = weights.get(unit, 0.0) + share * slope * (weight + missing / len(units))
    spans = [(*unit, weight) for unit, weight in sorted(weights.items())]
    worst = max(share_of)
    shown = [unit for part in (parts[worst - 1 : worst] if worst else parts) for unit in part.units]
    where = (shown[0][0], shown[-1][1]) if shown else (0, 0)
    return made_of(spans, signals, slope * start + offset, where)


def _locate(string: str, places: Places, reader: Understanding) -> _Part:
    pieces = reader.encoder.locate_pieces(string)
    begins = {first for first, _ in pieces}
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
    of_piece = [int(of_letter[first:last].max(initial=-1)) for first, last in pieces]
    return _Part(units, of_piece, words, of_word)


def _of_meaning(
    parts: list[_Part], pieces: list[list[int]], inside: slice, column: int, reader: Understanding
) -> Weights:
    """What each unit of some neighbouring parts adds to the head's logit of them."""
    encoder = reader.encoder
    empty, _ = reader.at_empty
    sums = encoder.sum_runs([pieces])
    if inside == slice(0, len(parts)):
        gathered = encoder.gather(sums.joined(np.array([0])))
    else:
        gathered = encoder.gather(sums)[inside]
    way = empty + (_STEPS[:, None] + 0.5).astype(np.float32) * (gathered - empty)
    slope = (_STEP_WEIGHTS @ encoder.slopes(way, reader.head[:, column].astype(np.float32))).astype(np.float32)
    added = encoder.shares(pieces, inside, slope)
    added -= float(empty[0] @ slope) / max(1, len(added))
    at = 1 if inside.start == 0 else 0  # after the mark at the text's beginning
    told = []
    for part in parts[inside]:
        of_part = np.zeros(len(part.units) + 1)
        np.add.at(of_part, part.of_piece, added[at : at + len(part.of_piece)])
        told.append(of_part[:-1])  # pieces of no unit are the last: what they add is spread
        at += len(part.of_piece)
    return np.concatenate(told)


def _of_words(parts: list[_Part], tongue: Tongue, reader: Understanding) -> Weights:
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
    if tongue.letters is None or not words:
        return told
    places = reader.index.places(words)
    distinct, met = np.unique(np.concatenate(places), return_index=True)
    ends = np.cumsum([len(its) for its in places])
    home = np.searchsorted(ends, met, side="right")
    for word, at, weight in zip(home.tolist(), met.tolist(), tongue.letters[distinct].tolist(), strict=True):
        units = of_word[word]
        inside = (at - int(ends[word]) + len(places[word])) / len(places[word])  # sequences stand in the letters' order
        told[units[min(int(inside * len(units)), len(units) - 1)]] += weight / np.sqrt(len(distinct))
    return told
