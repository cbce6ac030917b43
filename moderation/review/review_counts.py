"""How many open items there are of each kind, label, rule and language: counted in the indexes, and only so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, Select, Table, bindparam, func, literal, or_, select
from sqlalchemy.orm import Session

from moderation.review.review_pages import COUNT_UP_TO
from moderation.tables import ReviewItem, Site

#: What the queue is filtered by from a list.
COUNTED = ("kind", "label", "rule", "language")
#: More values than this are no list to choose from.
_MOST_VALUES = 60

#: Value -> how many, up to `COUNT_UP_TO` + 1.
Counts = Mapping[str, int]

#: Not the classes, and each query made once: making one anew takes longer than most of them run.
_ITEMS, _SITES = cast("Table", ReviewItem.__table__), cast("Table", Site.__table__)


def counts(session: Session, site_ids: Collection[str], *, not_for: str | None = None) -> dict[str, Counts]:
    """For each of `COUNTED`, its values among the open items of these sites, the most frequent first.

    `not_for` is somebody (`user:<id>`) who may not take some of them, which are left out of the kinds.
    """
    known = {"site_ids": list(site_ids), "most": COUNT_UP_TO + 1, "not_for": not_for or ""}
    found: dict[str, Counts] = {}
    for name in COUNTED:
        rows = [(value, number) for value, number in session.execute(_of(name), known) if number]
        found[name] = dict(sorted(rows, key=lambda one: (-one[1], one[0])))
    return found


def by_site(session: Session, site_ids: Collection[str]) -> Counts:
    """How many items are open on each site."""
    known = {"site_ids": list(site_ids), "most": COUNT_UP_TO + 1}
    return dict(session.execute(_by_site(), known).all())


def capped(numbers: Collection[int]) -> int:
    """The sum, as far as anybody counts."""
    return min(sum(numbers), COUNT_UP_TO + 1)


_SITE_IDS: BindParameter[Any] = bindparam("site_ids", expanding=True)


@cache
def _of(name: str) -> Select[Any]:
    values = _values(name)
    conditions = [_ITEMS.c.site_id.in_(_SITE_IDS), _ITEMS.c[name] == values.c.value]
    if name == "kind":
        conditions.append(or_(_ITEMS.c.not_for.is_(None), _ITEMS.c.not_for != bindparam("not_for")))
    return select(values.c.value, _counted(*conditions))


@cache
def _by_site() -> Select[Any]:
    return select(_SITES.c.id, _counted(_ITEMS.c.site_id == _SITES.c.id)).where(_SITES.c.id.in_(_SITE_IDS))


def _counted(*conditions: ColumnElement[bool]) -> Any:
    rows = select(literal(1)).where(_ITEMS.c.closed_at.is_(None), *conditions).limit(bindparam("most"))
    # Correlated by hand: the rows are two queries deep.
    return select(func.count()).select_from(rows.correlate_except(_ITEMS).subquery()).scalar_subquery()


def _values(name: str) -> Any:
    """The distinct values, found by going from one to the next in each site's index: as cheap as there are few."""

    def following(site_id: Any, value: Any = None) -> Any:
        item = _ITEMS.alias()
        column = item.c[name]
        query = select(column).where(item.c.site_id == site_id, item.c.closed_at.is_(None), column.is_not(None))
        if value is not None:
            query = query.where(column > value)
        return query.order_by(column).limit(1).correlate_except(item).scalar_subquery()

    first = select(_SITES.c.id.label("site_id"), following(_SITES.c.id).label("value"))
    steps = first.where(_SITES.c.id.in_(_SITE_IDS)).cte("steps", recursive=True)
    again = select(steps.c.site_id, following(steps.c.site_id, steps.c.value)).where(steps.c.value.is_not(None))
    steps = steps.union_all(again)
    return select(steps.c.value).where(steps.c.value.is_not(None)).distinct().limit(_MOST_VALUES).subquery()
