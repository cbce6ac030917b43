"""What an event says of appeals and of the decision before it, as a table of what happened to one comment."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from moderation.history import outcomes


def event(text: str) -> Any:
    """`decided user:mo rejected`: an event with this action and actor, and with this status or rule, if it has one."""
    action, actor, *more = text.split()
    status = more[0] if more and more[0] != "undo" else None
    return SimpleNamespace(
        action=f"comment.{action}", actor=actor, status=status, reasons=[{"rule": "undo"}] if "undo" in more else None
    )


@pytest.mark.parametrize(
    ("earlier", "last", "expected"),
    [
        (["decided user:mo published"], "decided user:ada rejected", [("overturned", "user:mo published", 1)]),
        (["decided user:mo published"], "decided user:ada published", []),
        (["decided user:mo published"], "decided user:mo rejected", []),
        # An edit makes other words of it, on which nobody has decided yet.
        (["decided user:mo published", "edited site"], "decided user:ada rejected", []),
        (
            ["decided user:mo published", "decided user:ada rejected"],
            "decided user:ada undo",
            [("overturned", "user:mo published", -1)],
        ),
        (["appealed site", "appeal_upheld user:ada"], "confirmed user:ada", []),
        # Who takes back that they agreed takes back their answer to the appeal, and nobody else's.
        (["appeal_upheld user:ada", "confirmed user:ada"], "agreement_undone user:ada", [("appeal", "upheld", -1)]),
        (["appeal_upheld user:ada", "confirmed user:nia"], "agreement_undone user:nia", []),
        (["reported site"], "agreement_undone user:ada", []),
    ],
)
def test_an_event_adds_to_the_outcomes_of_what_came_before(
    earlier: list[str], last: str, expected: list[tuple[str, str, int]]
) -> None:
    found = outcomes.of_event(event(last), [event(text) for text in earlier])
    assert [(one.what, one.key, one.number) for one in found] == expected
