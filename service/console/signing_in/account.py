"""The page of one's own account: roles, password, second step, and the browsers in which one is signed in."""

from __future__ import annotations

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from models.languages import GRADES
from moderation import sealing
from moderation.alerts import channels
from moderation.people import accounts, sessions, totp, wellbeing, zones
from moderation.people.wellbeing import Choices
from service import forms
from service.console import access, names
from service.console.browsers import browser_name
from service.console.retold import retold
from service.console.signing_in import throttle
from service.context import context
from texts import translation, wording
from texts.translation import gettext

#: The fields with a number of what helps to keep well.
_NUMBERS = ("break_minutes", "break_decisions", "day_cap")


def show_you() -> ResponseReturnValue:
    return _page(200)


def change_password() -> ResponseReturnValue:
    current, new = request.form.get("current", ""), request.form.get("new", "")
    if new != request.form.get("again", ""):
        return _page(422, again=gettext("The two passwords differ. Type the same one twice."))
    user = access.user()
    throttle.count_attempt(user.name)
    try:
        accounts.change_password(context().store, user, current, new, keep=access.session_token())
    except accounts.WrongPassword as error:
        return _page(403, current=retold(str(error)))
    except accounts.PersonError as error:
        return _page(422, new=retold(str(error)))
    flash(gettext("Your password is changed, and you are signed out everywhere else."), "good")
    return _back()


def choose_languages() -> ResponseReturnValue:
    """The languages that one reads: the queue offers comments in these first."""
    codes = [code for code in dict.fromkeys(request.form.getlist("languages")) if code in GRADES]
    try:
        accounts.choose_languages(context().store, access.user().id, codes)
    except accounts.PersonError as error:
        return _page(422, languages=retold(str(error)))
    flash(gettext("Your languages are kept.") if codes else gettext("You have chosen no language."), "good")
    return _back()


def show_who() -> ResponseReturnValue:
    """Who is signed in, and a token for the forms of their pages: a page's script asks before it is left."""
    user = access.user()
    message = gettext("You are signed in as %(name)s now. Load the page again.", name=user.name)
    return jsonify(me=user.name, csrf_token=generate_csrf(), message=message)


def choose_density() -> ResponseReturnValue:
    """How much room the queue's cards take, for this person in every browser."""
    density = "comfortable" if forms.text("density") == "comfortable" else None
    accounts.choose_density(context().store, access.user().id, density)
    return redirect(access.own_address(forms.text("back")), 303)


def choose_wellbeing() -> ResponseReturnValue:
    """How comments are hidden, when breaks are due, and what is enough for a day, which is one of their time zone."""
    user = access.user()
    numbers = {name: forms.text(name) for name in _NUMBERS}
    try:
        if wrong := [text for text in numbers.values() if text and forms.number(text) is None]:
            raise accounts.PersonError(gettext("%(text)s is no whole number.", text=wrong[0][:20]))
        given = {name: forms.number(text) for name, text in numbers.items()}
        choices = Choices(hides=forms.text("hides") or None, zone=forms.text("zone") or None, **given)
        with context().store.write() as session:
            wellbeing.choose(session, user.id, choices)
            user.zone = choices.zone
            channels.set_digests(session, user)
    except accounts.PersonError as error:
        return _page(422, wellbeing=retold(str(error)))
    flash(gettext("Kept."), "good")
    return _back()


def end_own_session() -> ResponseReturnValue:
    chosen = forms.text("session")
    with context().store.write() as session:
        sessions.end(session, access.user().id, chosen, actor=access.actor())
    flash(gettext("That browser is signed out."), "good")
    return _back()


def end_other_sessions() -> ResponseReturnValue:
    with context().store.write() as session:
        sessions.end_all(session, access.user().id, keep=sealing.digest(access.session_token()), actor=access.actor())
    flash(gettext("You are signed out everywhere but here."), "good")
    return _back()


def _page(status: int, **errors: str) -> ResponseReturnValue:
    user = access.user()
    with context().store.read() as session:
        page = render_template(
            "console/signing_in/you.html",
            person=user,
            sites=[(name, access.roles()[site_id]) for site_id, name in names.of_own_sites(session)[:50]],
            sessions=sessions.of_user(session, user.id),
            own=sealing.digest(access.session_token()),
            codes_left=totp.recovery_codes_left(session, user.id),
            browser_name=browser_name,
            errors=errors,
            languages=sorted((wording.language(code), code) for code in GRADES),
            reads=access.languages(),
            hides=wellbeing.HIDES,
            typed={name: forms.text(name, most=9) for name in _NUMBERS} if "wellbeing" in errors else {},
            zones=zones.names(),
            zone=user.zone or str(translation.zone()),
            min_length=accounts.MIN_PASSWORD_LENGTH,
            provider=context().settings.oidc_name,
        )
    return page, status


def _back() -> ResponseReturnValue:
    return redirect(url_for("console.show_you"), 303)


ROUTES = (
    ("/you", "GET", show_you),
    ("/you/who", "GET", show_who),
    ("/you/density", "POST", choose_density),
    ("/you/languages", "POST", choose_languages),
    ("/you/wellbeing", "POST", choose_wellbeing),
    ("/you/password", "POST", change_password),
    ("/you/sessions/end", "POST", end_own_session),
    ("/you/sessions/end-others", "POST", end_other_sessions),
)
