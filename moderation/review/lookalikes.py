"""Groups of comments that say nearly the same, so that an attack is one decision. Found at a fixed cost.

The first comment with a band of a fingerprint gives the band its group. A comment that shares a band with a group, and
whose sketch is like that of the comment which brought the band, belongs to it and adds its own bands, so that a group
follows an attack that changes from copy to copy. Every comment that is decided is looked up so, published ones too.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Select, Table, any_, bindparam, func, select, update
from sqlalchemy.orm import Session

from moderation import clock
from moderation.review.fingerprints import NONE, Fingerprint, fingerprint
from moderation.store import insert_many_missing
from moderation.tables import Comment, LookalikeBand
from texts import quotations

#: How long a group is remembered after its last comment; `retention.py` deletes it.
REMEMBERED = timedelta(days=7)
#: How often a band that is in use gets a new `seen_at`.
_NOTED = timedelta(days=1)
_BANDS = cast("Table", LookalikeBand.__table__)

#: Comment id -> fingerprint.
Fingerprints = Mapping[str, Fingerprint]


class Owner(NamedTuple):
    """The owner of a band: a group, and the sketch of the comment that brought the band to the group."""

    group_id: str
    sketch: int | None
    #: Whether the band's `seen_at` is so old that it has to be renewed.
    is_stale: bool = False


#: Band -> its owner.
Owners = Mapping[int, Owner]


def of_text(text: str) -> Fingerprint:
    """The fingerprint of a comment: of its author's own words, where it quotes others and they are enough.

    Who quotes a comment and answers it does not repeat it; who only puts a quotation mark before an advertisement does.
    """
    own_words = quotations.own_words(text)
    if own_words != text and not (own := fingerprint(own_words)).short:
        return own
    return fingerprint(text)


def of_comment(session: Session, site_id: str, comment_id: str) -> Fingerprint:
    """The fingerprint of a stored comment. Not for a write transaction: it takes time."""
    query = select(Comment.comment).where(Comment.id == comment_id, Comment.site_id == site_id)
    text = session.scalar(query)
    return of_text(text) if text else NONE


def own_group(comment_id: str) -> str:
    """The id of the group that a comment begins, by which the comment is found again."""
    return f"g{comment_id[1:]}"


def founder(group_id: str) -> str:
    """The id of the comment that began a group."""
    return f"c{group_id[1:]}"


def owners(session: Session, fingerprints: Fingerprints) -> dict[int, Owner]:
    """The owners of these fingerprints' bands, without bands that have none. To be read before `assign`."""
    return _owners(session, _bands(fingerprints.values()))


def choose(fingerprints: Fingerprints, owners: Owners) -> dict[str, str]:
    """Comment id -> its group. A comment like no other begins a group. The fingerprints come in the comments' order."""
    return _choose(fingerprints, owners)[0]


def assign(session: Session, fingerprints: Fingerprints, owners: Owners) -> dict[str, str]:
    """Comment id -> its group, as `choose` has it; writes the new owners of bands in the caller's transaction.

    `owners` is what the function `owners` returned shortly before, or a part of that. Where another process has given
    a band an owner since, that owner counts.
    """
    groups, new_owners = _choose(fingerprints, owners)
    quicker: dict[int, Owner] = {}
    if new_owners and not _claim(session, new_owners):
        quicker = {band: owner for band, owner in _owners(session, new_owners).items() if owner != new_owners[band]}
    if quicker:
        groups, final_owners = _choose(fingerprints, {**owners, **quicker})
        _move(session, {band: owner for band, owner in final_owners.items() if owner != new_owners[band]})
    _note(session, [band for band in _bands(fingerprints.values()) if band in owners and owners[band].is_stale])
    return groups


def _choose(fingerprints: Fingerprints, owners: Owners) -> tuple[dict[str, str], dict[int, Owner]]:
    """Comment id -> its group, and the new owners of bands that have none yet."""
    groups: dict[str, str] = {}
    new_owners: dict[int, Owner] = {}
    for comment_id, own in fingerprints.items():
        if not own.bands:
            continue
        earlier = [owner for band in own.bands if (owner := owners.get(band) or new_owners.get(band))]
        alike = Counter(owner.group_id for owner in earlier if owner.sketch is not None and own.is_like(owner.sketch))
        group = alike.most_common(1)[0][0] if alike else own_group(comment_id)
        groups[comment_id] = group
        for band in own.bands:
            if band not in owners:
                new_owners.setdefault(band, Owner(group, own.sketch))
    return groups, new_owners


def _bands(fingerprints: Iterable[Fingerprint]) -> set[int]:
    return {band for one_fingerprint in fingerprints for band in one_fingerprint.bands}


def _owners(session: Session, bands: Collection[int]) -> dict[int, Owner]:
    if not bands:
        return {}
    values = _among(session, bands) | {"before": clock.now() - _NOTED}
    rows = session.execute(_read_owners(_dialect(session)), values)
    return {band: Owner(group_id, sketch, bool(is_stale)) for band, group_id, sketch, is_stale in rows}


@cache
def _read_owners(dialect: str) -> Select[Any]:
    """Built once, because building it takes longer than running it."""
    is_stale = _BANDS.c.seen_at < bindparam("before")
    return select(_BANDS.c.band, _BANDS.c.group_id, _BANDS.c.sketch, is_stale).where(_is_among(dialect))


def _is_among(dialect: str) -> ColumnElement[bool]:
    """The condition that a band is one of `_among`: one value for thousands of numbers."""
    if dialect == "postgresql":
        return _BANDS.c.band == any_(bindparam("bands", type_=ARRAY(BigInteger)))
    return _BANDS.c.band.in_(select(func.json_each(bindparam("bands")).table_valued("value").c.value))


def _among(session: Session, bands: Collection[int]) -> dict[str, Any]:
    return {"bands": list(bands) if _dialect(session) == "postgresql" else json.dumps(list(bands))}


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def _claim(session: Session, new_owners: Owners) -> bool:
    """Write the owners of bands; a band that has an owner keeps it. Returns whether none of them had one."""
    moment = clock.now()
    rows = [
        {"band": band, "group_id": new_owners[band].group_id, "sketch": new_owners[band].sketch, "seen_at": moment}
        for band in sorted(new_owners)
    ]
    return insert_many_missing(session, LookalikeBand, rows) == len(rows)


def _move(session: Session, bands: Owners) -> None:
    """Give bands that were just claimed to another group: the one that their comments turned out to belong to."""
    by_group: dict[str, list[int]] = {}
    for band, owner in bands.items():
        by_group.setdefault(owner.group_id, []).append(band)
    for group, moved in by_group.items():
        session.execute(
            update(LookalikeBand)
            .where(LookalikeBand.band.in_(moved))
            .values(group_id=group)
            .execution_options(synchronize_session=False)
        )


def _note(session: Session, bands: Collection[int]) -> None:
    """Renew `seen_at` of bands that are in use, at most once a day, so that they are not deleted."""
    if not bands:
        return
    moment = clock.now()
    stale = select(_BANDS.c.band).where(_is_among(_dialect(session)), _BANDS.c.seen_at < moment - _NOTED)
    noted = session.scalars(stale.order_by(_BANDS.c.band).with_for_update(), _among(session, bands)).all()
    session.execute(
        update(LookalikeBand)
        .where(LookalikeBand.band.in_(noted))
        .values(seen_at=moment)
        .execution_options(synchronize_session=False)
    )
