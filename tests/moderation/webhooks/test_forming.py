"""Which deliveries leave together: a batch that was made comes again whole, the others wait until it is worth it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.tracing import Cause
from moderation.webhooks import batches
from moderation.webhooks.batches import Batching

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
#: What an event of this module takes in a batch.
SIZE = 500
USUAL = Batching(seconds=5)


@dataclass
class One:
    """A delivery that is due; `ago` says for how many seconds."""

    id: str
    batch_id: str | None = None
    batch_size: int | None = None
    ago: float = 10.0
    size: int = SIZE
    #: The minute at which its event happened.
    at: int = 0
    request_id: str | None = None
    traceparent: str | None = None
    payload: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        around = {"type": "t", "timestamp": f"2026-11-27T11:{self.at:02}:00+00:00", "data": ""}
        empty = batches._AROUND + len('{"type":"t","timestamp":"2026-11-27T11:00:00+00:00","data":""}')
        self.payload = around | {"data": "x" * (self.size - empty)}

    @property
    def next_attempt_at(self) -> datetime:
        return NOW - timedelta(seconds=self.ago)


def form(*waiting: One, wanted: Batching = USUAL, all_there: bool = True) -> tuple[list[list[str]], float | None]:
    """The ids that leave together, and in how many seconds to look again."""
    found, look_again = batches.formed(waiting, wanted, NOW, all_there=all_there)
    again = None if look_again is None else (look_again - NOW).total_seconds()
    return [list(batch.batched) for batch in found], again


@pytest.mark.parametrize(
    ("waiting", "wanted", "together", "again"),
    [
        ([], {}, [], None),
        # What has waited as long as the endpoint allows leaves, however few.
        ([One("a"), One("b")], {}, [["a", "b"]], None),
        ([One("a", ago=5)], {}, [["a"]], None),
        # The first of them says when.
        ([One("a", ago=2), One("b", ago=1)], {}, [], 3.0),
        ([One("a", ago=4.5), One("b", ago=0)], {}, [], 0.5),
        ([One("a", ago=1)], {"seconds": 0}, [["a"]], None),
        # A full batch waits for nobody; what is left over waits for more.
        ([One("a", ago=0), One("b", ago=0)], {"events": 2}, [["a", "b"]], None),
        ([One("a", ago=0), One("b", ago=0), One("c", ago=0)], {"events": 2}, [["a", "b"]], 5.0),
        ([One("a"), One("b"), One("c")], {"events": 2}, [["a", "b"], ["c"]], None),
        # By their size: exactly full still fits.
        ([One("a"), One("b"), One("c")], {"bytes": 2 * SIZE}, [["a", "b"], ["c"]], None),
        ([One("a"), One("b"), One("c")], {"bytes": 2 * SIZE - 1}, [["a"], ["b"], ["c"]], None),
        # What is larger than any batch goes alone, at once.
        ([One("big", size=9 * SIZE, ago=0)], {"bytes": 4 * SIZE}, [["big"]], None),
        ([One("a", ago=0), One("big", size=9 * SIZE, ago=0)], {"bytes": 4 * SIZE}, [["a"], ["big"]], None),
        ([One("big", size=9 * SIZE), One("a"), One("b")], {"bytes": 4 * SIZE}, [["big"], ["a", "b"]], None),
        # A batch that did not arrive comes again whole, also a small one that is not old.
        ([One("a", "b1", 2, ago=0), One("b", "b1", 2, ago=0)], {}, [["a", "b"]], None),
        ([One("a", "b1", 1, ago=0), One("c", ago=0)], {}, [["a"]], 5.0),
        # One of it is not to be sent any more: the others go anew.
        ([One("a", "b1", 3), One("b", "b1", 3), One("c")], {}, [["a", "b", "c"]], None),
        # Two that were made stay apart.
        ([One("a", "b1", 1), One("b", "b2", 1)], {}, [["a"], ["b"]], None),
    ],
)
def test_what_leaves_together(
    waiting: list[One], wanted: dict[str, int], together: list[list[str]], again: float | None
) -> None:
    assert form(*waiting, wanted=replace(USUAL, **wanted)) == (together, again)


def test_a_batch_that_is_seen_in_part_only_is_left_until_it_is_seen_whole() -> None:
    """Where more are due than were read, the last one's batch may go on behind it."""
    seen = [One("a"), One("b", "b1", 3), One("c", "b1", 3)]
    assert form(*seen, all_there=False) == ([["a"]], None)
    assert form(*seen, all_there=True) == ([["a", "b", "c"]], None), "then its third is not to be sent any more"
    assert form(*seen, One("d", "b1", 3), all_there=False) == ([["b", "c", "d"], ["a"]], None)
    assert form(One("a", "b1", 2), One("b"), all_there=False) == ([["a", "b"]], None), "it is not the last one's"


def test_a_batch_keeps_its_id_and_a_new_one_gets_one() -> None:
    [old, new], _ = batches.formed([One("a", "batch_old", 1), One("b")], Batching(seconds=0), NOW, all_there=True)
    assert old.id == "batch_old"
    assert new.id.startswith("batch_")
    assert new.id != "batch_old"


def test_a_batch_says_what_each_of_its_events_said_and_when_the_latest_happened() -> None:
    waiting = [One("a", at=7, request_id="r1"), One("b", at=9), One("c", at=8, request_id="r3", traceparent="t3")]
    [batch], _ = batches.formed(waiting, Batching(seconds=0), NOW, all_there=True)
    assert batch.payload["type"] == "events.batch"
    assert batch.payload["timestamp"] == "2026-11-27T11:09:00+00:00"
    assert batch.payload["data"]["events"] == [{"id": one.id} | one.payload for one in waiting]
    assert batches.events_in(batch.payload) == batch.payload["data"]["events"]
    assert batches.events_in(waiting[0].payload) is None
    assert batch.causes == (Cause("r1"), Cause(), Cause("r3", "t3"))


due = st.builds(
    One,
    st.uuids().map(str),
    batch_id=st.sampled_from([None, None, "b1", "b2"]),
    batch_size=st.integers(1, 4),
    ago=st.integers(0, 9),
    size=st.integers(1, 9).map(lambda times: times * SIZE),
)


@given(st.lists(due, max_size=12), st.integers(2, 5), st.integers(1, 6), st.booleans())
def test_nothing_leaves_twice_nothing_is_forgotten_and_no_batch_is_too_large(
    waiting: list[One], events: int, times: int, all_there: bool
) -> None:
    wanted = Batching(events, times * SIZE, 5)
    found, look_again = batches.formed(waiting, wanted, NOW, all_there=all_there)
    leaving = [one for batch in found for one in batch.batched]
    assert len(leaving) == len(set(leaving))
    left = [one for one in waiting if one.id not in set(leaving)]
    last = waiting[-1].batch_id if waiting and not all_there else None
    assert look_again is not None or all(one.batch_id == last is not None for one in left)
    assert look_again is None or NOW < look_again <= NOW + timedelta(seconds=5)
    sizes = {one.id: one.size for one in waiting}
    order = {one.id: at for at, one in enumerate(waiting)}
    for batch in found:
        assert [order[one] for one in batch.batched] == sorted(order[one] for one in batch.batched)
        if batch.id not in {"b1", "b2"}:
            assert len(batch.batched) <= events
            assert len(batch.batched) == 1 or sum(sizes[one] for one in batch.batched) <= times * SIZE
