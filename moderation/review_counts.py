"""How many open items there are of each kind, label, rule and language: counted in the indexes, and only so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from moderation.review_pages import COUNT_UP_TO
from moderation.tables import ReviewItem, Site

#: What the queue is filtered by from a list.
COUNTED = ("kind", "label", "rule", "language")
#: More values than this are no list to choose from.
_MOST_VALUES = 60

#: Value -> how many, up to `COUNT_UP_TO` + 1.
Counts = Mapping[str, int]


def counts(session: Session, site_ids: Collection[str], *, not_for: str | None = None) -> dict[str, Counts]:
    """For each of `COUNTED`, its values among the open items of these sites, the most frequent first.

    `not_for` is somebody (`user:<id>`) who may not take some of them, which are left out of the kinds.
    """
    found = {name: _of(session, name, site_ids, []) for name in COUNTED if name != "kind"}
    may_take = [] if not_for is None else [or_(ReviewItem.not_for.is_(None), ReviewItem.not_for != not_for)]
    return {"kind": _of(session, "kind", site_ids, may_take)} | found


def by_site(session: Session, site_ids: Collection[str]) -> Counts:
    """How many items are open on each site."""
    number = _counted(ReviewItem.site_id == Site.id)
    return dict(session.execute(select(Site.id, number).where(Site.id.in_(site_ids))).all())


def capped(numbers: Collection[int]) -> int:
    """The sum, as far as anybody counts."""
    return min(sum(numbers), COUNT_UP_TO + 1)


def _of(session: Session, name: str, site_ids: Collection[str], conditions: list[ColumnElement[bool]]) -> Counts:
    values = _values(name, site_ids)
    column: Any = ReviewItem.__table__.c[name]
    number = _counted(ReviewItem.site_id.in_(site_ids), column == values.c.value, *conditions)
    rows = session.execute(select(values.c.value, number)).all()
    return dict(sorted(((value, found) for value, found in rows if found), key=lambda one: (-one[1], one[0])))


def _counted(*conditions: ColumnElement[bool]) -> Any:
    rows = select(literal(1)).where(ReviewItem.closed_at.is_(None), *conditions).limit(COUNT_UP_TO + 1)
    # Correlated by hand: the rows are two queries deep.
    return select(func.count()).select_from(rows.correlate_except(ReviewItem).subquery()).scalar_subquery()


def _values(name: str, site_ids: Collection[str]) -> Any:
    """The distinct values, found by going from one to the next in each site's index: as cheap as there are few."""

    def following(site_id: Any, value: Any = None) -> Any:
        item: Any = aliased(ReviewItem)
        column = getattr(item, name)
        query = select(column).where(item.site_id == site_id, item.closed_at.is_(None), column.is_not(None))
        if value is not None:
            query = query.where(column > value)
        return query.order_by(column).limit(1).correlate_except(item).scalar_subquery()

    first = select(Site.id.label("site_id"), following(Site.id).label("value")).where(Site.id.in_(site_ids))
    steps = first.cte("steps", recursive=True)
    again = select(steps.c.site_id, following(steps.c.site_id, steps.c.value)).where(steps.c.value.is_not(None))
    steps = steps.union_all(again)
    return select(steps.c.value).where(steps.c.value.is_not(None)).distinct().limit(_MOST_VALUES).subquery()
