"""What a site has seen of a comment's author. Looked up for a page of comments at once, and only so far back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from moderation.tables import Comment

#: How many of an author's latest comments are counted, and among how many the last decisions are looked for.
COUNTED, LOOKED_THROUGH = 100, 10
#: How many decisions are shown, and how many names from the same address, out of so many comments from there.
DECISIONS, NAMES, FROM_ADDRESS = 3, 3, 50


@dataclass(frozen=True, slots=True)
class Decided:
    """An earlier decision on the same author."""

    comment_id: str
    status: str
    actor: str | None
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """An author on one site, but for the comment in question. `names` are others' from the same address."""

    published: int = 0
    rejected: int = 0
    waiting: int = 0
    #: Only the latest `COUNTED` comments were counted: there are more.
    partly: bool = False
    first_seen: datetime | None = None
    decisions: Sequence[Decided] = ()
    names: Sequence[str] = ()
    more_names: bool = False


def of_authors(session: Session, comment_ids: Sequence[str]) -> dict[str, Record]:
    """The records of these comments' authors, by comment id. By name where a site tells nothing else of them."""
    if not comment_ids:
        return {}
    counts, partly = _counts(session, comment_ids)
    decisions, names = _decisions(session, comment_ids), _names(session, comment_ids)
    return {
        comment_id: Record(
            published=counts[comment_id]["published"],
            rejected=counts[comment_id]["rejected"],
            waiting=counts[comment_id]["flagged"],
            partly=partly[comment_id],
            first_seen=first_seen,
            decisions=decisions[comment_id][:DECISIONS],
            names=names[comment_id][:NAMES],
            more_names=len(names[comment_id]) > NAMES,
        )
        for comment_id, first_seen in _first_seen(session, comment_ids)
    }


def _latest(comment_ids: Sequence[str], by: str, most: int) -> tuple[Any, Any, Any]:
    """Each of these comments, joined to the latest `most` of the same site with the same `by`, by index."""
    other: Any = aliased(Comment)
    column: Any = getattr(Comment, by)
    since = (
        select(other.id)
        .where(other.site_id == Comment.site_id, getattr(other, by) == column)
        .order_by(other.id.desc())
        .offset(most - 1)
        .limit(1)
        .correlate(Comment)
        .scalar_subquery()
    )
    columns = (Comment.id, Comment.site_id, Comment.author_key, Comment.ip, func.coalesce(since, "").label("since"))
    # Worked out first: inlined, it would be worked out for each comment that is joined.
    shown = select(*columns).where(Comment.id.in_(comment_ids)).cte("shown").prefix_with("MATERIALIZED")
    same: Any = aliased(Comment)
    joined = (same.site_id == shown.c.site_id) & (getattr(same, by) == shown.c[by]) & (same.id >= shown.c.since)
    return shown, same, joined & (same.id != shown.c.id)


def _counts(session: Session, comment_ids: Sequence[str]) -> tuple[Mapping[str, Mapping[str, int]], Mapping[str, bool]]:
    shown, same, joined = _latest(comment_ids, "author_key", COUNTED)
    columns = (shown.c.id, shown.c.since, same.status, func.count())
    query = select(*columns).join(same, joined).group_by(shown.c.id, shown.c.since, same.status)
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    partly: dict[str, bool] = defaultdict(bool)
    for comment_id, since, status, number in session.execute(query):
        counts[comment_id][status] = number
        partly[comment_id] = bool(since)
    return counts, partly


def _decisions(session: Session, comment_ids: Sequence[str]) -> Mapping[str, list[Decided]]:
    """The latest first."""
    shown, same, joined = _latest(comment_ids, "author_key", LOOKED_THROUGH)
    columns = (shown.c.id, same.id, same.status, same.decided_by, same.decided_at)
    query = select(*columns).join(same, joined).where(same.status.in_(("published", "rejected")))
    found: dict[str, list[Decided]] = defaultdict(list)
    for comment_id, *decided in session.execute(query.order_by(same.id.desc())):
        found[comment_id].append(Decided(*decided))
    return found


def _names(session: Session, comment_ids: Sequence[str]) -> Mapping[str, list[str]]:
    """Other authors' names from the same address."""
    shown, same, joined = _latest(comment_ids, "ip", FROM_ADDRESS)
    query = select(shown.c.id, same.name).join(same, joined).where(same.author_key != shown.c.author_key).distinct()
    found: dict[str, list[str]] = defaultdict(list)
    for comment_id, name in session.execute(query.order_by(same.name)):
        found[comment_id].append(name)
    return found


def _first_seen(session: Session, comment_ids: Sequence[str]) -> list[tuple[str, datetime | None]]:
    """When each author's first comment was accepted; None where the comment in question is it."""
    other: Any = aliased(Comment)
    first = (
        select(other.accepted_at)
        .where(other.site_id == Comment.site_id, other.author_key == Comment.author_key)
        .order_by(other.id)
        .limit(1)
        .correlate(Comment)
        .scalar_subquery()
    )
    rows = session.execute(select(Comment.id, Comment.accepted_at, first).where(Comment.id.in_(comment_ids)))
    return [(comment_id, found if found and found < own else None) for comment_id, own, found in rows]
