"""The published copies of a group's comments: they have no open item, but a decision on the group has to reach them.

A published comment has no fingerprint stored, so the latest ones are compared when somebody is about to decide.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import clock
from moderation.review import groups
from moderation.review.fingerprints import fingerprint
from moderation.review.lookalikes import REMEMBERED, SHARED
from moderation.tables import Comment, ReviewItem

#: How many of a group's comments are compared with, and how many published comments of a site are looked at.
MEMBERS, LOOKED_AT = 50, 2_000
#: A cheap test before fingerprints are computed: near copies share at least half of their longer words.
_WORD = re.compile(r"\w{5,}")

#: A comment's id, and the version of it that was read.
Seen = tuple[str, int]


def published(session: Session, group_id: str, site_ids: Collection[str], *, before: datetime) -> list[Seen]:
    """The published comments of these sites that say nearly the same as this group and have no open item, by id.

    Only comments of the last days that did not change after `before`, and `LOOKED_AT` of a site at most.
    """
    ids = [row.comment_id for row in session.execute(groups.members(group_id, site_ids).limit(MEMBERS))]
    texts = list(session.scalars(select(Comment.comment).where(Comment.id.in_(ids))))
    owners: dict[int, list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        for band in fingerprint(text):
            owners[band].append(index)
    words = {word for text in texts for word in _words(text)}
    copies = []
    for site_id in sorted(site_ids) if texts else ():
        for comment_id, version, text in _candidates(session, site_id, before):
            own_words = _words(text)
            if 2 * len(own_words & words) < len(own_words):
                continue
            bands = fingerprint(text)
            shared = Counter(index for band in bands for index in owners.get(band, ()))
            if bands and max(shared.values(), default=0) >= min(SHARED, len(bands)):
                copies.append((comment_id, version))
    return sorted(copies)


def _candidates(session: Session, site_id: str, before: datetime) -> Sequence[tuple[str, int, str]]:
    """A site's published comments without an open item, the latest first."""
    waits = select(ReviewItem.id).where(ReviewItem.comment_id == Comment.id, ReviewItem.is_open).exists()
    query = (
        select(Comment.id, Comment.version, Comment.comment)
        .where(
            Comment.site_id == site_id,
            Comment.status == "published",
            Comment.id >= clock.first_id("c", clock.now() - REMEMBERED),
            Comment.updated_at <= before,
            ~waits,
        )
        .order_by(Comment.id.desc())
        .limit(LOOKED_AT)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text[:2_000].casefold()))
