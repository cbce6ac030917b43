"""Groups of comments that say nearly the same, so that an attack is one decision. Found at a fixed cost.

Whoever has a band of the fingerprint first gives it a group; who shares enough bands with a group is one of it, and
brings its own bands in, so that a group follows an attack that drifts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from moderation import clock
from moderation.review.fingerprints import fingerprint
from moderation.tables import Comment, LookalikeBand

#: Bands that a comment has to share with a group, of the 24. One alone may be chance, where 100,000 comments wait.
SHARED = 2
#: For so long a group is remembered after the last comment that was like it; see `retention.py`.
REMEMBERED = timedelta(days=7)
#: How often it is noted that a band is still in use.
_NOTED = timedelta(days=1)

#: Comment id -> fingerprint.
Fingerprints = Mapping[str, tuple[int, ...]]


def of_comment(session: Session, site_id: str, comment_id: str) -> tuple[int, ...]:
    """The fingerprint of a stored comment; empty where there is none. Not for a write transaction: it computes."""
    query = select(Comment.comment).where(Comment.id == comment_id, Comment.site_id == site_id)
    return fingerprint(session.scalar(query) or "")


def owners(session: Session, fingerprints: Fingerprints) -> dict[int, str]:
    """The bands of these fingerprints that have a group, and which: to be read ahead of `assign`."""
    return _owners(session, _bands(fingerprints.values()))


def assign(session: Session, fingerprints: Fingerprints, owners: Mapping[int, str]) -> dict[str, str]:
    """The group of each comment, by id, in the caller's transaction; the first of its kind begins one.

    `owners` is what the function of this name said shortly before, or less: bands that have no group by then are
    written, and those that turn out to have one, since another process was quicker, are gone by.
    """
    groups, new = _choose(fingerprints, owners)
    quicker: dict[int, str] = {}
    if new:
        _claim(session, new)
        quicker = {band: group for band, group in _owners(session, new).items() if group != new[band]}
    if quicker:
        groups, meant = _choose(fingerprints, {**owners, **quicker})
        _move(session, {band: group for band, group in meant.items() if group != new[band]})
    _note(session, [band for band in _bands(fingerprints.values()) if band in owners or band in quicker])
    return groups


def _choose(fingerprints: Fingerprints, owners: Mapping[int, str]) -> tuple[dict[str, str], dict[int, str]]:
    """The groups, and what of the bands has none yet with the one that it gets."""
    groups: dict[str, str] = {}
    new: dict[int, str] = {}
    for comment_id, bands in fingerprints.items():
        if not bands:
            continue
        found = Counter(group for band in bands if (group := owners.get(band) or new.get(band)))
        [(group, shared)] = found.most_common(1) or [("", 0)]
        if shared < min(SHARED, len(bands)):
            group = clock.new_id("g")
        groups[comment_id] = group
        for band in bands:
            if band not in owners:
                new.setdefault(band, group)
    return groups, new


def _bands(fingerprints: Iterable[tuple[int, ...]]) -> set[int]:
    return {band for bands in fingerprints for band in bands}


def _owners(session: Session, bands: Collection[int]) -> dict[int, str]:
    if not bands:
        return {}
    query = select(LookalikeBand.band, LookalikeBand.group_id).where(LookalikeBand.band.in_(bands))
    return {row[0]: row[1] for row in session.execute(query)}


def _claim(session: Session, new: Mapping[int, str]) -> None:
    """Write who has which band, unless somebody has it already."""
    moment = clock.now()
    # In one order, so that two processes with the same bands cannot deadlock on PostgreSQL.
    rows = [{"band": band, "group_id": new[band], "seen_at": moment} for band in sorted(new)]
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(LookalikeBand).on_conflict_do_nothing(), rows)


def _move(session: Session, bands: Mapping[int, str]) -> None:
    """Give bands that were just claimed to the group that their comments belong to after all."""
    by_group: dict[str, list[int]] = {}
    for band, group in bands.items():
        by_group.setdefault(group, []).append(band)
    for group, moved in by_group.items():
        session.execute(
            update(LookalikeBand)
            .where(LookalikeBand.band.in_(moved))
            .values(group_id=group)
            .execution_options(synchronize_session=False)
        )


def _note(session: Session, bands: Collection[int]) -> None:
    """Keep bands that are in use from being forgotten; once a day is enough, and costs nothing in between."""
    moment = clock.now()
    old = select(LookalikeBand.band).where(LookalikeBand.band.in_(bands), LookalikeBand.seen_at < moment - _NOTED)
    noted = session.scalars(old.order_by(LookalikeBand.band).with_for_update()).all() if bands else []
    if noted:
        session.execute(
            update(LookalikeBand)
            .where(LookalikeBand.band.in_(noted))
            .values(seen_at=moment)
            .execution_options(synchronize_session=False)
        )
