"""What audit events are about, in words and with the way there: whose comment it was, which note, which webhook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.people.roles import includes
from moderation.tables import AuditEvent, AuthorWarning, Comment, Note, SavedFilter, WebhookEndpoint
from service.console import access
from texts.translation import gettext, later

#: The names of details that are ids: what stands for each is told by `of_events`.
NAMED = frozenset({"note", "warning", "job", "endpoint", "delivery", "filter"})
#: Characters of what somebody wrote.
_QUOTED = 80
_REMOVED = later("removed since")


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that an event is about."""

    #: What is said of it, `%(what)s` being what somebody wrote or named; in the language of now.
    sentence: str
    what: str = ""
    address: str = ""


def of_events(session: Session, events: Sequence[AuditEvent]) -> dict[str, list[Subject]]:
    """Event id -> what it is about, with one query for each kind of thing."""
    details = [event.detail or {} for event in events]
    ids = {name: {str(detail[name]) for detail in details if name in detail} for name in NAMED}
    found = {
        "comment": _names(session, {event.comment_id for event in events if event.comment_id}),
        "note": _by_id(session, Note, ids["note"]),
        "warning": _by_id(session, AuthorWarning, ids["warning"]),
        "endpoint": _by_id(session, WebhookEndpoint, ids["endpoint"]),
        "filter": _by_id(session, SavedFilter, ids["filter"]),
    }
    return {event.id: list(_about(event, found)) for event in events}


def _by_id(session: Session, table: Any, ids: Iterable[str]) -> Mapping[str, Any]:
    wanted = list(ids)
    return {row.id: row for row in session.scalars(select(table).where(table.id.in_(wanted)))} if wanted else {}


def _names(session: Session, ids: Iterable[str]) -> Mapping[str, str | None]:
    return dict(session.execute(select(Comment.id, Comment.name).where(Comment.id.in_(ids))).all())


def _about(event: AuditEvent, found: Mapping[str, Mapping[str, Any]]) -> Iterable[Subject]:
    detail = event.detail or {}
    if event.comment_id:
        name = found["comment"].get(event.comment_id) or ""
        address = url_for("console.show_comment", comment_id=event.comment_id)
        yield Subject(gettext("the comment by %(what)s") if name else gettext("the comment"), name, address)
    for name, sentence in (("note", later("note: %(what)s")), ("warning", later("warning: %(what)s"))):
        if name in detail:
            row = found[name].get(str(detail[name]))
            text = "" if row is None else row.text if isinstance(row, Note) else row.message
            yield Subject(gettext(sentence), f"“{_short(text)}”" if text else gettext(_REMOVED))
    if "job" in detail:
        # A job is its maker's and an admin's.
        may_open = event.actor == access.actor() or includes(access.user().role, "admin")
        address = url_for("console.show_job", job_id=detail["job"]) if may_open else ""
        yield Subject(gettext("the bulk decision"), address=address)
    if "endpoint" in detail:
        yield _webhook(event, found["endpoint"].get(str(detail["endpoint"])))
    if "filter" in detail:
        row = found["filter"].get(str(detail["filter"]))
        yield Subject(gettext("filter: %(what)s"), row.name if row is not None else gettext(_REMOVED))


def _webhook(event: AuditEvent, row: WebhookEndpoint | None) -> Subject:
    """The webhook's host: the rest of its address may be a secret."""
    if row is None or event.site_id is None:
        return Subject(gettext("webhook: %(what)s"), gettext(_REMOVED))
    may_open = access.may(event.site_id, "admin")
    address = url_for("console.show_deliveries", site_id=event.site_id, endpoint_id=row.id) if may_open else ""
    return Subject(gettext("webhook: %(what)s"), urlsplit(row.url).hostname or "", address)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _QUOTED else f"{words[:_QUOTED]}…"
