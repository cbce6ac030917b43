"""What a site has seen of a comment's author: read for a page of comments at once, and only their latest comments."""

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

#: How many of an author's latest comments are counted, and in how many of them the last decisions are looked for.
COUNTED, LOOKED_THROUGH = 100, 10
#: How many decisions are shown, how many names from the same address, and from how many comments these are taken.
DECISIONS, NAMES, FROM_ADDRESS = 3, 3, 50

#: The table, not the class, and each query is built once: building it takes longer than running it.
_COMMENTS = cast("Table", Comment.__table__)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)


@dataclass(frozen=True, slots=True)
class EarlierDecision:
    """An earlier decision on the same author."""

    comment_id: str
    status: str
    actor: str | None
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """An author on one site, without the comment in question. `names` are other authors' from the same address."""

    published: int = 0
    rejected: int = 0
    waiting: int = 0
    #: Only the latest `COUNTED` comments were counted: there are more.
    partly: bool = False
    first_seen: datetime | None = None
    decisions: Sequence[EarlierDecision] = ()
    names: Sequence[str] = ()
    more_names: bool = False


def of_authors(session: Session, comment_ids: Sequence[str]) -> dict[str, Record]:
    """The records of these comments' authors, by comment id. `author_key` tells authors apart."""
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
    """Join each of the comments `ids` to the latest `most` of its site with the same `by`, through an index."""
    subject, earlier, match = _COMMENTS.alias(), _COMMENTS.alias(), _COMMENTS.alias()
    since = (
        select(earlier.c.id)
        .where(earlier.c.site_id == subject.c.site_id, earlier.c[by] == subject.c[by])
        .order_by(earlier.c.id.desc())
        .offset(most - 1)
        .limit(1)
        .correlate(subject)
        .scalar_subquery()
    )
    columns = (
        subject.c.id,
        subject.c.site_id,
        subject.c.author_key,
        subject.c.ip,
        func.coalesce(since, "").label("since"),
    )
    # Materialized, because PostgreSQL would else run it again for each joined comment.
    shown = select(*columns).where(subject.c.id.in_(_IDS)).cte("shown").prefix_with("MATERIALIZED")
    joined = (match.c.site_id == shown.c.site_id) & (match.c[by] == shown.c[by]) & (match.c.id >= shown.c.since)
    return shown, match, joined & (match.c.id != shown.c.id)


def _counts(session: Session, comment_ids: Sequence[str]) -> tuple[Mapping[str, Mapping[str, int]], Mapping[str, bool]]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    partly: dict[str, bool] = defaultdict(bool)
    for comment_id, since, status, number in session.execute(_count(COUNTED), {"ids": comment_ids}):
        counts[comment_id][status] = number
        partly[comment_id] = bool(since)
    return counts, partly


@cache
def _count(most: int) -> Select[Any]:
    shown, others, joined = _latest("author_key", most)
    columns = (shown.c.id, shown.c.since, others.c.status)
    return select(*columns, func.count()).join(others, joined).group_by(*columns)


def _decisions(session: Session, comment_ids: Sequence[str]) -> Mapping[str, list[EarlierDecision]]:
    """The latest first."""
    decisions: dict[str, list[EarlierDecision]] = defaultdict(list)
    for comment_id, *decided in session.execute(_decided(LOOKED_THROUGH), {"ids": comment_ids}):
        decisions[comment_id].append(EarlierDecision(*decided))
    return decisions


@cache
def _decided(most: int) -> Select[Any]:
    shown, others, joined = _latest("author_key", most)
    query = select(shown.c.id, others.c.id, others.c.status, others.c.decided_by, others.c.decided_at).join(
        others, joined
    )
    return query.where(others.c.status.in_(("published", "rejected"))).order_by(others.c.id.desc())


def _names(session: Session, comment_ids: Sequence[str]) -> Mapping[str, list[str]]:
    """Other authors' names from the same address."""
    names: dict[str, list[str]] = defaultdict(list)
    for comment_id, name in session.execute(_named(FROM_ADDRESS), {"ids": comment_ids}):
        names[comment_id].append(name)
    return names


@cache
def _named(most: int) -> Select[Any]:
    shown, others, joined = _latest("ip", most)
    query = select(shown.c.id, others.c.name).join(others, joined).where(others.c.author_key != shown.c.author_key)
    names = query.distinct().subquery()
    place = func.row_number().over(partition_by=names.c.id, order_by=names.c.name).label("place")
    numbered = select(names.c.id, names.c.name, place).subquery()
    first = select(numbered.c.id, numbered.c.name).where(numbered.c.place <= NAMES + 1)
    return first.order_by(numbered.c.name)


def _first_seen(session: Session, comment_ids: Sequence[str]) -> list[tuple[str, datetime | None]]:
    """When each author's first comment was written, of those that came; None where that is the comment in question."""
    rows = session.execute(_first_accepted(), {"ids": comment_ids})
    return [(comment_id, first if first and first < written_at else None) for comment_id, written_at, first in rows]


@cache
def _first_accepted() -> Select[Any]:
    shown, earlier = _COMMENTS.alias(), _COMMENTS.alias()
    first_accepted = (
        select(earlier.c.created_at)
        .where(earlier.c.site_id == shown.c.site_id, earlier.c.author_key == shown.c.author_key)
        .order_by(earlier.c.id)
        .limit(1)
        .correlate(shown)
        .scalar_subquery()
    )
    return select(shown.c.id, shown.c.created_at, first_accepted).where(shown.c.id.in_(_IDS))
