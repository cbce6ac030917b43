"""The user of somebody whom the OpenID Connect provider vouches for. The console speaks the protocol itself."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import actors, audit
from moderation.people import accounts
from moderation.people.accounts import PersonError
from moderation.store import take_turn
from moderation.tables import User


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for. `name` is compared with users' names; None: it gives none to trust."""

    issuer: str
    subject: str
    name: str | None

    @property
    def key(self) -> str:
        """What stays the same when the person's name changes."""
        return f"{self.issuer} {self.subject}"


def metadata_address(issuer: str) -> str:
    """Where a provider describes itself (OpenID Connect Discovery 1.0, section 4)."""
    return f"{issuer}/.well-known/openid-configuration"


class Unknown(Exception):
    """Nobody here is this person; the message tells them what to do."""


def by_subject(session: Session, identity: Identity) -> User | None:
    """The user who was linked to this person before."""
    return session.scalar(select(User).where(User.oidc_subject == identity.key))


def link(session: Session, identity: Identity, role: str | None) -> User:
    """Link this person to a user for good: the user with their name, or a new one. In the caller's transaction.

    `role` is a new user's role on every site; None: no user is created.

    Raises:
        Unknown: there is no user for this person.
    """
    if len(identity.key) > 500:
        raise Unknown("The provider's name for you is too long to be kept.")
    take_turn(session, accounts.NAMES)
    user = by_subject(session, identity)
    if user is not None:
        return _active(user)
    if identity.name is None:
        raise Unknown("The provider does not say who you are in a way that can be trusted. Ask an admin.")
    user = session.scalar(select(User).where(User.name == identity.name))
    if user is None:
        user = _create_user(session, identity.name, role)
    elif user.oidc_subject is not None:
        raise Unknown(f"The user {user.name} belongs to another account at the provider. Ask an admin.")
    _active(user)
    user.oidc_subject = identity.key
    audit.record(session, [audit.row("user.sso_linked", actor=actors.of_user(user.id), detail={"user": user.id})])
    return user


def _create_user(session: Session, name: str, role: str | None) -> User:
    if role is None:
        raise Unknown(f"There is no user named {name} here. An admin has to create one first.")
    try:
        return accounts.add_user(session, name, role, actor=actors.OPERATOR)
    except PersonError as error:
        raise Unknown(str(error)) from None


def _active(user: User) -> User:
    if user.disabled_at is not None:
        raise Unknown(f"The user {user.name} is disabled. An admin can enable them.")
    return user
