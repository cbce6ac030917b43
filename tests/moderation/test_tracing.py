"""What a line in the log says of the requests that caused something: never more than helps to find them."""

from __future__ import annotations

from typing import Any

import pytest

from moderation import tracing
from moderation.tracing import MOST_NAMED, UNKNOWN, Cause

TRACE = "0123456789abcdef0123456789abcdef"
PARENT = f"00-{TRACE}-0123456789abcdef-01"


@pytest.mark.parametrize(
    ("causes", "fields"),
    [
        ([], {}),
        ([UNKNOWN], {}),
        # One cause in common is told whole, however many things it caused.
        ([Cause("r1")] * 3, {"request_id": "r1"}),
        ([Cause("r1", PARENT)], {"request_id": "r1", "trace_id": TRACE}),
        ([Cause(None, PARENT)], {"trace_id": TRACE}),
        # Of different ones the requests are named, each once and in order.
        ([Cause("r2"), Cause("r1"), Cause("r2")], {"request_ids": ["r2", "r1"]}),
        ([Cause("r1", PARENT), Cause("r1")], {"request_ids": ["r1"]}),
        ([Cause("r1"), UNKNOWN], {"request_ids": ["r1"]}),
        ([Cause(None, PARENT), UNKNOWN], {}),
        # And no more of them than a line takes.
        (
            [Cause(f"r{number}") for number in range(99)],
            {"request_ids": [f"r{number}" for number in range(MOST_NAMED)]},
        ),
    ],
    ids=str,
)
def test_a_line_names_what_caused_it(causes: list[Cause], fields: dict[str, Any]) -> None:
    assert tracing.fields_of(causes) == fields


def test_a_thread_works_for_one_cause_at_a_time() -> None:
    before = tracing.current()
    try:
        for cause in (Cause("r1"), UNKNOWN):
            tracing.work_for(cause)
            assert tracing.current() == cause
    finally:
        tracing.work_for(before)
