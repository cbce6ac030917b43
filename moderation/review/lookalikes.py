"""Groups of comments that say nearly the same, so that an attack is one decision. Found at a fixed cost.

The first comment with a band of a fingerprint gives the band its group. A comment that shares enough bands with a group
belongs to it and adds its own bands, so that a group follows an attack that changes from copy to copy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from moderation import clock
from moderation.review.fingerprints import fingerprint
from moderation.store import insert_missing
from moderation.tables import Comment, LookalikeBand

#: Bands, of the 24, that a comment has to share with a group. With 100,000 comments waiting, one may be chance.
SHARED = 2
#: How long a group is remembered after its last comment; `retention.py` deletes it.
REMEMBERED = timedelta(days=7)
#: How often a band that is in use gets a new `seen_at`.
_NOTED = timedelta(days=1)

#: Comment id -> fingerprint.
Fingerprints = Mapping[str, tuple[int, ...]]


def of_comment(session: Session, site_id: str, comment_id: str) -> tuple[int, ...]:
    """The fingerprint of a stored comment; empty where there is none. Not for a write transaction: it takes time."""
    query = select(Comment.comment).where(Comment.id == comment_id, Comment.site_id == site_id)
    return fingerprint(session.scalar(query) or "")


def owners(session: Session, fingerprints: Fingerprints) -> dict[int, str]:
    """Band -> its group, for the bands of these fingerprints that have one: to be read before `assign`."""
    return _owners(session, _bands(fingerprints.values()))


def assign(session: Session, fingerprints: Fingerprints, owners: Mapping[int, str]) -> dict[str, str]:
    """The group of each comment, by id, in the caller's transaction; a comment like no other begins a group.

    `owners` is what the function `owners` returned shortly before, or less. Bands that had no group then are written;
    where another process was quicker, its groups count.
    """
    groups, new_owners = _choose(fingerprints, owners)
    quicker: dict[int, str] = {}
    if new_owners:
        _claim(session, new_owners)
        quicker = {band: group for band, group in _owners(session, new_owners).items() if group != new_owners[band]}
    if quicker:
        groups, final_owners = _choose(fingerprints, {**owners, **quicker})
        _move(session, {band: group for band, group in final_owners.items() if group != new_owners[band]})
    _note(session, [band for band in _bands(fingerprints.values()) if band in owners or band in quicker])
    return groups


def _choose(fingerprints: Fingerprints, owners: Mapping[int, str]) -> tuple[dict[str, str], dict[int, str]]:
    """Comment id -> its group, and band -> its new group for bands that have none yet."""
    groups: dict[str, str] = {}
    new_owners: dict[int, str] = {}
    for comment_id, bands in fingerprints.items():
        if not bands:
            continue
        groups_sharing = Counter(group for band in bands if (group := owners.get(band) or new_owners.get(band)))
        [(group, shared)] = groups_sharing.most_common(1) or [("", 0)]
        if shared < min(SHARED, len(bands)):
            group = clock.new_id("g")
        groups[comment_id] = group
        for band in bands:
            if band not in owners:
                new_owners.setdefault(band, group)
    return groups, new_owners


def _bands(fingerprints: Iterable[tuple[int, ...]]) -> set[int]:
    return {band for bands in fingerprints for band in bands}


def _owners(session: Session, bands: Collection[int]) -> dict[int, str]:
    if not bands:
        return {}
    query = select(LookalikeBand.band, LookalikeBand.group_id).where(LookalikeBand.band.in_(bands))
    return {row[0]: row[1] for row in session.execute(query)}


def _claim(session: Session, new_owners: Mapping[int, str]) -> None:
    """Write which group has which band; a band that has a group keeps it."""
    moment = clock.now()
    rows = [{"band": band, "group_id": new_owners[band], "seen_at": moment} for band in sorted(new_owners)]
    insert_missing(session, LookalikeBand, rows)


def _move(session: Session, bands: Mapping[int, str]) -> None:
    """Give bands that were just claimed to another group: the one that their comments turned out to belong to."""
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
    """Renew `seen_at` of bands that are in use, at most once a day, so that they are not deleted."""
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
