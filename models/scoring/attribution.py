"""Say which words made the understanding reader's logit, in places of the original text.

The head's part is told by integrated gradients (Sundararajan et al. 2017) along the straight way from the empty text to
the text, at the numbers that the last layers start from: these are sums over the text's pieces, so that each piece's
share is exact there. What the few steps of the way miss, and what the marks at a text's ends add, is spread evenly over
the words.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.reading.letters import find_words
from models.reading.sentences import Places, locate_parts
from models.scoring.explanation import PART, Explanation, made_of
from models.scoring.pooling import shares
from models.scoring.understanding import BESIDE, MOST_WORDS, WORD_WEIGHT, Tongue, Understanding

# Gauss and Legendre's places and weights on the way from 0 to 1.
_STEPS, _STEP_WEIGHTS = (np.polynomial.legendre.leggauss(12)[0] + 1) / 2, np.polynomial.legendre.leggauss(12)[1] / 2
_WHOLE = "the comment as a whole"

Span = tuple[int, int]


@dataclass(frozen=True)
class _Word:
    """A word of a text: as its letters are counted, and where it stands in the original."""

    spelt: str
    span: Span


@dataclass(frozen=True)
class _Text:
    """A text's parts: their pieces, each with the word that it belongs to, and their words."""

    pieces: list[list[int]]
    homes: list[list[Span | None]]
    words: list[list[_Word]]


def explain(text: str, language: str, column: int, reader: Understanding) -> Explanation:
    """The explanation of a text's logit on the label in a column."""
    tongue = reader.tongue(language)
    slope, offset = float(tongue.slope[column]), float(tongue.offset[column])
    read = reader.read([text], [tongue])
    raw = read.vectors.astype(np.float64) @ reader.head[:, column] + reader.bias[column] + read.beside * BESIDE[column]
    share_of, taken_off = shares(raw * slope + offset)
    located = _locate(text, reader)
    start = float(_empty_vector(reader) @ reader.head[:, column]) + float(reader.bias[column])
    weights: defaultdict[Span, float] = defaultdict(float)
    signals = {PART: -taken_off} if taken_off else {}
    for window, share in share_of.items():
        parts = slice(window - 1, window) if window else slice(0, len(located.pieces))
        told = _of_meaning(located, parts, column, reader)
        for span, weight in _of_words(located, parts, tongue, reader).items():
            told[span] = told.get(span, 0.0) + float(BESIDE[column]) * weight
        missing = float(raw[window]) - start - sum(told.values())
        for span in told:
            weights[span] += share * slope * (told[span] + missing / len(told))
        if not told:
            signals[_WHOLE] = signals.get(_WHOLE, 0.0) + share * slope * missing
    spans = [(*span, weight) for span, weight in sorted(weights.items())]
    worst = max(share_of)
    inside = [word.span for words in (located.words[worst - 1 : worst] if worst else located.words) for word in words]
    where = (min(first for first, _ in inside), max(last for _, last in inside)) if inside else (0, 0)
    return made_of(spans, signals, slope * start + offset, where)


def _locate(text: str, reader: Understanding) -> _Text:
    parts, places = locate_parts(text)
    pieces, homes, words = reader.encoder.find_pieces(parts), [], []
    for part, its_places in zip(parts, places, strict=True):
        found = find_words(part)
        words.append([_Word(spelt, _span(its_places, first, last)) for spelt, first, last in found])
        homes.append(_homes(reader.encoder.locate_pieces(part), found, its_places))
    return _Text(pieces, homes, words)


def _span(places: Places, first: int, last: int) -> Span:
    return places[first][0], max(end for _, end in places[first:last])


def _homes(pieces: list[Span], words: list[tuple[str, int, int]], places: Places) -> list[Span | None]:
    """Of each piece the word that most of it lies in; in a script without spaces, its own letters."""
    homes: list[Span | None] = []
    at = 0
    for first, last in pieces:
        while at < len(words) and words[at][2] <= first:
            at += 1
        inside = at < len(words) and words[at][1] < last
        if not inside:
            homes.append(None)
            continue
        _, start, end = words[at]
        longer = end - start > last - first and "\u0e00" <= words[at][0][0]
        homes.append(_span(places, max(first, start), min(last, end)) if longer else _span(places, start, end))
    return homes


def _empty_vector(reader: Understanding) -> NDArray[np.float64]:
    return reader.encoder.vectors(_empty(reader))[0].astype(np.float64)


def _empty(reader: Understanding) -> NDArray[np.float32]:
    """What the last layers start from where a text has no pieces."""
    return reader.encoder.gather(reader.encoder.sum_runs([[[]]]))


def _of_meaning(text: _Text, parts: slice, column: int, reader: Understanding) -> dict[Span, float]:
    encoder = reader.encoder
    empty = _empty(reader)
    sums = encoder.sum_runs([text.pieces])
    whole = parts == slice(0, len(text.pieces))
    gathered = encoder.gather(sums.joined(np.array([0]))) if whole else encoder.gather(sums)[parts]
    way = (empty + _STEPS[:, None] * (gathered - empty)).astype(np.float32)
    slope = _STEP_WEIGHTS @ encoder.slopes(way, reader.head[:, column].astype(np.float32))
    added = encoder.shares(text.pieces, parts, slope.astype(np.float32))
    added -= float(empty[0] @ slope) / len(added)
    homes = [home for homes in text.homes[parts] for home in homes]
    first = 1 if parts.start == 0 else 0  # the mark at the text's beginning
    told: dict[Span, float] = {}
    for home, weight in zip(homes, added[first : first + len(homes)].tolist(), strict=True):
        if home is not None:
            told[home] = told.get(home, 0.0) + weight
    return told


def _of_words(text: _Text, parts: slice, tongue: Tongue, reader: Understanding) -> dict[Span, float]:
    """What the letters and listed words of some parts add."""
    words = [word for of_part in text.words[parts] for word in of_part]
    told: defaultdict[Span, float] = defaultdict(float)
    entries: dict[str, list[_Word]] = {}
    for entry, first, last in tongue.words.find([word.spelt for word in words]):
        entries.setdefault(entry, words[first:last])
    for found in entries.values():
        for word in found:
            told[word.span] += WORD_WEIGHT * min(len(entries), MOST_WORDS) / len(entries) / len(found)
    if tongue.letters is None or not words:
        return told
    spelt = [word.spelt for word in words]
    places = reader.index.places(spelt)
    distinct, met = np.unique(np.concatenate(places), return_index=True)
    ends = np.cumsum([len(its) for its in places])
    norm = np.sqrt(len(distinct))
    for at, weight in zip(np.searchsorted(ends, met, side="right").tolist(), tongue.letters[distinct], strict=True):
        told[words[at].span] += float(weight) / norm
    return told
