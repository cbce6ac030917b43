"""What the two decisions are called: each list of words for what it is about, and none that tells too much."""

from __future__ import annotations

import pytest

from service.console.card import verbs


@pytest.mark.parametrize(
    ("status", "appealed", "blind", "publish", "reject"),
    [
        ("flagged", False, False, "Publish", "Reject"),
        ("rejected", False, False, "Publish", "Reject"),
        ("published", False, False, "Keep up", "Take down"),
        ("rejected", True, False, "Reverse", "Uphold"),
        ("published", False, True, "Publish", "Reject"),
        ("rejected", False, True, "Publish", "Reject"),
    ],
)
def test_decisions_are_named_for_what_they_do(
    status: str, appealed: bool, blind: bool, publish: str, reject: str
) -> None:
    words = verbs.of(status, appealed=appealed, blind=blind)
    assert {action: verb.button for action, verb in words.items()} == {"publish": publish, "reject": reject}
