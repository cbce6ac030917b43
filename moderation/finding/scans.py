"""Bounded keyset scans: lists that look at a limited number of rows and say how far, however large the tables are.

A list is read from streams: sets of rows that an index holds in the list's order. Conditions that no index can answer,
such as a word in the text, are tested on the rows in that order, for a limited number of rows. A list in another order
than its streams have is `Sorted`, of a limited number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_, union_all
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
    #: The list was sorted from only so many rows, the last of a longer one; see `Sorted`. None: it has all rows.
    of_last: int | None = None


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
        candidates: list[Place] = []
        edge: Place | None = None
        for stream in self.streams:
            floor = self._floor(session, stream, before, look // len(self.streams))
            places = self._places(session, stream, before, floor, limit + 1)
            candidates += places
            known_to = places[-1] if len(places) > limit else floor
            if known_to is not None and (edge is None or known_to > edge):
                edge = known_to
        places = sorted((place for place in candidates if edge is None or place >= edge), reverse=True)
        if len(places) > limit:
            return Part(_at(session, self.entity, self.order[-1], places[:limit]), places[limit - 1], None)
        return Part(_at(session, self.entity, self.order[-1], places), edge, edge)

    def count(self, session: Session, *, most: int, look: int) -> tuple[int, bool]:
        """How many rows there are, and whether that is all of them: counted up to `most`, in at most `look` rows."""
        total, exact = 0, True
        for stream in self.streams:
            floor = self._floor(session, stream, None, look // len(self.streams))
            # In the list's order, which keeps the database at the stream's index.
            query = self._query(stream, None, floor).with_only_columns(self.order[-1])
            query = query.order_by(*(column.desc() for column in self.order)).limit(most + 1)
            total += session.scalar(select(func.count()).select_from(query.subquery())) or 0
            exact = exact and floor is None
        return (total, exact) if total <= most else (most, False)

    def place(self, row: Row) -> Place:
        """Where a row stands."""
        return tuple(getattr(row, column.key) for column in self.order)

    def _places(
        self, session: Session, stream: Stream, before: Place | None, floor: Place | None, limit: int
    ) -> list[Place]:
        query = self._query(stream, before, floor).with_only_columns(*self.order)
        query = query.order_by(*(column.desc() for column in self.order)).limit(limit)
        return [tuple(row) for row in session.execute(query)]

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
        return query if floor is None else query.where(_key(self.order) >= _values(self.order, floor))

    def _after(self, before: Place | None) -> list[ColumnElement[bool]]:
        return [] if before is None else [_key(self.order) < _values(self.order, before)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sorted(Generic[Row]):
    """A list in an order that no index has: the last `most` rows of the streams, by the indexes' order, are sorted."""

    entity: type[Row]
    #: The columns that order the list, and those that order the streams; the last is unique, and the same.
    order: tuple[InstrumentedAttribute[Any], ...]
    native: tuple[InstrumentedAttribute[Any], ...]
    streams: Sequence[Stream]
    conditions: Sequence[ColumnElement[bool]]
    most: int

    def page(self, session: Session, *, before: Place | None, limit: int, look: int) -> Part[Row]:  # noqa: ARG002
        """Up to `limit` rows after the place `before`."""
        gathered, is_cut = self._gathered(session)
        if gathered is None:
            return Part([], None, None)
        query = select(*self.order).where(self.order[-1].in_(gathered), *self.conditions)
        if before is not None:
            query = query.where(_key(self.order) < _values(self.order, before))
        ordered = query.order_by(*(one.desc() for one in self.order)).limit(limit + 1)
        places = [tuple(row) for row in session.execute(ordered)]
        following = places[limit - 1] if len(places) > limit else None
        rows = _at(session, self.entity, self.order[-1], places[:limit])
        return Part(rows, following, None, of_last=self.most if is_cut else None)

    def count(self, session: Session, *, most: int, look: int) -> tuple[int, bool]:  # noqa: ARG002
        """How many rows there are, and whether that is all of them."""
        gathered, is_cut = self._gathered(session)
        if gathered is None:
            return 0, True
        query = select(self.order[-1]).where(self.order[-1].in_(gathered), *self.conditions).limit(most + 1)
        total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        return (total, not is_cut) if total <= most else (most, False)

    def place(self, row: Row) -> Place:
        """Where a row stands."""
        return tuple(getattr(row, column.key) for column in self.order)

    def _gathered(self, session: Session) -> tuple[Any, bool]:
        """A query of the rows' keys, None if there are none, and whether long streams had to be cut."""
        sizes = [
            session.scalar(select(func.count()).select_from(self._head(stream, self.most + 1).subquery())) or 0
            for stream in self.streams
        ]
        share, room = self.most + 1, self.most
        for place, size in enumerate(sorted(sizes)):  # short streams leave their room to the long ones
            share = room // (len(sizes) - place)
            if size > share:
                break
            room, share = room - size, self.most
        heads = [
            self._head(stream, min(size, share)).subquery()
            for stream, size in zip(self.streams, sizes, strict=True)
            if min(size, share)
        ]
        if not heads:
            return None, False
        return union_all(*(select(head.c[self.order[-1].key]) for head in heads)), max(sizes) > share

    def _head(self, stream: Stream, most: int) -> Select[Any]:
        query = select(self.order[-1]).where(*stream)
        return query.order_by(*(column.desc() for column in self.native)).limit(most)


def _at(session: Session, entity: type[Row], key: InstrumentedAttribute[Any], places: Sequence[Place]) -> list[Row]:
    """The rows at these places, read whole only now: most of those that are looked up, or sorted, are on no page."""
    query = select(entity).where(key.in_([place[-1] for place in places]))
    rows = {getattr(row, key.key): row for row in session.scalars(query)}
    return [rows[place[-1]] for place in places if place[-1] in rows]


def _key(order: Sequence[InstrumentedAttribute[Any]]) -> Any:
    return order[0] if len(order) == 1 else tuple_(*order)


def _values(order: Sequence[InstrumentedAttribute[Any]], place: Place) -> Any:
    values = [literal(value, column.type) for value, column in zip(place, order, strict=True)]
    return values[0] if len(values) == 1 else tuple_(*values)
