"""The order of a group's items in the queue: one item on each site stands for the group, the others follow at the end.

So a page of the queue costs the same with a hundred thousand copies of one comment in it. `BEHIND` is added to a
follower's `due`; when the item in front is closed, the next one moves up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    bindparam,
    case,
    func,
    literal,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.orm import Session, aliased

from moderation.tables import ReviewItem

#: Added to a follower's `due`, in milliseconds. Far more than any moment since 1970.
BEHIND = 1 << 50
#: Members are counted up to this number, so that a larger attack costs no more.
COUNT_UP_TO = 1000
#: The kinds of items that are grouped. A second look or an appeal is about one comment alone.
GROUPED = ("flag", "report")

#: A group's id, and a site's.
Key = tuple[str, str]
_ITEMS = cast("Table", ReviewItem.__table__)
#: Another item of a group. An alias takes longer to make than a query that has it takes to run.
_EARLIER = aliased(ReviewItem)
#: Built once, because building it takes longer than running it.
_FOREMOST = (
    select(_ITEMS.c.id, _ITEMS.c.comment_id, _ITEMS.c.due, _ITEMS.c.group_id, _ITEMS.c.site_id)
    .where(
        _ITEMS.c.group_id.in_(bindparam("groups", expanding=True)),
        _ITEMS.c.site_id.in_(bindparam("sites", expanding=True)),
        ReviewItem.is_open,
        _ITEMS.c.due < BEHIND,
    )
    .order_by(_ITEMS.c.id)
    .with_for_update()
)


def own_due() -> ColumnElement[int]:
    """An item's `due` without `BEHIND`."""
    return case((ReviewItem.due >= BEHIND, ReviewItem.due - BEHIND), else_=ReviewItem.due)


def line_up(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Put new items into their groups, in front or behind the item in front, in the caller's transaction.

    Changes the rows' `due`. An item never follows another item of the same comment.
    """
    grouped = [row for row in rows if row["group_id"] is not None and row["kind"] in GROUPED]
    front = _in_front(session, {_key(row) for row in grouped})
    overtaken: list[str] = []
    for row in sorted(grouped, key=lambda row: (row["due"], row["id"])):
        ahead = front.get(_key(row))
        if ahead is None:
            front[_key(row)] = row
        elif ahead["comment_id"] == row["comment_id"]:
            continue
        elif ahead["due"] <= row["due"]:
            row["due"] += BEHIND
        else:
            overtaken.append(ahead["id"])
            front[_key(row)] = row
    _add(session, overtaken, BEHIND)


def without(session: Session, comment_ids: Sequence[str]) -> set[Key]:
    """The groups that lose their item in front when these comments' items are closed. Call `move_up` after closing."""
    query = select(ReviewItem.group_id, ReviewItem.site_id).where(
        ReviewItem.comment_id.in_(comment_ids),
        ReviewItem.is_open,
        ReviewItem.group_id.is_not(None),
        ReviewItem.due < BEHIND,
    )
    return {(group_id or "", site_id) for group_id, site_id in session.execute(query)}


def move_up(session: Session, keys: Collection[Key]) -> None:
    """Let the next item of each of these groups stand in front, where none does, in the caller's transaction."""
    foremost = [
        row
        for group_id, site_id in sorted(keys)
        for row in session.execute(
            select(ReviewItem.id, ReviewItem.due)
            .where(
                ReviewItem.group_id == group_id,
                ReviewItem.site_id == site_id,
                ReviewItem.is_open,
            )
            .order_by(ReviewItem.due, ReviewItem.id)
            .limit(1)
        )
    ]
    _add(session, [row.id for row in foremost if row.due >= BEHIND], -BEHIND)


def fall_in(session: Session, comment_ids: Sequence[str]) -> None:
    """Let items that were opened again follow the item in front of their group, in the caller's transaction."""
    query = (
        select(ReviewItem)
        .where(
            ReviewItem.comment_id.in_(comment_ids),
            ReviewItem.is_open,
            ReviewItem.group_id.is_not(None),
            ReviewItem.kind.in_(GROUPED),
            ReviewItem.due < BEHIND,
        )
        .with_for_update()
    )
    reopened = {item.id: item for item in session.scalars(query)}
    front = _in_front(session, {(item.group_id or "", item.site_id) for item in reopened.values()})
    followers = [
        item.id
        for item in reopened.values()
        if front[item.group_id or "", item.site_id]["comment_id"] != item.comment_id
    ]
    _add(session, followers, BEHIND)


def overtake(session: Session, item: ReviewItem) -> None:
    """Put an item with a new `due`, without `BEHIND`, in its right place in its group, in the caller's transaction."""
    session.expire(item)  # so that the session does not overwrite what is written below
    front = _in_front(session, {(item.group_id or "", item.site_id)})[item.group_id or "", item.site_id]
    late = (
        select(ReviewItem.id)
        .where(
            ReviewItem.group_id == item.group_id,
            ReviewItem.site_id == item.site_id,
            ReviewItem.is_open,
            ReviewItem.comment_id != front["comment_id"],
            ReviewItem.due < BEHIND,
        )
        .order_by(ReviewItem.id)
    )
    _add(session, session.scalars(late).all(), BEHIND)


def in_front(*, by_due: bool) -> ColumnElement[bool]:
    """The condition: the item follows no other of its group.

    `by_due` says that the page is in the order of `due`. Otherwise `+ 0` keeps the database from using the index on it.
    """
    due = ReviewItem.due if by_due else ReviewItem.due + 0
    return due < BEHIND


def none_before(
    site_ids: Collection[str], passing: Callable[[type[ReviewItem]], Sequence[ColumnElement[bool]]]
) -> ColumnElement[bool]:
    """The condition: no open item of the same group that is `passing` comes earlier in the queue on these sites."""
    has_earlier = select(literal(1)).where(
        _EARLIER.group_id == ReviewItem.group_id,
        _EARLIER.site_id.in_(site_ids),
        _EARLIER.is_open,
        _EARLIER.comment_id != ReviewItem.comment_id,
        tuple_(_EARLIER.due, _EARLIER.id) < tuple_(ReviewItem.due, ReviewItem.id),
        *passing(_EARLIER),
    )
    return ~has_earlier.exists()


def count(session: Session, group_ids: Collection[str], site_ids: Collection[str]) -> dict[str, int]:
    """How many comments of each group are open on these sites, counted up to `COUNT_UP_TO` + 1."""
    if not group_ids or not site_ids:
        return {}
    heads = [members(group_id, site_ids).limit(COUNT_UP_TO + 1).subquery() for group_id in sorted(set(group_ids))]
    open_members = union_all(*(select(head.c.group_id, head.c.comment_id) for head in heads)).subquery()
    query = select(open_members.c.group_id, func.count()).group_by(open_members.c.group_id)
    return {row[0]: row[1] for row in session.execute(query)}


def members(group_id: str, site_ids: Collection[str], *, after: str = "") -> Select[str | None, str]:
    """The open comments of a group on these sites, by id: `group_id, comment_id`."""
    return (
        select(ReviewItem.group_id, ReviewItem.comment_id)
        .where(
            ReviewItem.group_id == group_id,
            ReviewItem.is_open,
            ReviewItem.site_id.in_(site_ids),
            ReviewItem.comment_id > after,
        )
        .distinct()
        .order_by(ReviewItem.comment_id)
    )


def _key(row: dict[str, Any]) -> Key:
    return row["group_id"], row["site_id"]


def _in_front(session: Session, keys: Collection[Key]) -> dict[Key, dict[str, Any]]:
    """The item in front of each group on each site. Locked, so that it is not closed while others are put behind it."""
    if not keys:
        return {}
    values = {"groups": list({group_id for group_id, _ in keys}), "sites": list({site_id for _, site_id in keys})}
    front: dict[Key, dict[str, Any]] = {}
    for row in sorted(session.execute(_FOREMOST, values).mappings(), key=lambda row: (row["due"], row["id"])):
        front.setdefault((row["group_id"], row["site_id"]), dict(row))
    return front


def _add(session: Session, item_ids: Sequence[str], milliseconds: int) -> None:
    if item_ids:
        session.execute(
            update(ReviewItem)
            .where(ReviewItem.id.in_(item_ids))
            .values(due=ReviewItem.due + milliseconds)
            .execution_options(synchronize_session=False)
        )
