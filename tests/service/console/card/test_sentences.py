"""Why a comment was decided as it was, in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from service.console.card.sentences import why
from texts import wording


def over(action: str, label: str, score: float, threshold: float) -> dict[str, Any]:
    message = f"{wording.named(label)} {score:.2f} reaches this site's {action} threshold of {threshold:.2f}."
    known = {"rule": f"{action}_threshold", "action": action, "message": message}
    return known | {"label": label, "score": score, "threshold": threshold}


def of_before(number: int) -> dict[str, Any]:
    """A reason as 0.1.0 stored it: the number is in the message alone."""
    message = f"It contains entry {number} of the site's suspect words."
    return {"rule": "suspect_words", "action": "flag", "message": message}


def entry(number: int) -> dict[str, Any]:
    """A reason of now: its message is for people, and no number is read from it."""
    return {"rule": "suspect_words", "action": "flag", "message": "It has a suspect word, on page 7.", "entry": number}


HOLD = {"rule": "mode_hold", "action": "flag", "message": "This site holds every comment for a moderator."}


@pytest.mark.parametrize(
    ("reasons", "sentence"),
    [
        (None, ""),
        ([], ""),
        ([over("flag", "insult", 0.73, 0.55)], "Insult 0.73 reaches this site's flag threshold of 0.55."),
        (
            [over("flag", "toxicity", 0.94, 0.75), over("flag", "identity_attack", 0.8, 0.75)],
            "Toxicity 0.94 and identity attack 0.80 reach this site's flag threshold of 0.75.",
        ),
        (
            [
                over("reject", "toxicity", 0.996, 0.995),
                over("reject", "insult", 0.97, 0.95),
                over("reject", "spam", 1, 1),
            ],
            "Toxicity 0.996, insult 0.97 and spam 1.00 reach this site's reject thresholds.",
        ),
        ([entry(3), entry(12)], "It contains entries 3 and 12 of the site's suspect words."),
        ([of_before(3)], "It contains entry 3 of the site's suspect words."),
        (
            [of_before(3), of_before(12)],
            "It contains entry 3 of the site's suspect words. It contains entry 12 of the site's suspect words.",
        ),
        (
            [{"rule": "clear", "action": "publish", "message": "Every score is below its threshold."}, HOLD],
            "Every score is below its threshold; this site holds every comment for a moderator.",
        ),
        ([{"rule": "moderator", "action": "reject", "message": "Is this a joke?"}], "Is this a joke?"),
        ([{"rule": "moderator", "action": "reject", "message": "Not here"}], "Not here."),
    ],
)
def test_several_reasons_become_one_sentence(reasons: list[dict[str, Any]] | None, sentence: str) -> None:
    assert why(reasons) == sentence
