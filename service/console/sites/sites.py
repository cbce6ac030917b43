"""Pages of sites, for admins: a new site, names, modes and keys. Each page requires the role on that site."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, cast

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation.history import calls
from moderation.history.calls import Calls
from moderation.people import members
from moderation.people.roles import includes
from moderation.policy import policies
from moderation.review import review_counts
from moderation.review.review_pages import COUNT_UP_TO
from moderation.sites import archive, site_keys
from moderation.sites import sites as site_rows
from moderation.sites.site_keys import Kind
from moderation.tables import Site
from moderation.webhooks import endpoints
from service import forms
from service.console import access, names
from service.console.retold import retold
from service.context import context
from texts.translation import gettext, later

KINDS: dict[Kind, str] = {
    "api": later("API key"),
    "compat": later("compat key"),
    "browser": later("browser key"),
}
#: Kind of a key -> the title of the page that shows a new one.
_NEW: dict[Kind, str] = {
    "api": later("A new API key"),
    "compat": later("A new compat key"),
    "browser": later("A new browser key"),
}


def list_sites() -> ResponseReturnValue:
    asked = forms.argument("q", most=200)
    with context().store.read() as session:
        every = _administered(session)
        return render_template(
            "console/sites/sites.html",
            sites=[site for site in every if names.has(site["name"], asked)],
            number=len(every),
            asked=asked,
            may_create=_may_create(),
        )


def create_site() -> ResponseReturnValue:
    access.require_everywhere("admin")
    name = forms.text("name")
    try:
        site_rows.require_name(name)
        created = site_rows.create_site(context().store, context().settings, name, actor=access.actor())
    except ValueError as error:
        with context().store.read() as session:
            page = render_template(
                "console/sites/sites.html",
                sites=_administered(session),
                may_create=True,
                name=name,
                error=retold(str(error)),
            )
        return page, 422
    return _show_keys(gettext("%(site)s is created", site=name), created.id, created.api_key, created.compat_key)


def show_site(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "admin")
    return _page(site_id, 200)


def rename_site(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "admin")
    name = forms.text("name")
    try:
        with context().store.write() as session:
            site_rows.rename(session, site_id, name, actor=access.actor())
    except ValueError as error:
        return _page(site_id, 422, name=retold(str(error)))
    flash(gettext("The site has its new name."), "good")
    return _back(site_id)


def delete_site(site_id: str) -> ResponseReturnValue:
    """Delete a site that was never used, such as one made by a slip."""
    access.require(site_id, "admin")
    access.require_everywhere("admin")
    if not _is_unused_by_programs(site_id):
        abort(409, gettext("Programs asked this site something lately, so it stays."))
    try:
        with context().store.write() as session:
            name = session.get_one(Site, site_id).name
            site_rows.delete_unused(session, site_id, actor=access.actor())
    except site_rows.InUse as error:
        abort(409, retold(str(error)))
    flash(gettext("The site %(name)s is deleted, and its keys with it.", name=name), "good")
    return redirect(url_for("console.list_sites"), 303)


def archive_site(site_id: str) -> ResponseReturnValue:
    """Put a closed site away, or bring it back."""
    access.require(site_id, "admin")
    action = forms.choice("action", ("archive", "bring_back"), gettext("Say whether to archive the site."))
    with context().store.write() as session:
        change = archive.archive if action == "archive" else archive.bring_back
        change(session, site_id, actor=access.actor())
    if action == "archive":
        told = gettext("The site is archived: it takes no comments any more, and nothing of it waits or counts.")
    else:
        told = gettext("The site takes comments again, and what was open waits again.")
    flash(told, "good")
    return _back(site_id)


def set_site_mode(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "admin")
    modes = ", ".join(names.MODES)
    mode = forms.choice("mode", names.MODES, gettext("Choose one of the modes %(modes)s.", modes=modes))
    with context().store.write() as session:
        policies.set_mode(session, site_id, mode, actor=access.actor())
    now = gettext("The site is in mode %(mode)s.", mode=mode)
    told = f"{now} {gettext(names.MODES[mode])}"
    flash(told, "good")
    return _back(site_id)


def rotate_site_key(site_id: str) -> ResponseReturnValue:
    """Make a new key beside the one in use, so that the site's servers can change to it without a gap."""
    access.require(site_id, "admin")
    kind = cast(
        "Literal['api', 'compat']", forms.choice("kind", ("api", "compat"), gettext("Say which key: api or compat."))
    )
    new_keys = site_rows.rotate_key(context().store, context().settings, site_id, kind, actor=access.actor())
    return _show_keys(gettext(_NEW[kind]), site_id, new_keys.api_key, new_keys.compat_key)


def make_browser_key(site_id: str) -> ResponseReturnValue:
    """Make a key for the site's pages, bound to the pages in the form."""
    access.require(site_id, "admin")
    try:
        key = site_rows.add_browser_key(
            context().store, context().settings, site_id, forms.text("origins").split(), actor=access.actor()
        )
    except ValueError as error:
        return _page(site_id, 422, origins=retold(str(error)))
    return _show_keys(gettext(_NEW["browser"]), site_id, None, None, browser_key=key)


def revoke_site_key(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "admin")
    kind, key_id = _kind(), forms.text("key")
    with context().store.write() as session:
        site_keys.revoke(session, site_id, kind, key_id, actor=access.actor())
    told = gettext(
        "The key is revoked: in five seconds at most nothing accepts it any more. For a week it can be undone."
    )
    flash(told, "good")
    return _back(site_id, "keys")


def restore_site_key(site_id: str) -> ResponseReturnValue:
    access.require(site_id, "admin")
    kind, key_id = _kind(), forms.text("key")
    with context().store.write() as session:
        try:
            site_keys.restore(session, site_id, kind, key_id, actor=access.actor())
        except site_keys.KeyRefused as error:
            flash(retold(str(error)), "bad")
        else:
            flash(gettext("The key is valid again."), "good")
    return _back(site_id, "keys")


def _administered(session: Session) -> list[dict[str, Any]]:
    """The sites of which the person signed in is an admin, with their modes, by name."""
    site_ids = [site_id for site_id, role in access.roles().items() if includes(role, "admin")]
    rows = session.execute(policies.in_force().where(Site.id.in_(site_ids)).order_by(Site.name, Site.id))
    failing = Counter(endpoints.failing(session, site_ids).values())
    return [
        {
            "id": site.id,
            "name": site.name,
            "mode": policy.document["mode"],
            "failing": failing[site.id],
            "archived_at": site.archived_at,
        }
        for site, policy in rows
    ]


def _page(site_id: str, status: int, **errors: str) -> ResponseReturnValue:
    with context().store.read() as session:
        page = render_template(
            "console/sites/site.html",
            site=session.get_one(Site, site_id),
            mode=policies.current(session, site_id).document["mode"],
            modes=names.MODES,
            keys=site_keys.of_site(session, context().settings, site_id),
            kinds=KINDS,
            members=members.of_site(session, site_id),
            everywhere=members.everywhere(session),
            roles=names.SITE_ROLES,
            webhooks=endpoints.of_site(session, site_id),
            calls=_calls(site_id),
            calls_days=calls.DAYS,
            why_refused=calls.REFUSED,
            failing=len(endpoints.failing(session, [site_id])),
            errors=errors,
            may_see_people=_may_create(),
            waiting=_waiting(session, site_id),
            most=COUNT_UP_TO,
            may_delete=_may_create() and _is_unused_by_programs(site_id) and site_rows.is_unused(session, site_id),
        )
    return page, status


def _waiting(session: Session, site_id: str) -> int:
    """How many comments of the site wait for a moderator; of an archived one, how many will when it is brought back."""
    return review_counts.by_site(session, [site_id]).get(site_id, 0)


def _is_unused_by_programs(site_id: str) -> bool:
    """Whether no drop-in protocol was spoken lately: what it asks need not leave anything in the database."""
    return _calls(site_id) == []


def _calls(site_id: str) -> list[Calls] | None:
    """How recent calls of the site's programs were answered; None while Redis is away."""
    recent_calls = context().queues.breaker.call(calls.lately, doing="reading how calls were answered")
    return None if recent_calls is None else [counts for counts in recent_calls if counts.site_id == site_id]


def _show_keys(
    title: str, site_id: str, api_key: str | None, compat_key: str | None, browser_key: str | None = None
) -> ResponseReturnValue:
    """The page with new keys, which are shown only now."""
    page = render_template(
        "console/sites/new_keys.html",
        title=title,
        site_id=site_id,
        api_key=api_key,
        compat_key=compat_key,
        browser_key=browser_key,
        url=context().settings.public_url,
    )
    return page, 201


def _kind() -> Kind:
    return cast("Kind", forms.choice("kind", KINDS, gettext("Say which key: api, compat or browser.")))


def _may_create() -> bool:
    return includes(access.user().role, "admin")


def _back(site_id: str, part: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("console.show_site", site_id=site_id, _anchor=part), 303)


ROUTES = (
    ("/sites", "GET", list_sites),
    ("/sites", "POST", create_site),
    ("/sites/<site_id>", "GET", show_site),
    ("/sites/<site_id>/name", "POST", rename_site),
    ("/sites/<site_id>/archive", "POST", archive_site),
    ("/sites/<site_id>/deletion", "POST", delete_site),
    ("/sites/<site_id>/mode", "POST", set_site_mode),
    ("/sites/<site_id>/keys", "POST", rotate_site_key),
    ("/sites/<site_id>/browser-keys", "POST", make_browser_key),
    ("/sites/<site_id>/keys/revoke", "POST", revoke_site_key),
    ("/sites/<site_id>/keys/restore", "POST", restore_site_key),
)
