"""Deliveries wait in their endpoint's line and leave over a few lanes: one that hangs holds up nobody else."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.webhooks.attempts import Failure
from moderation.webhooks.deliveries import MOST_LEASED, Attempt, Due
from tests.support.waiting import eventually
from worker import lanes as lanes_module
from worker.lanes import (
    FEWEST_AHEAD,
    MOST_IN_FLIGHT,
    PLACES,
    PLACES_FOR_OTHERS,
    PLACES_FOR_SLOW,
    Lanes,
    Places,
)

AT = datetime(2026, 11, 30, tzinfo=UTC)
TIMED_OUT = Failure("timed_out", "It did not answer in time.")


def attempt(endpoint_id: str, *, milliseconds: int = 5, failure: Failure | None = None) -> Attempt:
    return Attempt("msg_1", endpoint_id, AT, milliseconds, None if failure else 204, failure)


def due(number: int, endpoint_id: str = "e") -> Due:
    return Due(f"msg_{number}", endpoint_id, "http://x.example", "", {}, "winnow", AT)


def take_all(places: Places, endpoint_ids: list[str]) -> Counter[str]:
    """What each gets who asks in turn until nobody gets any more."""
    got: Counter[str] = Counter()
    while asking := [one for one in endpoint_ids if places.free(one)]:
        for one in asking:
            if places.free(one):
                places.take(one)
                got[one] += 1
    return got


QUICK, SLOW, FAILED = attempt("", milliseconds=999), attempt("", milliseconds=1000), attempt("", failure=TIMED_OUT)


def places_where(**last: Attempt) -> Places:
    """Places that know how each endpoint's last attempt went."""
    places = Places()
    for endpoint_id, its in last.items():
        places.learn(attempt(endpoint_id, milliseconds=its.duration_ms, failure=its.failure))
    return places


@pytest.mark.parametrize(
    ("last", "most"),
    [(QUICK, MOST_IN_FLIGHT), (SLOW, 1), (FAILED, 1), (None, 1)],
    ids=["quick", "slow", "failed", "never tried"],
)
def test_an_endpoint_gets_one_place_until_it_was_quick(last: Attempt | None, most: int) -> None:
    places = places_where(**({"e": last} if last else {}))
    assert take_all(places, ["e"])["e"] == most
    assert places.is_quick("e") is (last is QUICK)
    assert places.taken == most


@pytest.mark.parametrize(("last", "most"), [(SLOW, PLACES_FOR_SLOW), (None, PLACES_FOR_OTHERS), (QUICK, PLACES)])
def test_a_kind_of_endpoints_cannot_take_all_places_but_quick_ones(last: Attempt | None, most: int) -> None:
    many = [f"e{number}" for number in range(100)]
    places = places_where(**dict.fromkeys(many, last) if last else {})
    assert take_all(places, many).total() == most
    assert places.free("newcomer") == int(most < PLACES_FOR_OTHERS)


def test_where_all_that_hang_have_their_places_a_quick_one_still_has_eight() -> None:
    hanging, untried = [f"h{n}" for n in range(100)], [f"u{n}" for n in range(100)]
    places = places_where(**dict.fromkeys(hanging, FAILED), good=QUICK)
    assert take_all(places, hanging).total() == PLACES_FOR_SLOW
    assert take_all(places, untried).total() == PLACES_FOR_OTHERS - PLACES_FOR_SLOW
    assert take_all(places, ["good"])["good"] == MOST_IN_FLIGHT


def test_a_place_that_is_given_up_is_free_for_others() -> None:
    places = Places()
    places.take("e")
    assert places.free("e") == 0
    places.drop("e")
    assert (places.taken, places.free("e")) == (0, 1)
    places = places_where(e=QUICK)
    for _ in range(3):
        places.take("e")
    places.drop("e")
    assert (places.taken, places.free("e")) == (2, MOST_IN_FLIGHT - 2)


@given(
    st.lists(st.tuples(st.sampled_from(["take", "drop", "quick", "slow", "failed"]), st.integers(0, 15)), max_size=150)
)
def test_whatever_happens_nobody_gets_more_than_there_is(happened: list[tuple[str, int]]) -> None:
    places, taken = Places(), Counter[str]()
    outcomes = {"quick": QUICK, "slow": SLOW, "failed": FAILED}
    for what, number in happened:
        one = f"e{number}"
        if what == "take" and places.free(one):
            places.take(one)
            taken[one] += 1
        elif what == "drop" and taken[one]:
            places.drop(one)
            taken[one] -= 1
        elif what in outcomes:
            places.learn(attempt(one, milliseconds=outcomes[what].duration_ms, failure=outcomes[what].failure))
        assert places.taken == taken.total() <= PLACES
        assert all(0 <= places.free(f"e{other}") <= MOST_IN_FLIGHT for other in range(16))


class Sent:
    """What was sent, by endpoint; an endpoint can be made to hang, to be slow or to fail."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.at_once: Counter[str] = Counter()
        self.most_at_once: Counter[str] = Counter()
        self.failing: set[str] = set()
        self.hanging: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def __call__(self, one: Due) -> Attempt:
        with self._lock:
            self.ids.append(one.id)
            self.at_once[one.endpoint_id] += 1
            self.most_at_once = self.most_at_once | self.at_once
        if one.endpoint_id in self.hanging:
            assert self.hanging[one.endpoint_id].wait(60)
        with self._lock:
            self.at_once[one.endpoint_id] -= 1
        return attempt(one.endpoint_id, failure=TIMED_OUT if one.endpoint_id in self.failing else None)


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def woken() -> threading.Semaphore:
    """Released each time that a lane has ended."""
    return threading.Semaphore(0)


@pytest.fixture
def lanes(sent: Sent, woken: threading.Semaphore, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lanes]:
    monkeypatch.setattr(lanes_module, "RUN_SECONDS", 600.0)  # a lane makes room for nobody unless a test says so
    monkeypatch.setattr(lanes_module, "HOLD_SECONDS", 600.0)
    opened = Lanes(sent, woken.release)
    yield opened
    opened.stop()
    for event in sent.hanging.values():
        event.set()
    eventually(lambda: not opened.busy)
    opened.close()


def test_what_waits_is_sent_in_order_by_one_lane_and_what_became_of_it_is_collected_once(
    lanes: Lanes, sent: Sent, woken: threading.Semaphore
) -> None:
    lanes.add([due(number) for number in range(5)])
    assert not lanes.busy
    lanes.start()
    assert woken.acquire(timeout=60)
    assert sent.ids == [f"msg_{number}" for number in range(5)]
    assert sent.most_at_once["e"] == 1, "it was never tried"
    attempts, unsent = lanes.collect()
    assert ([one.endpoint_id for one in attempts], unsent) == (["e"] * 5, [])
    assert lanes.collect() == ([], [])
    assert not lanes.busy


def test_after_a_failure_what_waits_is_handed_back_unsent(lanes: Lanes, sent: Sent, woken: threading.Semaphore) -> None:
    sent.failing.add("e")
    lanes.add([due(number) for number in range(4)])
    lanes.start()
    assert woken.acquire(timeout=60)
    attempts, unsent = lanes.collect()
    assert (len(attempts), [one.id for one in unsent]) == (1, ["msg_1", "msg_2", "msg_3"])
    assert sent.ids == ["msg_0"]


def test_an_endpoint_that_hangs_holds_up_its_own_line_alone(
    lanes: Lanes, sent: Sent, woken: threading.Semaphore
) -> None:
    sent.hanging["hangs"] = threading.Event()
    lanes.add([due(1, "hangs"), due(2, "hangs"), due(3, "good"), due(4, "good")])
    lanes.start()
    assert woken.acquire(timeout=60)
    assert sorted(sent.ids) == ["msg_1", "msg_3", "msg_4"]
    assert lanes.busy
    lanes.start()  # once more: its one place is taken
    assert sent.most_at_once["hangs"] == 1
    sent.hanging["hangs"].set()
    assert woken.acquire(timeout=60)
    assert sorted(sent.ids) == ["msg_1", "msg_2", "msg_3", "msg_4"]


def test_a_quick_endpoint_takes_eight_at_once(lanes: Lanes, sent: Sent, woken: threading.Semaphore) -> None:
    lanes.add([due(0)])
    lanes.start()
    assert woken.acquire(timeout=60)
    sent.hanging["e"] = threading.Event()
    lanes.add([due(number) for number in range(1, 21)])
    lanes.start()
    eventually(lambda: sent.at_once["e"] == MOST_IN_FLIGHT)
    lanes.start()
    sent.hanging["e"].set()
    for _ in range(MOST_IN_FLIGHT):
        assert woken.acquire(timeout=60)
    assert sent.most_at_once["e"] == MOST_IN_FLIGHT
    assert sorted(sent.ids) == sorted(f"msg_{number}" for number in range(21)), "each once"


def test_no_more_lanes_open_than_there_is_to_send(lanes: Lanes, sent: Sent, woken: threading.Semaphore) -> None:
    lanes.add([due(0)])
    lanes.start()
    assert woken.acquire(timeout=60)
    sent.hanging["e"] = threading.Event()
    lanes.add([due(1), due(2)])
    lanes.start()
    eventually(lambda: sent.at_once["e"] == 2)
    sent.hanging["e"].set()
    eventually(lambda: not lanes.busy)
    assert [woken.acquire(timeout=60), woken.acquire(timeout=60), woken.acquire(timeout=0.1)] == [True, True, False]


def test_what_a_lane_comes_to_too_late_for_its_lease_is_handed_back(
    sent: Sent, woken: threading.Semaphore, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "HOLD_SECONDS", 0.0)
    lanes.add([due(1), due(2)])
    lanes.start()
    assert woken.acquire(timeout=60)
    assert sent.ids == []
    attempts, unsent = lanes.collect()
    assert (attempts, [one.id for one in unsent]) == ([], ["msg_1", "msg_2"])


def test_a_lane_that_has_run_for_its_time_makes_room_and_its_line_goes_on_later(
    lanes: Lanes, sent: Sent, woken: threading.Semaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "RUN_SECONDS", 0.0)
    lanes.add([due(1)])
    lanes.start()
    assert woken.acquire(timeout=60)
    assert (sent.ids, lanes.busy) == ([], False)
    monkeypatch.setattr(lanes_module, "RUN_SECONDS", 600.0)
    lanes.start()
    assert woken.acquire(timeout=60)
    assert sent.ids == ["msg_1"]


def test_to_stop_is_to_send_nothing_more_and_to_hand_back_what_waits(lanes: Lanes, sent: Sent) -> None:
    sent.hanging["hangs"] = threading.Event()
    lanes.add([due(1, "hangs"), due(2, "hangs"), due(3, "other")])
    sent.hanging["other"] = threading.Event()
    lanes.start()
    eventually(lambda: len(sent.ids) == 2)
    lanes.stop()
    _, unsent = lanes.collect()
    assert [one.id for one in unsent] == ["msg_2"]
    for event in sent.hanging.values():
        event.set()
    eventually(lambda: not lanes.busy)
    assert sorted(sent.ids) == ["msg_1", "msg_3"]


def test_no_more_is_leased_than_can_leave_soon(
    lanes: Lanes, sent: Sent, woken: threading.Semaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lanes.rooms(["a", "b"]) == [("a", 1), ("b", 1)], "one to try it"
    assert len(lanes.rooms([f"e{number}" for number in range(100)])) == PLACES_FOR_OTHERS
    lanes.add([due(1, "a")])
    assert lanes.rooms(["a", "b"]) == [("b", 1)], "the first has something that waits"
    lanes.start()
    assert woken.acquire(timeout=60)
    now = [0.0]
    monkeypatch.setattr(lanes_module, "monotonic", lambda: now[0])
    assert rooms_of(lanes, "quick", sent, woken, count=0) == FEWEST_AHEAD
    lanes.add([due(number, "quick") for number in range(9)])
    assert lanes.rooms(["quick"]) == [], "more than half of them are there"
    lanes.stop()


def rooms_of(lanes: Lanes, name: str, sent: Sent, woken: threading.Semaphore, *, count: int) -> int:
    lanes.add([due(number, name) for number in range(count + 1)])
    lanes.start()
    assert woken.acquire(timeout=60)
    [(_, room)] = lanes.rooms([name])
    return room


@pytest.mark.parametrize(
    ("sent_in_a_second", "ahead"), [(0, FEWEST_AHEAD), (20, FEWEST_AHEAD), (100, 50), (400, 200), (9_000, MOST_LEASED)]
)
def test_as_many_are_leased_ahead_as_an_endpoint_took_in_half_a_second(
    monkeypatch: pytest.MonkeyPatch, sent_in_a_second: int, ahead: int
) -> None:
    now = [100.0]
    monkeypatch.setattr(lanes_module, "monotonic", lambda: now[0])
    pace = lanes_module._Pace()
    pace.count = sent_in_a_second
    now[0] += 1.0
    assert pace.ahead() == ahead
    assert pace.ahead() == ahead, "asked again at once it has nothing new to go by"
    now[0] += 1.0
    assert pace.ahead() == FEWEST_AHEAD, "nothing was sent since"


def test_lines_take_turns_where_places_are_few(
    lanes: Lanes, sent: Sent, woken: threading.Semaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "PLACES_FOR_OTHERS", 1)
    names = ("a", "b", "c")
    sent.hanging = {name: threading.Event() for name in names}
    sent.failing = set(names)
    order = []
    for _ in range(2):
        lanes.add([due(number, name) for number, name in enumerate(names)])
        for _ in names:
            lanes.start()
            [name, *_] = eventually(lambda: [one for one in names if sent.at_once[one]])
            order.append(name)
            sent.hanging[name].set()
            assert woken.acquire(timeout=60)
            sent.hanging[name] = threading.Event()
    assert order == [*names, *names]


def test_the_loop_is_woken_when_a_lane_ends_and_not_before(
    lanes: Lanes, sent: Sent, woken: threading.Semaphore
) -> None:
    sent.hanging["e"] = threading.Event()
    lanes.add([due(1)])
    lanes.start()
    eventually(lambda: sent.ids)
    assert not woken.acquire(blocking=False)
    sent.hanging["e"].set()
    assert woken.acquire(timeout=60)
