"""People who may sign in to the console: their passwords (argon2) and their sessions."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from moderation import actors, audit, clock, sealing
from moderation.store import Store, take_turn
from moderation.tables import Membership, User, UserSession
from texts.folding import fold
from texts.lookalikes import LOOKALIKES

#: A person's role on every site, as the console lists them; `roles.py` has their order and the roles on single sites.
ROLES = ("admin", "moderator", "viewer", "none")
#: Whoever looks whether a name is free takes this turn (`store.take_turn`).
NAMES = "users' names"
MIN_PASSWORD_LENGTH = 12
MAX_NAME_LENGTH = 80
SETUP_LIFETIME = timedelta(days=2)
SESSION_LIFETIME = timedelta(days=14)
#: `last_seen_at` is written at most this often, not at every page.
SEEN_EVERY = timedelta(minutes=5)

_hasher = PasswordHasher()
#: Each hash takes 64 MiB and several threads of the processor. More of them wait, and are done no later.
HASHES_AT_ONCE = 2
_hashing = BoundedSemaphore(HASHES_AT_ONCE)


class PersonError(Exception):
    """A user cannot be created or changed; the message says why."""


class WrongPassword(PersonError):
    """The password that was given is not the person's."""


class PasswordChanged(Exception):
    """While a password was being checked, which takes a moment, the person was given another one."""


@dataclass(frozen=True, slots=True)
class CreatedUser:
    """A new user's id and, without a password, the token of the one-time link to set one."""

    id: str
    setup_token: str | None


#: Nobody reads more languages than this, and so many fit into the column.
MOST_LANGUAGES = 30


def choose_languages(store: Store, user_id: str, codes: Sequence[str]) -> None:
    """Keep which languages a person reads; that these are languages is the caller's to know.

    Raises:
        PersonError: there are too many.
    """
    if len(codes) > MOST_LANGUAGES:
        raise PersonError(f"Choose up to {MOST_LANGUAGES} languages.")
    with store.write() as session:
        session.execute(update(User).where(User.id == user_id).values(languages=" ".join(codes) or None))


def choose_density(store: Store, user_id: str, density: str | None) -> None:
    """Keep how much room cards take for a person: `comfortable`, or None for compact."""
    with store.write() as session:
        session.execute(update(User).where(User.id == user_id).values(density=density))


def create_user(
    store: Store,
    name: str,
    role: str,
    password: str | None = None,
    *,
    on_sites: Mapping[str, str] | None = None,
    actor: str = actors.OPERATOR,
) -> CreatedUser:
    """Create a user with `role` on every site, and the roles `on_sites`, by site id.

    Raises:
        PersonError: the name is taken or cannot be one, a role unknown, or the password too short.
    """
    password_hash = None if password is None else hash_password(password)
    with store.write() as session:
        user = add_user(session, name, role, password_hash=password_hash, on_sites=on_sites, actor=actor)
        token = new_setup_token(user) if password_hash is None else None
    return CreatedUser(user.id, token)


def add_user(
    session: Session,
    name: str,
    role: str,
    *,
    password_hash: str | None = None,
    on_sites: Mapping[str, str] | None = None,
    actor: str,
) -> User:
    """A new user in the caller's transaction; see `create_user`."""
    on_sites = on_sites or {}
    for named_role in (role, *on_sites.values()):
        require_role(named_role)
    _require_name(session, name)
    moment = clock.now()
    user = User(id=clock.new_id("u", moment), name=name, role=role, password_hash=password_hash, created_at=moment)
    session.add(user)
    session.flush()
    session.add_all(
        Membership(user_id=user.id, site_id=site_id, role=site_role) for site_id, site_role in on_sites.items()
    )
    detail = {"user": user.id, "role": role} | ({"sites": dict(on_sites)} if on_sites else {})
    audit.record(session, [audit.row("user.created", actor=actor, detail=detail)])
    return user


def require_role(role: str) -> None:
    """Raises PersonError for a role that there is not."""
    if role not in ROLES:
        raise PersonError(f"There is no role {role!r}; choose one of {', '.join(ROLES)}.")


def hash_password(password: str) -> str:
    """argon2id of a password.

    Raises:
        PersonError: it is shorter than `MIN_PASSWORD_LENGTH` characters.
    """
    if len(password) < MIN_PASSWORD_LENGTH:
        raise PersonError(f"A password needs at least {MIN_PASSWORD_LENGTH} characters.")
    with _hashing:
        return _hasher.hash(password)


def for_setup(session: Session, token: str, *, to_use: bool = False) -> User | None:
    """The user whose one-time link this is; None when it is not valid (any more). To use it, their row is locked."""
    query = select(User).where(User.setup_digest == sealing.digest(token), User.disabled_at.is_(None))
    user = session.scalar(query.with_for_update() if to_use else query)
    if user is None or user.setup_expires_at is None or user.setup_expires_at < clock.now():
        return None
    return user


def set_password(store: Store, token: str, password: str) -> User | None:
    """Set a password through a one-time link, which then no longer works. None when the link is not valid.

    Browsers that were signed in with the old password are signed out.

    Raises:
        PersonError: the password is too short.
    """
    password_hash = hash_password(password)
    with store.write() as session:
        user = for_setup(session, token, to_use=True)
        if user is not None:
            user.password_hash, user.setup_digest, user.setup_expires_at = password_hash, None, None
            session.execute(delete(UserSession).where(UserSession.user_id == user.id))
            audit.record(session, [audit.row("user.password_set", actor=actors.of_user(user.id))])
    return user


def change_password(store: Store, user: User, current: str, new: str, *, keep: str) -> None:
    """Set another password, and sign the person out everywhere but in the browser with the session token `keep`.

    Raises:
        WrongPassword: `current` is not the password.
        PersonError: `new` is too short.
    """
    if not _matches(user, current):
        raise WrongPassword("This is not your password.")
    password_hash = hash_password(new)
    with store.write() as session:
        if (stored := _unchanged(session, user)) is None:
            raise WrongPassword("This is not your password.")
        stored.password_hash = password_hash
        others = UserSession.digest != sealing.digest(keep)
        session.execute(delete(UserSession).where(UserSession.user_id == user.id, others))
        audit.record(session, [audit.row("user.password_set", actor=actors.of_user(user.id))])


def check_password(store: Store, name: str, password: str) -> User | None:
    """The user with this name and password, else None. Slow on purpose, and as slow for a name that nobody has."""
    with store.read() as session:
        user = session.scalar(select(User).where(User.name == name, User.disabled_at.is_(None)))
    return user if _matches(user, password) else None


def start_session(store: Store, user: User, *, ip: str | None = None, user_agent: str | None = None) -> str:
    """Sign a user in: the token for the browser's cookie. Only its digest is stored.

    Raises:
        PasswordChanged: the password that was checked is not the person's any more.
    """
    token, _, digest = sealing.new_token("ws")
    moment = clock.now()
    with store.write() as session:
        if _unchanged(session, user) is None:
            raise PasswordChanged
        session.add(
            UserSession(
                digest=digest,
                id=clock.new_id("us", moment),
                user_id=user.id,
                created_at=moment,
                last_seen_at=moment,
                expires_at=moment + SESSION_LIFETIME,
                ip=ip[:45] if ip else None,
                user_agent=_printable(user_agent)[:300] if user_agent else None,
            )
        )
        audit.record(session, [audit.row("user.signed_in", actor=actors.of_user(user.id))])
    return token


#: Every page of the console asks this. It is built once, because building it takes longer than running it.
_SIGNED_IN = (
    select(User, UserSession)
    .join(UserSession, UserSession.user_id == User.id)
    .where(
        UserSession.digest == bindparam("token"),
        UserSession.expires_at > bindparam("moment"),
        User.disabled_at.is_(None),
    )
)


def resume_session(store: Store, token: str) -> User | None:
    """The user whose session this is; None when it has ended."""
    moment = clock.now()
    with store.read() as session:
        row = session.execute(_SIGNED_IN, {"token": sealing.digest(token), "moment": moment}).one_or_none()
    if row is None:
        return None
    user, entry = row
    if moment - entry.last_seen_at > SEEN_EVERY:
        with store.write() as session:
            stored = session.get(UserSession, entry.digest)
            if stored is not None:
                stored.last_seen_at = moment
    return user


def end_session(store: Store, token: str) -> None:
    """Sign out: the cookie's token no longer works."""
    with store.write() as session:
        entry = session.get(UserSession, sealing.digest(token))
        if entry is not None:
            session.delete(entry)


def new_setup_token(user: User) -> str:
    """The token of a one-time link with which this person, a row of an open transaction, sets a password."""
    token, _, user.setup_digest = sealing.new_token("setup")
    user.setup_expires_at = clock.now() + SETUP_LIFETIME
    return token


@cache
def _nobodys() -> str:
    """Checked when there is no such user, so that guessing a name takes as long as guessing a password."""
    return _hasher.hash("nobody has this password")


def _matches(user: User | None, password: str) -> bool:
    stored = user.password_hash if user is not None else None
    try:
        with _hashing:
            _hasher.verify(stored or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def _unchanged(session: Session, user: User) -> User | None:
    """The user's row, locked, while their password is the one that was read; None where it was changed since.

    Who changes a password signs out every browser. One that was being let in with the old password comes too late.
    """
    same = User.id == user.id, User.password_hash.is_not_distinct_from(user.password_hash)
    return session.scalar(select(User).where(*same).with_for_update())


def _require_name(session: Session, name: str) -> None:
    if not name or len(name) > MAX_NAME_LENGTH or name != _printable(name).strip():
        raise PersonError(f"A name has 1 to {MAX_NAME_LENGTH} characters that can be seen, and no space around them.")
    take_turn(session, NAMES)
    seen = _as_seen(name)
    other = next((other for other in session.scalars(select(User.name)) if _as_seen(other) == seen), None)
    if other is not None:
        raise PersonError(f"There is already a user named {other!r}.")


def _as_seen(name: str) -> str:
    """Equal for names that look the same, such as `admin` with a Cyrillic a: nobody is taken for somebody else."""
    return "".join(
        letter if unicodedata.decomposition(letter) else LOOKALIKES.get(letter, letter) for letter in fold(name)
    )


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
