"""The standing of authors: what people decided on their earlier comments, for the rules to compare with numbers.

A row holds approvals and the moments of rejections, not a verdict: so a policy's other numbers hold at once, and a
rejection expires without anybody's doing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal
from typing import cast as as_type

from sqlalchemy import Select, Table, Text, bindparam, cast, or_, select
from sqlalchemy.orm import Session

from moderation import actors, authors, clock
from moderation.identities import columns
from moderation.policy.rules import strike_days
from moderation.policy.terms import Policy, Standing
from moderation.tables import AuthorStanding, Comment
from texts.comparison import spelled

#: How many of an author's latest comments are looked at, and how many rejections are kept.
LOOKED_AT, MOST_STRIKES = 500, 20
#: The decisions before a past comment that are looked at when a policy is tried.
_REPLAYED = 120
NO_STANDING = Standing()
_TABLE = as_type("Table", AuthorStanding.__table__)
#: More approvals than anybody has.
_NOBODY = 2**31 - 1
Name = Literal["trusted", "held"]


@dataclass(frozen=True, slots=True)
class Counted:
    """What people decided on an author's latest comments."""

    approvals: int
    #: When they rejected, oldest first, in seconds since 1970.
    strikes: list[int]


def asks(policy: Policy) -> bool:
    """Whether the site's policy asks for the standing of authors."""
    return policy.trust_after is not None or policy.hold_after is not None


def identity_of(comment: Any) -> str | None:
    """The author of a comment as trust compares them, letter by letter; None where nobody vouches for them."""
    if comment.user_id:
        return spelled(comment.user_id)
    return spelled(comment.email) if comment.email and authors.is_email_vouched_for(comment) else None


def read(session: Session, comments: Sequence[Comment], policies: Mapping[str, Policy]) -> dict[str, Standing]:
    """The standing of these comments' authors, by comment id, in one query; only where their policies ask for it."""
    asking = [comment for comment in comments if comment.author_key is not None and asks(policies[comment.site_id])]
    if not asking:
        return {}
    asked = {comment.site_id: policies[comment.site_id].trust_after for comment in asking}
    keys = {
        "sites": list(asked),
        "authors": columns.forms(
            AuthorStanding.author_key, {comment.author_key for comment in asking if comment.author_key is not None}
        ),
        "enough": min((number for number in asked.values() if number is not None), default=_NOBODY),
    }
    rows = {(row.site_id, row.author_key): row for row in session.execute(_query(), keys)}
    if not rows:
        return {}
    moment = clock.now()
    return {
        comment.id: of_row(row, comment, policies[comment.site_id], moment)
        for comment in asking
        if (row := rows.get((comment.site_id, comment.author_key or ""))) is not None
    }


@cache
def _query() -> Select[Any]:
    """Built once, because building it takes longer than running it. Rows that no rule could ask for are not read."""
    read = (_TABLE.c.site_id, _TABLE.c.author_key, _TABLE.c.identity, _TABLE.c.approvals, _TABLE.c.strikes)
    return select(*read).where(
        _TABLE.c.site_id.in_(bindparam("sites", expanding=True)),
        _TABLE.c.author_key.in_(bindparam("authors", expanding=True)),
        or_(_TABLE.c.approvals >= bindparam("enough"), cast(_TABLE.c.strikes, Text) != "[]"),
    )


def of_row(row: Any, comment: Any, policy: Policy, moment: datetime) -> Standing:
    """The standing of a comment's author by their row, as the policy counts at this moment."""
    is_same = bool(row.approvals) and row.identity is not None and row.identity == identity_of(comment)
    return Standing(row.approvals if is_same else 0, len(unexpired(row.strikes, policy, moment)) if row.strikes else 0)


def unexpired(strikes: Iterable[int], policy: Policy, moment: datetime) -> list[int]:
    """The rejections that still count."""
    since = (moment - timedelta(days=strike_days(policy))).timestamp()
    return [at for at in strikes if at > since]


def named(standing: Standing, policy: Policy) -> Name | None:
    """What follows from a standing: rejections weigh more than approvals."""
    if policy.hold_after is not None and standing.strikes >= policy.hold_after:
        return "held"
    if policy.trust_after is not None and standing.approvals >= policy.trust_after:
        return "trusted"
    return None


def count(session: Session, site_id: str, author_key: str, identity: str | None) -> Counted:
    """What people decided on the author's latest comments. An approval counts only for the very same identity."""
    query = (
        select(Comment.status, Comment.decided_by, Comment.decided_at, Comment.user_id, Comment.email, Comment.origin)
        .where(Comment.site_id == site_id, Comment.author_key == author_key)
        .order_by(Comment.id.desc())
        .limit(LOOKED_AT)
    )
    decided = [row for row in session.execute(query) if _is_by_a_person(row)]
    rejections = sorted(int(row.decided_at.timestamp()) for row in decided if row.status == "rejected")
    since = rejections[-1] if rejections else 0
    approvals = sum(
        row.status == "published"
        and int(row.decided_at.timestamp()) >= since
        and identity is not None
        and identity_of(row) == identity
        for row in decided
    )
    return Counted(approvals, rejections[-MOST_STRIKES:])


def replayed(rows: Sequence[Any], policy: Policy) -> dict[str, Standing]:
    """The standing of each of these past comments' authors when it came in, by what people decided on the others."""
    if not asks(policy):
        return defaultdict(lambda: NO_STANDING)
    by_author: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if row.author_key is not None:
            by_author[row.author_key].append(row)
    standings: dict[str, Standing] = defaultdict(lambda: NO_STANDING)
    for theirs in by_author.values():
        decided = sorted((row for row in theirs if _is_by_a_person(row)), key=lambda row: row.decided_at)
        moments = [row.decided_at for row in decided]
        identities = {row.id: identity_of(row) for row in theirs}
        for row in theirs if decided else ():
            end = bisect_left(moments, row.accepted_at)
            earlier = decided[max(0, end - _REPLAYED) : end]
            same = {other.id for other in earlier if identities[other.id] == identities[row.id] is not None}
            standings[row.id] = _replay(earlier, same, row.accepted_at, policy)
    return standings


def _replay(earlier: Sequence[Any], same: Collection[str], moment: datetime, policy: Policy) -> Standing:
    approvals, strikes = 0, []
    for row in earlier:
        if row.status == "rejected":
            approvals = 0
            strikes.append(int(row.decided_at.timestamp()))
        elif row.id in same:
            approvals += 1
    return Standing(approvals, len(unexpired(strikes, policy, moment)))


def _is_by_a_person(row: Any) -> bool:
    by_person = row.decided_by == actors.SITE or actors.is_person(row.decided_by)
    return by_person and row.decided_at is not None and row.status in ("published", "rejected")
