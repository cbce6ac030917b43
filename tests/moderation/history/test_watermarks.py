"""How far something has come is moved on by one process only, also where two want to at the same moment."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from moderation.history import watermarks
from moderation.store import Store


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
