"""People of the console, signed in through its own form."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.people import accounts
from moderation.store import Store

PASSWORD = "four unrelated words here"


def sign_in(app: Flask, store: Store, name: str = "mo", role: str = "moderator") -> FlaskClient:
    """A new user's browser, signed in."""
    accounts.create_user(store, name, role, PASSWORD)
    browser = app.test_client()
    answer = submit_sign_in(browser, name, PASSWORD)
    assert answer.status_code == 303, answer.text
    return browser


def submit_sign_in(browser: FlaskClient, name: str, password: str, **fields: str) -> TestResponse:
    """Fill in the form and send it."""
    token = csrf_token(browser, "/console/sign-in")
    form = {"csrf_token": token, "name": name, "password": password} | fields
    return browser.post("/console/sign-in", data=form)


def csrf_token(browser: FlaskClient, path: str) -> str:
    """The token of the first form on a page."""
    return field(browser.get(path).text, "csrf_token")


def field(page: str, name: str) -> str:
    """The value of the first field of this name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"there is no field {name} in:\n{page}"
    return found[1]
