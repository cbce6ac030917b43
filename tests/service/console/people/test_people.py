"""People on the pages of their admins: making somebody, their roles, their ways in and out."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.people import accounts, members
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import User
from service.console.people.people import PAGE
from tests.support.comments import rows
from tests.support.signed_in import PASSWORD, csrf_token, forms_of, sign_in, submit, submit_sign_in

pytestmark = pytest.mark.one_database

UNKNOWN = "u_" + "0" * 26
PEOPLE = "/console/people"


@pytest.fixture
def chief(app: Flask, store: Store) -> FlaskClient:
    return sign_in(app, store, "chief", "admin")


def roles_of(store: Store, name: str) -> tuple[str, dict[str, str]]:
    [user] = rows(store, User, name=name)
    with store.read() as session:
        return user.role, dict(members.find(session, user.id).on_sites)


def set_password(app: Flask, page: str) -> FlaskClient:
    """Follow the one-time link that a page shows."""
    link = re.search(r"/console/welcome/[\w-]+", page)
    assert link is not None
    browser = app.test_client()
    answer = submit(browser, link[0], link[0], password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 303
    return browser


def test_somebody_new_has_the_role_that_was_chosen_where_it_was_chosen(
    app: Flask, store: Store, chief: FlaskClient, site: CreatedSite
) -> None:
    here = submit(chief, PEOPLE, PEOPLE, name=" nia ", role="viewer", site=site.id)
    everywhere = submit(chief, PEOPLE, PEOPLE, name="mia", role="moderator", site="")
    assert (here.status_code, everywhere.status_code) == (201, 201)
    assert roles_of(store, "nia") == ("none", {site.id: "viewer"})
    assert roles_of(store, "mia") == ("moderator", {})
    assert set_password(app, here.text).get("/console/").status_code == 200


@pytest.mark.parametrize(
    ("name", "role", "sentence"),
    [
        ("", "viewer", "name"),
        ("a" * 81, "viewer", "80"),
        ("chief", "viewer", "chief"),
        ("nia", "owner", "Choose a role: viewer, moderator, admin."),
        ("nia", "none", "Choose a role: viewer, moderator, admin."),
    ],
)
def test_what_cannot_be_made_a_person_is_told_and_stays_in_the_form(
    store: Store, chief: FlaskClient, site: CreatedSite, name: str, role: str, sentence: str
) -> None:
    answer = submit(chief, PEOPLE, PEOPLE, name=name, role=role, site=site.id)
    assert answer.status_code == 422
    error = re.search(r'id="new-name-error">([^<]*)<', answer.text)
    assert error is not None
    assert sentence in error[1]
    assert f'name="name" value="{name}"' in answer.text
    assert f'<option value="{site.id}" selected>' in answer.text
    assert len(rows(store, User)) == 1


def test_a_site_that_there_is_not_gives_nobody_a_role(chief: FlaskClient, store: Store) -> None:
    answer = submit(chief, PEOPLE, PEOPLE, name="nia", site="s_nothing")
    assert answer.status_code == 404
    assert len(rows(store, User)) == 1


def test_roles_are_changed_and_taken_away(chief: FlaskClient, store: Store, site: CreatedSite) -> None:
    made = accounts.create_user(store, "nia", "none", on_sites={site.id: "viewer"})
    page = f"{PEOPLE}/{made.id}"
    assert submit(chief, page, f"{page}/site-role", role="admin").location == page
    assert submit(chief, page, f"{page}/role", role="viewer").location == page
    assert roles_of(store, "nia") == ("viewer", {site.id: "admin"})
    submit(chief, page, f"{page}/site-role", "remove")
    assert roles_of(store, "nia") == ("viewer", {})


def test_a_role_that_there_is_not_is_told_and_changes_nothing(chief: FlaskClient, store: Store) -> None:
    made = accounts.create_user(store, "nia", "viewer")
    page = f"{PEOPLE}/{made.id}"
    assert submit(chief, page, f"{page}/role", role="owner").location == page
    assert "There is no role &#39;owner&#39;" in chief.get(page).text
    assert roles_of(store, "nia") == ("viewer", {})


def test_the_last_admin_keeps_the_role(chief: FlaskClient, store: Store) -> None:
    page = f"{PEOPLE}/{rows(store, User, name='chief')[0].id}"
    submit(chief, page, f"{page}/role", role="viewer")
    assert roles_of(store, "chief") == ("admin", {})
    assert 'class="note bad"' in chief.get("/console/you").text


def test_who_is_disabled_is_out_until_enabled_again(app: Flask, chief: FlaskClient, store: Store) -> None:
    nia = sign_in(app, store, "nia", "viewer")
    page = f"{PEOPLE}/{rows(store, User, name='nia')[0].id}"
    submit(chief, page, f"{page}/disable")
    assert nia.get("/console/").status_code == 303
    assert "Disabled" in chief.get(page).text
    refused = chief.post(f"{page}/link", data={"csrf_token": csrf_token(chief, page)})
    assert refused.location == page
    assert "nia is disabled. Enable them first." in chief.get(page).text
    submit(chief, page, f"{page}/enable")
    assert "Disabled" not in chief.get(page).text


def test_a_new_link_leaves_the_password_as_it_was_until_it_is_used(
    app: Flask, chief: FlaskClient, store: Store
) -> None:
    nia = sign_in(app, store, "nia", "viewer")
    page = f"{PEOPLE}/{rows(store, User, name='nia')[0].id}"
    answer = submit(chief, page, f"{page}/link")
    assert answer.status_code == 201
    assert nia.get("/console/").status_code == 200
    assert set_password(app, answer.text).get("/console/").status_code == 200


def test_one_browser_is_signed_out_or_all(app: Flask, chief: FlaskClient, store: Store) -> None:
    first = sign_in(app, store, "nia", "viewer")
    [user] = rows(store, User, name="nia")
    second = app.test_client()
    second.set_cookie("winnow_session", accounts.start_session(store, user), path="/console")
    page = f"{PEOPLE}/{user.id}"

    def signed_in() -> list[bool]:
        return [browser.get("/console/").status_code == 200 for browser in (first, second)]

    assert signed_in() == [True, True]
    latest = next(one for one in forms_of(chief, page) if one.buttons and one.buttons[0][0] == "session").buttons[0][1]
    submit(chief, page, f"{page}/sessions/end", latest)
    assert sorted(signed_in()) == [False, True]
    chief.post(f"{page}/sessions/end", data={"csrf_token": csrf_token(chief, page)})
    assert signed_in() == [False, False]


@pytest.mark.parametrize("who", [UNKNOWN, "u_%00", "u_", "x"])
@pytest.mark.parametrize(
    "part",
    ["", "/role", "/disable", "/enable", "/link", "/authenticator/reset", "/sessions/end"],
)
def test_somebody_whom_nobody_knows_is_not_found(chief: FlaskClient, who: str, part: str) -> None:
    page = f"{PEOPLE}/{who}"
    form = {"csrf_token": csrf_token(chief, "/console/you"), "role": "viewer"}
    answer = chief.post(f"{page}{part}", data=form) if part else chief.get(page)
    assert answer.status_code == 404


def test_people_are_listed_in_pages_by_name(chief: FlaskClient, store: Store) -> None:
    names = [f"person {number:03}" for number in range(PAGE + 20)]
    with store.write() as session:
        for name in names:
            accounts.add_user(session, name, "viewer", actor="operator")
    path, shown, pages = PEOPLE, list[str](), 0
    while path:
        text = chief.get(path).text
        shown += re.findall(r'href="/console/people/u_\w+"><bdi>([^<]+)</bdi>', text)
        following = re.search(r'href="([^"]+)" rel="next"', text)
        path, pages = following[1] if following else "", pages + 1
    assert (shown, pages) == (["chief", *names], 2)


def test_a_member_is_added_changed_and_taken_off_on_the_sites_page(
    app: Flask, chief: FlaskClient, store: Store, site: CreatedSite
) -> None:
    page = f"/console/sites/{site.id}"
    made = submit(chief, page, f"{page}/members", name="nia", role="viewer")
    assert made.status_code == 201, "somebody new gets a link"
    [nia] = rows(store, User, name="nia")
    assert submit(chief, page, f"{page}/members", name="nia", role="moderator").status_code == 303
    assert roles_of(store, "nia") == ("none", {site.id: "moderator"})
    submit(chief, page, f"{page}/members/{nia.id}", role="admin")
    assert roles_of(store, "nia") == ("none", {site.id: "admin"})
    submit(chief, page, f"{page}/members/{nia.id}", "remove")
    assert roles_of(store, "nia") == ("none", {})


@pytest.mark.parametrize(
    ("user", "role", "status"), [(UNKNOWN, "viewer", 404), ("u_%00", "viewer", 404), ("", "owner", 400)]
)
def test_a_member_who_is_none_and_a_role_that_is_none_are_refused(
    chief: FlaskClient, store: Store, site: CreatedSite, user: str, role: str, status: int
) -> None:
    page = f"/console/sites/{site.id}"
    form = {"csrf_token": csrf_token(chief, page), "role": role, "name": "nia"}
    path = f"{page}/members/{user}" if user else f"{page}/members"
    assert chief.post(path, data=form).status_code == status
    assert len(rows(store, User)) == 1


@pytest.fixture
def site_admin(app: Flask, store: Store, site: CreatedSite) -> FlaskClient:
    """Signed in as somebody who is admin of one site only."""
    accounts.create_user(store, "aadmin", "none", PASSWORD, on_sites={site.id: "admin"})
    browser = app.test_client()
    assert submit_sign_in(browser, "aadmin", PASSWORD).status_code == 303
    return browser


@pytest.mark.parametrize("action", ["link", "authenticator/reset"])
@pytest.mark.parametrize(("made_here", "may"), [(True, True), (False, False)])
def test_a_sites_admin_opens_no_account_that_was_not_made_for_the_site(
    site_admin: FlaskClient, store: Store, site: CreatedSite, action: str, made_here: bool, may: bool
) -> None:
    """Somebody without a role just now may get one that is worth more."""
    on_sites = {site.id: "viewer"} if made_here else {}
    nia = accounts.create_user(store, "nia", "none", PASSWORD, on_sites=on_sites)
    page = f"/console/sites/{site.id}"
    submit(site_admin, page, f"{page}/members", name="nia", role="viewer")
    person = f"{PEOPLE}/{nia.id}"
    answer = site_admin.post(f"{person}/{action}", data={"csrf_token": csrf_token(site_admin, person)})
    refused = "was not made for your sites" in (
        answer.text if answer.status_code == 201 else site_admin.get(person).text
    )
    assert refused != may
    assert ("/console/welcome/" in answer.text) == (may and action == "link")


@pytest.mark.parametrize("by", ["chief", "operator", "aadmin"])
def test_a_sites_admin_enables_whom_no_admin_of_every_site_disabled(
    app: Flask, store: Store, site: CreatedSite, site_admin: FlaskClient, by: str
) -> None:
    nia = accounts.create_user(store, "nia", "none", PASSWORD, on_sites={site.id: "viewer"})
    person = f"{PEOPLE}/{nia.id}"
    if by == "operator":
        with store.write() as session:
            members.disable(session, nia.id, actor="operator")
    else:
        browser = site_admin if by == "aadmin" else sign_in(app, store, "chief", "admin")
        submit(browser, person, f"{person}/disable")
    site_admin.post(f"{person}/enable", data={"csrf_token": csrf_token(site_admin, person)})
    [found] = rows(store, User, name="nia")
    assert (found.disabled_at is None) == (by == "aadmin")
