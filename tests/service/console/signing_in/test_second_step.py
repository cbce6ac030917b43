"""The second step of signing in to the console: it cannot be gone around, guessed at, or kept waiting."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.people import accounts, members, totp
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import User
from tests.support.clock import Clock
from tests.support.comments import rows
from tests.support.signed_in import PASSWORD, csrf_token, sign_in, submit_sign_in

pytestmark = pytest.mark.one_database

CODE = "/console/sign-in/code"


@pytest.fixture
def secret(store: Store, settings: Settings, clock: Clock) -> str:
    """The secret of mo's authenticator, which was set up a while ago."""
    user_id = accounts.create_user(store, "mo", "moderator", PASSWORD).id
    made = totp.new_secret()
    assert totp.turn_on(store, settings, user_id, made, code(made, clock))
    clock.advance(minutes=5)
    return made


def code(secret: str, clock: Clock) -> str:
    return totp.code_at(secret, int(clock.now.timestamp()) // totp.STEP_SECONDS)


def enter(browser: FlaskClient, text: str) -> TestResponse:
    return browser.post(CODE, data={"csrf_token": csrf_token(browser, CODE), "code": text})


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/console/you").status_code == 200


def test_the_password_leads_to_the_code_and_the_code_to_where_one_wanted(app: Flask, secret: str, clock: Clock) -> None:
    browser = app.test_client()
    asked = submit_sign_in(browser, "mo", PASSWORD, next="/console/comments")
    assert asked.headers["Location"] == CODE
    assert not is_in(browser)
    assert enter(browser, "").status_code == 422
    assert enter(browser, "000000").status_code == 403
    answer = enter(browser, code(secret, clock))
    assert answer.headers["Location"] == "/console/comments"
    assert is_in(browser)


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example"])
def test_the_code_leads_nowhere_else(app: Flask, secret: str, clock: Clock, elsewhere: str) -> None:
    browser = app.test_client()
    submit_sign_in(browser, "mo", PASSWORD, next=elsewhere)
    assert enter(browser, code(secret, clock)).headers["Location"] == "/console/"


@pytest.mark.usefixtures("secret")
def test_without_the_password_there_is_no_second_step(app: Flask) -> None:
    browser = app.test_client()
    assert browser.get(CODE).headers["Location"] == "/console/sign-in"
    form = {"csrf_token": csrf_token(browser, "/console/sign-in"), "code": "123456"}
    assert browser.post(CODE, data=form).headers["Location"] == "/console/sign-in"


@pytest.mark.parametrize("meanwhile", ["late", "password", "disabled"])
def test_what_happened_meanwhile_ends_the_second_step(
    app: Flask, store: Store, secret: str, clock: Clock, meanwhile: str
) -> None:
    browser = app.test_client()
    submit_sign_in(browser, "mo", PASSWORD)
    token = csrf_token(browser, CODE)
    (mo,) = rows(store, User, name="mo")
    if meanwhile == "late":
        clock.advance(minutes=10, seconds=1)
    elif meanwhile == "password":
        accounts.change_password(store, mo, PASSWORD, "another good password", keep="")
    else:
        with store.write() as session:
            members.disable(session, mo.id, actor="operator")
    answer = browser.post(CODE, data={"csrf_token": token, "code": code(secret, clock)})
    assert answer.headers["Location"] == "/console/sign-in"
    assert not is_in(browser)


def test_a_one_time_link_does_not_go_around_the_second_step(
    app: Flask, store: Store, secret: str, clock: Clock
) -> None:
    with store.write() as session:
        link = members.make_link(session, rows(store, User, name="mo")[0].id, actor="operator")
    browser = app.test_client()
    path = f"/console/welcome/{link}"
    form = {"csrf_token": csrf_token(browser, path), "password": PASSWORD, "again": PASSWORD}
    assert browser.post(path, data=form).headers["Location"] == CODE
    assert not is_in(browser)
    enter(browser, code(secret, clock))
    assert is_in(browser)


@pytest.mark.usefixtures("secret")
def test_codes_cannot_be_guessed_at(make_app: Callable[..., Flask]) -> None:
    browser = make_app(rate_limit_auth="1000 per minute").test_client()
    submit_sign_in(browser, "mo", PASSWORD)
    codes = [enter(browser, f"{number:06}").status_code for number in range(21)]
    assert codes == [403] * 20 + [429]


@pytest.mark.usefixtures("secret")
def test_whoever_guesses_at_codes_leaves_the_owner_the_recovery_codes(
    make_app: Callable[..., Flask], store: Store
) -> None:
    [recovery, *_] = totp.renew_recovery_codes(store, rows(store, User, name="mo")[0].id)
    browser = make_app(rate_limit_auth="1000 per minute").test_client()
    submit_sign_in(browser, "mo", PASSWORD)
    for number in range(21):
        refused = enter(browser, f"{number:06}")
    assert refused.status_code == 429
    assert enter(browser, recovery).status_code == 303
    assert is_in(browser)


def test_a_code_is_good_for_one_browser(app: Flask, secret: str, clock: Clock) -> None:
    first, second = app.test_client(), app.test_client()
    for browser in (first, second):
        submit_sign_in(browser, "mo", PASSWORD)
    now = code(secret, clock)
    assert (enter(first, now).status_code, enter(second, now).status_code) == (303, 403)


# Where everybody must have one.


def test_whoever_has_no_authenticator_must_set_one_up_first(
    make_app: Callable[..., Flask], store: Store, clock: Clock
) -> None:
    app = make_app(require_totp=True)
    browser = sign_in(app, store)
    for path in ("/console/", "/console/comments", "/console/you", "/console/sites"):
        assert browser.get(path).headers["Location"] == "/console/you/authenticator", path
    asked = browser.get("/console/", headers={"Accept": "application/json"})
    assert asked.status_code == 403
    page = browser.get("/console/you/authenticator")
    assert "This installation asks everybody to have one." in page.text
    assert browser.get("/console/you/authenticator.svg").mimetype == "image/svg+xml"
    shown = page.text.partition('id="totp-key"')[2].partition(">")[2].partition("<")[0].replace(" ", "")
    form = {"csrf_token": csrf_token(browser, "/console/you/authenticator"), "code": code(shown, clock)}
    assert "Your recovery codes" in browser.post("/console/you/authenticator", data=form).text
    assert browser.get("/console/").status_code == 200


def test_who_signs_in_through_the_provider_alone_needs_none_here(make_app: Callable[..., Flask], store: Store) -> None:
    app = make_app(require_totp=True)
    with store.write() as session:
        user = accounts.add_user(session, "sso", "viewer", actor="operator")
    browser = app.test_client()
    browser.set_cookie("winnow_session", accounts.start_session(store, user), path="/console")
    assert is_in(browser)


# Setting up and turning off.


def test_a_secret_that_another_person_began_with_is_not_taken_over(app: Flask, store: Store) -> None:
    """Two people, one after the other, in one browser."""
    browser = sign_in(app, store)
    first = browser.get("/console/you/authenticator").text
    accounts.create_user(store, "nia", "viewer", PASSWORD)
    with browser.session_transaction("/console/") as cookie:
        begun = cookie["totp"]
    browser.set_cookie(
        "winnow_session", accounts.start_session(store, rows(store, User, name="nia")[0]), path="/console"
    )
    assert browser.get("/console/you/authenticator.svg").status_code == 404
    second = browser.get("/console/you/authenticator").text
    with browser.session_transaction("/console/") as cookie:
        assert cookie["totp"] != begun
    assert first.partition('id="totp-key"')[2][:120] != second.partition('id="totp-key"')[2][:120]


def test_turning_it_off_takes_a_code(app: Flask, store: Store, secret: str, clock: Clock) -> None:
    browser = app.test_client()
    submit_sign_in(browser, "mo", PASSWORD)
    enter(browser, code(secret, clock))
    path = "/console/you/authenticator"
    token = csrf_token(browser, path)
    refused = browser.post(f"{path}/change", data={"csrf_token": token, "action": "off", "code": "000000"})
    assert refused.status_code == 403
    assert rows(store, User, name="mo")[0].totp_sealed
    clock.advance(seconds=30)
    form = {"csrf_token": token, "action": "off", "code": code(secret, clock)}
    assert browser.post(f"{path}/change", data=form).status_code == 303
    assert rows(store, User, name="mo")[0].totp_sealed is None


def test_the_qr_code_is_kept_by_nobody(app: Flask, store: Store) -> None:
    browser = sign_in(app, store)
    browser.get("/console/you/authenticator")
    answer = browser.get("/console/you/authenticator.svg")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
