"""What a site has seen of a comment's author. Looked up for a page of comments at once, and only so far back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import BindParameter, Select, Table, bindparam, func, select
from sqlalchemy.orm import Session

from moderation.tables import Comment

#: How many of an author's latest comments are counted, and among how many the last decisions are looked for.
COUNTED, LOOKED_THROUGH = 100, 10
#: How many decisions are shown, and how many names from the same address, out of so many comments from there.
DECISIONS, NAMES, FROM_ADDRESS = 3, 3, 50

#: Not the class, and each query made once: making one anew takes longer than it runs.
_COMMENTS = cast("Table", Comment.__table__)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)


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


def _latest(by: str, most: int) -> tuple[Any, Any, Any]:
    """Each of the comments `ids`, joined to the latest `most` of the same site with the same `by`, by index."""
    own, other, same = _COMMENTS.alias(), _COMMENTS.alias(), _COMMENTS.alias()
    since = (
        select(other.c.id)
        .where(other.c.site_id == own.c.site_id, other.c[by] == own.c[by])
        .order_by(other.c.id.desc())
        .offset(most - 1)
        .limit(1)
        .correlate(own)
        .scalar_subquery()
    )
    columns = (own.c.id, own.c.site_id, own.c.author_key, own.c.ip, func.coalesce(since, "").label("since"))
    # Worked out first: inlined, it would be worked out for each comment that is joined.
    shown = select(*columns).where(own.c.id.in_(_IDS)).cte("shown").prefix_with("MATERIALIZED")
    joined = (same.c.site_id == shown.c.site_id) & (same.c[by] == shown.c[by]) & (same.c.id >= shown.c.since)
    return shown, same, joined & (same.c.id != shown.c.id)


def _counts(session: Session, comment_ids: Sequence[str]) -> tuple[Mapping[str, Mapping[str, int]], Mapping[str, bool]]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    partly: dict[str, bool] = defaultdict(bool)
    for comment_id, since, status, number in session.execute(_count(COUNTED), {"ids": comment_ids}):
        counts[comment_id][status] = number
        partly[comment_id] = bool(since)
    return counts, partly


@cache
def _count(most: int) -> Select[Any]:
    shown, same, joined = _latest("author_key", most)
    columns = (shown.c.id, shown.c.since, same.c.status)
    return select(*columns, func.count()).join(same, joined).group_by(*columns)


def _decisions(session: Session, comment_ids: Sequence[str]) -> Mapping[str, list[Decided]]:
    """The latest first."""
    found: dict[str, list[Decided]] = defaultdict(list)
    for comment_id, *decided in session.execute(_decided(LOOKED_THROUGH), {"ids": comment_ids}):
        found[comment_id].append(Decided(*decided))
    return found


@cache
def _decided(most: int) -> Select[Any]:
    shown, same, joined = _latest("author_key", most)
    query = select(shown.c.id, same.c.id, same.c.status, same.c.decided_by, same.c.decided_at).join(same, joined)
    return query.where(same.c.status.in_(("published", "rejected"))).order_by(same.c.id.desc())


def _names(session: Session, comment_ids: Sequence[str]) -> Mapping[str, list[str]]:
    """Other authors' names from the same address."""
    found: dict[str, list[str]] = defaultdict(list)
    for comment_id, name in session.execute(_named(FROM_ADDRESS), {"ids": comment_ids}):
        found[comment_id].append(name)
    return found


@cache
def _named(most: int) -> Select[Any]:
    shown, same, joined = _latest("ip", most)
    query = select(shown.c.id, same.c.name).join(same, joined).where(same.c.author_key != shown.c.author_key)
    return query.distinct().order_by(same.c.name)


def _first_seen(session: Session, comment_ids: Sequence[str]) -> list[tuple[str, datetime | None]]:
    """When each author's first comment was accepted; None where the comment in question is it."""
    rows = session.execute(_first(), {"ids": comment_ids})
    return [(comment_id, found if found and found < own else None) for comment_id, own, found in rows]


@cache
def _first() -> Select[Any]:
    own, other = _COMMENTS.alias(), _COMMENTS.alias()
    first = (
        select(other.c.accepted_at)
        .where(other.c.site_id == own.c.site_id, other.c.author_key == own.c.author_key)
        .order_by(other.c.id)
        .limit(1)
        .correlate(own)
        .scalar_subquery()
    )
    return select(own.c.id, own.c.accepted_at, first).where(own.c.id.in_(_IDS))
