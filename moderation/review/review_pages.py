"""Reads the review queue in keyset pages that cost the same with a hundred open items and with a million.

A page with one filter is read from an index that has the items in the page's order. Where there is no such index (two
filters at once, a text) at most `LOOKED_AT` items are looked at, and the page says how far it came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from moderation import authors, clock
from moderation.review import groups
from moderation.review.cases import Turn
from moderation.review.urgency import HEAD_START, LATEST
from moderation.tables import Comment, Moment, ReviewItem, Site
from texts.folding import fold
from texts.terms import terms

#: The order of a page: the first due, the longest open, or the latest opened item comes first.
Order = Literal["due", "oldest", "newest"]
#: Items are counted up to this number, so that a longer queue costs no more.
COUNT_UP_TO = 1_000
#: How many items, and how many characters of their comments, are looked at for one page at most.
LOOKED_AT, CHARACTERS = 5_000, 5_000_000
#: Items read in one query meanwhile.
_STEP = 500
#: Another item of a comment. An alias takes longer to make than a query that has it takes to run.
_OTHER = aliased(ReviewItem)
#: SQLite joins 500 queries at most.
_SITES_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """Which open items; None: any."""

    label: str | None = None
    rule: str | None = None
    kind: str | None = None
    language: str | None = None
    #: An author's key, id, e-mail address or name.
    author_key: str | None = None
    thread: str | None = None
    opened_since: datetime | None = None
    opened_before: datetime | None = None
    #: Words that the comment and its author's name have to hold, all of them, in any case.
    text: str | None = None
    #: A person (`user:<id>`): leave out the items that they may not take.
    not_for: str | None = None
    #: The sites that the person may see: of comments that say nearly the same, show only the first that matches; of
    #: those that hold `text`, the first on each page. Ignored with `thread` or `author_key`: there all are shown.
    one_of_each: Collection[str] | None = None
    #: Whose turn it is: only the comments that are assigned to them, each on its own.
    turn: Turn | None = None


#: The filters that have an index in the queue's order, those that leave the fewest items first.
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
    chosen = {name: value for name in INDEXED if (value := getattr(filters, name)) is not None}
    in_range = order != "due" or (filters.opened_since is None and filters.opened_before is None)
    if site_ids is None and (chosen or order != "due"):
        site_ids = session.scalars(select(Site.id)).all()
    if filters.author_key is not None:
        chosen["author_key"] = _key_meant(session, site_ids or (), filters.author_key)
        filters = replace(filters, author_key=chosen["author_key"])
    if filters.turn is not None:
        # The sites are looked for among the few cases, so that no index of the whole queue is read.
        theirs = session.scalars(filters.turn.matching(site_ids).limit(COUNT_UP_TO + 1)).all()
        of_theirs = [ReviewItem.comment_id.in_(theirs)]
        return _Reading(session, None, filters, order, after).all_at_once(of_theirs, limit)
    reading = _Reading(session, site_ids, filters, order, after)
    if not filters.text and in_range and len(chosen) <= (order == "due"):
        return reading.in_order(_equal(chosen), limit, step=limit + 1)
    counts = {name: count(session, site_ids, _equal({name: value})) for name, value in chosen.items()}
    scarcest = min(counts, key=lambda name: counts[name], default=None)
    driving = _equal({scarcest: chosen[scarcest]} if scarcest else {})
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


def passing(items: Any, filters: Filters, *, of_any_kind: bool = False) -> list[ColumnElement[bool]]:
    """The conditions on which an item passes the filters, but for the text. `items` has the columns as attributes."""
    chosen = {name: getattr(filters, name) for name in INDEXED if name != "kind" or not of_any_kind}
    conditions = [getattr(items, name) == value for name, value in chosen.items() if value is not None]
    if filters.not_for is not None:
        conditions.append(or_(items.not_for.is_(None), items.not_for != filters.not_for))
    if filters.opened_since is not None:
        conditions.append(items.opened_at >= filters.opened_since)
    if filters.opened_before is not None:
        conditions.append(items.opened_at < filters.opened_before)
    return conditions


@dataclass(slots=True)
class _Reading:
    """The question that one page answers."""

    session: Session
    site_ids: Collection[str] | None
    filters: Filters
    order: Order
    after: Position | None

    def in_order(self, conditions: Sequence[ColumnElement[bool]], limit: int, *, step: int) -> Page:
        """Read in the index's order, `step` items first, until the page is full or `LOOKED_AT` items were looked at."""
        matching: list[Row[Any]] = []
        looked_at = characters = 0
        place = self.after
        while True:
            rows = self._ahead(conditions, place, step)
            looked_at += len(rows)
            matching += self._one_of_each(self._standing_first(rows), matching)
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
        """Read all items that meet the conditions, when they are few, and sort them."""
        rows = self.session.execute(self._select().where(*_open(self.site_ids), *conditions, *self._foremost())).all()
        backwards = self.order == "newest"
        in_order = sorted(filter(self._meets, rows), key=self._key, reverse=backwards)
        matching = self._one_of_each(in_order, ())
        if self.after is not None:
            place = (self.after.at, self.after.item_id)
            matching = [row for row in matching if (self._key(row) < place if backwards else self._key(row) > place)]
        ended = position(matching[limit - 1], self.order) if len(matching) > limit else None
        return Page(self._load(matching[:limit]), ended, len(rows))

    def _key(self, row: Row[Any]) -> tuple[int, str]:
        place = position(row, self.order)
        return place.at, place.item_id

    def _select(self) -> Select[Any]:
        columns = [ReviewItem.__table__.c[name] for name in ("id", "due", "opened_at", "not_for", "group_id", *INDEXED)]
        if not self.filters.text:
            return select(*columns)
        return select(*columns, Comment.name, Comment.comment).join(Comment, Comment.id == ReviewItem.comment_id)

    def _ahead(self, conditions: Sequence[ColumnElement[bool]], place: Position | None, size: int) -> list[Row[Any]]:
        """The next items: the head of each site's index, merged."""
        conditions_here = [*conditions, *self._range()]
        if not self._is_narrowed():
            conditions_here += self._foremost()
            if self._shows_one_of_each():
                conditions_here.append(groups.in_front(by_due=self.order == "due"))
        key = (ReviewItem.due if self.order == "due" else ReviewItem.opened_at, ReviewItem.id)
        if place is not None:
            at = literal(place.at) if self.order == "due" else literal(_moment(place.at), Moment)
            there = tuple_(at, literal(place.item_id))
            conditions_here.append(tuple_(*key) < there if self.order == "newest" else tuple_(*key) > there)
        by = [column.desc() for column in key] if self.order == "newest" else [*key]
        if self.site_ids is None or len(self.site_ids) == 1:
            query = self._select().where(*_open(self.site_ids), *conditions_here)
            return list(self.session.execute(query.order_by(*by).limit(size)))
        head = select(ReviewItem.id).where(*_open(None), *conditions_here).order_by(*by).limit(size)
        heads_merged: list[Row[Any]] = []
        for heads in _heads(head, self.site_ids):
            heads_merged += self.session.execute(
                self._select().where(ReviewItem.id.in_(heads)).order_by(*by).limit(size)
            )
        return sorted(heads_merged, key=self._key, reverse=self.order == "newest")[:size]

    def _shows_one_of_each(self) -> bool:
        filters = self.filters
        return filters.one_of_each is not None and not (filters.thread or filters.author_key or filters.turn)

    def _is_narrowed(self) -> bool:
        """Whether the item in front of a group may be left out by a filter, so that one that follows it is shown."""
        chosen = (getattr(self.filters, name) for name in (*INDEXED, "opened_since", "opened_before"))
        return self._shows_one_of_each() and (bool(self.filters.text) or any(value is not None for value in chosen))

    def _foremost(self) -> list[ColumnElement[bool]]:
        """Nothing that passes the filters stands for the item: none of its comment's others, and none of its group's.

        Whether another holds the filter's text is not known here; see `_one_of_each`.
        """
        sites = self.filters.one_of_each
        if sites is None:
            return []
        first = [self._first_of_its_comment()]
        if not self._shows_one_of_each() or self.filters.text:
            return first
        return [*first, groups.none_before(sites if self.site_ids is None else self.site_ids, self._passes)]

    def _first_of_its_comment(self) -> ColumnElement[bool]:
        """No other item of the same comment that passes the filters stands before it: each comment is one card.

        Whatever its kind: a comment that is reported and held stands under what is reported, and only there.
        """
        earlier = select(literal(1)).where(
            _OTHER.comment_id == ReviewItem.comment_id,
            _OTHER.is_open,
            tuple_(_OTHER.due, _OTHER.id) < tuple_(ReviewItem.due, ReviewItem.id),
            *passing(_OTHER, self.filters, of_any_kind=True),
        )
        return ~earlier.exists()

    def _passes(self, item: type[ReviewItem]) -> list[ColumnElement[bool]]:
        return passing(item, self.filters)

    def _standing_first(self, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
        """Of the next rows, those that match and that no other stands for.

        A group's items that follow another are read too where a filter may leave out the other. Looking for those that
        stand first only among the rows that were read keeps the cost of a page the same with many that follow.
        """
        matching = [row for row in rows if self._meets(row)]
        if not matching or not self._is_narrowed():
            return matching
        query = select(ReviewItem.id).where(ReviewItem.id.in_([row.id for row in matching]), *self._foremost())
        first = set(self.session.scalars(query))
        return [row for row in matching if row.id in first]

    def _one_of_each(self, rows: Sequence[Row[Any]], before: Sequence[Row[Any]]) -> list[Row[Any]]:
        """Where a text is looked for: the first row of each group that has none `before`."""
        if not (self.filters.text and self._shows_one_of_each()):
            return [*rows]
        seen = {row.group_id for row in before}
        first = []
        for row in rows:
            if row.group_id is None or row.group_id not in seen:
                first.append(row)
            seen.add(row.group_id)
        return first

    def _range(self) -> Iterator[ColumnElement[bool]]:
        """The range of the index in which items of the age asked for can stand."""
        since, before = self.filters.opened_since, self.filters.opened_before
        if self.order != "due":
            if since is not None:
                yield ReviewItem.opened_at >= since
            if before is not None:
                yield ReviewItem.opened_at < before
            return
        if since is not None:
            earliest, latest_due = clock.milliseconds(since), clock.milliseconds(clock.now() + LATEST)
            published = ReviewItem.due.between(earliest - HEAD_START, latest_due - HEAD_START)
            yield or_(ReviewItem.due >= earliest, published)
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
        return all(fold(term) in text for term in terms(filters.text))

    def _load(self, rows: Sequence[Row[Any]]) -> list[tuple[ReviewItem, Comment]]:
        found = self.session.execute(_ROWS, {"ids": [row.id for row in rows]})
        by_id = {item.id: (item, comment) for item, comment in found}
        return [by_id[row.id] for row in rows if row.id in by_id]


#: Built once, because building it takes longer than running it.
_ROWS = (
    select(ReviewItem, Comment)
    .join(Comment, Comment.id == ReviewItem.comment_id)
    .where(ReviewItem.id.in_(bindparam("ids", expanding=True)))
)


def _open(site_ids: Collection[str] | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [and_(ReviewItem.is_open)]
    if site_ids is None:
        return conditions
    # Not `IN` for a single site: an index gives the order for one site, not for a list.
    [first, *others] = site_ids or [""]
    of_sites = ReviewItem.site_id.in_(site_ids) if others else ReviewItem.site_id == first
    return [*conditions, of_sites]


def _equal(chosen: dict[str, str]) -> list[ColumnElement[bool]]:
    return [ReviewItem.__table__.c[name] == value for name, value in chosen.items()]


def _key_meant(session: Session, site_ids: Collection[str], author: str) -> str:
    """Of the keys that `author` may stand for, the first that has open items: the index orders the items of one key."""
    keys = authors.keys_meant(author)
    if len(keys) == 1:
        return keys[0]
    query = select(ReviewItem.id).where(*_open(site_ids)).limit(1)
    return next((key for key in keys if session.scalar(query.where(ReviewItem.author_key == key))), keys[0])


def _heads(head: Select[Any], site_ids: Collection[str]) -> Iterator[Any]:
    """`head` for each site, some sites in one query."""
    ordered = sorted(site_ids)
    for begin in range(0, len(ordered), _SITES_AT_ONCE):
        group = ordered[begin : begin + _SITES_AT_ONCE]
        heads = [head.where(ReviewItem.site_id == site_id).subquery() for site_id in group]
        yield union_all(*(select(site_head.c.id) for site_head in heads))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
