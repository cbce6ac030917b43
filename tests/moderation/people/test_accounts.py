"""People: argon2 passwords, a link that sets one once, sessions that end, roles."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import argon2
import pytest

from moderation.people import accounts
from moderation.people.accounts import PersonError
from moderation.store import Store
from moderation.tables import AuditEvent, User, UserSession
from tests.support.clock import Clock
from tests.support.comments import dump, rows

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(store: Store) -> User:
    accounts.create_user(store, "ada", "moderator", PASSWORD)
    (user,) = rows(store, User, name="ada")
    return user


def test_a_password_is_kept_as_argon2_and_nowhere_else(store: Store, ada: User) -> None:
    assert ada.password_hash is not None
    assert ada.password_hash.startswith("$argon2id$")
    assert PASSWORD not in dump(store)


def test_name_and_password_together_are_the_user(store: Store, ada: User) -> None:
    user = accounts.check_password(store, "ada", PASSWORD)
    assert user is not None
    assert (user.id, user.role) == (ada.id, "moderator")


@pytest.mark.parametrize(
    ("name", "password"),
    [("ada", "wrong horse battery"), ("ada", ""), ("ada", PASSWORD + " "), ("Ada", PASSWORD), ("eve", PASSWORD)],
)
def test_anything_else_is_nobody(store: Store, ada: User, name: str, password: str) -> None:
    assert accounts.check_password(store, name, password) is None


def test_many_passwords_at_once_take_the_memory_of_two(
    store: Store, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = threading.Barrier(accounts.HASHES_AT_ONCE)
    let_in: list[bool] = []

    class Hasher(argon2.PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            inside.wait(60)
            let_in.append(accounts._hashing.acquire(blocking=False))
            inside.wait(60)
            return super().verify(hash, password)

    monkeypatch.setattr(accounts, "_hasher", Hasher())
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: accounts.check_password(store, "ada", PASSWORD), range(4)))
    assert all(found)
    assert let_in == [False] * 4, "while as many are at it as may be"


def test_a_user_without_a_password_cannot_sign_in(store: Store) -> None:
    accounts.create_user(store, "new", "viewer")
    for guess in ("", "nobody has this password", "None"):
        assert accounts.check_password(store, "new", guess) is None


def test_a_disabled_user_cannot_sign_in(store: Store, ada: User, clock: Clock) -> None:
    token = accounts.start_session(store, ada)
    with store.write() as session:
        session.get_one(User, ada.id).disabled_at = clock.now
    assert accounts.check_password(store, "ada", PASSWORD) is None
    assert accounts.resume_session(store, token) is None


def test_who_was_let_in_with_a_password_that_is_changed_meanwhile_is_not_signed_in(store: Store, ada: User) -> None:
    let_in = accounts.check_password(store, "ada", PASSWORD)
    assert let_in is not None
    own = accounts.start_session(store, ada)
    accounts.change_password(store, ada, PASSWORD, "another long password", keep=own)
    with pytest.raises(accounts.PasswordChanged):
        accounts.start_session(store, let_in)
    with pytest.raises(accounts.WrongPassword):  # read before the change, as by a request that was under way
        accounts.change_password(store, let_in, PASSWORD, "a third long password", keep=own)
    assert accounts.check_password(store, "ada", "another long password") is not None
    assert [row.user_id for row in rows(store, UserSession)] == [ada.id]


def test_somebody_without_a_password_is_signed_in_by_their_provider(store: Store) -> None:
    accounts.create_user(store, "sso", "moderator")
    [user] = rows(store, User, name="sso")
    assert accounts.resume_session(store, accounts.start_session(store, user)) is not None


def test_a_name_that_nobody_has_takes_as_long_as_a_wrong_password(
    store: Store, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.create_user(store, "new", "viewer")  # without a password
    hasher, costs = accounts._hasher, []

    class Hasher:
        def verify(self, stored: str, password: str) -> bool:
            costs.append(argon2.extract_parameters(stored))
            return hasher.verify(stored, password)

        def hash(self, password: str) -> str:
            return hasher.hash(password)

    monkeypatch.setattr(accounts, "_hasher", Hasher())
    for name in ("ada", "eve", "new", ""):
        accounts.check_password(store, name, "wrong horse battery")
    assert costs == [costs[0]] * 4  # each is checked once, at the same cost


def test_the_one_time_link_sets_a_password_once(store: Store) -> None:
    token = accounts.create_user(store, "new", "viewer").setup_token
    assert token is not None
    assert token not in dump(store)
    user = accounts.set_password(store, token, PASSWORD)
    assert user is not None
    assert accounts.check_password(store, "new", PASSWORD) is not None
    assert accounts.set_password(store, token, "another good password") is None
    assert accounts.check_password(store, "new", PASSWORD) is not None


def test_the_one_time_link_expires(store: Store, clock: Clock) -> None:
    token = accounts.create_user(store, "new", "viewer").setup_token
    assert token is not None
    clock.now += accounts.SETUP_LIFETIME
    with store.read() as session:
        assert accounts.for_setup(session, token) is not None
    clock.advance(seconds=1)
    with store.read() as session:
        assert accounts.for_setup(session, token) is None
    assert accounts.set_password(store, token, PASSWORD) is None


def test_a_short_password_leaves_the_link_as_it_was(store: Store) -> None:
    token = accounts.create_user(store, "new", "viewer").setup_token
    assert token is not None
    with pytest.raises(PersonError, match="at least 12 characters"):
        accounts.set_password(store, token, "short")
    assert accounts.set_password(store, token, PASSWORD) is not None


def test_a_user_with_a_password_needs_no_link(store: Store) -> None:
    assert accounts.create_user(store, "ada", "admin", PASSWORD).setup_token is None


@pytest.mark.parametrize("role", accounts.ROLES)
def test_each_role_can_be_given(store: Store, role: str) -> None:
    accounts.create_user(store, "ada", role)
    assert [user.role for user in rows(store, User)] == [role]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (("eve", "owner", None), "There is no role 'owner'; choose one of admin, moderator, viewer"),
        (("ada", "viewer", None), "There is already a user named 'ada'"),
        (("ADA", "viewer", None), "There is already a user named 'ada'"),
        (("аda", "viewer", None), "There is already a user named 'ada'"),
        (("ａｄα", "viewer", None), "There is already a user named 'ada'"),
        (("eve", "viewer", "short"), "A password needs at least 12 characters"),
    ],
)
def test_a_user_that_cannot_be_created_is_told_why(
    store: Store, ada: User, wanted: tuple[str, str, str | None], message: str
) -> None:
    with pytest.raises(PersonError, match=message):
        accounts.create_user(store, *wanted)
    assert len(rows(store, User)) == 1


def test_names_that_can_be_told_apart_are_two_users(store: Store, ada: User) -> None:
    for name in ("adá", "ada2", "a.da", "аdам"):
        accounts.create_user(store, name, "viewer")
    assert len(rows(store, User)) == 5


def test_a_session_is_its_users_until_signing_out(store: Store, ada: User) -> None:
    token, other = accounts.start_session(store, ada), accounts.start_session(store, ada)
    user = accounts.resume_session(store, token)
    assert user is not None
    assert user.id == ada.id
    assert token not in dump(store)
    accounts.end_session(store, token)
    assert accounts.resume_session(store, token) is None
    assert accounts.resume_session(store, other) is not None, "another browser's session is another's"
    accounts.end_session(store, token)  # twice is harmless


def test_a_session_ends_by_itself(store: Store, ada: User, clock: Clock) -> None:
    token = accounts.start_session(store, ada)
    clock.now += accounts.SESSION_LIFETIME
    clock.advance(seconds=-1)
    assert accounts.resume_session(store, token) is not None
    clock.advance(seconds=1)
    assert accounts.resume_session(store, token) is None


def test_when_a_session_was_last_seen_is_not_written_for_every_page(store: Store, ada: User, clock: Clock) -> None:
    token = accounts.start_session(store, ada)
    started = clock.now
    clock.now += accounts.SEEN_EVERY
    accounts.resume_session(store, token)
    assert rows(store, UserSession)[0].last_seen_at == started
    clock.advance(seconds=1)
    accounts.resume_session(store, token)
    assert rows(store, UserSession)[0].last_seen_at == clock.now


@pytest.mark.parametrize("token", ["", "ws_", "ws_00000000_nothing", "é"])
def test_what_is_no_session_is_nobodys(store: Store, ada: User, token: str) -> None:
    assert accounts.resume_session(store, token) is None


def test_what_people_do_is_on_record(store: Store, ada: User) -> None:
    token = accounts.create_user(store, "new", "viewer").setup_token
    assert token is not None
    accounts.set_password(store, token, PASSWORD)
    accounts.start_session(store, ada)
    assert sorted((event.action, event.actor.partition(":")[0]) for event in rows(store, AuditEvent)) == [
        ("user.created", "operator"),
        ("user.created", "operator"),
        ("user.password_set", "user"),
        ("user.signed_in", "user"),
    ]
