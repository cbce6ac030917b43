"""What a card says in numbers and lines: as exactly as the decision needs, and no longer than a look takes."""

from __future__ import annotations

import pytest

from moderation.policy.terms import Threshold
from service.console.card.scores import ScoreLine, edges


@pytest.mark.parametrize(
    ("score", "flag_at", "reject_at", "shown", "flags_from", "rejects_from"),
    [
        (0.999, 0.6, 0.995, "0.999", "0.600", "0.995"),
        (0.9949, 0.6, 0.995, "0.994", "0.600", "0.995"),
        (0.5996, 0.6, 0.95, "0.59", "0.60", "0.95"),
        (0.6, 0.6, None, "0.60", "0.60", None),
        (0.996, None, None, "1.00", None, None),
    ],
)
def test_a_score_is_told_from_its_thresholds_by_what_is_shown(
    score: float, flag_at: float | None, reject_at: float | None, shown: str, flags_from: str, rejects_from: str
) -> None:
    line = ScoreLine("Spam", score, Threshold(flag_at, reject_at))
    assert (line.shown, *edges(line.threshold)) == (shown, flags_from, rejects_from)
