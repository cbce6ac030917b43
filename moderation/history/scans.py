"""Bounded keyset scans: lists that look at a limited number of rows and say how far, however large the tables are.

A list is read from streams: sets of rows that an index holds in the list's order. Conditions that no index can answer,
such as a word in the text, are tested on the rows in that order, for a limited number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation.tables import Table

Row = TypeVar("Row", bound=Table)

#: Where a row stands in its list: the values of the columns that order it.
Place = tuple[Any, ...]
#: Conditions that an index answers in the list's order.
Stream = Sequence[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Part(Generic[Row]):
    """A page of a list, the latest first."""

    rows: list[Row]
    #: The next page begins after this place; None: there is nothing more.
    next: Place | None
    #: The scan stopped here, before the page was full.
    stopped_at: Place | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Scan(Generic[Row]):
    """A list: which rows, in the order of which columns."""

    entity: type[Row]
    #: The columns that order the list; the last is unique.
    order: tuple[InstrumentedAttribute[Any], ...]
    streams: Sequence[Stream]
    #: Conditions that are tested on each row of the streams.
    conditions: Sequence[ColumnElement[bool]] = ()

    def page(self, session: Session, *, before: Place | None, limit: int, look: int) -> Part[Row]:
        """Up to `limit` rows after the place `before`, having looked at no more than about `look` rows."""
        candidates: list[Row] = []
        edge: Place | None = None
        for stream in self.streams:
            floor = self._floor(session, stream, before, look // len(self.streams))
            rows = self._rows(session, stream, before, floor, limit + 1)
            candidates += rows
            known_to = self.place(rows[-1]) if len(rows) > limit else floor
            if known_to is not None and (edge is None or known_to > edge):
                edge = known_to
        rows = sorted(
            (row for row in candidates if edge is None or self.place(row) >= edge), key=self.place, reverse=True
        )
        if len(rows) > limit:
            return Part(rows[:limit], self.place(rows[limit - 1]), None)
        return Part(rows, edge, edge)

    def count(self, session: Session, *, most: int, look: int) -> tuple[int, bool]:
        """How many rows there are, and whether that is all of them: counted up to `most`, in at most `look` rows."""
        total, exact = 0, True
        for stream in self.streams:
            floor = self._floor(session, stream, None, look // len(self.streams))
            query = self._query(stream, None, floor).with_only_columns(self.order[-1]).limit(most + 1)
            total += session.scalar(select(func.count()).select_from(query.subquery())) or 0
            exact = exact and floor is None
        return (total, exact) if total <= most else (most, False)

    def place(self, row: Row) -> Place:
        """Where a row stands."""
        return tuple(getattr(row, column.key) for column in self.order)

    def _rows(
        self, session: Session, stream: Stream, before: Place | None, floor: Place | None, limit: int
    ) -> list[Row]:
        query = self._query(stream, before, floor).order_by(*(column.desc() for column in self.order)).limit(limit)
        return list(session.scalars(query))

    def _floor(self, session: Session, stream: Stream, before: Place | None, look: int) -> Place | None:
        """The last place to look at in a stream; None: look at all of it."""
        if not self.conditions:
            return None
        query = (
            select(*self.order)
            .where(*stream, *self._after(before))
            .order_by(*(column.desc() for column in self.order))
            .offset(max(1, look) - 1)
            .limit(1)
        )
        row = session.execute(query).first()
        return None if row is None else tuple(row)

    def _query(self, stream: Stream, before: Place | None, floor: Place | None) -> Select[Row]:
        query = select(self.entity).where(*stream, *self._after(before), *self.conditions)
        return query if floor is None else query.where(self._key() >= self._values(floor))

    def _after(self, before: Place | None) -> list[ColumnElement[bool]]:
        return [] if before is None else [self._key() < self._values(before)]

    def _key(self) -> Any:
        return self.order[0] if len(self.order) == 1 else tuple_(*self.order)

    def _values(self, place: Place) -> Any:
        values = [literal(value, column.type) for value, column in zip(place, self.order, strict=True)]
        return values[0] if len(values) == 1 else tuple_(*values)
