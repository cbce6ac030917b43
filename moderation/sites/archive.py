"""Archiving a site that is closed: it takes nothing more, and nothing of it waits or counts, until it is brought back.

Nothing of it is changed, so that all is there again when it is brought back: open items stay open, and whatever lists
work leaves out the sites of `roles.archived`. Its comments can be read, decided, exported and erased; what is kept only
so long goes in its time; and its endpoints are told of what is still to be told.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import audit, clock
from moderation.sites import sites
from moderation.tables import Site

#: What whoever sends a comment to such a site is told.
CLOSED = "This site is archived: it takes no comments, edits, reports or checks until an admin brings it back."


class Archived(Exception):
    """The site is archived, and takes nothing; the message says so in a sentence."""


def is_archived(session: Session, site_id: str) -> bool:
    """Whether there is such a site, and it is archived."""
    return session.scalar(select(Site.archived_at).where(Site.id == site_id)) is not None


def refuse_archived(session: Session, site_id: str) -> None:
    """Do nothing for a site in use.

    Raises:
        Archived: it takes nothing.
    """
    if is_archived(session, site_id):
        raise Archived("This site is archived: nothing can be imported until an admin brings it back.")


def archive(session: Session, site_id: str, *, actor: str) -> bool:
    """Archive a site, in the caller's transaction. False where it is archived already, which changes nothing.

    Raises:
        NotFound: there is no such site.
    """
    return _set(session, site_id, archived=True, actor=actor)


def bring_back(session: Session, site_id: str, *, actor: str) -> bool:
    """Have an archived site work as before, in the caller's transaction. False where it is not archived.

    Raises:
        NotFound: there is no such site.
    """
    return _set(session, site_id, archived=False, actor=actor)


def _set(session: Session, site_id: str, *, archived: bool, actor: str) -> bool:
    site = sites.find(session, site_id, lock=True)
    if archived == (site.archived_at is not None):
        return False
    site.archived_at = clock.now() if archived else None
    action = "site.archived" if archived else "site.unarchived"
    audit.record(session, [audit.row(action, actor=actor, site_id=site_id)])
    return True
