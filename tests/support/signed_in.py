"""People of the console, signed in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from html.parser import HTMLParser

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.people import accounts
from moderation.store import Store
from moderation.tables import Membership, User
from service.console.access import SESSION_COOKIE

PASSWORD = "four unrelated words here"


@dataclass
class Form:
    """A form of a page: where it goes, and what a browser would send of it if nobody touched it."""

    action: str
    method: str
    fields: list[tuple[str, str]] = dataclass_field(default_factory=list)
    #: Its buttons that have a name.
    buttons: list[tuple[str, str]] = dataclass_field(default_factory=list)


class _Forms(HTMLParser):
    """Gathers the forms of a page."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._path = path
        self._form: Form | None = None
        self._select: str | None = None
        self._options = 0
        self._text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(has.get("action") or self._path, has.get("method", "get").upper())
            self.found.append(self._form)
        if self._form is None:
            return
        if tag == "option" and self._select and (self._options == 0 or "selected" in has):
            if self._options:
                self._form.fields.pop()
            self._form.fields.append((self._select, has.get("value", "")))
        self._options += tag == "option"
        name = has.get("name")
        if not name or "disabled" in has:
            return
        if tag == "select":
            self._select, self._options = name, 0
        elif tag == "textarea":
            self._text = name
            self._form.fields.append((name, ""))
        elif tag == "button":
            self._form.buttons.append((name, has.get("value", "")))
        elif tag == "input" and (has.get("type") not in {"checkbox", "radio"} or "checked" in has):
            self._form.fields.append((name, has.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._text and self._form:
            name, so_far = self._form.fields.pop()
            self._form.fields.append((name, so_far + data))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._text = None


def forms_of(browser: FlaskClient, path: str) -> list[Form]:
    """The forms of a page."""
    answer = browser.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return forms_in(answer.text, path)


def forms_in(text: str, path: str) -> list[Form]:
    """The forms of a page's text."""
    parser = _Forms(path)
    parser.feed(text)
    return parser.found


def submit(browser: FlaskClient, path: str, action: str, button: str = "", **changes: str | None) -> TestResponse:
    """Fill in the first form of a page that goes to `action`, changing only these fields, and send it.

    `button` is the value of the button that is pressed. A box is ticked by `on`, and unticked by None.
    """
    candidates = [one for one in forms_of(browser, path) if (one.action, one.method) == (action, "POST")]
    chosen = [one for one in candidates if not button or button in [value for _, value in one.buttons]]
    assert chosen, f"no form of {path} goes to {action} with a button {button}"
    form = chosen[0]
    pressed = [one for one in form.buttons if one[1] == button][:1] if button else []
    data = dict(form.fields + pressed)
    unknown = set(changes) - set(data) - {name for name, value in changes.items() if value == "on"}
    assert not unknown, f"the form has no field {unknown}"
    return browser.post(action, data={name: value for name, value in (data | changes).items() if value is not None})


def sign_in(app: Flask, store: Store, name: str = "mo", role: str = "moderator") -> FlaskClient:
    """A new user's browser, which has its session without the form: that takes two pages."""
    created = accounts.create_user(store, name, role, PASSWORD)
    with store.read() as session:
        user = session.get_one(User, created.id)
    browser = app.test_client()
    browser.set_cookie(SESSION_COOKIE, accounts.start_session(store, user), path="/console")
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


def member(app: Flask, store: Store, name: str, **on: str) -> FlaskClient:
    """A browser of somebody with roles on single sites: `member(app, store, "nia", s_1="viewer")`."""
    browser = sign_in(app, store, name, "viewer")
    with store.write() as session:
        user = session.scalars(select(User).where(User.name == name)).one()
        user.role = "none"
        session.add_all(Membership(user_id=user.id, site_id=site_id, role=role) for site_id, role in on.items())
    return browser
