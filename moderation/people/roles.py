"""Who may do what on which site: a person's role on every site, and their roles on single sites."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.tables import Membership, Site, User

#: From the least to the most that one may do. `none` is for somebody who has roles on single sites only.
ROLES = ("none", "viewer", "moderator", "admin")


def includes(role: str, needed: str) -> bool:
    """Whether somebody with `role` may do what takes `needed`."""
    return ROLES.index(role) >= ROLES.index(needed)


def by_site(session: Session, user: User) -> Mapping[str, str]:
    """The sites that a person may see, by id, and their role there: the larger of the two that they have."""
    site_roles: dict[str, str] = {}
    memberships = select(Membership.site_id, Membership.role).where(Membership.user_id == user.id)
    for site_id, role in session.execute(memberships):
        site_roles[site_id] = role
    if user.role == "none":
        return site_roles
    return {
        site_id: max(user.role, site_roles.get(site_id, "none"), key=ROLES.index)
        for site_id in session.scalars(select(Site.id))
    }


def archived(session: Session) -> frozenset[str]:
    """The archived sites: people keep their roles there, but nothing of them waits or counts."""
    return frozenset(session.scalars(select(Site.id).where(Site.archived_at.is_not(None))))
