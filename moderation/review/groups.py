"""One open item of a group stands for all of them on its site; the others follow it, at the end of the queue.

So a page of the queue costs the same with a hundred thousand copies of one comment in it. A follower's `due` is its own
and `BEHIND`; when the one in front is closed, the next moves up.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select, tuple_, union_all, update
from sqlalchemy.orm import Session, aliased

from moderation.tables import ReviewItem

#: Added to a follower's `due`. Far more milliseconds than any moment has.
BEHIND = 1 << 50
#: Counting further would cost more, the larger the attack, and tell nobody anything.
COUNT_UP_TO = 1000
#: What can stand for others, or be stood for: a second look and an appeal are about one comment alone.
GROUPED = ("flag", "report")

#: A group, and a site.
Key = tuple[str, str]


def own_due() -> ColumnElement[int]:
    """When somebody should have looked at an item if it followed none."""
    return case((ReviewItem.due >= BEHIND, ReviewItem.due - BEHIND), else_=ReviewItem.due)


def line_up(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Have items that are about to be opened follow the one in front, or stand in front, in the caller's transaction.

    Changes `due` of the rows. An item never follows another one of the same comment.
    """
    wanted = [row for row in rows if row["group_id"] is not None and row["kind"] in GROUPED]
    front = _in_front(session, {_key(row) for row in wanted})
    overtaken: list[str] = []
    for row in sorted(wanted, key=lambda row: (row["due"], row["id"])):
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
    """The groups that lose the one in front when these comments' items are closed. Call `move_up` after that."""
    query = select(ReviewItem.group_id, ReviewItem.site_id).where(
        ReviewItem.comment_id.in_(comment_ids),
        ReviewItem.is_open,
        ReviewItem.group_id.is_not(None),
        ReviewItem.due < BEHIND,
    )
    return {(group_id or "", site_id) for group_id, site_id in session.execute(query)}


def move_up(session: Session, keys: Collection[Key]) -> None:
    """Let the next of each of these groups stand in front, unless one does, in the caller's transaction."""
    first = [
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
    _add(session, [row.id for row in first if row.due >= BEHIND], -BEHIND)


def fall_in(session: Session, comment_ids: Sequence[str]) -> None:
    """Have items that were opened again follow the one in front, in the caller's transaction."""
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
    back = {item.id: item for item in session.scalars(query)}
    front = _in_front(session, {(item.group_id or "", item.site_id) for item in back.values()})
    after = [
        item.id for item in back.values() if front[item.group_id or "", item.site_id]["comment_id"] != item.comment_id
    ]
    _add(session, after, BEHIND)


def overtake(session: Session, item: ReviewItem) -> None:
    """Put an item, whose new `due` is its own, where it belongs in its group, in the caller's transaction."""
    session.expire(item)  # what is written below is not to be written over
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


def none_before(site_ids: Collection[str], *, by_due: bool) -> list[ColumnElement[bool]]:
    """Conditions: no open item of the same group comes earlier in the queue, on any of these sites.

    `by_due`: they are read in the order of `due`. Else an index on it would have all of them sorted for each page.
    """
    earlier = aliased(ReviewItem)
    found = (
        select(literal(1))
        .where(
            earlier.group_id == ReviewItem.group_id,
            earlier.site_id.in_(site_ids),
            earlier.is_open,
            earlier.comment_id != ReviewItem.comment_id,
            tuple_(earlier.due, earlier.id) < tuple_(ReviewItem.due, ReviewItem.id),
        )
        .exists()
    )
    due = ReviewItem.due if by_due else ReviewItem.due + 0
    return [due < BEHIND, ~found]


def count(session: Session, group_ids: Collection[str], site_ids: Collection[str]) -> dict[str, int]:
    """How many comments of each group are open on these sites, counted up to `COUNT_UP_TO` + 1."""
    if not group_ids or not site_ids:
        return {}
    heads = [members(group_id, site_ids).limit(COUNT_UP_TO + 1).subquery() for group_id in sorted(set(group_ids))]
    every = union_all(*(select(head.c.group_id, head.c.comment_id) for head in heads)).subquery()
    query = select(every.c.group_id, func.count()).group_by(every.c.group_id)
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
    """The item in front of each group on each site. Locked, so that it is not closed while others fall in behind it."""
    if not keys:
        return {}
    query = (
        select(ReviewItem.id, ReviewItem.comment_id, ReviewItem.due, ReviewItem.group_id, ReviewItem.site_id)
        .where(
            ReviewItem.group_id.in_({group_id for group_id, _ in keys}),
            ReviewItem.site_id.in_({site_id for _, site_id in keys}),
            ReviewItem.is_open,
            ReviewItem.due < BEHIND,
        )
        .order_by(ReviewItem.id)
        .with_for_update()
    )
    front: dict[Key, dict[str, Any]] = {}
    for row in sorted(session.execute(query).mappings(), key=lambda row: (row["due"], row["id"])):
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
