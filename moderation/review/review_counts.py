"""How many open items there are of each kind, label, rule and language: counted in indexes, up to a limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Row,
    Select,
    Table,
    bindparam,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from moderation.review.review_pages import COUNT_UP_TO, INDEXED, Filters, passing
from moderation.tables import ReviewItem, Site

#: The queue's filters that offer a list of values.
COUNTED = ("kind", "label", "rule", "language")
#: At most so many values are listed.
_MOST_VALUES = 60

#: Value -> how many, up to `COUNT_UP_TO` + 1.
Counts = Mapping[str, int]

#: The tables, not the classes, and each query is built once: building one takes longer than running most of them.
_ITEMS, _SITES = cast("Table", ReviewItem.__table__), cast("Table", Site.__table__)
_OTHER = _ITEMS.alias()


class LeftOut(NamedTuple):
    """What counts leave out of the open items of some sites, so that they tell what waits for a person."""

    #: The person (`user:<id>`), and the items that they may not take, with their values by `COUNTED`.
    person: str = ""
    not_taken: Sequence[Row[Any]] = ()
    #: Kind and site -> how many items of that kind are of a comment that is reported as well, and counted as such.
    reported_too: Mapping[tuple[str, str], int] = MappingProxyType({})


_NOTHING = LeftOut()


def left_out(session: Session, site_ids: Collection[str], person: str) -> LeftOut:
    """What counts on these sites leave out for a person."""
    parameters = _parameters(site_ids, person)
    reported_too = {(kind, site_id): number for kind, site_id, number in session.execute(_reported_too(), parameters)}
    return LeftOut(person, session.execute(_NOT_TAKEN, parameters).all(), reported_too)


def counts(session: Session, site_ids: Collection[str], left_out: LeftOut = _NOTHING) -> dict[str, Counts]:
    """For each of `COUNTED`, its values among the open items of these sites, the most frequent first."""
    parameters = _parameters(site_ids, left_out.person)
    found: dict[str, dict[str, int]] = {name: {} for name in COUNTED}
    for name, value, number in session.execute(_all_counts(), parameters):
        found[name][value] = number
    counts_by_name: dict[str, Counts] = {}
    for name in COUNTED:
        others = Counter(getattr(row, name) for row in left_out.not_taken if name != "kind")
        rows = _less(found[name], others)
        counts_by_name[name] = dict(sorted(rows.items(), key=lambda item: (-item[1], item[0])))
    return counts_by_name


def _less(counted: Counts, left_out: Counts) -> dict[str, int]:
    """The numbers without these, but where counting stopped; values of which none is left do not occur."""
    rest = {
        value: number if number > COUNT_UP_TO else number - left_out.get(value, 0) for value, number in counted.items()
    }
    return {value: number for value, number in rest.items() if number > 0}


def by_kind(
    session: Session, site_ids: Collection[str], filters: Filters, unfiltered: Counts, left_out: LeftOut
) -> tuple[dict[str, int], bool]:
    """How many comments wait for each kind, and whether all were counted; the filters' `kind` and `text` are left out.

    A comment that waits for several is counted once, where the page of all kinds has it. `unfiltered` are the items of
    each kind as `counts` has them. With filters at most `COUNT_UP_TO` items are looked at.
    """
    chosen = {name: value for name in INDEXED if name != "kind" and (value := getattr(filters, name)) is not None}
    if not chosen and filters.opened_since is None and filters.opened_before is None:
        reported_too = _summed(left_out.reported_too, at=0)
        return {kind: number - reported_too.get(kind, 0) for kind, number in unfiltered.items()}, True
    looked_at = select(_ITEMS).where(_ITEMS.c.closed_at.is_(None), _ITEMS.c.site_id.in_(site_ids))
    if (driving := next(iter(chosen), None)) is not None:
        looked_at = looked_at.where(_ITEMS.c[driving] == chosen[driving])
    items = looked_at.limit(COUNT_UP_TO + 1).subquery()
    earlier = select(literal(1)).where(
        _OTHER.c.comment_id == items.c.comment_id,
        _OTHER.c.closed_at.is_(None),
        tuple_(_OTHER.c.due, _OTHER.c.id) < tuple_(items.c.due, items.c.id),
        *passing(_OTHER.c, filters, of_any_kind=True),
    )
    query = select(items.c.kind, func.count()).where(~earlier.exists(), *passing(items.c, filters, of_any_kind=True))
    number = session.scalar(select(func.count()).select_from(items)) or 0
    return dict(session.execute(query.group_by(items.c.kind)).all()), number <= COUNT_UP_TO


def for_person(session: Session, site_ids: Collection[str], left_out: LeftOut) -> Counts:
    """How many comments wait on each site for a person: as on the queue's tabs, each once, and none of not theirs."""
    others = Counter(row.site_id for row in left_out.not_taken)
    others.update(_summed(left_out.reported_too, at=1))
    return _less(by_site(session, site_ids), others)


def _summed(numbers: Mapping[tuple[str, str], int], *, at: int) -> Counter[str]:
    """The numbers by one part of what they are of."""
    summed: Counter[str] = Counter()
    for key, number in numbers.items():
        summed[key[at]] += number
    return summed


def _parameters(site_ids: Collection[str], person: str) -> dict[str, Any]:
    return {"site_ids": list(site_ids), "most": COUNT_UP_TO + 1, "not_for": person}


def by_site(session: Session, site_ids: Collection[str], *, most: int = COUNT_UP_TO + 1) -> Counts:
    """How many items are open on each site, counted up to `most`."""
    parameters = {"site_ids": list(site_ids), "most": most}
    return dict(session.execute(_by_site(), parameters).all())


def capped(numbers: Collection[int]) -> int:
    """The sum, but at most `COUNT_UP_TO` + 1."""
    return min(sum(numbers), COUNT_UP_TO + 1)


_SITE_IDS: BindParameter[Any] = bindparam("site_ids", expanding=True)

#: The items that a person may not take: few, by an index of their own, and up to a limit.
_NOT_TAKEN = (
    select(*(_ITEMS.c[name] for name in ("site_id", *COUNTED)))
    .where(_ITEMS.c.closed_at.is_(None), _ITEMS.c.not_for == bindparam("not_for"), _ITEMS.c.site_id.in_(_SITE_IDS))
    .limit(bindparam("most"))
)


@cache
def _all_counts() -> CompoundSelect[Any]:
    """Name, value and number, of each of `COUNTED`."""
    return union_all(*map(_of, COUNTED))


def _of(name: str) -> Select[Any]:
    values = _values(name)
    conditions = [_ITEMS.c.site_id.in_(_SITE_IDS), _ITEMS.c[name] == values.c.value]
    if name == "kind":
        conditions.append(_is_for(_ITEMS))
    return select(literal(name), values.c.value, _counted(*conditions))


@cache
def _reported_too() -> Select[Any]:
    reports = (
        select(_ITEMS.c.comment_id)
        .where(_ITEMS.c.closed_at.is_(None), _ITEMS.c.site_id.in_(_SITE_IDS), _ITEMS.c.kind == "report")
        .limit(bindparam("most"))
        .subquery()
    )
    kind_and_site = (_OTHER.c.kind, _OTHER.c.site_id)
    query = select(*kind_and_site, func.count()).join(reports, reports.c.comment_id == _OTHER.c.comment_id)
    query = query.where(_OTHER.c.closed_at.is_(None), _OTHER.c.kind != "report", _is_for(_OTHER))
    return query.group_by(*kind_and_site)


def _is_for(items: FromClause) -> ColumnElement[bool]:
    return or_(items.c.not_for.is_(None), items.c.not_for != bindparam("not_for"))


@cache
def _by_site() -> Select[Any]:
    return select(_SITES.c.id, _counted(_ITEMS.c.site_id == _SITES.c.id)).where(_SITES.c.id.in_(_SITE_IDS))


def _counted(*conditions: ColumnElement[bool]) -> Any:
    rows = select(literal(1)).where(_ITEMS.c.closed_at.is_(None), *conditions).limit(bindparam("most"))
    # Correlated by hand, because the rows are two queries deep.
    return select(func.count()).select_from(rows.correlate_except(_ITEMS).subquery()).scalar_subquery()


def _values(name: str) -> Any:
    """The distinct values, found by stepping from one to the next in each site's index: cheap while they are few."""

    def following(site_id: Any, value: Any = None) -> Any:
        item = _ITEMS.alias()
        column = item.c[name]
        query = select(column).where(item.c.site_id == site_id, item.c.closed_at.is_(None), column.is_not(None))
        if value is not None:
            query = query.where(column > value)
        return query.order_by(column).limit(1).correlate_except(item).scalar_subquery()

    first = select(_SITES.c.id.label("site_id"), following(_SITES.c.id).label("value"))
    steps = first.where(_SITES.c.id.in_(_SITE_IDS)).cte(f"steps_of_{name}", recursive=True)
    next_steps = select(steps.c.site_id, following(steps.c.site_id, steps.c.value)).where(steps.c.value.is_not(None))
    steps = steps.union_all(next_steps)
    return select(steps.c.value).where(steps.c.value.is_not(None)).distinct().limit(_MOST_VALUES).subquery()
