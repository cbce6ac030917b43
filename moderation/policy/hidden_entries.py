"""Entries of a shared list that do not count: those of an import until it is whole, and those that were taken out.

Tens of thousands of rows are written and deleted in parts, each a short transaction, so that nobody waits long to
write. What counts changes at once all the same: the list's row says which numbers are hidden. What is killed in between
leaves hidden entries only, and the clock deletes them. See docs/decisions/0117-large-lists-in-parts.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, not_, select

from moderation import clock
from moderation.store import AWAY, Store
from moderation.tables import SharedList, SharedListEntry

#: Entries that one transaction writes or deletes.
PART = 2_000
#: An import that has written nothing for so long is dead.
_DEAD = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Span:
    """The numbers of hidden entries, the first and the last."""

    first: int
    last: int
    #: When the import that brings them wrote last; None: they are gone, and wait for being deleted.
    written_at: datetime | None = None


def of(row: SharedList) -> list[Span]:
    """What is hidden of a list."""
    return [Span(first, last, datetime.fromisoformat(at) if at else None) for first, last, at in row.hidden or ()]


def is_shown(row: SharedList) -> ColumnElement[bool]:
    """A condition: the entry counts, as of when `row` was read."""
    hidden = [SharedListEntry.number.between(span.first, span.last) for span in of(row)]
    return and_(SharedListEntry.number <= row.last_number, *map(not_, hidden))


def hides(row: SharedList, number: int) -> bool:
    """Whether the entry with this number does not count, as of when `row` was read."""
    return number > row.last_number or any(first <= number <= last for first, last, _ in row.hidden or ())


def hide(row: SharedList, span: Span) -> None:
    """Let the entries with these numbers no longer count, or not yet, in the caller's transaction."""
    _keep(row, [*of(row), span])


def show(row: SharedList, span: Span) -> None:
    """Let them count."""
    _keep(row, [other for other in of(row) if other != span])


def replace(row: SharedList, span: Span, by: Span) -> None:
    """Put another span in a hidden one's place."""
    _keep(row, [by if other == span else other for other in of(row)])


def clear(store: Store, list_id: str) -> None:
    """Delete what is gone of a list, and what a dead import left, in parts; and then a deleted list itself."""
    while (next_part := _next(store, list_id)) is not None:
        span, numbers = next_part
        with store.write_part() as session:
            row = session.scalar(select(SharedList).where(SharedList.id == list_id).with_for_update())
            if row is None or span not in of(row):  # somebody else was faster, or the import lives
                continue
            if span.written_at is not None:  # from here on it can write nothing more
                replace(row, span, Span(span.first, span.last))
                continue
            if numbers:
                within = SharedListEntry.number.between(numbers[0], numbers[-1])
                session.execute(delete(SharedListEntry).where(SharedListEntry.list_id == list_id, within))
            if len(numbers) < PART:
                show(row, span)
                if row.deleted_at is not None and not row.hidden:
                    session.delete(row)


def clear_soon(store: Store, list_id: str) -> None:
    """`clear`, where that may also come later: if the database is away, the clock does it."""
    with suppress(*AWAY):
        clear(store, list_id)


def clear_all(store: Store) -> None:
    """`clear` every list."""
    with store.read() as session:
        list_ids = session.scalars(select(SharedList.id).where(SharedList.hidden.is_not(None))).all()
    for list_id in list_ids:
        clear(store, list_id)


def _next(store: Store, list_id: str) -> tuple[Span, Sequence[int]] | None:
    """A span to delete, and the numbers of its first entries that are there."""
    dead = clock.now() - _DEAD
    with store.read() as session:
        row = session.get(SharedList, list_id)
        spans = [] if row is None else of(row)
        span = next((span for span in spans if span.written_at is None or span.written_at < dead), None)
        if span is None:
            return None
        query = select(SharedListEntry.number).where(
            SharedListEntry.list_id == list_id, SharedListEntry.number.between(span.first, span.last)
        )
        return span, session.scalars(query.order_by(SharedListEntry.number).limit(PART)).all()


def _keep(row: SharedList, spans: Sequence[Span]) -> None:
    kept = [[span.first, span.last, span.written_at and span.written_at.isoformat()] for span in spans]
    row.hidden = kept or None
