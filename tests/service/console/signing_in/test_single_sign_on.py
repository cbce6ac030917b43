"""Single sign-on: who an identity is here, and that a provider's answer is believed only when all of it holds."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from joserfc.jws import JWSRegistry
from playwright.sync_api import Browser, expect
from werkzeug.test import TestResponse

from moderation.people import accounts, members
from moderation.store import Store
from moderation.tables import AuditEvent, User
from service.console.signing_in import single_sign_on
from tests.support.browsing import Serve, violations
from tests.support.comments import rows
from tests.support.processes.ports import free_port
from tests.support.providers import CLIENT, SECRET, LyingProvider, RealProvider
from tests.support.signed_in import PASSWORD, submit_sign_in

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

pytest_plugins = ("tests.support.chromium",)

BACK = "/console/sign-in/provider/back"
Make = Callable[..., Flask]


@pytest.fixture
def provider(serve: Serve) -> LyingProvider:
    made = LyingProvider()
    made.issuer = serve(made.app)
    return made


@pytest.fixture
def make(make_app: Make, provider: LyingProvider) -> Make:
    """The application with that provider, and other settings."""
    given: dict[str, Any] = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    return lambda **changes: make_app(**given | changes)


def begin(browser: FlaskClient, provider: LyingProvider, **query: str) -> dict[str, str]:
    """Press the button; what the browser is sent to the provider with."""
    answer = browser.get("/console/sign-in/provider", query_string=query)
    assert answer.status_code == 302, answer.text
    sent = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    provider.nonce = sent["nonce"]
    return sent


def come_back(browser: FlaskClient, provider: LyingProvider, **query: str) -> TestResponse:
    """The whole way: to the provider, which says that it is all right, and back."""
    sent = begin(browser, provider, **query)
    return browser.get(BACK, query_string={"code": "a code", "state": sent["state"]})


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/console/you").status_code == 200


def test_the_browser_is_sent_with_pkce_state_and_nonce(make: Make, provider: LyingProvider) -> None:
    app = make(public_url="https://winnow.example")
    sent, again = begin(app.test_client(), provider), begin(app.test_client(), provider)
    assert sent["response_type"] == "code"
    assert sent["client_id"] == CLIENT
    assert sent["redirect_uri"] == f"https://winnow.example{BACK}"
    assert sent["code_challenge_method"] == "S256"
    assert {"openid", "email", "profile"} == set(sent["scope"].split())
    assert all(sent[name] != again[name] for name in ("state", "nonce", "code_challenge"))


def test_a_verified_email_that_is_a_users_name_links_them_for_good(
    make: Make, provider: LyingProvider, store: Store
) -> None:
    accounts.create_user(store, "mo@example.org", "moderator", PASSWORD)
    app = make()
    assert come_back(app.test_client(), provider).headers["Location"] == "/console/"
    (user,) = rows(store, User)
    assert user.oidc_subject == f"{provider.issuer} subject-1"
    provider.claims = {"email": "another@example.org"}
    assert come_back(browser := app.test_client(), provider).status_code == 303
    assert is_in(browser), "the subject counts, whatever they are called later"
    assert [event.action for event in rows(store, AuditEvent)].count("user.sso_linked") == 1


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"email_verified": False}, "does not say who you are in a way that can be trusted"),
        ({"email_verified": None}, "does not say who you are in a way that can be trusted"),
        ({"email": None}, "does not say who you are in a way that can be trusted"),
        ({"email": "eve@example.org"}, "There is no user named eve@example.org here."),
        ({"email": None, "preferred_username": "mo@example.org"}, "in a way that can be trusted"),
    ],
)
def test_who_is_nobody_here_is_told_what_to_do(
    make: Make, provider: LyingProvider, store: Store, claims: dict[str, Any], told: str
) -> None:
    accounts.create_user(store, "mo@example.org", "admin", PASSWORD)
    provider.claims = claims
    answer = come_back(browser := make().test_client(), provider)
    assert answer.status_code == 403
    assert told in answer.text
    assert not is_in(browser)
    assert len(rows(store, User)) == 1


def test_user_names_count_only_where_the_operator_says_so(make: Make, provider: LyingProvider, store: Store) -> None:
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    provider.claims = {"email": None, "preferred_username": "mo"}
    assert come_back(make().test_client(), provider).status_code == 403
    assert come_back(make(oidc_match="username").test_client(), provider).status_code == 303


def test_a_role_for_newcomers_makes_users(make: Make, provider: LyingProvider, store: Store) -> None:
    app = make(oidc_role="viewer")
    for _ in range(2):
        assert come_back(app.test_client(), provider).status_code == 303
    (user,) = rows(store, User)
    assert (user.name, user.role, user.password_hash) == ("mo@example.org", "viewer", None)
    assert submit_sign_in(app.test_client(), "mo@example.org", "").status_code == 422


def test_a_user_who_is_somebody_else_there_is_not_taken_over(make: Make, provider: LyingProvider, store: Store) -> None:
    accounts.create_user(store, "mo@example.org", "moderator", PASSWORD)
    app = make()
    come_back(app.test_client(), provider)
    provider.claims, provider.userinfo = {"sub": "subject-2"}, {"sub": "subject-2"}
    answer = come_back(app.test_client(), provider)
    assert answer.status_code == 403
    assert "belongs to another account" in answer.text


@pytest.mark.parametrize("linked", [True, False])
def test_a_disabled_user_stays_out(make: Make, provider: LyingProvider, store: Store, linked: bool) -> None:
    accounts.create_user(store, "chief", "admin", PASSWORD)
    user_id = accounts.create_user(store, "mo@example.org", "moderator", PASSWORD).id
    app = make()
    if linked:
        come_back(app.test_client(), provider)
    with store.write() as session:
        members.disable(session, user_id, actor="operator")
    answer = come_back(browser := app.test_client(), provider)
    assert "is disabled" in answer.text
    assert not is_in(browser)


def _sign_with_our_secret(provider: LyingProvider) -> None:
    provider.signs_with, provider.algorithm = OctKey.import_key(SECRET, {"kid": "one"}), "HS256"


def _sign_nothing(provider: LyingProvider) -> None:
    provider.forges = lambda claims: f"{_part({'alg': 'none', 'kid': 'one'})}.{_part(claims)}."


def _sign_with(secret_of: Callable[[LyingProvider], bytes], **header: str) -> Callable[[LyingProvider], None]:
    """Sign with HS256, by what everybody knows."""

    def sign(provider: LyingProvider) -> None:
        def forge(claims: dict[str, Any]) -> str:
            signed = f"{_part({'alg': 'HS256'} | header)}.{_part(claims)}"
            mark = hmac.digest(secret_of(provider), signed.encode(), "sha256")
            return f"{signed}.{urlsafe_b64encode(mark).rstrip(b'=').decode()}"

        provider.forges = forge

    return sign


def _public(provider: LyingProvider) -> bytes:
    return provider.key.as_pem(private=False)


def _bring_a_key(provider: LyingProvider) -> None:
    """Sign with a key of ours and name it in the header, as a verifier must not believe (RFC 7515, 10.5)."""
    own = RSAKey.generate_key(2048, {"kid": "two"})
    header = {"alg": "RS256", "kid": "two", "jwk": own.as_dict(private=False), "jku": f"{provider.issuer}/evil"}
    registry = JWSRegistry(algorithms=["RS256"], strict_check_header=False)
    provider.forges = lambda claims: jwt.encode(header, claims, own, registry=registry)


def _change_after_signing(provider: LyingProvider) -> None:
    def forge(claims: dict[str, Any]) -> str:
        head, _, signature = jwt.encode({"alg": "RS256", "kid": "one"}, claims, provider.key).split(".")
        return f"{head}.{_part(claims | {'email': 'chief@example.org'})}.{signature}"

    provider.forges = forge


def _part(content: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


LIES: dict[str, Callable[[LyingProvider], None]] = {
    "for another program": lambda one: one.claims.update(aud="somebody-else"),
    "for another program, though we asked": lambda one: one.claims.update(aud="somebody-else", azp=CLIENT),
    "for nobody": lambda one: one.claims.update(aud=None),
    "of another issuer": lambda one: one.claims.update(iss="https://evil.example"),
    "of no issuer": lambda one: one.claims.update(iss=None),
    "for another attempt": lambda one: one.claims.update(nonce="another nonce"),
    "for no attempt": lambda one: one.claims.update(nonce=None),
    "too old": lambda one: one.claims.update(exp=int(time.time()) - single_sign_on.SKEW_SECONDS - 5),
    "without an end": lambda one: one.claims.update(exp=None),
    "not yet": lambda one: one.claims.update(nbf=int(time.time()) + single_sign_on.SKEW_SECONDS + 30),
    "about nobody": lambda one: one.claims.update(sub=None),
    "signed by somebody else": lambda one: setattr(one, "signs_with", RSAKey.generate_key(2048, {"kid": "one"})),
    "signed with our secret": _sign_with_our_secret,
    "not signed": _sign_nothing,
    "signed with the public key": _sign_with(_public, kid="one"),
    "signed with the public key, of no name": _sign_with(_public),
    "signed with nothing": _sign_with(lambda _: b"", kid="one"),
    "signed by the key in its head": _bring_a_key,
    "changed after it was signed": _change_after_signing,
    "for us and for another program that asked": lambda one: one.claims.update(aud=[CLIENT, "evil"], azp="evil"),
    "for us and others, of nobody who asked": lambda one: one.claims.update(aud=[CLIENT, "evil"]),
    "about nobody at all": lambda one: one.claims.update(sub=""),
    "about a number": lambda one: one.claims.update(sub=7),
    "of the future": lambda one: one.claims.update(iat=int(time.time()) + single_sign_on.SKEW_SECONDS + 30),
    "of another token": lambda one: one.claims.update(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "not there": lambda one: setattr(one, "without_id_token", True),
    "about two people": lambda one: one.userinfo.update(sub="subject-2"),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_does_not_hold_signs_nobody_in(
    make: Make, provider: LyingProvider, store: Store, lie: str
) -> None:
    accounts.create_user(store, "mo@example.org", "admin", PASSWORD)
    LIES[lie](provider)
    answer = come_back(browser := make().test_client(), provider)
    assert answer.status_code == 502
    assert "gave an answer that cannot be trusted, so nobody was signed in" in answer.text
    assert not is_in(browser)
    assert rows(store, User)[0].oidc_subject is None


def test_a_provider_whose_clock_is_a_little_off_is_believed(make: Make, provider: LyingProvider, store: Store) -> None:
    accounts.create_user(store, "mo@example.org", "admin", PASSWORD)
    now = int(time.time())
    provider.claims = {"iat": now - 330, "exp": now - 30}
    assert come_back(make().test_client(), provider).status_code == 303


def test_a_provider_that_calls_itself_something_else_is_not_used(make: Make, provider: LyingProvider) -> None:
    provider.metadata = {"issuer": "https://evil.example"}
    answer = make().test_client().get("/console/sign-in/provider")
    assert answer.status_code == 502
    assert "something else than WINNOW_OIDC_ISSUER says" in answer.text


def _called_otherwise(provider: LyingProvider) -> None:
    provider.metadata = {"issuer": "https://evil.example"}


def _another_key_of_the_same_name(provider: LyingProvider) -> None:
    provider.key = provider.signs_with = RSAKey.generate_key(2048, {"kid": "one"})


def _signs_otherwise_than_it_says(provider: LyingProvider) -> None:
    provider.metadata = {"id_token_signing_alg_values_supported": ["ES256"]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_called_otherwise, lambda one: one.metadata.clear()),
        (_signs_otherwise_than_it_says, lambda one: one.metadata.clear()),
        (lambda one: None, _another_key_of_the_same_name),
    ],
)
def test_what_changed_at_the_provider_is_read_at_the_second_attempt_without_a_restart(
    make: Make,
    provider: LyingProvider,
    store: Store,
    before: Callable[[LyingProvider], None],
    after: Callable[[LyingProvider], None],
) -> None:
    accounts.create_user(store, "mo@example.org", "admin", PASSWORD)
    app = make()
    before(provider)
    browser = app.test_client()
    if browser.get("/console/sign-in/provider").status_code == 302:
        come_back(browser, provider)
    after(provider)
    answers = [come_back(app.test_client(), provider) for _ in range(2)]
    assert answers[1].status_code == 303, answers[1].text


def test_where_a_provider_has_moved_its_pages_is_read_after_a_while(
    make: Make, provider: LyingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = make().test_client()
    provider.metadata = {"authorization_endpoint": "https://old.example/"}
    for kept, led_to in ((3600, "old"), (3600, "old"), (-1, "new")):
        monkeypatch.setattr(single_sign_on, "METADATA_SECONDS", kept)
        assert led_to in browser.get("/console/sign-in/provider").headers["Location"]
        provider.metadata = {"authorization_endpoint": "https://new.example/"}


@pytest.mark.parametrize("nonsense", [[], "text", {"authorization_endpoint": 1}])
def test_a_provider_that_describes_itself_as_nonsense_is_not_used(
    make: Make, provider: LyingProvider, nonsense: object
) -> None:
    provider.app.view_functions["/.well-known/openid-configuration"] = lambda: jsonify(nonsense)
    assert make().test_client().get("/console/sign-in/provider").status_code == 502


@pytest.mark.parametrize("state", ["", "made-up", None])
def test_what_did_not_begin_in_this_browser_ends_here(
    make: Make, provider: LyingProvider, store: Store, state: str | None
) -> None:
    accounts.create_user(store, "mo@example.org", "admin", PASSWORD)
    app = make()
    if state is None:
        state = begin(app.test_client(), provider)["state"]  # in another browser
    browser = app.test_client()
    begin(browser, provider)
    answer = browser.get(BACK, query_string={"code": "a code", "state": state})
    assert answer.status_code == 403
    assert "it began in another browser" in answer.text
    assert not is_in(browser)


def test_the_way_back_works_once(make: Make, provider: LyingProvider, store: Store) -> None:
    accounts.create_user(store, "mo@example.org", "admin", PASSWORD)
    browser = make().test_client()
    sent = begin(browser, provider)
    answers = [browser.get(BACK, query_string={"code": "a code", "state": sent["state"]}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 403]


def test_a_provider_that_lets_nobody_in_is_quoted_as_that(make: Make, provider: LyingProvider) -> None:
    browser = make(oidc_name="the newsroom's account").test_client()
    sent = begin(browser, provider)
    hostile = "<b>Call 555-0100</b>"
    query = {"error": "access_denied", "error_description": hostile, "state": sent["state"]}
    answer = browser.get(BACK, query_string=query)
    assert answer.status_code == 403
    assert "The newsroom&#39;s account did not let you in." in answer.text
    assert "555" not in answer.text


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://evil.example/", "//evil.example", "/demo/", "/console/\\evil", "/console/../demo/", "/console/..?x"),
        *("/console/%2e%2E/demo/", "/console/.%2e", "/console/./../x", "/console/you/../../demo/"),
    ],
)
def test_the_way_back_leads_nowhere_else(make: Make, provider: LyingProvider, store: Store, elsewhere: str) -> None:
    accounts.create_user(store, "mo@example.org", "admin", PASSWORD)
    app = make()
    assert come_back(app.test_client(), provider, next=elsewhere).headers["Location"] == "/console/"
    for own in ("/console/you", "/console/comments?q=a..b/../c"):
        assert come_back(app.test_client(), provider, next=own).headers["Location"] == own


def test_a_provider_that_is_away_or_hangs_is_told_and_the_password_works(
    make: Make, provider: LyingProvider, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.create_user(store, "mo", "admin", PASSWORD)
    away = make(oidc_issuer=f"http://localhost:{free_port()}")
    answer = away.test_client().get("/console/sign-in/provider")
    assert answer.status_code == 502
    assert "cannot be reached now" in answer.text
    monkeypatch.setattr(single_sign_on, "TIMEOUT_SECONDS", 0.3)
    provider.hangs = 60.0
    began = time.monotonic()
    answer = come_back(make().test_client(), provider)
    assert time.monotonic() - began < 30
    provider.hangs = 0.0
    assert "cannot be reached now" in answer.text
    assert submit_sign_in(away.test_client(), "mo", PASSWORD).status_code == 303


def test_while_the_provider_is_asked_others_can_write(make: Make, provider: LyingProvider, store: Store) -> None:
    accounts.create_user(store, "mo@example.org", "admin", PASSWORD)
    app = make()
    wrote: list[str] = []

    def write_meanwhile() -> Any:
        accounts.create_user(store, "other", "viewer")  # refused after WRITE_TIMEOUT while somebody else writes
        wrote.append("other")
        return {"sub": "subject-1"}

    provider.app.view_functions["/me"] = write_meanwhile
    assert come_back(app.test_client(), provider).status_code == 303
    assert wrote == ["other"]


def test_attempts_are_throttled(make: Make, provider: LyingProvider) -> None:
    browser = make(rate_limit_auth="3 per minute").test_client()
    codes = [browser.get("/console/sign-in/provider").status_code for _ in range(4)]
    assert codes == [302, 302, 302, 429]


def test_a_page_elsewhere_that_makes_browsers_begin_uses_up_no_attempts_by_password(
    make: Make, provider: LyingProvider, store: Store
) -> None:
    accounts.create_user(store, "mo", "moderator", PASSWORD)
    browser = make(rate_limit_auth="3 per minute").test_client()
    for _ in range(4):
        browser.get("/console/sign-in/provider")
        browser.get(BACK)
    assert submit_sign_in(browser, "mo", PASSWORD).status_code == 303


def test_many_attempts_do_not_outgrow_the_cookie(make: Make, provider: LyingProvider, store: Store) -> None:
    accounts.create_user(store, "mo@example.org", "admin", PASSWORD)
    browser = make().test_client()
    for _ in range(12):
        begin(browser, provider)
    cookie = browser.get_cookie("winnow_form", path="/console")
    assert cookie is not None
    assert len(cookie.value) < 3000
    assert come_back(browser, provider).status_code == 303


def test_without_a_provider_there_is_no_button_and_no_way(app: Flask) -> None:
    browser = app.test_client()
    assert "Sign in with" not in browser.get("/console/sign-in").text
    assert browser.get("/console/sign-in/provider").status_code == 404
    assert browser.get(BACK).status_code == 404


# With a real provider, in a real browser.


def test_from_the_button_to_the_console_through_a_real_provider(
    make_app: Make, serve: Serve, store: Store, chromium: Browser, tmp_path: Path
) -> None:
    """The provider is at another name than the console, so that cookies cross sites as they do on the internet."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    identities = {
        "subject-of-mo": {"email": "mo@example.org", "email_verified": True, "preferred_username": "mo"},
        "subject-of-eve": {"email": "mo@example.org", "email_verified": False, "preferred_username": "mo"},
    }
    provider = RealProvider(f"{url}{BACK}", identities, tmp_path / "provider.log")
    try:
        accounts.create_user(store, "mo@example.org", "moderator", PASSWORD)
        app = make_app(
            public_url=url,
            oidc_issuer=provider.issuer,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
            oidc_name="the newsroom",
        )
        assert serve(app, port) == url
        context = chromium.new_context()
        refused: list[str] = []
        context.on("console", lambda line: refused.append(line.text) if "Security Policy" in line.text else None)
        page = context.new_page()
        page.goto(f"{url}/console/you")
        assert violations(page) == []
        page.get_by_role("link", name="Sign in with the newsroom").click()
        page.wait_for_url(f"{provider.issuer}/**")
        page.locator("input[name=login]").fill("subject-of-mo")
        page.locator("input[name=password]").fill("anything")
        page.locator("button[type=submit]").click()
        page.locator("button[type=submit]").click()  # consent
        page.wait_for_url(f"{url}/console/you")
        expect(page.get_by_role("heading", level=1)).to_have_text("mo@example.org")
        assert rows(store, User)[0].oidc_subject == f"{provider.issuer} subject-of-mo"
        context.close()

        page = chromium.new_context().new_page()
        page.goto(f"{url}/console/")
        page.get_by_role("link", name="Sign in with the newsroom").click()
        page.locator("input[name=login]").fill("subject-of-eve")
        page.locator("input[name=password]").fill("anything")
        page.locator("button[type=submit]").click()
        page.locator("button[type=submit]").click()
        expect(page.get_by_role("alert")).to_contain_text("in a way that can be trusted")
        page.context.close()
        assert refused == []
    finally:
        provider.close()
