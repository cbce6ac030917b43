"""The people of a site: its admins add people, change their roles there, and remove them."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from moderation.people import accounts, members
from moderation.people.accounts import PersonError
from moderation.store import take_turn
from moderation.tables import User
from service import forms
from service.console import access, names
from service.console.retold import retold
from service.context import context
from texts.translation import gettext


def add_member(site_id: str) -> ResponseReturnValue:
    """Give somebody a role on this site. A new person becomes a user, with a link to set a password."""
    access.require(site_id, "admin")
    name, role = forms.text("name"), _role()
    token = None
    try:
        with context().store.write() as session:
            take_turn(session, accounts.NAMES)
            user = session.scalar(select(User).where(User.name == name))
            if user is None:
                user = accounts.add_user(session, name, "none", on_sites={site_id: role}, actor=access.actor())
                token = accounts.new_setup_token(user)
            else:
                members.set_site_role(session, user.id, site_id, role, actor=access.actor())
    except PersonError as error:
        flash(retold(str(error)), "bad")
        return _back(site_id)
    if token is not None:
        return show_link(name, token, url_for("console.show_site", site_id=site_id, _anchor="members"))
    flash(gettext("%(name)s is now %(role)s on this site.", name=name, role=gettext(role)), "good")
    return _back(site_id)


def change_member(site_id: str, user_id: str) -> ResponseReturnValue:
    access.require(site_id, "admin")
    access.require_id("u", user_id)
    is_removal = forms.text("action") == "remove"
    role = "none" if is_removal else _role()
    with context().store.write() as session:
        members.set_site_role(session, user_id, site_id, role, actor=access.actor())
        name = session.get_one(User, user_id).name
    if is_removal:
        message = gettext("%(name)s has no role of their own on this site any more.", name=name)
    else:
        message = gettext("%(name)s is now %(role)s here.", name=name, role=gettext(role))
    flash(message, "good")
    return _back(site_id)


def show_link(name: str, token: str, back: str) -> ResponseReturnValue:
    """The page with a one-time link, which is shown only now."""
    link = context().settings.public_url + url_for("console.welcome", token=token)
    return render_template("console/people/one_time_link.html", name=name, link=link, back=back), 201


def unknown_role() -> str:
    """What somebody is told whose form has no role of a site."""
    return gettext("Choose a role: %(roles)s.", roles=", ".join(gettext(role) for role in names.SITE_ROLES))


def _role() -> str:
    return forms.choice("role", names.SITE_ROLES, unknown_role())


def _back(site_id: str) -> ResponseReturnValue:
    return redirect(url_for("console.show_site", site_id=site_id, _anchor="members"), 303)


ROUTES = (
    ("/sites/<site_id>/members", "POST", add_member),
    ("/sites/<site_id>/members/<user_id>", "POST", change_member),
)
