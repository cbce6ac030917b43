"""People's accounts, for admins: new people, roles, disabling, links, sessions. Partly for admins of single sites."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation.people import accounts, members, sessions, totp
from moderation.people.accounts import PersonError
from moderation.people.members import Person
from moderation.people.roles import includes
from service import forms
from service.console import access, names
from service.console.browsers import browser_name
from service.console.people.site_members import show_link, unknown_role
from service.console.retold import retold
from service.context import context
from texts.translation import gettext

PAGE = 100


def list_people() -> ResponseReturnValue:
    access.require_everywhere("admin")
    return _list(200)


def create_person() -> ResponseReturnValue:
    access.require_everywhere("admin")
    form = {name: forms.text(name) for name in ("name", "role", "site")}
    on_sites = {}
    if form["site"]:
        access.require(form["site"], "admin")
        on_sites = {form["site"]: form["role"]}
    try:
        if form["role"] not in names.SITE_ROLES:
            raise PersonError(unknown_role())
        role = "none" if on_sites else form["role"]
        created = accounts.create_user(context().store, form["name"], role, on_sites=on_sites, actor=access.actor())
    except PersonError as error:
        return _list(422, form=form, error=retold(str(error)))
    assert created.setup_token is not None
    return show_link(form["name"], created.setup_token, url_for("console.show_person", user_id=created.id))


def show_person(user_id: str) -> ResponseReturnValue:
    with context().store.read() as session:
        person = _managed(session, user_id)
        sites = names.of_sites(session, access.roles())
        own_sites = {site_id: name for site_id, name in sites.items() if access.may(site_id, "admin")}
        return render_template(
            "console/people/person.html",
            person=person.user,
            on_sites=[
                (site_id, own_sites[site_id], role) for site_id, role in person.on_sites.items() if site_id in own_sites
            ],
            sites=[one for one in names.of_own_sites(session) if one[0] in own_sites and one[0] not in person.on_sites],
            sessions=sessions.of_user(session, user_id),
            browser_name=browser_name,
            roles=names.ROLES,
            site_roles=names.SITE_ROLES,
            may_set_role=includes(access.user().role, "admin"),
        )


def set_person_role(user_id: str) -> ResponseReturnValue:
    access.require_everywhere("admin")
    role = forms.text("role")

    def change(session: Session, actor: str) -> None:
        members.set_role(session, user_id, role, actor=actor)

    return _change(user_id, gettext("The role is changed."), change)


def set_person_site_role(user_id: str) -> ResponseReturnValue:
    site_id = forms.text("site")
    access.require(site_id, "admin")
    role = "none" if forms.text("action") == "remove" else forms.text("role")

    def change(session: Session, actor: str) -> None:
        members.set_site_role(session, user_id, site_id, role, actor=actor)

    return _change(user_id, gettext("The role is changed."), change)


def disable_person(user_id: str) -> ResponseReturnValue:
    message = gettext("They are signed out everywhere and cannot sign in until you enable them again.")
    return _change(user_id, message, lambda session, actor: members.disable(session, user_id, actor=actor))


def enable_person(user_id: str) -> ResponseReturnValue:
    def enable(session: Session, actor: str) -> None:
        members.require_may_enable(session, members.find(session, user_id), access.user())
        members.enable(session, user_id, actor=actor)

    return _change(user_id, gettext("They can sign in again."), enable)


def make_person_link(user_id: str) -> ResponseReturnValue:
    access.roles()  # read before the transaction
    try:
        with context().store.write() as session:
            person = _managed(session, user_id)
            members.require_own(session, person, access.user(), access.roles())
            token = members.make_link(session, user_id, actor=access.actor())
    except PersonError as error:
        flash(retold(str(error)), "bad")
        return _back(user_id)
    return show_link(person.user.name, token, url_for("console.show_person", user_id=user_id))


def reset_person_authenticator(user_id: str) -> ResponseReturnValue:
    message = gettext("Their authenticator is turned off; the password alone signs them in.")

    def turn_off(session: Session, actor: str) -> None:
        members.require_own(session, members.find(session, user_id), access.user(), access.roles())
        totp.turn_off(session, user_id, actor=actor)

    return _change(user_id, message, turn_off)


def end_person_sessions(user_id: str) -> ResponseReturnValue:
    """Sign a person out of one browser, or of all."""
    chosen = forms.text("session")

    def end(session: Session, actor: str) -> object:
        if chosen:
            return sessions.end(session, user_id, chosen, actor=actor)
        return sessions.end_all(session, user_id, actor=actor)

    message = gettext("That browser is signed out.") if chosen else gettext("They are signed out everywhere.")
    return _change(user_id, message, end)


def _change(user_id: str, message: str, change: Callable[[Session, str], object]) -> ResponseReturnValue:
    """Change something about a person whom the admin signed in may manage."""
    access.roles()  # read before the transaction
    try:
        with context().store.write() as session:
            _managed(session, user_id)
            change(session, access.actor())
    except PersonError as error:
        flash(retold(str(error)), "bad")
    else:
        flash(message, "good")
    return _back(user_id)


def _managed(session: Session, user_id: str) -> Person:
    """A person whom the person signed in may manage. 404 for anybody else, so that their existence stays hidden."""
    access.require_id("u", user_id)
    person = members.find(session, user_id)
    if not members.may_manage(person, access.user(), access.roles()):
        abort(404)
    return person


def _list(status: int, *, form: dict[str, str] | None = None, error: str = "") -> ResponseReturnValue:
    after = forms.clean(request.args.get("after", "")) or None
    with context().store.read() as session:
        persons = members.page(session, after=after, limit=PAGE + 1)
        page = render_template(
            "console/people/people.html",
            people=persons[:PAGE],
            next=persons[PAGE - 1].user.name if len(persons) > PAGE else None,
            is_first=after is None,
            site_of=names.of_sites(session, access.roles()),
            sites=names.of_own_sites(session),
            roles=names.SITE_ROLES,
            form=form or {},
            error=error,
        )
    return page, status


def _back(user_id: str) -> ResponseReturnValue:
    """Back to the person's page, unless the admin may not see it any more after the change."""
    if user_id == access.user().id:
        return redirect(url_for("console.show_you"), 303)
    with context().store.read() as session:
        person = members.find(session, user_id)
    if members.may_manage(person, access.user(), access.roles()):
        return redirect(url_for("console.show_person", user_id=user_id), 303)
    return redirect(url_for("console.list_sites"), 303)


ROUTES = (
    ("/people", "GET", list_people),
    ("/people", "POST", create_person),
    ("/people/<user_id>", "GET", show_person),
    ("/people/<user_id>/role", "POST", set_person_role),
    ("/people/<user_id>/site-role", "POST", set_person_site_role),
    ("/people/<user_id>/disable", "POST", disable_person),
    ("/people/<user_id>/enable", "POST", enable_person),
    ("/people/<user_id>/link", "POST", make_person_link),
    ("/people/<user_id>/authenticator/reset", "POST", reset_person_authenticator),
    ("/people/<user_id>/sessions/end", "POST", end_person_sessions),
)
