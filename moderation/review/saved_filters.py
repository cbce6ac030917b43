"""Views of the review queue that somebody named: their own, or shared with everybody who may see what it is about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from moderation import audit, clock
from moderation.tables import SavedFilter, User

LONGEST_NAME = 60
#: Of one person, and shared.
MOST_OWN, MOST_SHARED = 20, 50


class TooMany(Exception):
    """There are as many as there may be."""


class Taken(Exception):
    """There is one of this name already."""


def of_person(session: Session, user_id: str, site_ids: Collection[str]) -> Sequence[SavedFilter]:
    """A person's own, then the shared ones about sites that they may see, each in the order of their names."""
    filters = session.scalars(select(SavedFilter).where(or_(SavedFilter.user_id == user_id, _shared())))
    seen = [saved for saved in filters if saved.site_id is None or saved.site_id in site_ids]
    return sorted(seen, key=lambda saved: (saved.user_id is None, saved.name.casefold(), saved.id))


def find(session: Session, filter_id: str | None, user_id: str, site_ids: Collection[str]) -> SavedFilter | None:
    """The filter with this id, if `of_person` has it for this person; else None."""
    saved = session.get(SavedFilter, filter_id) if filter_id is not None else None
    if saved is None or saved.user_id not in {None, user_id}:
        return None
    return saved if saved.site_id is None or saved.site_id in site_ids else None


def save(
    session: Session, name: str, query: Mapping[str, str], *, user_id: str, by: str, shared: bool = False
) -> SavedFilter:
    """Keep a view under a name, in the caller's transaction; `by` is told in the audit where it is shared.

    Raises:
        TooMany: there is no room for another.
        Taken: there is one of this name among the person's own, or among the shared ones.
    """
    session.scalar(select(User.id).where(User.id == user_id).with_for_update())
    among = _shared() if shared else SavedFilter.user_id == user_id
    names = session.scalars(select(SavedFilter.name).where(among)).all()
    if name.casefold() in {other.casefold() for other in names}:
        raise Taken
    if len(names) >= (MOST_SHARED if shared else MOST_OWN):
        raise TooMany
    saved = SavedFilter(
        id=clock.new_id("f"),
        user_id=None if shared else user_id,
        site_id=query.get("site"),
        name=name,
        query=dict(query),
        created_at=clock.now(),
    )
    session.add(saved)
    session.flush()
    _tell(session, "filter.shared", saved, by)
    return saved


def remove(session: Session, saved: SavedFilter, *, by: str) -> None:
    """Remove it, in the caller's transaction. The queue of whom it was the first view opens with everything again."""
    _tell(session, "filter.removed", saved, by)
    session.execute(update(User).where(User.default_filter == saved.id).values(default_filter=None))
    session.delete(saved)


def open_with(session: Session, user_id: str, filter_id: str | None) -> None:
    """Have a person's queue open with this view, or with everything, in the caller's transaction."""
    session.execute(update(User).where(User.id == user_id).values(default_filter=filter_id))


def forget_author(session: Session, site_id: str, author_key: str) -> None:
    """Remove what looks for an author of whom nothing else is left on this site, in the caller's transaction."""
    for saved in session.scalars(
        select(SavedFilter).where(or_(SavedFilter.site_id == site_id, SavedFilter.site_id.is_(None)))
    ):
        if saved.query.get("author") == author_key:
            session.delete(saved)


def _shared() -> ColumnElement[bool]:
    return SavedFilter.user_id.is_(None)


def _tell(session: Session, action: str, saved: SavedFilter, by: str) -> None:
    """What is everybody's is in the audit: which, and what it narrows, but no value that may name somebody."""
    if saved.user_id is None:
        detail = {"filter": saved.id, "narrows": sorted(saved.query)}
        audit.record(session, [audit.row(action, actor=by, site_id=saved.site_id, detail=detail)])
