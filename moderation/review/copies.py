"""The copies of a group that readers already see: they wait for nobody, and a decision on the group is to reach them.

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

#: How many of a group's comments stand for what it says, and how many published ones of a site are looked at.
MEMBERS, LOOKED_AT = 50, 2_000
#: What near copies share before anything dear is computed: half of their longer words.
_WORD = re.compile(r"\w{5,}")

#: A comment, and the version of it that was seen.
Seen = tuple[str, int]


def published(session: Session, group_id: str, site_ids: Collection[str], *, before: datetime) -> list[Seen]:
    """The published comments of these sites that say nearly the same as this group and wait for nobody, by id.

    Of the last days, as far as `LOOKED_AT` goes, and not changed since `before`.
    """
    ids = [row.comment_id for row in session.execute(groups.members(group_id, site_ids).limit(MEMBERS))]
    texts = list(session.scalars(select(Comment.comment).where(Comment.id.in_(ids))))
    owners: dict[int, list[int]] = defaultdict(list)
    for at, text in enumerate(texts):
        for band in fingerprint(text):
            owners[band].append(at)
    words = {word for text in texts for word in _words(text)}
    found = []
    for site_id in sorted(site_ids) if texts else ():
        for comment_id, version, text in _candidates(session, site_id, before):
            mine = _words(text)
            if 2 * len(mine & words) < len(mine):
                continue
            bands = fingerprint(text)
            shared = Counter(at for band in bands for at in owners.get(band, ()))
            if bands and max(shared.values(), default=0) >= min(SHARED, len(bands)):
                found.append((comment_id, version))
    return sorted(found)


def _candidates(session: Session, site_id: str, before: datetime) -> Sequence[tuple[str, int, str]]:
    """A site's latest published comments that nobody is asked about, the latest first."""
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
