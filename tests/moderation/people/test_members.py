"""Roles on every site and on single ones, who may manage whom, and the last admin, who cannot be locked out."""

from __future__ import annotations

import threading

import pytest

from moderation.people import accounts, members, roles, sessions
from moderation.people.accounts import PersonError
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Membership, User
from tests.support.clock import Clock
from tests.support.comments import rows

PASSWORD = "correct horse battery"


def make(store: Store, name: str, role: str = "admin", **on_sites: str) -> User:
    accounts.create_user(store, name, role, PASSWORD, on_sites=on_sites)
    (user,) = rows(store, User, name=name)
    return user


@pytest.mark.parametrize(
    ("everywhere", "here", "counts"),
    [
        ("none", None, None),
        ("none", "viewer", "viewer"),
        ("none", "admin", "admin"),
        ("viewer", "moderator", "moderator"),
        ("moderator", "viewer", "moderator"),
        ("admin", None, "admin"),
    ],
)
def test_of_the_role_everywhere_and_the_one_here_the_larger_counts(
    store: Store, site: CreatedSite, other_site: CreatedSite, everywhere: str, here: str | None, counts: str | None
) -> None:
    ada = make(store, "ada", everywhere, **({site.id: here} if here else {}))
    with store.read() as session:
        found = roles.by_site(session, ada)
    assert found.get(site.id) == counts
    assert found.get(other_site.id) == (None if everywhere == "none" else everywhere)


def test_a_role_on_one_site_is_given_changed_and_taken_away(store: Store, site: CreatedSite) -> None:
    ada = make(store, "ada", "none")
    for role in ("viewer", "admin", "none", "none"):
        with store.write() as session:
            members.set_site_role(session, ada.id, site.id, role, actor="operator")
        assert [row.role for row in rows(store, Membership)] == ([] if role == "none" else [role])
    changes = [event.detail for event in rows(store, AuditEvent, action="user.site_role_changed")]
    assert [(one["from"], one["role"]) for one in changes if one] == [
        ("none", "viewer"),
        ("viewer", "admin"),
        ("admin", "none"),
    ]


@pytest.mark.parametrize("change", ["disable", "role"])
def test_the_last_admin_cannot_be_locked_out(store: Store, change: str) -> None:
    ada = make(store, "ada")
    accounts.create_user(store, "invited", "admin")  # who never set a password cannot help

    def lock_out() -> None:
        with store.write() as session:
            if change == "disable":
                members.disable(session, ada.id, actor="operator")
            else:
                members.set_role(session, ada.id, "moderator", actor="operator")

    with pytest.raises(PersonError, match="ada is the last admin on every site who can sign in"):
        lock_out()
    bob = make(store, "bob")
    lock_out()
    with pytest.raises(PersonError, match="bob is the last admin"), store.write() as session:
        members.disable(session, bob.id, actor="operator")


def test_two_admins_who_take_the_role_from_each_other_at_once_do_not_both_succeed(store: Store) -> None:
    ada, bob = make(store, "ada"), make(store, "bob")
    begin = threading.Barrier(2)
    refused: list[str] = []

    def demote(user: User) -> None:
        begin.wait()
        try:
            with store.write() as session:
                members.set_role(session, user.id, "viewer", actor="operator")
        except PersonError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=demote, args=(user,)) for user in (ada, bob)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert len(rows(store, User, role="admin")) == 1


def test_disabling_signs_out_for_good_and_takes_an_open_link_back(store: Store) -> None:
    make(store, "ada")
    bob = make(store, "bob", "moderator")
    token = accounts.start_session(store, bob)
    with store.write() as session:
        link = members.make_link(session, bob.id, actor="operator")
        members.disable(session, bob.id, actor="operator")
    assert accounts.set_password(store, link, "another good password") is None
    with pytest.raises(PersonError, match="bob is disabled"), store.write() as session:
        members.make_link(session, bob.id, actor="operator")
    with store.write() as session:
        members.enable(session, bob.id, actor="operator")
    assert accounts.resume_session(store, token) is None
    assert accounts.check_password(store, "bob", PASSWORD) is not None


@pytest.mark.parametrize(
    ("admins_role", "admin_of", "persons_role", "person_on", "may"),
    [
        ("admin", (), "admin", (), True),
        ("none", ("a",), "none", ("a",), True),
        ("none", ("a", "b"), "none", ("a", "b"), True),
        ("none", ("a",), "none", ("a", "b"), False),
        ("none", ("a",), "viewer", ("a",), False),
        ("none", ("a",), "none", (), False),
        ("moderator", (), "none", ("a",), False),
    ],
)
def test_who_may_manage_a_person_is_admin_wherever_they_have_a_role(
    admins_role: str, admin_of: tuple[str, ...], persons_role: str, person_on: tuple[str, ...], may: bool
) -> None:
    person = members.Person(User(role=persons_role), dict.fromkeys(person_on, "moderator"))
    own = dict.fromkeys(admin_of, "admin")
    assert members.may_manage(person, User(role=admins_role), own) is may


def test_a_new_link_replaces_the_one_before(store: Store) -> None:
    ada = make(store, "ada")
    with store.write() as session:
        first = members.make_link(session, ada.id, actor="operator")
        second = members.make_link(session, ada.id, actor="operator")
    assert accounts.set_password(store, first, "another good password") is None
    assert accounts.set_password(store, second, "another good password") is not None


def test_people_come_page_by_page(store: Store) -> None:
    for name in ("cy", "ada", "bob"):
        make(store, name)
    with store.read() as session:
        first = members.page(session, limit=2)
        rest = members.page(session, after=first[-1].user.name, limit=2)
    assert [person.user.name for person in first + rest] == ["ada", "bob", "cy"]


@pytest.mark.parametrize("name", ["", " ada", "ada\n", "a" * 81, "a\0b", "\u202e"])
def test_a_name_that_cannot_be_read_is_refused(store: Store, name: str) -> None:
    with pytest.raises(PersonError, match="A name has 1 to 80 characters"):
        accounts.create_user(store, name, "viewer")


# Sessions.


def test_sessions_tell_where_from_and_end_one_by_one(store: Store, clock: Clock) -> None:
    ada, eve = make(store, "ada"), make(store, "eve")
    tokens = [
        accounts.start_session(store, ada, ip="192.0.2.1", user_agent="Fire\nfox/1" + "x" * 400) for _ in range(2)
    ]
    others = accounts.start_session(store, eve)
    with store.read() as session:
        first, second = sessions.of_user(session, ada.id)
    assert first.ip == "192.0.2.1"
    assert first.user_agent == ("Firefox/1" + "x" * 400)[:300]
    with store.write() as session:
        assert first.id is not None
        assert not sessions.end(session, eve.id, first.id, actor="operator"), "another's session"
        assert sessions.end(session, ada.id, first.id, actor="operator")
    assert [accounts.resume_session(store, token) is not None for token in tokens].count(True) == 1
    assert accounts.resume_session(store, others) is not None
    clock.now += accounts.SESSION_LIFETIME
    with store.read() as session:
        assert sessions.of_user(session, ada.id) == []
    assert second.id is not None


@pytest.mark.parametrize("how", ["change", "link"])
def test_another_password_ends_the_other_sessions(store: Store, how: str) -> None:
    ada = make(store, "ada")
    own, other = accounts.start_session(store, ada), accounts.start_session(store, ada)
    if how == "change":
        accounts.change_password(store, ada, PASSWORD, "another good password", keep=own)
    else:
        with store.write() as session:
            link = members.make_link(session, ada.id, actor="operator")
        accounts.set_password(store, link, "another good password")
    assert (accounts.resume_session(store, own) is not None) is (how == "change")
    assert accounts.resume_session(store, other) is None


def test_the_password_is_changed_only_by_who_knows_it(store: Store) -> None:
    ada = make(store, "ada")
    with pytest.raises(accounts.WrongPassword):
        accounts.change_password(store, ada, "a guess at it", "another good password", keep="")
    with pytest.raises(PersonError, match="at least 12"):
        accounts.change_password(store, ada, PASSWORD, "short", keep="")
    assert accounts.check_password(store, "ada", PASSWORD) is not None
