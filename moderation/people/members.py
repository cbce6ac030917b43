"""Who may do what: giving and taking roles, people who leave, and links for those who lost their password.

Each function works in the caller's transaction and writes an audit event. The last admin cannot be locked out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from moderation import actors, audit, clock
from moderation.errors import NotFound, found
from moderation.people import accounts
from moderation.people.accounts import PersonError
from moderation.tables import AuditEvent, Membership, Site, User, UserSession

#: How long before or after a row's moment the same transaction may record it.
_TRANSACTION = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Person:
    """A user, and their roles on single sites by site id."""

    user: User
    on_sites: Mapping[str, str]


def page(session: Session, *, after: str | None = None, limit: int = 100) -> list[Person]:
    """Users by name; `after` is the name that the last page ended with."""
    query = select(User).order_by(User.name).limit(limit)
    if after is not None:
        query = query.where(User.name > after)
    return _with_roles(session, session.scalars(query).all())


def find(session: Session, user_id: str) -> Person:
    """The person with this id.

    Raises:
        NotFound: there is no such user.
    """
    return _with_roles(session, [_user(session, user_id)])[0]


def of_site(session: Session, site_id: str) -> list[tuple[User, str]]:
    """The people with a role on this site alone, and that role, by name. `everywhere` has those of every site."""
    query = select(User, Membership.role).join(Membership, Membership.user_id == User.id)
    rows = session.execute(query.where(Membership.site_id == site_id).order_by(User.name)).all()
    return [(user, role) for user, role in rows]


def everywhere(session: Session) -> Sequence[User]:
    """Who has a role on every site, by name."""
    return session.scalars(select(User).where(User.role != "none").order_by(User.name)).all()


def moderators(site_ids: Collection[str]) -> Select[User]:
    """Who may decide on one of these sites and is not disabled, by name: a query."""
    decides = ("moderator", "admin")
    of_sites = select(Membership.user_id).where(Membership.site_id.in_(site_ids), Membership.role.in_(decides))
    may = or_(User.role.in_(decides), User.id.in_(of_sites))
    return select(User).where(may, User.disabled_at.is_(None)).order_by(User.name)


def may_manage(person: Person, admin: User, roles: Mapping[str, str]) -> bool:
    """Whether `admin`, who has these roles by site, may do everything with a person's account.

    That takes an admin of every site where the person has a role: a link to set their password gives all their rights.
    """
    if admin.role == "admin":
        return True
    if person.user.role != "none" or not person.on_sites:
        return False
    return all(roles.get(site_id) == "admin" for site_id in person.on_sites)


def require_own(session: Session, person: Person, admin: User, roles: Mapping[str, str]) -> None:
    """Raises PersonError for an account that the admin of single sites may not open to others.

    Who can set a password, or turn the second step off, has the account with whatever roles it gets later. So it takes
    an account that was made for those sites.
    """
    made = _event(session, "user.created", person.user.id, person.user.created_at)
    made_for = (made.detail or {}).get("sites", {}) if made is not None else {}
    if admin.role == "admin" or (made_for and all(roles.get(site_id) == "admin" for site_id in made_for)):
        return
    raise PersonError(f"{person.user.name}'s account was not made for your sites. Ask an admin of every site.")


def require_may_enable(session: Session, person: Person, admin: User) -> None:
    """Raises PersonError for the admin of single sites, where the person was disabled by somebody who is above them."""
    if admin.role == "admin" or person.user.disabled_at is None:
        return
    disabled = _event(session, "user.disabled", person.user.id, person.user.disabled_at)
    by_person = disabled is not None and actors.is_person(disabled.actor)
    by = session.get(User, actors.user_id(disabled.actor)) if disabled is not None and by_person else None
    if by is None or by.role == "admin":
        raise PersonError(f"{person.user.name} was disabled by an admin of every site, who alone can undo it.")


def _event(session: Session, action: str, user_id: str, moment: datetime) -> AuditEvent | None:
    """What was recorded in the transaction that was under way at this moment."""
    query = select(AuditEvent).where(
        AuditEvent.id >= clock.first_id("a", moment - _TRANSACTION),
        AuditEvent.id < clock.first_id("a", moment + _TRANSACTION),
        AuditEvent.action == action,
    )
    return next((event for event in session.scalars(query) if (event.detail or {}).get("user") == user_id), None)


def set_role(session: Session, user_id: str, role: str, *, actor: str) -> None:
    """Give a person this role on every site; with `none` they keep only their roles on single sites.

    Raises:
        NotFound: there is no such user.
        PersonError: there is no such role, or this is the last admin.
    """
    accounts.require_role(role)
    user = _user(session, user_id)
    if role == user.role:
        return
    if user.role == "admin":
        _require_another_admin(session, user)
    detail = {"user": user_id, "from": user.role, "role": role}
    user.role = role
    audit.record(session, [audit.row("user.role_changed", actor=actor, detail=detail)])


def set_site_role(session: Session, user_id: str, site_id: str, role: str, *, actor: str) -> None:
    """Give a person this role on one site; `none` takes away the one they have there.

    Raises:
        NotFound: there is no such user or site.
        PersonError: there is no such role.
    """
    accounts.require_role(role)
    _user(session, user_id)
    found(session.get(Site, site_id), f"site {site_id}")
    membership = session.get(Membership, (user_id, site_id))
    before = membership.role if membership is not None else "none"
    if role == before:
        return
    if role == "none":
        session.delete(membership)
    elif membership is None:
        session.add(Membership(user_id=user_id, site_id=site_id, role=role))
    else:
        membership.role = role
    detail = {"user": user_id, "from": before, "role": role}
    audit.record(session, [audit.row("user.site_role_changed", actor=actor, site_id=site_id, detail=detail)])


def disable(session: Session, user_id: str, *, actor: str) -> None:
    """Sign the person out everywhere, and let nobody sign in as them. `enable` undoes it.

    Raises:
        NotFound: there is no such user.
        PersonError: this is the last admin.
    """
    user = _user(session, user_id)
    if user.disabled_at is not None:
        return
    if user.role == "admin":
        _require_another_admin(session, user)
    user.disabled_at, user.setup_digest, user.setup_expires_at = clock.now(), None, None
    session.execute(delete(UserSession).where(UserSession.user_id == user_id))
    audit.record(session, [audit.row("user.disabled", actor=actor, detail={"user": user_id})])


def enable(session: Session, user_id: str, *, actor: str) -> None:
    """The person may sign in again, as before.

    Raises:
        NotFound: there is no such user.
    """
    user = _user(session, user_id)
    if user.disabled_at is not None:
        user.disabled_at = None
        audit.record(session, [audit.row("user.enabled", actor=actor, detail={"user": user_id})])


def make_link(session: Session, user_id: str, *, actor: str) -> str:
    """The token of a new one-time link to set a password; an earlier link no longer works, the password still does.

    Raises:
        NotFound: there is no such user.
        PersonError: they are disabled.
    """
    user = _user(session, user_id)
    if user.disabled_at is not None:
        raise PersonError(f"{user.name} is disabled. Enable them first.")
    token = accounts.new_setup_token(user)
    audit.record(session, [audit.row("user.link_made", actor=actor, detail={"user": user_id})])
    return token


def by_name(session: Session, name: str) -> User:
    """The user with this name.

    Raises:
        NotFound: nobody has it.
    """
    user = session.scalar(select(User).where(User.name == name))
    if user is None:
        raise NotFound(f"There is no user named {name!r}. `winnow user list` shows them.")
    return user


def _user(session: Session, user_id: str) -> User:
    return found(session.get(User, user_id), f"user {user_id}")


def _with_roles(session: Session, users: Sequence[User]) -> list[Person]:
    roles: dict[str, dict[str, str]] = {user.id: {} for user in users}
    for row in session.scalars(select(Membership).where(Membership.user_id.in_(roles))):
        roles[row.user_id][row.site_id] = row.role
    return [Person(user, roles[user.id]) for user in users]


def _require_another_admin(session: Session, user: User) -> None:
    """Locks all admins, so that two who take the role from each other at once do not both succeed."""
    can_sign_in = or_(User.password_hash.is_not(None), User.oidc_subject.is_not(None))
    query = select(User.id).where(User.role == "admin", User.disabled_at.is_(None), can_sign_in)
    admins = session.scalars(query.order_by(User.id).with_for_update()).all()
    if user.disabled_at is None and not set(admins) - {user.id}:
        raise PersonError(
            f"{user.name} is the last admin on every site who can sign in. Give somebody else that role first."
        )
