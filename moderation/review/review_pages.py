"""Reads the review queue in keyset pages that cost the same with a hundred open items and with a million.

A page is read off an index that has its filter in its order. What has no such index (two filters at once, a text) is
looked for among at most `LOOKED_AT` items, and the page says how far it came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from moderation import authors, clock
from moderation.review import groups
from moderation.review.urgency import HEAD_START, LATEST
from moderation.tables import Comment, Moment, ReviewItem, Site
from texts.folding import fold

#: By what a page is ordered: what is due first, or the longest open, or the latest opened.
Order = Literal["due", "oldest", "newest"]
#: Counting further would cost more, the longer the queue is, and tell nobody anything.
COUNT_UP_TO = 1_000
#: How many items, and how many characters of their comments, one page is looked for in.
LOOKED_AT, CHARACTERS = 5_000, 5_000_000
#: How many are read at once meanwhile.
_STEP = 500
#: SQLite joins 500 queries at most.
_SITES_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """Which open items; None asks for no matter which."""

    label: str | None = None
    rule: str | None = None
    kind: str | None = None
    language: str | None = None
    #: A key, or an id, an e-mail address or a name.
    author_key: str | None = None
    thread: str | None = None
    opened_since: datetime | None = None
    opened_before: datetime | None = None
    #: Words that the comment and its author's name have to hold, all of them, in any case.
    text: str | None = None
    #: Somebody (`user:<id>`): leave out what they may not take.
    not_for: str | None = None
    #: The sites that the asker may see: of those that say nearly the same, leave out all but the first. Not on one
    #: page or of one author, where the first may be another's.
    one_of_each: Collection[str] | None = None


#: What an index has in the queue's order, the likeliest to be few first.
INDEXED = ("author_key", "thread", "label", "language", "rule", "kind")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: the next begins after it.

    `at` is `ReviewItem.due`; in the other orders `opened_at`, in microseconds since 1970.
    """

    at: int
    item_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Open items with their comments, in order."""

    rows: list[tuple[ReviewItem, Comment]]
    #: Where to go on; None: there is no more.
    next: Position | None
    #: How many items were looked at.
    looked_at: int
    #: Whether it stopped looking before the page was full: further on there may be more that match.
    cut_short: bool = False


def page(
    session: Session,
    site_ids: Collection[str] | None,
    filters: Filters = Filters(),
    order: Order = "due",
    *,
    after: Position | None = None,
    limit: int = 50,
) -> Page:
    """A page of the open items of these sites; `site_ids` None: of every site."""
    asked = {name: value for name in INDEXED if (value := getattr(filters, name)) is not None}
    in_range = order != "due" or (filters.opened_since is None and filters.opened_before is None)
    if site_ids is None and (asked or order != "due"):
        site_ids = session.scalars(select(Site.id)).all()
    if filters.author_key is not None:
        asked["author_key"] = _key_meant(session, site_ids or (), filters.author_key)
        filters = replace(filters, author_key=asked["author_key"])
    reading = _Reading(session, site_ids, filters, order, after)
    if not filters.text and in_range and len(asked) <= (order == "due"):
        return reading.in_order(_equal(asked), limit, step=limit + 1)
    counts = {name: count(session, site_ids, _equal({name: value})) for name, value in asked.items()}
    scarcest = min(counts, key=lambda name: counts[name], default=None)
    driving = _equal({scarcest: asked[scarcest]} if scarcest else {})
    if (counts[scarcest] if scarcest else count(session, site_ids)) <= COUNT_UP_TO:
        return reading.all_at_once(driving, limit)
    return reading.in_order(driving if order == "due" else [], limit, step=min(_STEP, 10 * limit))


def count(session: Session, site_ids: Collection[str] | None, conditions: Sequence[ColumnElement[bool]] = ()) -> int:
    """How many open items of these sites meet the conditions, counted up to `COUNT_UP_TO` + 1."""
    query = select(literal(1)).where(*_open(site_ids), *conditions).limit(COUNT_UP_TO + 1)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def position(item: Row[Any] | ReviewItem, order: Order) -> Position:
    """Where an item stands in this order."""
    return Position(item.due if order == "due" else _microseconds(item.opened_at), item.id)


@dataclass(slots=True)
class _Reading:
    """What one page is asked for."""

    session: Session
    site_ids: Collection[str] | None
    filters: Filters
    order: Order
    after: Position | None

    def in_order(self, conditions: Sequence[ColumnElement[bool]], limit: int, *, step: int) -> Page:
        """Read on in the index's order, `step` items first, until the page is full or enough was looked at."""
        matching: list[Row[Any]] = []
        looked_at = characters = 0
        place = self.after
        while True:
            rows = self._ahead(conditions, place, step)
            looked_at += len(rows)
            matching += filter(self._meets, rows)
            if len(matching) > limit:
                return Page(self._load(matching[:limit]), position(matching[limit - 1], self.order), looked_at)
            if len(rows) < step:
                return Page(self._load(matching), None, looked_at)
            place = position(rows[-1], self.order)
            characters += sum(len(row.comment) for row in rows) if self.filters.text else 0
            if looked_at >= LOOKED_AT or characters >= CHARACTERS:
                return Page(self._load(matching), place, looked_at, cut_short=True)
            step = _STEP

    def all_at_once(self, conditions: Sequence[ColumnElement[bool]], limit: int) -> Page:
        """Read all that meet the conditions, which are few, and put them in order."""
        rows = self.session.execute(self._select().where(*_open(self.site_ids), *conditions, *self._foremost())).all()
        backwards = self.order == "newest"
        matching = sorted(filter(self._meets, rows), key=self._key, reverse=backwards)
        if self.after is not None:
            place = (self.after.at, self.after.item_id)
            matching = [row for row in matching if (self._key(row) < place if backwards else self._key(row) > place)]
        ended = position(matching[limit - 1], self.order) if len(matching) > limit else None
        return Page(self._load(matching[:limit]), ended, len(rows))

    def _key(self, row: Row[Any]) -> tuple[int, str]:
        place = position(row, self.order)
        return place.at, place.item_id

    def _select(self) -> Select[Any]:
        columns = [ReviewItem.__table__.c[name] for name in ("id", "due", "opened_at", "not_for", *INDEXED)]
        if not self.filters.text:
            return select(*columns)
        return select(*columns, Comment.name, Comment.comment).join(Comment, Comment.id == ReviewItem.comment_id)

    def _ahead(self, conditions: Sequence[ColumnElement[bool]], place: Position | None, size: int) -> list[Row[Any]]:
        """The next items: the head of each site's index, merged."""
        asked = [*conditions, *self._range(), *self._foremost()]
        key = (ReviewItem.due if self.order == "due" else ReviewItem.opened_at, ReviewItem.id)
        if place is not None:
            at = literal(place.at) if self.order == "due" else literal(_moment(place.at), Moment)
            there = tuple_(at, literal(place.item_id))
            asked.append(tuple_(*key) < there if self.order == "newest" else tuple_(*key) > there)
        by = [column.desc() for column in key] if self.order == "newest" else [*key]
        if self.site_ids is None or len(self.site_ids) == 1:
            query = self._select().where(*_open(self.site_ids), *asked)
            return list(self.session.execute(query.order_by(*by).limit(size)))
        head = select(ReviewItem.id).where(*_open(None), *asked).order_by(*by).limit(size)
        found: list[Row[Any]] = []
        for heads in _heads(head, self.site_ids):
            found += self.session.execute(self._select().where(ReviewItem.id.in_(heads)).order_by(*by).limit(size))
        return sorted(found, key=self._key, reverse=self.order == "newest")[:size]

    def _foremost(self) -> list[ColumnElement[bool]]:
        filters = self.filters
        if filters.one_of_each is None:
            return []
        first = [self._first_of_its_comment()]
        if filters.thread is not None or filters.author_key is not None:
            return first
        return [*first, *groups.none_before(filters.one_of_each, by_due=self.order == "due")]

    def _first_of_its_comment(self) -> ColumnElement[bool]:
        """No other item of the comment that this page's filters let through stands before it: a comment is one card."""
        filters, other = self.filters, aliased(ReviewItem)
        found = select(literal(1)).where(
            other.comment_id == ReviewItem.comment_id,
            other.is_open,
            tuple_(other.due, other.id) < tuple_(ReviewItem.due, ReviewItem.id),
        )
        for name in INDEXED:
            if getattr(filters, name) is not None:
                found = found.where(getattr(other, name) == getattr(filters, name))
        if filters.not_for is not None:
            found = found.where(or_(other.not_for.is_(None), other.not_for != filters.not_for))
        if filters.opened_since is not None:
            found = found.where(other.opened_at >= filters.opened_since)
        if filters.opened_before is not None:
            found = found.where(other.opened_at < filters.opened_before)
        return ~found.exists()

    def _range(self) -> Iterator[ColumnElement[bool]]:
        """How far in the index items of the age that is asked for can stand."""
        since, before = self.filters.opened_since, self.filters.opened_before
        if self.order != "due":
            if since is not None:
                yield ReviewItem.opened_at >= since
            if before is not None:
                yield ReviewItem.opened_at < before
            return
        if since is not None:
            first, last = clock.milliseconds(since), clock.milliseconds(clock.now() + LATEST)
            seen = ReviewItem.due.between(first - HEAD_START, last - HEAD_START)
            yield or_(ReviewItem.due >= first, seen)
        if before is not None:
            latest = clock.milliseconds(before + LATEST)
            second_looks = ReviewItem.due >= clock.milliseconds(before) + HEAD_START // 2
            yield or_(ReviewItem.due <= latest, second_looks)

    def _meets(self, row: Row[Any]) -> bool:
        filters = self.filters
        if filters.not_for is not None and row.not_for == filters.not_for:
            return False
        too_old = filters.opened_since is not None and row.opened_at < filters.opened_since
        if too_old or (filters.opened_before is not None and row.opened_at >= filters.opened_before):
            return False
        if not all(getattr(filters, name) in {None, getattr(row, name)} for name in INDEXED):
            return False
        if not filters.text:
            return True
        text = fold(f"{row.name} {row.comment}")
        return all(word in text for word in fold(filters.text).split())

    def _load(self, rows: Sequence[Row[Any]]) -> list[tuple[ReviewItem, Comment]]:
        query = select(ReviewItem, Comment).join(Comment, Comment.id == ReviewItem.comment_id)
        wanted = query.where(ReviewItem.id.in_([row.id for row in rows]))
        found = {item.id: (item, comment) for item, comment in self.session.execute(wanted)}
        return [found[row.id] for row in rows if row.id in found]


def _open(site_ids: Collection[str] | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [and_(ReviewItem.is_open)]
    if site_ids is None:
        return conditions
    # Not `IN` for a single one: an index that is in order for each site would be in none for a list.
    [first, *others] = site_ids or [""]
    of_sites = ReviewItem.site_id.in_(site_ids) if others else ReviewItem.site_id == first
    return [*conditions, of_sites]


def _equal(asked: dict[str, str]) -> list[ColumnElement[bool]]:
    return [ReviewItem.__table__.c[name] == value for name, value in asked.items()]


def _key_meant(session: Session, site_ids: Collection[str], asked: str) -> str:
    """Of the keys that somebody may mean, the first of whom something waits: an index has one key in its order."""
    meant = authors.keys_meant(asked)
    if len(meant) == 1:
        return meant[0]
    query = select(ReviewItem.id).where(*_open(site_ids)).limit(1)
    return next((key for key in meant if session.scalar(query.where(ReviewItem.author_key == key))), meant[0])


def _heads(head: Select[Any], site_ids: Collection[str]) -> Iterator[Any]:
    """`head` for each site, some sites in one query."""
    ordered = sorted(site_ids)
    for begin in range(0, len(ordered), _SITES_AT_ONCE):
        some = ordered[begin : begin + _SITES_AT_ONCE]
        heads = [head.where(ReviewItem.site_id == site_id).subquery() for site_id in some]
        yield union_all(*(select(one.c.id) for one in heads))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
