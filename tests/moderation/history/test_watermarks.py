"""How far something has come is moved on by one process only, also where two want to at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import IntegrityError

from moderation.history import watermarks
from moderation.store import Store
from tests.support.databases import waits_for_a_lock
from tests.support.waiting import eventually


def move(store: Store, before: str | None, after: str) -> bool:
    with store.write() as session:
        return watermarks.advance(session, "of a test", before, after)


def position(store: Store) -> str | None:
    with store.read() as session:
        return watermarks.position(session, "of a test")


def test_who_was_slower_moves_nothing(store: Store) -> None:
    assert position(store) is None
    assert move(store, None, "a_1")
    assert move(store, "a_1", "a_5")
    assert not move(store, "a_1", "a_3")
    assert position(store) == "a_5"
    with pytest.raises(IntegrityError):
        move(store, None, "a_2")
    assert position(store) == "a_5"


def put(store: Store, at: str) -> None:
    with store.write() as session:
        watermarks.put(session, "of a test", at)


def test_one_is_set_whether_it_is_there_or_not(store: Store) -> None:
    for at in ("a_5", "a_1"):
        put(store, at)
        assert position(store) == at


def test_two_that_set_it_for_the_first_time_at_the_same_moment_both_do(store: Store) -> None:
    if store.is_sqlite:
        pytest.skip("about PostgreSQL: on SQLite there is one writer")
    with ThreadPoolExecutor(1) as threads:
        with store.write() as session:
            watermarks.put(session, "of a test", "a_1")
            other = threads.submit(put, store, "a_2")
            eventually(lambda: waits_for_a_lock(store) or other.done())
        other.result(60)
    assert position(store) == "a_2"
