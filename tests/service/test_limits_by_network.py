"""Guessing is slowed down for whoever guesses: who has one address of IPv6 has a network of 64 bits of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.statements import page
from tests.support.signed_in import csrf_token

pytestmark = pytest.mark.one_database

Attempt = Callable[[FlaskClient], int]


def sign_in(browser: FlaskClient) -> int:
    form = {"csrf_token": csrf_token(browser, "/console/sign-in"), "name": "nobody", "password": "a wrong password"}
    return browser.post("/console/sign-in", data=form).status_code


def follow_a_link(browser: FlaskClient) -> int:
    form = {"csrf_token": csrf_token(browser, "/console/sign-in"), "password": "a long password", "again": ""}
    return browser.post("/console/welcome/setup_wrong", data=form).status_code


GUESSES: dict[str, Attempt] = {
    "a site key": lambda client: (
        client.get("/api/v1/comments", headers={"Authorization": "Bearer wk_00000000_wrong"}).status_code
    ),
    "a compat key": lambda client: client.post("/v1alpha1/comments:analyze?key=wrong").status_code,
    "a password": sign_in,
    "a one-time link": follow_a_link,
}


@pytest.mark.parametrize("guess", GUESSES)
def test_another_address_of_the_network_gives_no_more_attempts(make_app: Callable[..., Flask], guess: str) -> None:
    app = make_app(rate_limit_auth="3 per hour")

    def attempt(address: str) -> int:
        browser = app.test_client()
        browser.environ_base["REMOTE_ADDR"] = address
        return GUESSES[guess](browser)

    answers = [attempt(f"2001:db8:1:2::{number}") for number in range(4)]
    assert 429 not in answers[:3]
    assert answers[3] == 429
    assert attempt("2001:db8:1:3::1") != 429
    assert attempt("203.0.113.7") != 429


def test_links_of_statements_are_guessed_no_faster_from_more_addresses(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "LOOKS", "3 per hour")
    app = make_app()
    answers = []
    for number in range(4):
        browser = app.test_client()
        browser.environ_base["REMOTE_ADDR"] = f"2001:db8:1:2::{number}"
        answers.append(browser.get("/statement/wrong").status_code)
    assert answers == [404, 404, 404, 429]
