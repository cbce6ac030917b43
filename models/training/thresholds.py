"""Default thresholds, from what mistakes cost.

A comment is flagged where publishing it would cost more than holding it: with probability p of being bad, when
p * (cost of a published attack) > (1 - p) * (cost of a held good comment), which is p > 1 / (1 + ratio of the costs).
It is rejected unseen only where a wrongly rejected good comment, which nobody would notice, is very unlikely; for what
it is about never: whoever writes of killing themselves needs a person.
"""

from __future__ import annotations

from models.labels import LABELS, SUBJECT_LABELS

# Cost of a published attack in held good comments.
_FLAG_RATIO = {"lenient": 1 / 7, "balanced": 1 / 3, "strict": 1.0}
# A wrongly rejected comment against a bad one that a moderator has to read.
_REJECT_RATIO = {"lenient": 499.0, "balanced": 199.0, "strict": 99.0}
# Times the cost of any other attack. Spam that is published hurts nobody, and is less sure than its score says: few
# public sets of it have ordinary comments from the same pages beside it.
_GRAVE = {"threat": 2.0, "identity_attack": 1.5, "severe_toxicity": 1.5, "spam": 0.6}


def choose_thresholds() -> dict[str, dict[str, dict[str, float | None]]]:
    """preset -> label -> {"flag_at", "reject_at"}."""
    return {
        preset: {
            label: {
                "flag_at": round(1.0 / (1.0 + ratio * _GRAVE.get(label, 1.0)), 3),
                "reject_at": None if label in SUBJECT_LABELS else round(1.0 - 1.0 / (1.0 + _REJECT_RATIO[preset]), 3),
            }
            for label in LABELS
        }
        for preset, ratio in _FLAG_RATIO.items()
    }
