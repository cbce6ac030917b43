"""Large changes of a shared list: written in parts, counting at once, and whole whatever is killed in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from moderation.errors import NotFound
from moderation.policy import hidden_entries, list_imports, policies, prepared_lists, shared_lists
from moderation.policy.shared_lists import Added, SharedListError, Taken
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, SharedList, SharedListEntry
from tests.support.clock import Clock
from tests.support.comments import rows

BY = "user:u_chief"
MANY = [f"word{number}" for number in range(7)]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hidden_entries, "PART", 2)


@pytest.fixture
def words(store: Store) -> str:
    """A list of words with one entry."""
    with store.write() as session:
        list_id = shared_lists.create(session, "Ours", "words", actor=BY).id
    add(store, list_id, "first")
    return list_id


def add(store: Store, list_id: str, *entries: str, until: datetime | None = None) -> Added:
    with store.read() as session:
        there = shared_lists.state(session, list_id)
        read = list_imports.read(there.kind, "\n".join(entries), there)
    return shared_lists.add(store, list_id, read, until=until, actor=BY)


def take_out(store: Store, list_id: str, numbers: Sequence[int]) -> Taken:
    return shared_lists.take_out(store, list_id, numbers, actor=BY)


def seen(store: Store, list_id: str) -> list[str]:
    """What everybody sees of a list; each way of looking finds the same."""
    with store.read() as session:
        listed = [entry.entry for entry in shared_lists.entries(session, list_id, limit=1000)]
        numbers = shared_lists.numbers(session, list_id)
        by_number = shared_lists.by_numbers(session, list_id, range(100))
        prepared = prepared_lists.read(session, {list_id})[list_id]
        there = shared_lists.state(session, list_id)
        text = " ".join(["first", "last", *MANY])
        facts: Any = type("Facts", (), {"name": "", "url": ""})
        found = [entry.entry for entry in by_number if entry.number in prepared.matches(facts, text, "reject")]
        assert sorted(listed) == sorted(entry.entry for entry in by_number) == sorted(found)
        assert len(numbers) == len(there.keys) == there.size == len(listed)
        assert len(there.known(there.keys)) == len(listed)
    return sorted(listed)


def audit(store: Store) -> list[tuple[str, Any]]:
    return [(one.action, (one.detail or {}).get("entries")) for one in rows(store, AuditEvent) if "list." in one.action]


class Interrupted(Exception):
    """Something died."""


def after_parts(monkeypatch: pytest.MonkeyPatch, parts: int, then: Callable[[], object]) -> None:
    """Do something once so many parts of an import are written, before the next."""
    write, done = shared_lists._write, [0]

    def counting(*args: Any) -> None:
        done[0] += 1
        write(*args)
        if done[0] == parts:
            then()

    monkeypatch.setattr(shared_lists, "_write", counting)


def die() -> None:
    raise Interrupted


def test_an_import_counts_once_it_is_whole(store: Store, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rows(store, SharedList)[0].version
    seen_between = []
    still_writing = shared_lists._still_writing

    def look(*args: Any) -> Any:
        seen_between.append(seen(store, words))
        return still_writing(*args)

    monkeypatch.setattr(shared_lists, "_still_writing", look)
    assert add(store, words, *MANY, "First") == Added(7, 0, 1, (2, 8))
    assert seen_between == [["first"]] * 5  # four parts, and the end
    assert seen(store, words) == sorted(["first", *MANY])
    row = rows(store, SharedList)[0]
    assert (row.version, row.hidden) == (before + 1, None)
    assert audit(store)[-1] == ("list.entries_added", 7)


def test_ends_are_prolonged_in_parts_too(store: Store, words: str, clock: Clock) -> None:
    add(store, words, *MANY, until=clock.now + timedelta(days=1))
    assert add(store, words, *MANY, "last", until=clock.now + timedelta(days=2)) == Added(1, 7, 0, (9, 9))
    clock.advance(days=1, hours=1)
    assert shared_lists.take_out_ended(store) == 0
    clock.advance(days=1)
    assert shared_lists.take_out_ended(store) == 8
    assert seen(store, words) == ["first"]
    assert audit(store)[-4:] == [("list.entries_ended", 2)] * 4


def test_an_import_that_dies_leaves_nothing_and_is_run_again(
    store: Store, words: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        after_parts(patch, 3, die)
        with pytest.raises(Interrupted):
            add(store, words, *MANY)
    assert seen(store, words) == ["first"]
    assert len(rows(store, SharedListEntry)) == 1 + 2 * 2, "the part in which it died is rolled back"
    with pytest.raises(SharedListError, match="Somebody else is changing"):
        add(store, words, "last")
    clock.advance(minutes=2)
    assert add(store, words, *MANY) == Added(7, 0, 0, (9, 15))
    assert seen(store, words) == sorted(["first", *MANY])
    assert len(rows(store, SharedListEntry)) == 8


def test_the_clock_deletes_what_a_dead_import_left(
    store: Store, words: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_parts(monkeypatch, 3, die)
    with pytest.raises(Interrupted):
        add(store, words, *MANY)
    hidden_entries.clear_all(store)
    assert len(rows(store, SharedListEntry)) == 5, "it may be alive"
    clock.advance(minutes=2)
    hidden_entries.clear_all(store)
    assert [entry.entry for entry in rows(store, SharedListEntry)] == ["first"]
    assert rows(store, SharedList)[0].hidden is None


def test_an_import_that_was_taken_for_dead_writes_nothing_more(
    store: Store, words: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_parts(monkeypatch, 2, die)
    with pytest.raises(Interrupted):
        add(store, words, *MANY)
    [span] = hidden_entries.of(rows(store, SharedList)[0])
    clock.advance(minutes=2)
    hidden_entries.clear_all(store)
    with store.write() as session, pytest.raises(SharedListError):
        shared_lists._still_writing(shared_lists.find(session, words), span)


def test_what_is_taken_out_is_gone_at_once_and_deleted_in_parts(
    store: Store, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = add(store, words, *MANY)
    add(store, words, "last")
    version = rows(store, SharedList)[0].version
    with monkeypatch.context() as patch:
        patch.setattr(hidden_entries, "clear", lambda *_: None)
        assert take_out(store, words, range(added.numbers[0], added.numbers[1] + 1)).number == 7
    assert seen(store, words) == ["first", "last"]
    assert len(rows(store, SharedListEntry)) == 9
    assert rows(store, SharedList)[0].version == version + 1
    assert audit(store)[-1] == ("list.entries_removed", 7)
    assert take_out(store, words, range(2, 9)) == Taken(0, None), "nothing is taken out twice"
    assert add(store, words, *MANY[:2]) == Added(2, 0, 0, (10, 11)), "what was left is deleted first"
    assert seen(store, words) == sorted(["first", "last", *MANY[:2]])
    assert len(rows(store, SharedListEntry)) == 4


def test_where_others_stay_between_them_each_part_is_a_change_of_its_own(
    store: Store, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, words, *MANY)
    remove, done = shared_lists.remove, [0]

    def dies(*args: Any, **named: Any) -> list[str]:
        done[0] += 1
        if done[0] == 2:
            raise Interrupted
        return remove(*args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(shared_lists, "remove", dies)
        with pytest.raises(Interrupted):
            take_out(store, words, [2, 4, 6, 8])
    assert seen(store, words) == sorted(["first", *MANY[1:2], *MANY[3:]])
    assert take_out(store, words, [2, 4, 6, 8]).number == 2
    assert seen(store, words) == sorted(["first", "word1", "word3", "word5"])
    assert audit(store)[-2:] == [("list.entries_removed", 2)] * 2


def test_an_import_stays_when_all_around_it_is_taken_out(store: Store, words: str) -> None:
    add(store, words, "last")
    with store.write() as session:  # an import of two entries is at it
        row = shared_lists.find(session, words)
        hidden_entries.hide(row, hidden_entries.Span(3, 4, row.changed_at))
        row.last_number = 4
    common = {"list_id": words, "added_at": rows(store, SharedList)[0].changed_at, "added_by": BY}
    with store.write() as session:
        for number in (3, 5):
            session.add(SharedListEntry(number=number, entry=f"z{number}", key=str(number), **common))
        row = shared_lists.find(session, words)
        row.size, row.last_number = 3, 5
    assert take_out(store, words, [1, 2, 5]).number == 3
    assert [entry.number for entry in rows(store, SharedListEntry)] == [3]
    assert [(span.first, span.last) for span in hidden_entries.of(rows(store, SharedList)[0])] == [(3, 4)]


def test_a_deleted_list_is_gone_at_once_and_its_entries_follow(store: Store, words: str, site: CreatedSite) -> None:
    add(store, words, *MANY)
    with store.write() as session:
        assert shared_lists.delete_list(session, words, actor=BY) == ("Ours", 8)
    assert len(rows(store, SharedListEntry)) == 8
    with store.write() as session:
        with pytest.raises(NotFound):
            shared_lists.find(session, words)
        with pytest.raises(NotFound):
            shared_lists.rename(session, words, "Back", actor=BY)
        assert not shared_lists.in_order(session)
        assert not shared_lists.names(session)
        assert not prepared_lists.read(session, {words})
        document = policies.current(session, site.id).document
        policies.save(session, site.id, document | {"lists": {words: "reject"}}, actor=BY)
        shared_lists.create(session, "Ours", "words", actor=BY)
    with store.read() as session:
        assert policies.current(session, site.id).document["lists"] == {}
    assert shared_lists.take_out_ended(store) == 0
    hidden_entries.clear_all(store)
    assert not rows(store, SharedListEntry)
    assert [row.name for row in rows(store, SharedList)] == ["Ours"]
    assert ("list.deleted", 8) in audit(store)
