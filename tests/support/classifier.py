"""The classifier that ships, and a stand-in whose scores a test writes into a comment: `day toxicity=0.93 spam=0.2`."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import models
from models.labels import LABELS
from models.languages import GRADES, UNTOLD, base, is_judged
from models.scoring.classifier import Classifier

_MARK = re.compile(r"(\w+)=([\d.]+)")


@functools.cache
def shipped(reader: str = "unsure") -> Classifier:
    """The classifier that ships with Winnow, read once in a process: each reading takes longer than most tests."""
    return models.load(reader=reader)


@dataclass(frozen=True)
class Spans:
    spans: list[tuple[int, int, float]]


class ChosenScores:
    """Scores are 0.01 where the text says nothing. `unscorable` in a text raises; `klingon` is not judgeable."""

    labels = LABELS
    version = "chosen-1"
    thresholds: Mapping[str, Mapping[str, Mapping[str, float | None]]] = {
        preset: {label: {"flag_at": flag_at, "reject_at": reject_at} for label in LABELS}
        for preset, flag_at, reject_at in (("strict", 0.3, 0.7), ("balanced", 0.5, 0.9), ("lenient", 0.7, None))
    }

    #: The language of what has no word of Klingon or German.
    otherwise = "und"

    def __init__(self) -> None:
        #: The size of each batch that was scored.
        self.batches: list[int] = []

    def score(
        self, texts: Sequence[str], signals: Sequence[Mapping[str, object]] | None = None
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        assert signals is None or len(signals) == len(texts)
        self.batches.append(len(texts))
        if any("unscorable" in text for text in texts):
            raise ValueError("this text cannot be scored")
        rows = [dict(_MARK.findall(text)) for text in texts]
        return np.array([[float(row.get(label, 0.01)) for label in self.labels] for row in rows])

    def explain(self, text: str, label: str, signals: Mapping[str, object] | None = None) -> Spans:
        return Spans([(*match.span(), float(match[2])) for match in _MARK.finditer(text) if match[1] == label])

    def explain_all(
        self, texts: Sequence[str], labels: Sequence[Sequence[str]], signals: Sequence[Mapping[str, object]]
    ) -> list[dict[str, Spans]]:
        return [
            {label: self.explain(text, label, known) for label in its}
            for text, its, known in zip(texts, labels, signals, strict=True)
        ]

    @property
    def languages(self) -> Mapping[str, str]:
        return GRADES

    def judgeable(self, text: str) -> bool:
        return self.judges(self.detected_language(text))

    def judges(self, language: str) -> bool:
        return language == UNTOLD or is_judged(GRADES.get(language, "unknown"))

    def detected_language(self, text: str) -> str:
        return "tlh" if "klingon" in text else "de" if "und" in text.split() else self.otherwise

    def language(self, text: str, said: Sequence[str | None] = ()) -> str:
        told = self.detected_language(text)
        return told if told != UNTOLD else next((base(tag) for tag in said if tag), UNTOLD)
