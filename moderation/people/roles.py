"""Who may do what on which site: a person's role on every site, and their roles on single sites."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from moderation.tables import Membership, Site, User

#: From the least to the most that one may do. `none` is for somebody who has roles on single sites only.
ROLES = ("none", "viewer", "moderator", "admin")


def includes(role: str, needed: str) -> bool:
    """Whether somebody with `role` may do what takes `needed`."""
    return ROLES.index(role) >= ROLES.index(needed)


def by_site(session: Session, user: User) -> Mapping[str, str]:
    """The sites that a person may see, by id, and their role there: the larger of the two that they have."""
    rows = session.execute(_MEMBER if user.role == "none" else _EVERYWHERE, {"user": user.id})
    return {site_id: max(user.role, role or "none", key=ROLES.index) for site_id, role in rows}


def archived(session: Session) -> frozenset[str]:
    """The archived sites: people keep their roles there, but nothing of them waits or counts."""
    return frozenset(session.scalars(_ARCHIVED))


# Every page of the console asks these. They are built once, because building one takes longer than running it.
_OF_USER = (Membership.site_id == Site.id) & (Membership.user_id == bindparam("user"))
_MEMBER = select(Site.id, Membership.role).join(Membership, _OF_USER)
_EVERYWHERE = select(Site.id, Membership.role).outerjoin(Membership, _OF_USER)
_ARCHIVED = select(Site.id).where(Site.archived_at.is_not(None))
