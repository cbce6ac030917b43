"""Review items: why a comment waits for a person. The open items are the review queue; `review_pages.py` reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from moderation import clock, news
from moderation.review import cases, groups
from moderation.review.review_pages import Filters, Order, Page, Position, page
from moderation.review.urgency import due
from moderation.tables import Comment, ReviewItem, Site

__all__ = [
    "EDITED",
    "Filters",
    "NewItem",
    "Order",
    "Page",
    "Position",
    "close",
    "due",
    "hurry",
    "oldest_by_site",
    "oldest_open_seconds",
    "open_items",
    "open_kinds",
    "page",
    "reported_before_edit",
]

#: The outcome of an item whose comment is another now.
EDITED = "edit"

_ITEMS = cast("Table", ReviewItem.__table__)
# Built once, because building them takes longer than running them.
_INSERT = _ITEMS.insert()
_OPEN_ALREADY = select(_ITEMS.c.comment_id).where(
    _ITEMS.c.comment_id.in_(bindparam("ids", expanding=True)),
    _ITEMS.c.kind == bindparam("which"),
    ReviewItem.is_open,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewItem:
    """A review item to open: about which comment, how urgent, and what the queue can be filtered by."""

    site_id: str
    comment_id: str
    priority: int
    label: str | None = None
    rule: str | None = None
    language: str | None = None
    author_key: str | None = None
    thread: str | None = None
    group_id: str | None = None
    not_for: str | None = None
    about: dict[str, Any] | None = None
    #: Whether readers see the comment.
    seen: bool = False

    @classmethod
    def of(cls, comment: Comment, priority: int, **fields: Any) -> NewItem:
        """An item about a stored comment, with the label and the rule that speak most against it."""
        label, rule = cause(comment.reasons)
        return cls(
            site_id=comment.site_id,
            comment_id=comment.id,
            priority=priority,
            label=label,
            rule=rule,
            language=comment.language,
            author_key=comment.author_key,
            thread=comment.thread,
            seen=comment.status == "published",
            **fields,
        )


def cause(reasons: Sequence[Mapping[str, Any]] | None) -> tuple[str | None, str | None]:
    """What speaks most against a comment: the label and the rule of the first reason."""
    [first, *_] = reasons or [{}]
    return first.get("label"), first.get("rule")


def open_items(session: Session, items: Sequence[NewItem], *, kind: str) -> None:
    """Ask a person about comments, in the caller's transaction.

    A comment that already has an open item of this kind keeps it.
    """
    if not items:
        return
    ids = [item.comment_id for item in items]
    if kind != "flag":  # a comment that was just scored is not put off
        cases.bring_back(session, ids)
    already = set(session.scalars(_OPEN_ALREADY, {"ids": ids, "which": kind}))
    moment = clock.now()
    rows = [
        {name: value for name, value in asdict(item).items() if name != "seen"}
        | {
            "id": clock.new_id("q", moment),
            "kind": kind,
            "opened_at": moment,
            "due": due(item.priority, moment, kind=kind, seen=item.seen),
        }
        for item in items
        if item.comment_id not in already
    ]
    if rows:
        groups.line_up(session, rows)
        session.execute(_INSERT, rows)
        for row in rows:
            news.of(session).happened("opened", row["site_id"], [row["comment_id"]])


def reported_before_edit(session: Session, comment_ids: Sequence[str]) -> list[tuple[Comment, int]]:
    """Those of these comments that were edited while a report waited, and its priority: no person has looked yet."""
    latest = (
        select(func.max(ReviewItem.id))
        .where(ReviewItem.comment_id.in_(comment_ids), ReviewItem.kind == "report")
        .group_by(ReviewItem.comment_id)
    )
    query = (
        select(Comment, ReviewItem.priority)
        .join(ReviewItem, ReviewItem.comment_id == Comment.id)
        .where(ReviewItem.id.in_(latest), ReviewItem.outcome == EDITED)
        .order_by(Comment.id)
    )
    rows = session.execute(query.execution_options(populate_existing=True))
    return [(comment, priority) for comment, priority in rows]


def hurry(session: Session, comment: Comment, priority: int, *, kind: str) -> None:
    """Move the comment's open item of this kind forward, if `priority` is more urgent, in the caller's transaction."""
    item = session.scalar(
        select(ReviewItem)
        .where(ReviewItem.comment_id == comment.id, ReviewItem.kind == kind, ReviewItem.is_open)
        .execution_options(populate_existing=True)
    )
    if item is None or item.priority <= priority:
        return
    item.priority = priority
    item.due = due(priority, item.opened_at, kind=kind, seen=comment.status == "published")
    session.flush()
    if item.group_id is not None:
        groups.overtake(session, item)


def open_kinds(session: Session, comment_id: str) -> set[str]:
    """Why this comment waits for a person: the kinds of its open items."""
    query = select(ReviewItem.kind).where(ReviewItem.comment_id == comment_id, ReviewItem.is_open)
    return set(session.scalars(query))


def close(session: Session, comment_ids: Sequence[str], *, by: str, outcome: str, version: int | None = None) -> None:
    """Close every open item of these comments, in the caller's transaction.

    `version` is the version of the comment that the closing decision made: `reopen` looks for it.
    """
    cases.bring_back(session, comment_ids)
    cases.close(session, comment_ids)
    groups_left = groups.without(session, comment_ids)
    session.execute(
        update(ReviewItem)
        .where(ReviewItem.comment_id.in_(comment_ids), ReviewItem.is_open)
        .values(closed_at=clock.now(), closed_by=by, outcome=outcome, closed_version=version, due=groups.own_due())
        .execution_options(synchronize_session=False)
    )
    groups.move_up(session, groups_left)


def forget(session: Session, comment_id: str) -> None:
    """Remove from an erased comment's items what tells of its author and its words, in the caller's transaction."""
    session.execute(
        update(ReviewItem)
        .where(ReviewItem.comment_id == comment_id)
        .values(author_key=None, language=None, group_id=None)
        .execution_options(synchronize_session=False)
    )


def reopen(session: Session, comment_id: str, version: int) -> set[str]:
    """Open the items again that the comment's `version` closed, because it was undone. Returns their kinds.

    A second look or an appeal is then about the version that the undo makes. An item stays closed where another of its
    kind has been opened since.
    """
    closed = (
        select(ReviewItem)
        .where(
            ReviewItem.comment_id == comment_id,
            ReviewItem.closed_version == version,
            ReviewItem.kind.not_in(open_kinds(session, comment_id)),
        )
        .execution_options(populate_existing=True)
    )
    return _open_again(session, comment_id, session.scalars(closed).all(), version + 1)


def agreements(session: Session, comment: Comment, by: str) -> Sequence[ReviewItem]:
    """The second look and the appeal about the decision in force that this person closed by agreeing with it.

    Agreeing makes no version of the comment, so `closed_version` is empty.
    """
    query = select(ReviewItem).where(
        ReviewItem.comment_id == comment.id,
        ReviewItem.kind.in_(("second_look", "appeal")),
        ReviewItem.closed_by == by,
        ReviewItem.closed_version.is_(None),
        ReviewItem.outcome.in_(("publish", "reject")),
    )
    items = session.scalars(query.execution_options(populate_existing=True)).all()
    return [item for item in items if (item.about or {}).get("version") == comment.version]


def ask_again(session: Session, comment: Comment, items: Sequence[ReviewItem]) -> set[str]:
    """Open the items again that somebody closed by agreeing. Returns their kinds."""
    opened = _open_again(session, comment.id, items, comment.version)
    news.of(session).happened("opened", comment.site_id, [comment.id])
    return opened


def _open_again(session: Session, comment_id: str, items: Sequence[ReviewItem], version: int) -> set[str]:
    """Open closed items again, now about `version`."""
    for item in items:
        item.closed_at = item.closed_by = item.outcome = item.closed_version = None
        item.claimed_by = item.claimed_until = None
        if item.about is not None:
            first_look = {name: value for name, value in item.about.items() if name != "second"}
            item.about = first_look | {"version": version}
    session.flush()
    groups.fall_in(session, [comment_id])
    return {item.kind for item in items}


def oldest_open_seconds(session: Session) -> float:
    """How long the oldest item has been open; 0.0 when none is.

    Second looks do not count: nobody waits for them. Nor do archived sites.
    """
    return max(oldest_by_site(session).values(), default=0.0)


def oldest_by_site(session: Session) -> dict[str, float]:
    """Site in use -> how long its oldest item has been open, if there is one. As for `oldest_open_seconds`."""
    oldest = (
        select(ReviewItem.opened_at)
        .where(ReviewItem.site_id == Site.id, ReviewItem.is_open, ReviewItem.kind != "second_look")
        .order_by(ReviewItem.opened_at, ReviewItem.id)
        .limit(1)
        .correlate(Site)
        .scalar_subquery()
    )
    moment = clock.now()
    rows = session.execute(select(Site.id, oldest).where(Site.archived_at.is_(None))).all()
    return {site_id: max(0.0, (moment - at).total_seconds()) for site_id, at in rows if at is not None}
