"""Signing in and out by password, and the one-time link for setting a password."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from moderation.people import accounts
from moderation.tables import User
from service import forms
from service.console import access
from service.console.retold import retold
from service.console.signing_in import second_step, single_sign_on, throttle
from service.context import context
from texts.translation import gettext


def show_sign_in() -> ResponseReturnValue:
    if access.user_or_none() is not None:
        return redirect(access.own_address(request.args.get("next")), 303)
    return _form(200)


def check_sign_in() -> ResponseReturnValue:
    name, password = forms.text("name"), request.form.get("password", "")
    errors = {}
    if not name:
        errors["name"] = gettext("Please enter your name.")
    if not password:
        errors["password"] = gettext("Please enter your password.")
    if errors:
        return _form(422, name=name, errors=errors)
    throttle.count_attempt(name)
    user = accounts.check_password(context().store, name, password)
    if user is None:
        wrong = gettext("No user has this name and password. Check both and try again.")
        return _form(403, name=name, errors={"form": wrong})
    return second_step.ask_or_start(user, request.form.get("next"))


def sign_out() -> ResponseReturnValue:
    accounts.end_session(context().store, access.session_token())
    session.clear()
    flash(gettext("You have signed out."), "good")
    response = make_response(redirect(url_for("console.show_sign_in"), 303))
    access.forget(response)
    return response


def welcome(token: str) -> ResponseReturnValue:
    with context().store.read() as read:
        user = accounts.for_setup(read, token)
    return _expired() if user is None else _welcome_form(user, 200)


def set_first_password(token: str) -> ResponseReturnValue:
    throttle.count_attempt()
    with context().store.read() as read:
        user = accounts.for_setup(read, token)
    if user is None:
        return _expired()
    password, again = request.form.get("password", ""), request.form.get("again", "")
    if password != again:
        return _welcome_form(user, 422, again=gettext("The two passwords differ. Type the same one twice."))
    try:
        changed = accounts.set_password(context().store, token, password)
    except accounts.PersonError as error:
        return _welcome_form(user, 422, password=retold(str(error)))
    return _expired() if changed is None else second_step.ask_or_start(changed, None)


def _form(status: int, *, name: str = "", errors: dict[str, str] | None = None) -> ResponseReturnValue:
    next_address = request.values.get("next", "")
    provider = single_sign_on.provider_name()
    page = render_template(
        "console/signing_in/sign_in.html", name=name, errors=errors or {}, wanted=next_address, provider=provider
    )
    return page, status


def _welcome_form(user: User, status: int, **errors: str) -> ResponseReturnValue:
    page = render_template(
        "console/signing_in/welcome.html", newcomer=user, errors=errors, min_length=accounts.MIN_PASSWORD_LENGTH
    )
    return page, status


def _expired() -> ResponseReturnValue:
    return render_template("console/signing_in/expired.html"), 410


ROUTES = (
    ("/sign-in", "GET", show_sign_in),
    ("/sign-in", "POST", check_sign_in),
    ("/sign-out", "POST", sign_out),
    ("/welcome/<token>", "GET", welcome),
    ("/welcome/<token>", "POST", set_first_password),
)
