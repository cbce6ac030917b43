"""The team's lists: who may read and change them, and the page that has them all."""

from __future__ import annotations

from collections import Counter

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation.policy import policies, shared_lists
from moderation.policy.list_kinds import KINDS
from moderation.policy.shared_lists import SharedListError
from moderation.tables import PolicyVersion, SharedList, Site
from service import forms
from service.console import access
from service.console.retold import retold
from service.context import context
from texts.translation import gettext, later

_NOT_MODERATOR = later("This takes the role of a moderator.")
_ABOUT_PEOPLE = later("This list is about people, so reading it takes the role of an admin of a site.")


def may_change() -> bool:
    """Whether the person signed in may make and change lists: they belong to the team, and to no single site."""
    return access.may_everywhere("admin")


def require_readable(session: Session, list_id: str) -> SharedList:
    """The list, for a moderator of any site; if it is about people, for an admin of any site."""
    if not access.may_anywhere("moderator"):
        abort(403, gettext(_NOT_MODERATOR))
    row = shared_lists.find(session, list_id)
    if KINDS[row.kind].about_people and not access.may_anywhere("admin"):
        abort(403, gettext(_ABOUT_PEOPLE))
    return row


def list_lists() -> ResponseReturnValue:
    if not access.may_anywhere("moderator"):
        abort(403, gettext(_NOT_MODERATOR))
    return _page(200)


def create_list() -> ResponseReturnValue:
    access.require_everywhere("admin")
    try:
        with context().store.write() as session:
            row = shared_lists.create(session, forms.text("name"), forms.text("kind"), actor=access.actor())
    except SharedListError as error:
        return _page(422, error=retold(str(error)))
    flash(gettext("Created. Add entries, and choose on each site's policy page what the list does there."), "good")
    return redirect(url_for("console.show_list", list_id=row.id), 303)


def _page(code: int, *, error: str | None = None) -> ResponseReturnValue:
    with context().store.read() as session:
        page = render_template(
            "console/lists/lists.html",
            lists=shared_lists.in_order(session),
            kinds=KINDS,
            used=_used(session),
            may_change=may_change(),
            may_read_people=access.may_anywhere("admin"),
            form={"name": forms.text("name"), "kind": forms.text("kind")},
            error=error,
        )
    return page, code


def _used(session: Session) -> Counter[str]:
    """List id -> how many of the person's sites subscribe to it."""
    query = policies.in_force().with_only_columns(PolicyVersion.document["lists"])
    rows = session.scalars(query.where(Site.id.in_(access.roles())))
    return Counter(list_id for subscriptions in rows for list_id in subscriptions or {})


ROUTES = (
    ("/lists", "GET", list_lists),
    ("/lists", "POST", create_list),
)
