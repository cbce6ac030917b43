"""How many different authors wrote nearly the same as a comment: what the rule `campaign` compares with a number."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from moderation import actors, clock
from moderation.policy.terms import Policy
from moderation.review import campaigns, lookalikes
from moderation.review.lookalikes import Fingerprints, Owners
from moderation.tables import Comment

#: For how long what was written counts, and how many of a group's latest comments on a site are looked at.
WINDOW = timedelta(days=7)
LOOKED_AT = 100


def read(
    session: Session,
    comments: Sequence[Comment],
    policies: Mapping[str, Policy],
    fingerprints: Fingerprints,
    owners: Owners,
) -> dict[str, int]:
    """Comment id -> how many different authors wrote nearly the same on its site, its own author included.

    Only for comments in a group, and only where their policies ask for it. Of comments that come in together, each
    counts those before it. An author without a key (`authors.key_of`) is told from others by the IP address.
    """
    asking = [comment for comment in comments if policies[comment.site_id].campaign_authors is not None]
    if not asking:
        return {}
    groups = lookalikes.choose(fingerprints, owners)
    by_group: dict[tuple[str, str], list[Comment]] = defaultdict(list)
    for comment in asking:
        if comment.id in groups and not fingerprints[comment.id].says_little:
            by_group[groups[comment.id], comment.site_id].append(comment)
    came = campaigns.numbers(session, by_group)
    large = {
        (group_id, site_id): together
        for (group_id, site_id), together in by_group.items()
        if came.get((group_id, site_id), 1) + len(together) >= (policies[site_id].campaign_authors or 0)
    }
    if not large:
        return {}
    since = clock.first_id("c", clock.now() - WINDOW)
    writers = campaigns.writers(session, large.keys(), since=since, limit=LOOKED_AT)
    counts: dict[str, int] = {}
    for key, together in large.items():
        others = writers.get(key, [])
        if _approved(others):
            continue
        authors = {_author(row) for row in others}
        for comment in together:
            authors.add(_author(comment))
            counts[comment.id] = len(authors)
    return counts


def replayed(rows: Sequence[Any], policy: Policy) -> dict[str, int]:
    """The same for past comments of one site, as it was when each came in. Counts these comments alone."""
    counts: dict[str, int] = defaultdict(int)
    by_group: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        if policy.campaign_authors is not None and row.group_id is not None:
            by_group[row.group_id].append(row)
    for group in by_group.values():
        group.sort(key=lambda row: row.id)
        moments = [row.accepted_at for row in group]
        for at, row in enumerate(group):
            lately = group[max(bisect_left(moments, row.accepted_at - WINDOW), at - LOOKED_AT) : at]
            if not lookalikes.of_text(row.comment).says_little and not _approved(lately, before=row.accepted_at):
                counts[row.id] = len({_author(written) for written in (*lately, row)})
    return counts


def _author(row: Any) -> str | None:
    author: str | None = row.author_key if row.author_key is not None else row.ip
    return author


def _approved(rows: Sequence[Any], before: Any = None) -> bool:
    """Whether people have published some of these and rejected none."""
    by_people = {
        row.status
        for row in rows
        if actors.is_person(row.decided_by) and (before is None or (row.decided_at and row.decided_at < before))
    }
    return "published" in by_people and "rejected" not in by_people
