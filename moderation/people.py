"""People who may sign in to the console: their passwords (argon2) and their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import audit, clock, sealing
from moderation.store import Store
from moderation.tables import User, UserSession

#: On every site; see `roles.py` for those on single sites.
ROLES = ("admin", "moderator", "viewer", "none")
MIN_PASSWORD_LENGTH = 12
SETUP_LIFETIME = timedelta(days=2)
SESSION_LIFETIME = timedelta(days=14)
#: How stale `last_seen_at` may be: a write for every page would be one too many.
SEEN_EVERY = timedelta(minutes=5)

_hasher = PasswordHasher()
#: Checked when there is no such user, so that a guess at a name takes as long as one at a password.
_NOBODY = _hasher.hash("nobody has this password")


class PersonError(Exception):
    """A user cannot be created or changed; the message says why."""


@dataclass(frozen=True, slots=True)
class CreatedUser:
    """A new user's id and, without a password, the token of the one-time link to set one."""

    id: str
    setup_token: str | None


def create_user(store: Store, name: str, role: str, password: str | None = None) -> CreatedUser:
    """Create a user.

    Raises:
        PersonError: the name is taken, the role unknown, or the password too short.
    """
    if role not in ROLES:
        raise PersonError(f"There is no role {role!r}; choose one of {', '.join(ROLES)}.")
    password_hash = None if password is None else hash_password(password)
    token, digest = (None, None) if password is not None else _setup_token()
    moment = clock.now()
    user_id = clock.new_id("u", moment)
    with store.write() as session:
        if session.scalar(select(User.id).where(User.name == name)):
            raise PersonError(f"There is already a user named {name!r}.")
        session.add(
            User(
                id=user_id,
                name=name,
                role=role,
                password_hash=password_hash,
                created_at=moment,
                setup_digest=digest,
                setup_expires_at=None if digest is None else moment + SETUP_LIFETIME,
            )
        )
        audit.record(session, [audit.row("user.created", actor="operator", detail={"user": user_id, "role": role})])
    return CreatedUser(user_id, token)


def hash_password(password: str) -> str:
    """argon2id of a password.

    Raises:
        PersonError: it is shorter than `MIN_PASSWORD_LENGTH` characters.
    """
    if len(password) < MIN_PASSWORD_LENGTH:
        raise PersonError(f"A password needs at least {MIN_PASSWORD_LENGTH} characters.")
    return _hasher.hash(password)


def for_setup(session: Session, token: str) -> User | None:
    """Whose one-time link this is, while it is valid."""
    user = session.scalar(select(User).where(User.setup_digest == sealing.digest(token)))
    if user is None or user.setup_expires_at is None or user.setup_expires_at < clock.now():
        return None
    return user


def set_password(store: Store, token: str, password: str) -> User | None:
    """Set a password through its one-time link, which then no longer works. None when it is not valid.

    Raises:
        PersonError: the password is too short.
    """
    password_hash = hash_password(password)
    with store.write() as session:
        user = for_setup(session, token)
        if user is not None:
            user.password_hash, user.setup_digest, user.setup_expires_at = password_hash, None, None
            audit.record(session, [audit.row("user.password_set", actor=f"user:{user.id}")])
    return user


def check_password(store: Store, name: str, password: str) -> User | None:
    """The user with this name and password, else None. Slow on purpose, and as slow for a name that nobody has."""
    with store.read() as session:
        user = session.scalar(select(User).where(User.name == name, User.disabled_at.is_(None)))
    try:
        _hasher.verify(user.password_hash or _NOBODY if user else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return user if user is not None and user.password_hash else None


def start_session(store: Store, user: User) -> str:
    """Sign a user in: the token for the browser's cookie. Only its digest is stored."""
    token, _, digest = sealing.new_token("ws")
    moment = clock.now()
    with store.write() as session:
        session.add(
            UserSession(
                digest=digest,
                user_id=user.id,
                created_at=moment,
                last_seen_at=moment,
                expires_at=moment + SESSION_LIFETIME,
            )
        )
        audit.record(session, [audit.row("user.signed_in", actor=f"user:{user.id}")])
    return token


def resume_session(store: Store, token: str) -> User | None:
    """Whose session this is, while it lasts."""
    moment = clock.now()
    with store.read() as session:
        found = session.execute(
            select(User, UserSession)
            .join(UserSession, UserSession.user_id == User.id)
            .where(
                UserSession.digest == sealing.digest(token),
                UserSession.expires_at > moment,
                User.disabled_at.is_(None),
            )
        ).one_or_none()
    if found is None:
        return None
    user, entry = found
    if moment - entry.last_seen_at > SEEN_EVERY:
        with store.write() as session:
            seen = session.get(UserSession, entry.digest)
            if seen is not None:
                seen.last_seen_at = moment
    return user


def end_session(store: Store, token: str) -> None:
    """Sign out: the cookie's token no longer works."""
    with store.write() as session:
        entry = session.get(UserSession, sealing.digest(token))
        if entry is not None:
            session.delete(entry)


def _setup_token() -> tuple[str, str]:
    token, _, digest = sealing.new_token("setup")
    return token, digest
