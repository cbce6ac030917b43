"""Campaigns: groups of comments that say nearly the same, with those that readers see already.

`lookalikes.py` finds a comment's group. This module writes down which comments belong together, and counts them. A
group's id names the comment that began it, so nothing is written of a comment that stays the only one. Whatever is read
is bounded: counts stop at `COUNT_UP_TO`, and authors and growth are those of the latest comments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    Table,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from moderation import actors, clock
from moderation.review import groups, lookalikes
from moderation.store import insert_many_missing
from moderation.tables import LISTED_GROUPS, Comment, LookalikeGroup

#: Counting stops here, so that a larger campaign costs no more.
COUNT_UP_TO = groups.COUNT_UP_TO
#: What people decided is read from so many of a group's latest published comments, and from as many rejected ones.
_ASKED = 50
#: What may have become of a group's comments.
STATUSES = ("published", "flagged", "rejected", "pending")

_NONE_HAS = "-"
Order = Literal["latest", "largest"]
_COMMENTS = cast("Table", Comment.__table__)
_GROUPS = cast("Table", LookalikeGroup.__table__)
# Statements that each batch of decisions needs are built once, because building them takes longer than running them.
_CAME = (
    _GROUPS.update()
    .where(_GROUPS.c.group_id == bindparam("group"), _GROUPS.c.site_id == bindparam("site"))
    .values(number=_GROUPS.c.number + bindparam("more"), last_at=bindparam("moment"))
)
_WRITTEN_DOWN = select(_GROUPS.c.group_id).where(_GROUPS.c.group_id.in_(bindparam("groups", expanding=True)))
_ALONE = select(_COMMENTS.c.id, _COMMENTS.c.site_id, _COMMENTS.c.accepted_at).where(
    _COMMENTS.c.id.in_(bindparam("ids", expanding=True)),
    _COMMENTS.c.group_id.is_(None),
    _COMMENTS.c.status != "erased",
)
_PUT = _COMMENTS.update().where(_COMMENTS.c.id == bindparam("which")).values(group_id=bindparam("group"))


@dataclass(frozen=True, slots=True)
class Arrival:
    """A comment that was just given a group."""

    comment_id: str
    site_id: str
    group_id: str
    #: The group that it was in before it was edited.
    was: str | None
    says_little: bool


@dataclass(frozen=True, slots=True)
class Size:
    """A group on one site: how many comments came, and when the first and the last."""

    group_id: str
    site_id: str
    number: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of groups ends: the number or the moment by which it is ordered, and the group."""

    value: int | datetime
    group_id: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """What people decided on a group's comments on a site, where they all decided alike: by the latest decision."""

    status: Literal["published", "rejected"]
    actor: str
    reasons: Sequence[Mapping[str, Any]]

    @property
    def action(self) -> str:
        """What decides another comment likewise."""
        return "reject" if self.status == "rejected" else "publish"

    def given(self, name: str) -> str:
        """The `code`, or the `note`, that was given; empty where there was none."""
        return next((str(reason[name]) for reason in self.reasons if name in reason), "")


def _own_group(arrival: Arrival) -> str:
    return lookalikes.own_group(arrival.comment_id)


def join(session: Session, arrivals: Iterable[Arrival], *, writes_comments: bool = True) -> dict[str, str]:
    """Write down which comments are in a group with others, in the caller's transaction.

    A comment like no other is not written down. The first comment of a group is written down with the second.

    Returns comment id -> group, for the comments that are in a group from now on. Without `writes_comments` the caller
    writes the arrivals' groups into their rows.
    """
    joining = sorted(
        (arrival for arrival in arrivals if arrival.group_id not in (_own_group(arrival), arrival.was)),
        key=lambda arrival: arrival.comment_id,
    )
    joined = {arrival.comment_id: arrival.group_id for arrival in joining}
    if not joined:
        return {}
    moment = clock.now()
    little = {arrival.group_id: arrival.says_little for arrival in joining}
    if writes_comments:
        _write_groups(session, joined)
    founders = _founders(session, little)
    rows = {(arrival.group_id, arrival.site_id): (0, moment) for arrival in joining} | founders
    insert_many_missing(
        session,
        LookalikeGroup,
        [
            {
                "group_id": group_id,
                "site_id": site_id,
                "number": number,
                "first_at": at,
                "last_at": at,
                "says_little": little[group_id],
            }
            for (group_id, site_id), (number, at) in sorted(rows.items())
        ],
    )
    came = Counter((arrival.group_id, arrival.site_id) for arrival in joining)
    session.execute(
        _CAME,
        [
            {"group": group_id, "site": site_id, "more": number, "moment": moment}
            for (group_id, site_id), number in sorted(came.items())
        ],
    )
    return joined | {lookalikes.founder(group_id): group_id for group_id, _ in founders}


def _write_groups(session: Session, groups: Mapping[str, str]) -> None:
    session.execute(_PUT, [{"which": comment_id, "group": group_id} for comment_id, group_id in groups.items()])


def _founders(session: Session, group_ids: Collection[str]) -> dict[tuple[str, str], tuple[int, datetime]]:
    """The group and site of each comment that began one of these groups, if it was alone; it is put into its group."""
    written_down = set(session.scalars(_WRITTEN_DOWN, {"groups": list(group_ids)}))
    founders = [lookalikes.founder(group_id) for group_id in group_ids if group_id not in written_down]
    if not founders:
        return {}
    alone = session.execute(_ALONE, {"ids": founders}).all()
    if alone:
        _write_groups(session, {row.id: lookalikes.own_group(row.id) for row in alone})
    return {(lookalikes.own_group(row.id), row.site_id): (1, row.accepted_at) for row in alone}


def listed(
    session: Session, site_ids: Collection[str], order: Order, *, little: bool, after: Place | None, limit: int
) -> tuple[list[str], Place | None]:
    """The next groups of at least three comments on one of these sites, and where the next page begins.

    A group on several sites comes once, where it is latest or largest. `little` says whether to list those that say so
    little that many people write the same by chance.
    """
    key = LookalikeGroup.last_at if order == "latest" else LookalikeGroup.number
    other = aliased(LookalikeGroup)
    others_key = other.last_at if order == "latest" else other.number
    earlier = (
        select(other.group_id)
        .where(
            other.group_id == LookalikeGroup.group_id,
            other.site_id.in_(site_ids),
            or_(others_key > key, and_(others_key == key, other.site_id < LookalikeGroup.site_id)),
        )
        .exists()
    )
    heads = []
    for site_id in sorted(site_ids):
        head = select(LookalikeGroup.group_id, key.label("value")).where(
            LookalikeGroup.site_id == site_id, text(LISTED_GROUPS), ~earlier
        )
        if not little:
            head = head.where(~LookalikeGroup.says_little)
        if after is not None:
            head = head.where(tuple_(key, LookalikeGroup.group_id) < tuple_(after.value, after.group_id))
        if order == "latest":  # else SQLite takes the index on numbers, and sorts all that it has
            head = head.where(LookalikeGroup.last_at > clock.from_milliseconds(0))
        ordered = head.order_by(key.desc(), LookalikeGroup.group_id.desc()).limit(limit + 1).subquery()
        heads.append(select(ordered.c.group_id, ordered.c.value))
    if not heads:
        return [], None
    merged = union_all(*heads).subquery()
    query = select(merged).order_by(merged.c.value.desc(), merged.c.group_id.desc()).limit(limit + 1)
    rows = session.execute(query).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return [row.group_id for row in rows[:limit]], None if last is None else Place(last.value, last.group_id)


def sizes(session: Session, group_ids: Collection[str], site_ids: Collection[str]) -> dict[str, list[Size]]:
    """Group -> its sizes on those of these sites where it is, the largest first."""
    query = select(*(getattr(LookalikeGroup, name) for name in Size.__slots__)).where(
        LookalikeGroup.group_id.in_(group_ids), LookalikeGroup.site_id.in_(site_ids)
    )
    by_group: dict[str, list[Size]] = {}
    for row in session.execute(query.order_by(LookalikeGroup.number.desc(), LookalikeGroup.site_id)):
        by_group.setdefault(row.group_id, []).append(Size(*row))
    return by_group


def counts(session: Session, group_id: str, site_ids: Collection[str]) -> dict[str, int]:
    """What became of a group's comments on these sites: status -> how many, each counted up to `COUNT_UP_TO` + 1."""
    heads = _heads(group_id, site_ids, STATUSES, (Comment.status,), COUNT_UP_TO + 1)
    if not heads:
        return {}
    members = union_all(*heads).subquery()
    query = select(members.c.status, func.count()).group_by(members.c.status)
    return {row[0]: min(row[1], COUNT_UP_TO + 1) for row in session.execute(query)}


def seen(session: Session, group_ids: Collection[str], site_ids: Collection[str]) -> dict[str, int]:
    """Group -> how many of its comments readers of these sites see, counted up to `COUNT_UP_TO` + 1."""
    heads = [
        select(Comment.group_id)
        .where(Comment.group_id == group_id, Comment.site_id.in_(site_ids), Comment.status == "published")
        .limit(COUNT_UP_TO + 1)
        .subquery()
        for group_id in sorted(set(group_ids))
    ]
    if not heads or not site_ids:
        return {}
    published = union_all(*(select(head.c.group_id) for head in heads)).subquery()
    query = select(published.c.group_id, func.count()).group_by(published.c.group_id)
    return {row[0]: row[1] for row in session.execute(query)}


def rulings(session: Session, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Ruling]:
    """What people decided on these groups on these sites, by group and site, as far as their latest comments tell.

    A group of which people have published some and rejected others has none.
    """
    groups_and_sites = sorted(set(keys))
    if not groups_and_sites:
        return {}
    values = {f"group_{number}": group_id for number, (group_id, _) in enumerate(groups_and_sites)}
    values |= {f"site_{number}": site_id for number, (_, site_id) in enumerate(groups_and_sites)}
    latest_rulings: dict[tuple[str, str], Ruling] = {}
    statuses: dict[tuple[str, str], set[str]] = {}
    for row in session.execute(_decided_by_people(len(groups_and_sites)), values):
        statuses.setdefault((row.group_id, row.site_id), set()).add(row.status)
        latest_rulings[row.group_id, row.site_id] = Ruling(row.status, row.decided_by, row.reasons or ())
    return {key: ruling for key, ruling in latest_rulings.items() if len(statuses[key]) == 1}


@cache
def _decided_by_people(number_of_groups: int) -> Select[Any]:
    """The query of `rulings`. Built once, because building it takes longer than running it."""
    heads = []
    for number in range(number_of_groups):
        group_id, site_id = (bindparam(f"{name}_{number}", type_=String()) for name in ("group", "site"))
        columns = (Comment.id, Comment.decided_by)
        heads += _heads(group_id, [site_id], ("published", "rejected"), columns, _ASKED, latest_first=True)
    asked = union_all(*heads).subquery()
    by_people = select(asked.c.id).where(asked.c.decided_by.like(actors.PEOPLE))
    names = ("group_id", "site_id", "status", "decided_by", "reasons")
    query = select(*(_COMMENTS.c[name] for name in names)).where(_COMMENTS.c.id.in_(by_people))
    return query.order_by(_COMMENTS.c.decided_at, _COMMENTS.c.id)


def latest(session: Session, group_id: str, site_ids: Collection[str], columns: Sequence[Any], limit: int) -> list[Any]:
    """The latest comments of a group on these sites, whatever became of them: rows of these columns and the `id`."""
    if not site_ids:
        return []
    query = _latest(tuple(columns), len(site_ids), limit)
    sites = {f"site_{number}": site_id for number, site_id in enumerate(sorted(site_ids))}
    return list(session.execute(query, {"group": group_id} | sites).all())


@cache
def _latest(columns: tuple[Any, ...], number_of_sites: int, limit: int) -> Select[Any]:
    """The query of `latest`. Built once, because building it takes longer than running it."""
    sites = [bindparam(f"site_{number}", type_=String()) for number in range(number_of_sites)]
    heads = _heads(bindparam("group", type_=String()), sites, STATUSES, (Comment.id,), limit, latest_first=True)
    merged = union_all(*heads).subquery()
    ids = select(merged.c.id).order_by(merged.c.id.desc()).limit(limit)
    return select(Comment.id, *columns).where(Comment.id.in_(ids)).order_by(Comment.id.desc())


def writers(
    session: Session, keys: Set[tuple[str, str]], *, since: str, limit: int
) -> dict[tuple[str, str], list[Any]]:
    """Who wrote the latest comments of these groups on these sites, and what became of them: by group and site.

    Of each group and site so many comments are looked at; those with ids below `since` do not count. One row stands for
    all that are alike in `author_key`, `ip` (only of those without a key), `status` and `decided_by`. A comment that
    began a group and is alone in it has no `group_id` yet: it counts as well.
    """
    found = {}
    for group_id, site_id in keys:
        values = {"group": group_id, "site": site_id, "since": since, "limit": limit}
        if rows := session.execute(_writers(), values).all():
            found[group_id, site_id] = list(rows)
    alone = {(lookalikes.founder(group_id), site_id): (group_id, site_id) for group_id, site_id in keys - found.keys()}
    if alone:
        founders = {"ids": list({founder for founder, _ in alone}), "since": since}
        for row in session.execute(_founding_writers(), founders):
            if (key := alone.get((row.id, row.site_id))) is not None:
                found[key] = [row]
    return found


@cache
def _writers() -> Select[Any]:
    """The query of `writers` for one group, built once. For all at once, PostgreSQL would misjudge their sizes."""
    limit = bindparam("limit", type_=Integer())
    group, site = (bindparam(name, type_=String()) for name in ("group", "site"))
    merged = union_all(*_heads(group, [site], STATUSES, (_COMMENTS.c.id,), limit, latest_first=True)).subquery()
    ids = select(merged.c.id).order_by(merged.c.id.desc()).limit(limit)
    return _writer().where(_COMMENTS.c.id.in_(ids))


@cache
def _founding_writers() -> Select[Any]:
    """The query of `writers` for comments that are alone in their group, built once."""
    its = _COMMENTS.c
    return _writer(its.id, its.site_id).where(its.id.in_(bindparam("ids", expanding=True)), its.status != "erased")


def _writer(*columns: ColumnElement[Any]) -> Select[Any]:
    its = _COMMENTS.c
    ip = case((its.author_key.is_(None), its.ip)).label("ip")
    query = select(*columns, its.author_key, ip, its.status, its.decided_by).distinct()
    return query.where(its.id >= bindparam("since", type_=String()))


def members(
    session: Session,
    group_id: str,
    site_ids: Collection[str],
    statuses: Sequence[str] = STATUSES,
    *,
    after: str = "",
    limit: int,
) -> list[str]:
    """The next comments of a group with one of these statuses on these sites, by id."""
    sites = [size.site_id for size in sizes(session, [group_id], site_ids).get(group_id, ())]
    heads = _heads(group_id, sites, statuses, (Comment.id,), limit, after=after)
    if not heads:
        return []
    merged = union_all(*heads).subquery()
    return list(session.scalars(select(merged.c.id).order_by(merged.c.id).limit(limit)))


def count(session: Session, group_id: str, site_ids: Collection[str], status: str) -> int:
    """How many of a group's comments on these sites have this status, however many they are."""
    query = select(func.count()).where(
        Comment.group_id == group_id, Comment.site_id.in_(site_ids), Comment.status == status
    )
    return session.scalar(query) or 0


def numbers(session: Session, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """How many came of each of these groups, on each of these sites: by group and site, in one query."""
    if not keys:
        return {}
    values = {"groups": list({group_id for group_id, _ in keys}), "sites": list({site_id for _, site_id in keys})}
    return {(row[0], row[1]): row[2] for row in session.execute(_numbers(), values)}


@cache
def _numbers() -> Select[Any]:
    """The query of `numbers`, built once."""
    return select(_GROUPS.c.group_id, _GROUPS.c.site_id, _GROUPS.c.number).where(
        _GROUPS.c.group_id.in_(bindparam("groups", expanding=True)),
        _GROUPS.c.site_id.in_(bindparam("sites", expanding=True)),
    )


def _is(status: str) -> ColumnElement[bool]:
    """The condition that a group's comments have this status.

    Beside `pending` it names another status, which no comment has. Otherwise PostgreSQL takes pending comments to be
    few, and looks for the group's among all of them.
    """
    return Comment.status == status if status != "pending" else Comment.status.in_((status, _NONE_HAS))


def _heads(
    group_id: str | BindParameter[str],
    site_ids: Iterable[str | BindParameter[str]],
    statuses: Sequence[str],
    columns: Sequence[Any],
    limit: int | BindParameter[int],
    *,
    after: str = "",
    latest_first: bool = False,
) -> list[Select[Any]]:
    """A query for each site and status: the index has each in order."""
    heads = []
    for site_id in site_ids:
        for status in statuses:
            query = select(*columns).where(Comment.group_id == group_id, Comment.site_id == site_id, _is(status))
            if after:
                query = query.where(Comment.id > after)
            head = query.order_by(Comment.id.desc() if latest_first else Comment.id).limit(limit).subquery()
            heads.append(select(head))
    return heads
