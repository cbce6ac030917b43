"""The team's lists, to which sites subscribe in their policies: made, filled, searched, emptied.

Every change is in the audit with its actor, and makes a new version of the list, by which processes learn of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, delete, func, select, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.orm import Session

from moderation import actors, audit, clock
from moderation.errors import NotFound
from moderation.identities import keyring
from moderation.policy import hidden_entries, policies
from moderation.policy.hidden_entries import Span
from moderation.policy.list_imports import Imported
from moderation.policy.list_kinds import KINDS
from moderation.store import Store, insert_many, take_turn
from moderation.tables import PolicyVersion, SharedList, SharedListEntry, Site
from texts.folding import fold

#: Lists of a team; of those a process keeps all prepared. Entries of a list, and characters of a name.
MOST_LISTS, MOST_ENTRIES, LONGEST_NAME = 50, 100_000, 80
#: Entries that an audit event names, of kinds that are not about people.
_NAMED = 5
#: How often adding is tried while others change the same list.
_TRIES = 3
#: Entries that a search finds at most where entries may be encrypted.
_MOST_FOUND = 10_000
#: Numbers in one query: databases bound the parameters of a statement.
_AT_ONCE = 500
_BUSY = "Somebody else is changing this list at the moment. Try again."

_ENTRIES = cast("SqlTable", SharedListEntry.__table__)


class SharedListError(ValueError):
    """It cannot be done with this list; the message says why."""


class State:
    """What is there in a list. All of its entries are read only where that is asked for."""

    def __init__(self, session: Session, row: SharedList) -> None:
        self._session, self._row, self._shown = session, row, of_list(row)
        self.version, self.kind, self.size = row.version, KINDS[row.kind], row.size

    def known(self, keys: Collection[str]) -> dict[str, tuple[int, datetime | None]]:
        """Number and end of each entry that has one of these keys."""
        columns = SharedListEntry.key, SharedListEntry.number, SharedListEntry.until
        found: dict[str, tuple[int, datetime | None]] = {}
        ordered = list(keys)
        for at in range(0, len(ordered), _AT_ONCE):
            some = SharedListEntry.key.in_(ordered[at : at + _AT_ONCE])
            rows = self._session.execute(select(*columns).where(SharedListEntry.list_id == self._row.id, some))
            found |= {
                key: (number, until) for key, number, until in rows if not hidden_entries.hides(self._row, number)
            }
        return found

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of all entries."""
        return frozenset(self._session.scalars(select(SharedListEntry.key).where(self._shown)))

    @cached_property
    def costly(self) -> int:
        """How many entries are costly (`ListKind.is_costly`)."""
        return sum(map(self.kind.is_costly, self._session.scalars(select(SharedListEntry.entry).where(self._shown))))


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the lines that were read."""

    added: int
    #: Entries that were there and end later now.
    prolonged: int
    there_already: int
    #: The numbers of the first and the last that were added.
    numbers: tuple[int, int]


def find(session: Session, list_id: str) -> SharedList:
    """The list with this id.

    Raises:
        NotFound: there is no such list.
    """
    row = session.get(SharedList, list_id) if clock.is_id("l", list_id) else None
    if row is None or row.deleted_at is not None:
        raise NotFound(f"There is no list {list_id}.")
    return row


def of_list(row: SharedList) -> ColumnElement[bool]:
    """A condition: an entry of this list that counts, as of when `row` was read."""
    return and_(SharedListEntry.list_id == row.id, hidden_entries.is_shown(row))


def in_order(session: Session) -> Sequence[SharedList]:
    """All lists, by name."""
    query = select(SharedList).where(SharedList.deleted_at.is_(None))
    return session.scalars(query.order_by(SharedList.name, SharedList.id)).all()


def names(session: Session) -> dict[str, str]:
    """List id -> name."""
    rows = session.execute(select(SharedList.id, SharedList.name).where(SharedList.deleted_at.is_(None)))
    return {row[0]: row[1] for row in rows}


def create(session: Session, name: str, kind: str, *, actor: str) -> SharedList:
    """A new list, empty, in the caller's transaction.

    Raises:
        SharedListError: the name is missing or taken, there is no such kind, or there are too many lists.
    """
    if kind not in KINDS:
        raise SharedListError(f"Choose a kind: {', '.join(KINDS)}.")
    number = len(names(session))
    if number >= MOST_LISTS:
        raise SharedListError(f"There are {number} lists already, and no more fit.")
    moment = clock.now()
    row = SharedList(
        id=clock.new_id("l", moment),
        name=_free_name(session, name),
        kind=kind,
        version=1,
        last_number=0,
        size=0,
        created_at=moment,
        created_by=actor,
        changed_at=moment,
    )
    session.add(row)
    session.flush()
    _record(session, row, "list.created", actor, kind=kind)
    return row


def rename(session: Session, list_id: str, name: str, *, actor: str) -> None:
    """Give a list another name, in the caller's transaction.

    Raises:
        NotFound: there is no such list.
        SharedListError: the name is missing or taken.
    """
    row = _locked(session, list_id)
    was, row.name = row.name, _free_name(session, name, but=list_id)
    if row.name != was:
        _record(session, row, "list.renamed", actor, was_called=was)


def delete_list(session: Session, list_id: str, *, actor: str) -> tuple[str, int]:
    """Delete a list, in the caller's transaction. Returns its name, and how many entries it had.

    Of a large one the entries stay, and nobody sees them: `hidden_entries.clear` deletes them, or else the clock.

    Raises:
        NotFound: there is no such list.
        SharedListError: a site subscribes to it.
    """
    row = _locked(session, list_id)
    using = [site_name for _, site_name, _ in subscribers(session, list_id)]
    if using:
        raise SharedListError(
            f"It is in use, so it stays. Take it out of these policies first: {', '.join(using[:5])}."
        )
    name, size = row.name, row.size
    _record(session, row, "list.deleted", actor, entries=size)
    if size > hidden_entries.PART or row.hidden:
        row.name, row.deleted_at = row.id, clock.now()
        row.hidden = None
        hidden_entries.hide(row, Span(1, row.last_number))
    else:
        session.execute(delete(SharedListEntry).where(SharedListEntry.list_id == list_id))
        session.delete(row)
    return name, size


def subscribers(session: Session, list_id: str) -> list[tuple[str, str, str]]:
    """Id and name of each site whose policy in force has the list, and the list's effect there."""
    query = policies.in_force().with_only_columns(Site.id, Site.name, PolicyVersion.document["lists"])
    rows = session.execute(query.order_by(Site.name, Site.id))
    return [(site_id, name, lists[list_id]) for site_id, name, lists in rows if list_id in (lists or {})]


def state(session: Session, list_id: str) -> State:
    """What is there in a list.

    Raises:
        NotFound: there is no such list.
    """
    return State(session, find(session, list_id))


def add(store: Store, list_id: str, imported: Imported, *, until: datetime | None, actor: str) -> Added:
    """Add entries, `until` a moment or (None) for ever: all of them, or none. Many are written in parts.

    An entry that is there already stays, and ends at the later of the two moments.

    Raises:
        NotFound: there is no such list.
        SharedListError: a line is bad, they do not fit, or others change the list all the time.
    """
    if imported.bad_lines:
        raise SharedListError("Some lines cannot be entries, so none was added.")
    hidden_entries.clear(store, list_id)
    for _ in range(_TRIES):
        with store.read() as session:
            before = state(session, list_id)
            known = before.known(imported.entries)
            new = {key: entry for key, entry in imported.entries.items() if key not in known}
            _check_fits(before, new, len(imported.costly & new.keys()))
        there = list(known.values())
        later = [number for number, end in there if end is not None and (until is None or until > end)]
        change = _Change(new, later, until, actor)
        with store.write() as session:
            row = _locked(session, list_id)
            if row.version != before.version or row.hidden:
                continue
            span = Span(row.last_number + 1, row.last_number + len(new), clock.now())
            row.last_number = span.last
            if change.is_large:
                hidden_entries.hide(row, span)
            else:
                _write(session, list_id, change, span.first)
                _finish(session, row, change, len(new))
        added = _write_in_parts(store, list_id, change, span) if change.is_large else len(new)
        return Added(added, len(later), len(there) - len(later), (span.first, span.last))
    raise SharedListError(_BUSY)


@dataclass(frozen=True, slots=True)
class Taken:
    """How many entries were taken out, and one of them."""

    number: int
    entry: str | None


def take_out(store: Store, list_id: str, numbers: Sequence[int], *, actor: str) -> Taken:
    """Take out any number of entries by their numbers: at once where nothing stays between them, else in parts.

    Each part is a change of its own: who breaks off finds what is left as before.

    Raises:
        NotFound: there is no such list.
    """
    ordered = sorted(numbers)
    if len(ordered) > hidden_entries.PART and (whole := _hide_whole(store, list_id, ordered, actor)) is not None:
        hidden_entries.clear_soon(store, list_id)
        return whole
    taken: list[str] = []
    for part in _parts(ordered, hidden_entries.PART):
        with store.write_part() as session:
            taken += remove(session, list_id, part, actor=actor)
    return Taken(len(taken), taken[0] if taken else None)


def remove(session: Session, list_id: str, numbers: Collection[int], *, actor: str) -> list[str]:
    """Take entries out by their numbers, in the caller's transaction. Returns those that counted.

    Raises:
        NotFound: there is no such list.
    """
    row = _locked(session, list_id, also_deleted=True)
    taken: list[str] = []
    for part in _parts(sorted(numbers), _AT_ONCE):
        query = delete(SharedListEntry).where(SharedListEntry.list_id == list_id, SharedListEntry.number.in_(part))
        rows = session.execute(query.returning(SharedListEntry.number, SharedListEntry.entry))
        taken += [entry for number, entry in rows if not hidden_entries.hides(row, number)]
    if taken:
        _removed(session, row, len(taken), taken, actor)
    return taken


def take_out_ended(store: Store) -> int:
    """Take out entries that have ended, of every list, as new versions. Returns how many there were."""
    moment, ended = clock.now(), 0
    due = select(SharedListEntry.list_id).where(SharedListEntry.until <= moment).distinct()
    with store.read() as session:
        lists = session.scalars(due).all()
    for list_id in lists:
        while gone := _take_out_ended(store, list_id, moment):
            ended += gone
    return ended


def _take_out_ended(store: Store, list_id: str, moment: datetime) -> int:
    """Take out a part of a list's ended entries. Returns how many."""
    with store.write_part() as session:
        row = session.scalar(select(SharedList).where(SharedList.id == list_id).with_for_update())
        if row is None:
            return 0
        due = select(SharedListEntry.number).where(of_list(row), SharedListEntry.until <= moment)
        numbers = session.scalars(due.order_by(SharedListEntry.number).limit(hidden_entries.PART)).all()
        for part in _parts(numbers, _AT_ONCE):
            these = SharedListEntry.number.in_(part)
            session.execute(delete(SharedListEntry).where(SharedListEntry.list_id == list_id, these))
        if numbers:
            _changed(row, -len(numbers))
            _record(session, row, "list.entries_ended", actors.POLICY, entries=len(numbers))
    return len(numbers)


def entries(
    session: Session, list_id: str, *, having: str = "", before: int | None = None, limit: int = 100
) -> Sequence[SharedListEntry]:
    """A page of a list's entries, the latest first: those that have this text in them, before this number."""
    query = _of_list(session, list_id, having)
    if before is not None:
        query = query.where(SharedListEntry.number < before)
    return session.scalars(query.order_by(SharedListEntry.number.desc()).limit(limit)).all()


def by_numbers(session: Session, list_id: str, numbers: Sequence[int]) -> Sequence[SharedListEntry]:
    """The entries with these numbers, in this order; those that are gone are left out."""
    query = _of_list(session, list_id, "").where(SharedListEntry.number.in_(numbers))
    rows = {row.number: row for row in session.scalars(query)}
    return [rows[number] for number in numbers if number in rows]


def numbers(
    session: Session, list_id: str, *, having: str = "", within: tuple[int, int] | None = None
) -> Sequence[int]:
    """The numbers of the entries, the latest first: of those with this text in them, from a number up to another."""
    query = _of_list(session, list_id, having).with_only_columns(SharedListEntry.number)
    if within is not None:
        query = query.where(SharedListEntry.number.between(*within))
    return session.scalars(query.order_by(SharedListEntry.number.desc())).all()


def _of_list(session: Session, list_id: str, having: str) -> Select[SharedListEntry]:
    query = select(SharedListEntry).where(of_list(find(session, list_id)))
    if having and keyring.current().is_on:  # the database cannot look into what is encrypted
        rows = session.execute(query.with_only_columns(SharedListEntry.number, SharedListEntry.entry))
        found = [number for number, entry in rows if having.lower() in entry.lower()]
        return query.where(SharedListEntry.number.in_(found[-_MOST_FOUND:]))
    return query.where(SharedListEntry.entry.icontains(having, autoescape=True)) if having else query


def _check_fits(before: State, new: Mapping[str, str], new_costly: int) -> None:
    number = before.size + len(new)
    if number > MOST_ENTRIES:
        raise SharedListError(f"The list would have {number:,} entries; at most {MOST_ENTRIES:,} fit.")
    costly = before.costly + new_costly if new_costly else 0
    if costly > before.kind.most_costly:
        most = before.kind.most_costly
        raise SharedListError(f"The list would have {costly:,} entries {before.kind.costly}; at most {most:,} fit.")


@dataclass(frozen=True, slots=True)
class _Change:
    """What is added: new entries by their keys, and the numbers of those that end later."""

    new: Mapping[str, str]
    later: Sequence[int]
    until: datetime | None
    actor: str

    @property
    def is_large(self) -> bool:
        return len(self.new) + len(self.later) > hidden_entries.PART


def _write_in_parts(store: Store, list_id: str, change: _Change, span: Span) -> int:
    """Write what nobody sees yet, in parts, and then let it count. Returns how many."""
    for at in range(0, len(change.new), hidden_entries.PART):
        part = dict(islice(change.new.items(), at, at + hidden_entries.PART))
        with store.write_part() as session:
            span = _still_writing(_locked(session, list_id), span)
            _write(session, list_id, replace(change, new=part, later=()), span.first + at)
    for numbers in _parts(change.later, hidden_entries.PART):
        with store.write_part() as session:
            span = _still_writing(_locked(session, list_id), span)
            _write(session, list_id, replace(change, new={}, later=numbers), 0)
    with store.write_part() as session:
        row = _locked(session, list_id)
        hidden_entries.show(row, _still_writing(row, span))
        written = SharedListEntry.list_id == list_id, SharedListEntry.number.between(span.first, span.last)
        number = session.scalar(select(func.count()).select_from(SharedListEntry).where(*written)) or 0
        _finish(session, row, change, number)
    return number


def _still_writing(row: SharedList, span: Span) -> Span:
    """Note that this import lives.

    Raises:
        SharedListError: it was taken for dead.
    """
    if span not in hidden_entries.of(row):
        raise SharedListError(_BUSY)
    lives = replace(span, written_at=clock.now())
    hidden_entries.replace(row, span, lives)
    return lives


def _write(session: Session, list_id: str, change: _Change, first: int) -> None:
    """Write entries, numbered from `first` on, and the ends of others."""
    common = {"list_id": list_id, "added_at": clock.now(), "added_by": change.actor, "until": change.until}
    rows = [
        common | {"number": at, "key": key, "entry": entry} for at, (key, entry) in enumerate(change.new.items(), first)
    ]
    if rows:
        insert_many(session, _ENTRIES, rows)
    for part in _parts(change.later, _AT_ONCE):
        these = SharedListEntry.list_id == list_id, SharedListEntry.number.in_(part)
        prolonged = update(SharedListEntry).where(*these).values(until=change.until)
        session.execute(prolonged.execution_options(synchronize_session=False))


def _finish(session: Session, row: SharedList, change: _Change, number: int) -> None:
    """Count and record what was added, if anything was."""
    if not number and not change.later:
        return
    _changed(row, number)
    detail: dict[str, Any] = {"entries": number}
    detail |= {"prolonged": len(change.later)} if change.later else {}
    detail |= {"until": change.until.isoformat()} if change.until is not None else {}
    if number and not KINDS[row.kind].about_people:
        detail["among_them"] = list(islice(change.new.values(), _NAMED))
    _record(session, row, "list.entries_added", change.actor, **detail)


def _hide_whole(store: Store, list_id: str, numbers: Sequence[int], actor: str) -> Taken | None:
    """Take out entries at once; None where others stay between them, or are just being added."""
    with store.write() as session:
        row = _locked(session, list_id)
        if any(span.written_at is not None for span in hidden_entries.of(row)):
            return None
        within = of_list(row), SharedListEntry.number.between(numbers[0], numbers[-1])
        if session.scalar(select(func.count()).select_from(SharedListEntry).where(*within)) != len(numbers):
            return None
        some = session.scalars(select(SharedListEntry.entry).where(*within).limit(_NAMED)).all()
        hidden_entries.hide(row, Span(numbers[0], numbers[-1]))
        _removed(session, row, len(numbers), some, actor)
    return Taken(len(numbers), some[0])


def _removed(session: Session, row: SharedList, number: int, some: Sequence[str], actor: str) -> None:
    """Count and record that entries, among them `some`, are gone."""
    _changed(row, -number)
    named = {} if KINDS[row.kind].about_people else {"among_them": sorted(some)[:_NAMED]}
    _record(session, row, "list.entries_removed", actor, entries=number, **named)


def _parts(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for at in range(0, len(numbers), size):
        yield numbers[at : at + size]


def _changed(row: SharedList, more: int) -> None:
    row.version += 1
    row.size += more
    row.changed_at = clock.now()


def _locked(session: Session, list_id: str, *, also_deleted: bool = False) -> SharedList:
    query = select(SharedList).where(SharedList.id == list_id).with_for_update()
    row = session.scalar(query) if clock.is_id("l", list_id) else None
    if row is None or (row.deleted_at is not None and not also_deleted):
        raise NotFound(f"There is no list {list_id}.")
    return row


def _free_name(session: Session, name: str, *, but: str = "") -> str:
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME:
        raise SharedListError(f"Give a name of 1 to {LONGEST_NAME} characters.")
    take_turn(session, "lists' names")
    others = session.execute(select(SharedList.id, SharedList.name).where(SharedList.id != but))
    if any(fold(other) == fold(plain) for _, other in others):
        raise SharedListError("There is a list of this name already.")
    return plain


def _record(session: Session, row: SharedList, action: str, actor: str, **detail: Any) -> None:
    whole = {"list": row.name, "list_version": row.version} | detail
    audit.record(session, [audit.row(action, actor=actor, detail=whole)])
