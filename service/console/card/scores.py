"""A comment's scores as they are shown: beside the site's thresholds, and as exactly as those need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from moderation.policy.rules import decimals
from moderation.policy.terms import Threshold
from texts import translation, wording

_NONE = Threshold()


@dataclass(frozen=True)
class ScoreLine:
    """A label's score beside its thresholds; `level` is `reject`, `flag` or `clear`."""

    name: str
    score: float
    threshold: Threshold

    @cached_property
    def shown(self) -> str:
        """The score with as many places as its thresholds need, and never rounded up to one that it does not reach."""
        places = _places(self.threshold)
        rounded = f"{self.score:.{places}f}"
        edges = (self.threshold.flag_at, self.threshold.reject_at)
        if any(edge is not None and self.score < edge <= float(rounded) for edge in edges):
            rounded = f"{self.score - 0.5 * 10**-places:.{places}f}"
        return translation.written(rounded)

    @cached_property
    def level(self) -> str:
        if self.threshold.reject_at is not None and self.score >= self.threshold.reject_at:
            return "reject"
        if self.threshold.flag_at is not None and self.score >= self.threshold.flag_at:
            return "flag"
        return "clear"

    @property
    def own(self) -> dict[str, str]:
        """What its bar has of its own: how long it is, of 100, and the number."""
        return {"width": f"{100 * self.score:.1f}", "shown": self.shown}


def edges(threshold: Threshold) -> tuple[str | None, str | None]:
    """From which score on it flags, and rejects, as it is written."""
    places = _places(threshold)
    flag_at, reject_at = (
        None if edge is None else translation.written(f"{edge:.{places}f}")
        for edge in (threshold.flag_at, threshold.reject_at)
    )
    return flag_at, reject_at


def lines(scores: Mapping[str, float] | None, thresholds: Mapping[str, Threshold]) -> list[ScoreLine]:
    """The scores, the highest first; labels without thresholds on this site come last."""
    named = [
        ScoreLine(wording.label(label), score, thresholds.get(label, _NONE)) for label, score in (scores or {}).items()
    ]
    return sorted(named, key=lambda line: (line.threshold == _NONE, -line.score))


@lru_cache(maxsize=1000)
def _places(threshold: Threshold) -> int:
    edges = (threshold.flag_at, threshold.reject_at)
    return max((decimals(edge) for edge in edges if edge is not None), default=2)
