"""A text's scores in Perspective's form, with spans in UTF-16 code units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from service.compat import judging
from service.compat.perspective.attributes import LABELS

#: How many spans, beside the full text, are scored for one attribute: those with the largest weights.
_MOST_SPANS = 10

Span = tuple[int, int]


def attribute_scores(text: str, thresholds: dict[str, float], said: Sequence[str], *, annotate: bool) -> dict[str, Any]:
    """Attribute -> its scores, without attributes below their threshold. `said` are the languages that it may be in.

    Raises:
        Refusal: `not_scored`.
    """
    beside = {"languages": said}
    [scores] = judging.score([text], [beside])
    selected = {name: scores[LABELS[name]] for name, least in thresholds.items() if scores[LABELS[name]] >= least}
    parts = _scored_parts(text, {LABELS[name] for name in selected}, beside) if annotate else {}
    place = Utf16(text)
    return {
        name: {
            "spanScores": [
                _span(place, (0, len(text)), value),
                *(_span(place, span, part) for span, part in parts.get(LABELS[name], ())),
            ],
            "summaryScore": _score(value),
        }
        for name, value in selected.items()
    }


def highest_scores(text: str, names: Iterable[str]) -> dict[str, Any]:
    """Attribute -> the highest score, which no text has that was judged, over the whole text."""
    whole = _span(Utf16(text), (0, len(text)), 1.0)
    return {name: {"spanScores": [whole], "summaryScore": _score(1.0)} for name in names}


class Utf16:
    """Converts places in a text from code points to UTF-16 code units."""

    def __init__(self, text: str) -> None:
        self._wide = [index for index, letter in enumerate(text) if ord(letter) > 0xFFFF]

    def place(self, index: int) -> int:
        """The place of code point `index`, in code units."""
        return index + sum(1 for wide in self._wide if wide < index)


def _scored_parts(
    text: str, labels: Iterable[str], beside: Mapping[str, object]
) -> dict[str, list[tuple[Span, float]]]:
    """Label -> the parts of the text that raised its score, each with its own score."""
    [explained] = judging.classifier().explain_all([text], [list(labels)], [beside])
    spans = {label: _raising(text, its.spans) for label, its in explained.items()}
    pieces = [(label, span) for label, label_spans in spans.items() for span in label_spans]
    if not pieces:
        return {}
    table = judging.score([text[start:end] for _, (start, end) in pieces], [beside] * len(pieces))
    parts: dict[str, list[tuple[Span, float]]] = {}
    for (label, span), scores in zip(pieces, table, strict=True):
        parts.setdefault(label, []).append((span, scores[label]))
    return parts


def _raising(text: str, weighted: Sequence[tuple[int, int, float]]) -> list[Span]:
    """The runs of words that raise the score, in order, without a run that is the whole text."""
    runs: list[tuple[int, int, float]] = []
    for start, end, weight in sorted(weighted):
        if weight <= 0 or start >= end:
            continue
        if runs and (start <= runs[-1][1] or text[runs[-1][1] : start].isspace()):
            runs[-1] = (runs[-1][0], max(end, runs[-1][1]), runs[-1][2] + weight)
        else:
            runs.append((start, end, weight))
    heaviest = sorted(runs, key=lambda run: -run[2])[:_MOST_SPANS]
    return sorted((start, end) for start, end, _ in heaviest if (start, end) != (0, len(text)))


def _span(place: Utf16, span: Span, value: float) -> dict[str, Any]:
    return {"begin": place.place(span[0]), "end": place.place(span[1]), "score": _score(value)}


def _score(value: float) -> dict[str, Any]:
    return {"value": round(value, 8), "type": "PROBABILITY"}
