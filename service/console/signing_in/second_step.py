"""The second step of signing in, for people with an authenticator; and the start of a session."""

from __future__ import annotations

from flask import Response, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from moderation import clock, sealing
from moderation.people import accounts, totp
from moderation.tables import User
from service import forms
from service.console import access
from service.console.signing_in import known_browsers, throttle
from service.context import context
from texts.translation import gettext

#: How long the second step may take, in seconds.
PATIENCE = 600
#: The entry of the signed cookie that says who gave the right password, and when.
_PENDING = "second_step"


def ask_or_start(user: User, next_address: str | None) -> Response:
    """After the right password: ask for a code if the person has an authenticator, else sign them in."""
    if user.totp_sealed is None:
        return start(user, next_address)
    session.clear()
    session[_PENDING] = {"user": user.id, "at": _now(), "password": _mark(user), "next": next_address}
    return make_response(redirect(url_for("console.show_second_step"), 303))


def start(user: User, next_address: str | None) -> Response:
    """Sign a person in with a new session and new tokens for forms; an earlier session of the browser ends."""
    store = context().store
    if earlier_token := access.session_token():
        accounts.end_session(store, earlier_token)
    session.clear()
    try:
        token = accounts.start_session(store, user, ip=request.remote_addr, user_agent=request.user_agent.string)
    except accounts.PasswordChanged:
        return make_response(_from_the_beginning())
    response = make_response(redirect(access.own_address(next_address), 303))
    access.remember(response, token)
    known_browsers.remember(response, user.name)
    return response


def show_second_step() -> ResponseReturnValue:
    return _from_the_beginning() if _pending() is None else _form(200)


def check_second_step() -> ResponseReturnValue:
    user = _pending()
    if user is None:
        return _from_the_beginning()
    code = forms.text("code", most=100)
    if not code:
        return _form(422, gettext("Please enter the code."))
    throttle.count_attempt()
    throttle.count_code(user.id, code)
    if not totp.check(context().store, context().settings, user, code):
        wrong = gettext("This is not the code of now, or it was used already. Wait for the next one and enter that.")
        return _form(403, wrong)
    return start(user, session[_PENDING]["next"])


def _pending() -> User | None:
    """The person who gave the right password, in this browser and not long ago; None when there is none."""
    pending = session.get(_PENDING)
    if pending is None or not 0 <= _now() - pending["at"] <= PATIENCE:
        return None
    with context().store.read() as read:
        user = read.get(User, pending["user"])
    if user is None or user.disabled_at is not None or user.totp_sealed is None or _mark(user) != pending["password"]:
        return None
    return user


def _mark(user: User) -> str:
    """A mark of the password, which changes when the password changes."""
    return sealing.digest(user.password_hash or "")[:16]


def _now() -> int:
    return int(clock.now().timestamp())


def _form(status: int, error: str = "") -> ResponseReturnValue:
    return render_template("console/signing_in/second_step.html", error=error), status


def _from_the_beginning() -> ResponseReturnValue:
    session.pop(_PENDING, None)
    flash(gettext("That took too long, so please begin again."), "wait")
    return redirect(url_for("console.show_sign_in"), 303)


ROUTES = (
    ("/sign-in/code", "GET", show_second_step),
    ("/sign-in/code", "POST", check_second_step),
)
