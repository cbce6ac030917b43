"""The page of the audit log, for the sites where the person is a moderator, and its export."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from moderation import actors, audit, clock
from moderation.history import audit_search
from moderation.history.audit_search import AuditSearch
from moderation.people.roles import includes
from moderation.tables import AuditEvent
from service import forms
from service.console import access, exports, names
from service.console.audit import events, subjects
from service.context import context
from texts import translation
from texts.translation import gettext

PAGE = 50
_ACTION = re.compile(r"[a-z_.]{1,40}")
COLUMNS = (
    "id", "at", "site", "action", "actor", "actor_name", "comment", "status", "version", "revision", "reasons",
    "model_version", "policy_version", "detail",
)  # fmt: skip
#: The actors that are not people.
ACTORS = (actors.POLICY, actors.SITE, actors.OPERATOR)


def show_audit_log() -> ResponseReturnValue:
    if not access.may_anywhere("moderator"):
        abort(403, gettext("The audit log takes the role of a moderator."))
    fields = _fields()
    before = forms.identifier("before", "a")
    with context().store.read() as session:
        search = _search(fields, "moderator")
        part = audit_search.find(session, search, before=before, limit=PAGE)
        actor_names = names.of_people(session, [event.actor for event in part.rows])
        sites = [one for one in names.of_own_sites(session, chosen=fields.get("site")) if one[0] in search.all_sites]
        site_of = names.of_sites(session, search.all_sites)
        people = names.of_colleagues(session, search.all_sites)
        about = subjects.of_events(session, part.rows)
        actors_and_people = people | actor_names
        not_people = {actor: names.beginning(name) for actor, name in names.of_people(session, ()).items()}
    return render_template(
        "console/audit/audit.html",
        events=[(event, events.action(event.action), events.summary(event, actors_and_people)) for event in part.rows],
        about=about,
        names=actor_names,
        fields=fields,
        sites=sites,
        site_of=site_of,
        people=people,
        actors={actor: not_people[actor] for actor in ACTORS},
        status=names.status,
        actions=events.ACTIONS,
        is_first=before is None,
        next=part.next[-1] if part.next else None,
        stopped_at=clock.moment_of(part.stopped_at[-1]) if part.stopped_at else None,
        may_export=access.may_anywhere("admin"),
    )


def export_audit_log() -> ResponseReturnValue:
    """All events of the page's filters, on the sites where the person is an admin, as CSV or NDJSON, in English."""
    fields = _fields()
    search = _search(fields, "admin")
    if not search.site_ids and not search.without_site:
        access.require(fields.get("site", ""), "admin")
        access.require_everywhere("admin")
    slot = exports.take_slot(access.actor())
    try:
        form, store = exports.chosen_format(), context().store
        with store.read() as session:
            total = audit_search.count(session, search, most=exports.COUNT_UP_TO, look=exports.LOOK)
            sites = names.of_sites(session, access.roles())
            with translation.in_language(translation.SOURCE):
                people = names.of_colleagues(session, search.all_sites)
        before = clock.first_id("a", clock.now())  # so that the file does not hold its own export
        detail = {"format": form, "filters": sorted(fields)}
        with store.write() as session:
            actor = access.actor()
            rows = [
                audit.row("audit.exported", actor=actor, site_id=site_id, detail=detail)
                for site_id in search.site_ids or [None]
            ]
            audit.record(session, rows)
        event_pages = audit_search.read_all(store, search, before=before)
        lines = exports.lines(
            (_row(event, sites, people, flat=form == "csv") for page in event_pages for event in page),
            columns=COLUMNS,
            form=form,
        )
        return exports.send(lines, slot, name="audit-log", form=form, total=total)
    except BaseException:
        slot.release()
        raise


def _fields() -> dict[str, str]:
    valid: dict[str, Callable[[str], object]] = {
        "site": lambda text: text in access.roles(),
        "person": lambda text: text in ACTORS or (actors.is_person(text) and clock.is_id("u", actors.user_id(text))),
        "action": _ACTION.fullmatch,
        "from": forms.day,
        "to": forms.day,
    }
    values = {name: forms.argument(name, fields=request.values) for name in valid}
    return {name: text for name, text in values.items() if text and valid[name](text)}


def _search(fields: Mapping[str, str], needed: str) -> AuditSearch:
    all_sites = frozenset(site_id for site_id in access.roles() if access.may(site_id, needed))
    chosen = fields.get("site")
    everywhere = chosen is None and includes(access.user().role, needed)
    return AuditSearch(
        all_sites=all_sites,
        site_ids=tuple(sorted(site_id for site_id in all_sites if chosen in {None, site_id})),
        everywhere=everywhere and includes(access.user().role, "admin"),
        without_site=chosen is None and includes(access.user().role, "admin"),
        actor=fields.get("person"),
        action=fields.get("action"),
        since=forms.day(fields.get("from")),
        until=forms.end_of_day(fields.get("to")),
    )


def _row(event: AuditEvent, sites: Mapping[str, str], people: Mapping[str, str], *, flat: bool) -> dict[str, Any]:
    """A line of the file. It is for programs as well, so it is in English."""
    with translation.in_language(translation.SOURCE):
        return _cells(event, sites, people, flat=flat)


def _cells(event: AuditEvent, sites: Mapping[str, str], people: Mapping[str, str], *, flat: bool) -> dict[str, Any]:
    return {
        "id": event.id,
        "at": exports.moment(event.created_at),
        "site": sites.get(event.site_id or ""),
        "action": events.action(event.action) if flat else event.action,
        "actor": event.actor,
        "actor_name": people.get(event.actor),
        "comment": event.comment_id,
        "status": event.status,
        "version": event.version,
        "revision": event.revision,
        "reasons": events.reasons(event) if flat else event.reasons,
        "model_version": event.model_version,
        "policy_version": event.policy_version,
        "detail": events.detail(event, people) if flat else event.detail,
    }


ROUTES = (
    ("/audit", "GET", show_audit_log),
    ("/audit/export", "POST", export_audit_log),
)
