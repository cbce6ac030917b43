"""Saved filters of the review queue: keep the present view under a name, open the queue with one, remove one."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation.review import saved_filters
from moderation.review.saved_filters import LONGEST_NAME, MOST_OWN, MOST_SHARED
from moderation.tables import SavedFilter
from service import forms
from service.console import access
from service.console.done import done
from service.console.queue import queue_filters
from service.context import context
from texts.translation import gettext
from texts.wording import too_long


def save_filter() -> ResponseReturnValue:
    """Keep a view of the queue, for oneself or, as an admin of what it is about, for everybody."""
    name = forms.text("name")
    shared = bool(forms.text("shared"))
    if not name:
        abort(422, gettext("Give the filter a name."))
    if len(name) > LONGEST_NAME:
        abort(422, too_long(len(name), LONGEST_NAME, "name"))
    query = _view()
    if shared:
        _require_admin(query.get("site"))
    with context().write(by=access.user().name) as session:
        try:
            saved = saved_filters.save(session, name, query, user_id=access.user().id, by=access.actor(), shared=shared)
        except saved_filters.Taken:
            taken = gettext(
                "There is a filter called “%(name)s” already. Choose another name, or remove that one first.", name=name
            )
            abort(422, taken)
        except saved_filters.TooMany:
            most = MOST_SHARED if shared else MOST_OWN
            abort(422, gettext("There are %(most)s already. Remove one that is not needed.", most=most))
        if forms.text("first"):
            saved_filters.open_with(session, access.user().id, saved.id)
    if shared:
        return done(gettext("“%(name)s” is saved for everybody.", name=name))
    return done(gettext("“%(name)s” is saved.", name=name))


def change_filter(filter_id: str) -> ResponseReturnValue:
    """Open the queue with a view, or no longer; or remove the view."""
    access.require_id("f", filter_id)
    action = forms.choice("action", ("first", "not_first", "remove"), gettext("Say what to do with the filter."))
    with context().write(by=access.user().name) as session:
        saved = _find(session, filter_id)
        if action != "remove":
            saved_filters.open_with(session, access.user().id, saved.id if action == "first" else None)
        else:
            if saved.user_id is None:
                _require_admin(saved.site_id)
            saved_filters.remove(session, saved, by=access.actor())
        name = saved.name
    if action == "first":
        return done(gettext("The queue opens with “%(name)s”.", name=name))
    if action == "not_first":
        return done(gettext("The queue opens with everything again."))
    return done(gettext("“%(name)s” is removed.", name=name))


def may_share(site_id: str | None) -> bool:
    """Whether the person signed in may share a view, or remove one: an admin of its site, or of every site."""
    return access.may(site_id, "admin") if site_id is not None else access.may_everywhere("admin")


def _require_admin(site_id: str | None) -> None:
    if site_id is None:
        access.require_everywhere("admin")
    else:
        access.require(site_id, "admin")


def _view() -> Mapping[str, str]:
    """The view that the form's fields describe, read as the queue reads its address."""
    query = queue_filters.read(access.in_use(), access.user().id, request.form)
    if not query.address:
        abort(422, gettext("Choose a filter first: this is the whole queue."))
    return query.address


def _find(session: Session, filter_id: str) -> SavedFilter:
    saved = saved_filters.find(session, filter_id, access.user().id, access.roles())
    if saved is None:
        abort(404)
    return saved


ROUTES = (
    ("/filters", "POST", save_filter),
    ("/filters/<filter_id>", "POST", change_filter),
)
