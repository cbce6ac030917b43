"""Roles on every site and on single ones, who may manage whom, and the last admin, who cannot be locked out."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from sqlalchemy.orm import Session

from moderation.errors import NotFound
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


def test_who_decides_on_a_site_has_the_role_there_or_everywhere_and_is_not_disabled(
    store: Store, site: CreatedSite, other_site: CreatedSite
) -> None:
    with store.write() as session:
        for name, role, on_sites in [
            ("zoe", "admin", {}),
            ("mo", "moderator", {}),
            ("vi", "viewer", {}),
            ("here", "none", {site.id: "moderator"}),
            ("chief", "viewer", {site.id: "admin", other_site.id: "viewer"}),
            ("reader", "none", {site.id: "viewer"}),
            ("there", "none", {other_site.id: "moderator"}),
            ("left", "moderator", {site.id: "moderator"}),
        ]:
            user = accounts.add_user(session, name, role, on_sites=on_sites, actor="operator")
            if name == "left":
                members.disable(session, user.id, actor="operator")
    with store.read() as session:
        named = {
            sites: [user.name for user in session.scalars(members.moderators(sites))]
            for sites in [(), (site.id,), (other_site.id,), (site.id, other_site.id)]
        }
        on_site = [(user.name, role) for user, role in members.of_site(session, site.id)]
        on_every_site = [user.name for user in members.everywhere(session)]
    assert named == {
        (): ["mo", "zoe"],
        (site.id,): ["chief", "here", "mo", "zoe"],
        (other_site.id,): ["mo", "there", "zoe"],
        (site.id, other_site.id): ["chief", "here", "mo", "there", "zoe"],
    }
    assert on_site == [("chief", "admin"), ("here", "moderator"), ("left", "moderator"), ("reader", "viewer")]
    assert on_every_site == ["chief", "left", "mo", "vi", "zoe"]


#: The role of who opens the account and the sites that they are admin of, and the sites that it was made for.
OPENED: list[tuple[str, tuple[str, ...], tuple[str, ...], bool]] = [
    ("none", ("a",), ("a",), True),
    ("none", ("a", "b"), ("a", "b"), True),
    ("viewer", ("a", "b"), ("b",), True),
    ("none", ("a",), ("a", "b"), False),
    ("none", ("a",), ("b",), False),
    ("none", (), ("a",), False),
    # Who was made for no site in particular may get a role on any.
    ("none", ("a",), (), False),
    ("moderator", ("a",), (), False),
    ("admin", (), (), True),
    ("admin", (), ("a", "b"), True),
]


@pytest.mark.one_database
@pytest.mark.parametrize(("role", "admin_of", "made_for", "may"), OPENED)
def test_an_account_is_opened_to_others_only_by_who_is_admin_of_all_that_it_was_made_for(
    store: Store,
    site: CreatedSite,
    other_site: CreatedSite,
    clock: Clock,
    role: str,
    admin_of: tuple[str, ...],
    made_for: tuple[str, ...],
    may: bool,
) -> None:
    ids = {"a": site.id, "b": other_site.id}
    with store.write() as session:
        on_sites = dict.fromkeys([ids[at] for at in made_for], "viewer")
        # Another who was made at the same moment, for other sites.
        others = {} if may else ids.values()
        accounts.add_user(session, "bob", "none", on_sites=dict.fromkeys(others, "viewer"), actor="operator")
        ada = accounts.add_user(session, "ada", "none", on_sites=on_sites, actor="operator")
    clock.advance(days=9)
    with store.write() as session:
        for at in admin_of:  # what has become of her since does not count
            members.set_site_role(session, ada.id, ids[at], "moderator", actor="operator")
    own = dict.fromkeys([ids[at] for at in admin_of], "admin")
    expected = nullcontext() if may else pytest.raises(PersonError, match="ada's account was not made for your sites")
    with store.read() as session, expected:
        members.require_own(session, members.find(session, ada.id), User(role=role), own)


@pytest.mark.one_database
def test_a_role_below_admin_opens_nobodys_account(store: Store, site: CreatedSite) -> None:
    with store.write() as session:
        ada = accounts.add_user(session, "ada", "none", on_sites={site.id: "viewer"}, actor="operator")
    for role in ("moderator", "viewer"):
        with store.read() as session, pytest.raises(PersonError, match="Ask an admin of every site"):
            members.require_own(session, members.find(session, ada.id), User(role="none"), {site.id: role})


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("disabled_by", "who", "may"),
    [
        ("equal", "none", True),
        # An admin of every site, the operator on the machine and whoever cannot be found any more are above them.
        ("above", "none", False),
        ("operator", "none", False),
        ("gone", "none", False),
        (None, "none", True),
        ("above", "admin", True),
        ("operator", "admin", True),
    ],
)
def test_who_was_disabled_from_above_is_enabled_from_there_alone(
    store: Store, site: CreatedSite, clock: Clock, disabled_by: str | None, who: str, may: bool
) -> None:
    with store.write() as session:
        ada, bob = (accounts.add_user(session, name, "none", actor="operator") for name in ("ada", "bob"))
        equal = accounts.add_user(session, "equal", "none", on_sites={site.id: "admin"}, actor="operator")
        above = accounts.add_user(session, "above", "admin", actor="operator")
        clock.advance(days=9)
        actors = {"equal": f"user:{equal.id}", "above": f"user:{above.id}", "operator": "operator", "gone": "user:u_0"}
        if disabled_by is not None:
            other = actors["above" if disabled_by == "equal" else "equal"]
            # Once before, and enabled again: the last time counts.
            members.disable(session, ada.id, actor=other)
            clock.advance(days=9)
            members.enable(session, ada.id, actor=other)
            members.disable(session, bob.id, actor=other)  # at the same moment
            members.disable(session, ada.id, actor=actors[disabled_by])
    expected = nullcontext() if may else pytest.raises(PersonError, match="ada was disabled by an admin of every site")
    with store.read() as session, expected:
        members.require_may_enable(session, members.find(session, ada.id), User(role=who))


@pytest.mark.one_database
def test_what_is_done_with_people_is_on_record_once(store: Store, site: CreatedSite) -> None:
    with store.write() as session:
        accounts.add_user(session, "chief", "admin", password_hash="x", actor="operator")
        ada = accounts.add_user(session, "ada", "viewer", actor="operator").id
    for _ in range(2):  # what is so already is not done again
        with store.write() as session:
            members.set_role(session, ada, "admin", actor="user:u_1")
            members.set_site_role(session, ada, site.id, "moderator", actor="user:u_2")
    with store.write() as session:
        members.set_role(session, ada, "none", actor="user:u_1")
        for _ in range(2):
            members.disable(session, ada, actor="user:u_3")
        for _ in range(2):
            members.enable(session, ada, actor="user:u_4")
        members.make_link(session, ada, actor="user:u_5")
    recorded = [
        (event.action, event.actor, event.site_id, event.detail)
        for event in rows(store, AuditEvent)
        if event.action != "user.created" and (event.detail or {}).get("user") == ada
    ]
    assert recorded == [
        ("user.role_changed", "user:u_1", None, {"user": ada, "from": "viewer", "role": "admin"}),
        ("user.site_role_changed", "user:u_2", site.id, {"user": ada, "from": "none", "role": "moderator"}),
        ("user.role_changed", "user:u_1", None, {"user": ada, "from": "admin", "role": "none"}),
        ("user.disabled", "user:u_3", None, {"user": ada}),
        ("user.enabled", "user:u_4", None, {"user": ada}),
        ("user.link_made", "user:u_5", None, {"user": ada}),
    ]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("role", "site_id", "refused"),
    [
        ("owner", None, "There is no role 'owner'; choose one of "),
        ("Admin", None, "There is no role 'Admin'; choose one of "),
        ("owner", "s_1", "There is no role 'owner'; choose one of "),
        ("viewer", "s_1", "There is no site s_1."),
        ("none", "s_1", "There is no site s_1."),
    ],
)
def test_a_role_or_a_site_that_there_is_not_is_refused(
    store: Store, role: str, site_id: str | None, refused: str
) -> None:
    with store.write() as session:
        ada = accounts.add_user(session, "ada", "viewer", actor="operator").id

    def change(session: Session) -> None:
        if site_id is None:
            members.set_role(session, ada, role, actor="operator")
        else:
            members.set_site_role(session, ada, site_id, role, actor="operator")

    with store.write() as session, pytest.raises((PersonError, NotFound), match=re.escape(refused)):
        change(session)
    (user,) = rows(store, User, id=ada)
    assert (user.role, rows(store, Membership)) == ("viewer", [])


@pytest.mark.one_database
def test_somebody_who_is_not_there_is_not_found(store: Store, site: CreatedSite) -> None:
    make(store, "ada")
    with store.write() as session:
        for refused in (
            lambda: members.find(session, "u_0"),
            lambda: members.set_role(session, "u_0", "viewer", actor="operator"),
            lambda: members.set_site_role(session, "u_0", site.id, "viewer", actor="operator"),
            lambda: members.disable(session, "u_0", actor="operator"),
            lambda: members.enable(session, "u_0", actor="operator"),
            lambda: members.make_link(session, "u_0", actor="operator"),
        ):
            with pytest.raises(NotFound, match=r"There is no user u_0\."):
                refused()
        with pytest.raises(NotFound, match=r"There is no user named 'Ada'\. `winnow user list` shows them\."):
            members.by_name(session, "Ada")
        assert members.by_name(session, "ada").role == "admin"


@pytest.mark.one_database
def test_disabling_somebody_signs_nobody_else_out(store: Store) -> None:
    ada, bob = make(store, "ada"), make(store, "bob")
    tokens = [accounts.start_session(store, user) for user in (ada, bob)]
    with store.write() as session:
        members.disable(session, bob.id, actor="operator")
    assert [accounts.resume_session(store, token) is not None for token in tokens] == [True, False]


CHANGES: dict[str, Callable[[Session, str], None]] = {
    "role": lambda session, user_id: members.set_role(session, user_id, "viewer", actor="operator"),
    "disable": lambda session, user_id: members.disable(session, user_id, actor="operator"),
}


@pytest.mark.one_database
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("other", "may_go"),
    [
        ({"password_hash": "x"}, True),
        # Who is vouched for by the provider needs no password.
        ({"oidc_subject": "https://login.example subject"}, True),
        # Who never followed their link, who is disabled and who is admin of single sites cannot help afterwards.
        ({}, False),
        ({"password_hash": "x", "disabled": True}, False),
        ({"password_hash": "x", "role": "moderator"}, False),
    ],
)
def test_the_last_admin_is_the_last_who_can_sign_in(
    store: Store, change: str, other: dict[str, Any], may_go: bool
) -> None:
    with store.write() as session:
        ada = accounts.add_user(session, "ada", "admin", password_hash="x", actor="operator").id
        bob = accounts.add_user(
            session, "bob", other.get("role", "admin"), password_hash=other.get("password_hash"), actor="operator"
        )
        bob.oidc_subject = other.get("oidc_subject")
        if other.get("disabled"):
            members.disable(session, bob.id, actor="operator")
    expected = nullcontext() if may_go else pytest.raises(PersonError, match="ada is the last admin on every site")
    with store.write() as session, expected:
        CHANGES[change](session, ada)


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
    assert len(first) == 2
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
