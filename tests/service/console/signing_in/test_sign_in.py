"""Signing in to the console, staying signed in, signing out, and the one-time link of a new user."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.people import accounts
from moderation.settings import SettingsError
from moderation.store import Store
from moderation.tables import User
from tests.support.clock import Clock
from tests.support.processes.redis_server import RedisServer
from tests.support.signed_in import PASSWORD, csrf_token, field, sign_in, submit, submit_sign_in

pytestmark = pytest.mark.one_database

SESSION, HTTPS = "winnow_session", "https://winnow.example"


def test_the_right_name_and_password_open_the_review_queue(app: Flask, store: Store) -> None:
    browser = sign_in(app, store)
    assert "Review queue" in browser.get("/console/").text


@pytest.mark.parametrize(
    ("name", "password"),
    [("mo", "wrong password here"), ("nobody", PASSWORD), ("n\0body", PASSWORD), ("mo", "\0" * 20), ("é" * 5000, "x")],
)
def test_a_wrong_name_and_a_wrong_password_are_told_the_same(
    app: Flask, store: Store, name: str, password: str
) -> None:
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    answer = submit_sign_in(app.test_client(), name, password)
    assert answer.status_code == 403
    assert "No user has this name and password." in answer.text
    assert SESSION not in answer.headers.get("Set-Cookie", "")


def test_a_password_that_is_changed_while_it_is_checked_lets_nobody_in(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    check = accounts.check_password

    def check_slowly(asked: Store, name: str, password: str) -> User | None:
        user = check(asked, name, password)
        assert user is not None
        accounts.change_password(store, user, PASSWORD, "another long password", keep="")
        return user

    monkeypatch.setattr(accounts, "check_password", check_slowly)
    answer = submit_sign_in(app.test_client(), "mo", PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/sign-in")
    assert SESSION not in answer.headers.get("Set-Cookie", "")


def test_what_is_missing_is_named_beside_its_field(anonymous: FlaskClient) -> None:
    answer = submit_sign_in(anonymous, "", "")
    assert answer.status_code == 422
    assert "Please enter your name." in answer.text
    assert "Please enter your password." in answer.text


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask, store: Store) -> None:
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    cookies = submit_sign_in(app.test_client(), "mo", PASSWORD).headers.getlist("Set-Cookie")
    session = next(cookie for cookie in cookies if cookie.startswith(SESSION))
    assert {"HttpOnly", "SameSite=Lax", "Path=/console"} <= set(session.split("; "))
    assert "Secure" not in session
    assert "Strict-Transport-Security" not in app.test_client().get("/console/sign-in").headers


@pytest.fixture
def secure(make_app: Callable[..., Flask]) -> FlaskClient:
    """A browser of a console whose public address is https."""
    return make_app(public_url=HTTPS).test_client()


def test_behind_https_cookies_are_this_hosts_alone(secure: FlaskClient, store: Store) -> None:
    """So a browser takes them from no neighbouring name, which could bring its own token for forms."""
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    page = secure.get("/console/sign-in?lang=de", base_url=HTTPS)
    answer = secure.post(
        "/console/sign-in",
        base_url=HTTPS,
        headers={"Referer": f"{HTTPS}/console/sign-in"},
        data={"csrf_token": field(page.text, "csrf_token"), "name": "mo", "password": PASSWORD},
    )
    assert answer.status_code == 303
    cookies = page.headers.getlist("Set-Cookie") + answer.headers.getlist("Set-Cookie")
    kept = {cookie.partition("=")[0] for cookie in cookies}
    assert kept == {f"__Host-winnow_{name}" for name in ("form", "language", "session", "known")}
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    assert secure.get("/console/", base_url=HTTPS).status_code == 200
    token = field(secure.get("/console/", base_url=HTTPS).text, "csrf_token")
    left = secure.post("/console/sign-out", base_url=HTTPS, data={"csrf_token": token})
    assert secure.get("/console/", base_url=HTTPS).status_code == 303
    assert any("__Host-winnow_session=;" in cookie for cookie in left.headers.getlist("Set-Cookie"))


def test_a_cookie_that_a_neighbouring_name_could_have_set_counts_for_nothing(secure: FlaskClient, store: Store) -> None:
    user = accounts.create_user(store, "mo", "moderator", PASSWORD)
    with store.read() as session:
        token = accounts.start_session(store, session.get_one(User, user.id))
    secure.set_cookie(SESSION, token, path="/console", domain="winnow.example", secure=True)
    assert secure.get("/console/", base_url=HTTPS).status_code == 303
    secure.set_cookie(f"__Host-{SESSION}", token, path="/", domain="winnow.example", secure=True)
    assert secure.get("/console/", base_url=HTTPS).status_code == 200


def test_behind_https_browsers_are_told_to_ask_by_https_alone(secure: FlaskClient) -> None:
    for path in ("/console/sign-in", "/demo/", "/api/docs"):
        assert secure.get(path, base_url=HTTPS).headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "headers", [{}, {"Referer": "https://elsewhere.example/"}], ids=["no referrer", "another host"]
)
def test_the_token_suffices_where_the_browser_or_a_proxy_hides_where_the_form_was(
    make_app: Callable[..., Flask], store: Store, headers: dict[str, str]
) -> None:
    browser = make_app(public_url="https://winnow.example", trusted_proxies=1).test_client()
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    proxied = {"X-Forwarded-Proto": "https", "Host": "127.0.0.1:8000"}
    page = browser.get("/console/sign-in", headers=proxied, base_url="https://127.0.0.1:8000")
    form = {"csrf_token": field(page.text, "csrf_token"), "name": "mo", "password": PASSWORD}
    where = "/console/sign-in"
    answer = browser.post(where, base_url="https://127.0.0.1:8000", headers=proxied | headers, data=form)
    assert answer.status_code == 303
    forged = form | {"csrf_token": "another"}
    assert (
        browser.post(where, base_url="https://127.0.0.1:8000", headers=proxied | headers, data=forged).status_code
        == 400
    )


def test_signing_in_makes_a_new_session_and_ends_the_one_before(app: Flask, store: Store) -> None:
    browser = sign_in(app, store)
    before = _token(browser)
    token = csrf_token(browser, "/console/")
    browser.post("/console/sign-in", data={"csrf_token": token, "name": "mo", "password": PASSWORD})
    assert _token(browser) != before
    assert accounts.resume_session(store, before) is None


def test_a_session_that_the_browser_brought_along_is_not_taken_over(app: Flask, store: Store) -> None:
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    browser = app.test_client()
    browser.set_cookie(SESSION, "ws_planted_by_somebody", path="/console")
    submit_sign_in(browser, "mo", PASSWORD)
    assert _token(browser) != "ws_planted_by_somebody"


def test_signing_out_ends_the_session_for_good(app: Flask, store: Store) -> None:
    browser = sign_in(app, store)
    token = _token(browser)
    answer = browser.post("/console/sign-out", data={"csrf_token": csrf_token(browser, "/console/")})
    assert answer.headers["Location"] == "/console/sign-in"
    assert browser.get_cookie(SESSION, path="/console") is None
    browser.set_cookie(SESSION, token, path="/console")
    assert browser.get("/console/").status_code == 303


def test_a_disabled_user_is_out_at_once(app: Flask, store: Store, clock: Clock) -> None:
    browser = sign_in(app, store)
    with store.write() as session:
        session.query(User).one().disabled_at = clock.now
    assert browser.get("/console/").status_code == 303


def test_a_session_lasts_two_weeks(app: Flask, store: Store, clock: Clock) -> None:
    browser = sign_in(app, store)
    clock.advance(days=13, hours=23)
    assert browser.get("/console/").status_code == 200
    clock.advance(hours=2)
    assert browser.get("/console/").status_code == 303


def test_signing_in_leads_back_to_the_page_that_was_asked_for(app: Flask, store: Store) -> None:
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    browser = app.test_client()
    asked = browser.get("/console/comments?status=rejected")
    assert asked.headers["Location"] == "/console/sign-in?next=/console/comments?status%3Drejected"
    assert 'name="next" value="/console/comments?status=rejected"' in browser.get(asked.headers["Location"]).text
    answer = submit_sign_in(browser, "mo", PASSWORD, next="/console/comments?status=rejected")
    assert answer.headers["Location"] == "/console/comments?status=rejected"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/console/..//evil.example",
        "/console/\\evil.example",
        "/console/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/demo/",
    ],
)
def test_signing_in_leads_nowhere_else(app: Flask, store: Store, elsewhere: str) -> None:
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    assert submit_sign_in(app.test_client(), "mo", PASSWORD, next=elsewhere).headers["Location"] == "/console/"


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/sign-out", "/console/comments/c_x/decision"])
@pytest.mark.parametrize("token", [None, "", "forged", "IjEi.aSN6xw.x"])
def test_a_form_without_its_token_does_nothing(app: Flask, store: Store, path: str, token: str | None) -> None:
    browser = sign_in(app, store)
    answer = browser.post(path, data={} if token is None else {"csrf_token": token})
    assert answer.status_code == 400
    assert "nothing was done" in answer.text
    assert browser.get("/console/").status_code == 200


def test_no_action_of_the_console_is_done_without_the_forms_token(app: Flask, store: Store) -> None:
    """Every address that takes a POST, so that none is forgotten; and no page does by GET what another does by POST."""
    browser = sign_in(app, store, role="admin")
    stranger = csrf_token(app.test_client(), "/console/sign-in")
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("console.")]
    acting = [rule for rule in rules if "POST" in (rule.methods or ())]
    read = {rule.rule for rule in rules if "GET" in (rule.methods or ())} - {"/console/<path:address>"}
    assert len(acting) > 60
    for rule in acting:
        address = re.sub(r"<[^<>]+>", "1", rule.rule)
        assert browser.post(address, data={"csrf_token": stranger}).status_code == 400, address
        assert rule.rule in read or browser.get(address).status_code == 404, address
    assert browser.get("/console/").status_code == 200, "not even signed out"


def test_another_browsers_token_does_not_fit(app: Flask, store: Store) -> None:
    browser = sign_in(app, store)
    stranger = csrf_token(app.test_client(), "/console/sign-in")
    assert browser.post("/console/sign-out", data={"csrf_token": stranger}).status_code == 400


def test_guessing_at_one_name_is_slowed_down_from_any_address(app: Flask, store: Store) -> None:
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    answers = []
    for number in range(11):
        browser = app.test_client()
        browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        answers.append(submit_sign_in(browser, " MO " if number % 2 else "mo", "a wrong password"))
    assert [answer.status_code for answer in answers] == [403] * 10 + [429]
    assert 50 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert "Too many attempts to sign in. Wait" in answers[-1].text


def test_who_guesses_at_a_name_does_not_keep_its_owner_out(app: Flask, store: Store) -> None:
    """Where they have signed in before, under that name; there wrong passwords are counted, too."""
    for name in ("mo", "nia"):
        accounts.create_user(store, name, "moderator", PASSWORD)
    own, other = app.test_client(), app.test_client()
    for browser, name in ((own, "mo"), (other, "nia")):
        assert submit_sign_in(browser, name, PASSWORD).status_code == 303
        submit(browser, "/console/you", "/console/sign-out")
    codes = [submit_sign_in(app.test_client(), "mo", "a wrong password").status_code for _ in range(11)]
    assert codes[-1] == 429
    assert submit_sign_in(other, "mo", PASSWORD).status_code == 429, "it knows somebody else"
    assert submit_sign_in(own, "mo", PASSWORD).status_code == 303
    submit(own, "/console/you", "/console/sign-out")
    codes = [submit_sign_in(own, "mo", "a wrong password").status_code for _ in range(11)]
    assert codes[-1] == 429


def test_guessing_from_one_address_is_slowed_down_for_any_name(make_app: Callable[..., Flask]) -> None:
    browser = make_app(rate_limit_auth="3 per minute").test_client()
    codes = [submit_sign_in(browser, f"name {number}", "x").status_code for number in range(4)]
    assert codes == [403, 403, 403, 429]


def test_signing_in_is_slowed_down_and_works_without_redis(
    make_app: Callable[..., Flask], store: Store, own_redis: RedisServer
) -> None:
    app = make_app(redis_url=own_redis.url, rate_limit_auth="2 per minute")
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    own_redis.kill()
    passwords = (PASSWORD, "a wrong password", PASSWORD)
    codes = [submit_sign_in(app.test_client(), "mo", password).status_code for password in passwords]
    assert codes == [303, 403, 429]


def test_the_one_time_link_sets_a_password_and_signs_in(app: Flask, store: Store) -> None:
    made = accounts.create_user(store, "nia", "moderator")
    browser = app.test_client()
    link = f"/console/welcome/{made.setup_token}"
    assert "Welcome, <bdi>nia</bdi>" in browser.get(link).text
    form = {"csrf_token": csrf_token(browser, link), "password": PASSWORD, "again": PASSWORD}
    assert browser.post(link, data=form).headers["Location"] == "/console/"
    assert "Review queue" in browser.get("/console/").text
    assert submit_sign_in(app.test_client(), "nia", PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("password", "again", "told"),
    [
        ("too short", "too short", "A password needs at least 12 characters."),
        (PASSWORD, "something else", "The two passwords differ."),
        ("", "", "A password needs at least 12 characters."),
    ],
)
def test_a_password_that_will_not_do_leaves_the_link_as_it_was(
    app: Flask, store: Store, password: str, again: str, told: str
) -> None:
    made = accounts.create_user(store, "nia", "moderator")
    browser = app.test_client()
    link = f"/console/welcome/{made.setup_token}"
    form = {"csrf_token": csrf_token(browser, link), "password": password, "again": again}
    answer = browser.post(link, data=form)
    assert answer.status_code == 422
    assert told in answer.text
    assert browser.get(link).status_code == 200


def test_a_link_that_was_used_or_is_too_old_explains_itself(app: Flask, store: Store, clock: Clock) -> None:
    made = accounts.create_user(store, "nia", "moderator")
    link = f"/console/welcome/{made.setup_token}"
    browser = app.test_client()
    token = csrf_token(browser, link)
    clock.advance(days=2, seconds=1)
    for answer in (
        browser.get(link),
        browser.post(link, data={"csrf_token": token, "password": PASSWORD, "again": PASSWORD}),
    ):
        assert answer.status_code == 410
        assert "This link no longer works" in answer.text
        assert "ask whoever runs this installation" in answer.text
    assert accounts.check_password(store, "nia", PASSWORD) is None


def test_every_page_forbids_scripts_and_frames_from_elsewhere(app: Flask, store: Store) -> None:
    browser = sign_in(app, store)
    for path in ("/console/", "/console/comments", "/console/sign-in", "/console/welcome/x", "/console/comments/c_x"):
        headers = browser.get(path, follow_redirects=True).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_a_rotated_secret_key_keeps_people_signed_in(make_app: Callable[..., Flask], store: Store) -> None:
    browser = sign_in(make_app(secret_keys=("the old key, which is long enough",)), store)
    token = _token(browser)
    rotated = make_app(secret_keys=("the new key, which is long enough", "the old key, which is long enough"))
    later = rotated.test_client()
    later.set_cookie(SESSION, token, path="/console")
    assert later.get("/console/").status_code == 200


def test_without_a_secret_key_nothing_is_signed_with_a_default(make_app: Callable[..., Flask]) -> None:
    with pytest.raises(SettingsError, match="WINNOW_SECRET_KEY is not set"):
        make_app(secret_keys=())


def _token(browser: FlaskClient) -> str:
    cookie = browser.get_cookie(SESSION, path="/console")
    assert cookie is not None
    return cookie.value
