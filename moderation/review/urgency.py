"""How urgent a review item is: all of the review queue's order is defined here. Pure functions.

A priority goes from 0 (look now) to 1000 (can wait). It becomes a moment (`due`) by which somebody should have looked,
so that old items come up among worse ones. Comments that readers see come before all that they do not see.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from moderation import clock

#: Can wait. A second look always has this priority: nobody waits for it.
LEAST = 1000
#: An appeal comes before most flags by score, because its author waits for the answer.
APPEAL = 200
#: What is in a language that the classifier cannot judge, whatever it scores: after what looks bad, before what looks
#: harmless, and among itself by its age.
UNJUDGED = 500
#: After this time somebody should have looked at an item that can wait.
LATEST = timedelta(days=1)
#: In milliseconds: longer than any item has ever waited.
HEAD_START = 10 * 365 * 86_400_000
#: What share of a priority is how unsure the policy is; the rest is how bad it looks.
_UNCERTAINTY = 0.15
#: The priority of one reader's report, by its reason.
_REPORTED = {"illegal": 100, "personal_data": 100, "offensive": 300, "spam": 400, "off_topic": 600}
_REPORTED_OTHERWISE = 300


class Thresholds(Protocol):
    """Where a policy flags and rejects a label."""

    @property
    def flag_at(self) -> float | None: ...

    @property
    def reject_at(self) -> float | None: ...


def of_scores(scores: Mapping[str, float] | None, thresholds: Mapping[str, Thresholds]) -> int:
    """How soon a moderator should look. Unscored comments come first.

    A comment comes sooner the worse it looks, and the less sure the policy is.
    """
    if scores is None:
        return 0
    unsure = max((_uncertainty(score, thresholds.get(label)) for label, score in scores.items()), default=0)
    severity = max(scores.values(), default=0)
    return round(LEAST * (1 - (1 - _UNCERTAINTY) * severity - _UNCERTAINTY * unsure))


def of_reason(reason: str) -> int:
    """The priority of one reader's report for this reason."""
    return _REPORTED.get(reason, _REPORTED_OTHERWISE)


def of_reports(readers: Mapping[str, int]) -> int:
    """The priority of reports: `readers` is how many gave each reason. The gravest reason counts, and every reader."""
    gravest = min(map(of_reason, readers), default=_REPORTED_OTHERWISE)
    return round(gravest * 2 / (1 + max(1, sum(readers.values()))))


def due(priority: int, opened_at: datetime, *, kind: str = "flag", seen: bool = False) -> int:
    """When somebody should have looked, in milliseconds since 1970: at once for priority 0, after a day for 1000.

    It does not change with time, so that an index has the queue in order. `seen`: readers see the comment.
    """
    moment = clock.milliseconds(opened_at) + round(LATEST / timedelta(milliseconds=1) * priority / LEAST)
    if kind == "second_look":
        return moment + HEAD_START
    return moment - HEAD_START if seen and kind in ("flag", "report") else moment


def _uncertainty(score: float, threshold: Thresholds | None) -> float:
    """From 1 (the score is on one of the label's thresholds) to 0 (as far from them as a score between them can be)."""
    edges = (threshold.flag_at, threshold.reject_at) if threshold is not None else ()
    marks = [at for at in edges if at is not None]
    if not marks:
        return 0.0
    half = (max(marks) - min(marks) if len(marks) > 1 else 1.0 - marks[0]) / 2
    nearest = min(abs(score - at) for at in marks)
    return max(0.0, 1.0 - nearest / half) if half else float(nearest == 0)
