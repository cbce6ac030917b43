"""The alerts that are on, above every page, for the people who may see the sites that they are about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request, url_for
from sqlalchemy.orm import Session

from moderation.alerts import showing
from moderation.tables import Alert
from service.console import access, holding, names
from service.context import context
from texts.translation import gettext, later, ngettext
from texts.wording import duration

#: So many are shown; the rest is a number.
MOST_SHOWN = 4
#: Kind -> where something can be done about it on a site, the role which that takes, and what the link says.
_WHERE = {
    "webhook": ("console.list_webhooks", "admin", later("See its webhooks")),
    "hold": ("console.show_policy", "moderator", later("See its policy")),
}
_STOPPED = later(
    "Winnow’s clock has stopped: nobody hears of alerts, and perhaps nothing is scored. Tell the operator."
)


@dataclass(frozen=True, slots=True)
class Line:
    """An alert as it is shown: what is wrong, since when, and a page where something can be done."""

    text: str
    since: datetime
    address: str | None = None
    link: str = ""


def for_pages() -> dict[str, Any]:
    """The variables `alerts`, which are lines, and `more_alerts` of every template; for `context_processor`."""
    lines = []
    if access.user_or_none() is not None and access.roles():
        with context().store.read() as session:
            lines = _lines(session)
    return {"alerts": lines[:MOST_SHOWN], "more_alerts": max(0, len(lines) - MOST_SHOWN)}


def _lines(session: Session) -> list[Line]:
    lines = []
    if (silent := showing.silent_since(session)) is not None:
        lines.append(Line(gettext(_STOPPED), silent))
    if request.endpoint != "console.show_alerts":
        failing = showing.channels_fail_since(session, access.user().id)
        if failing is not None:
            text = gettext("You do not hear of alerts as you have chosen: what is sent there does not arrive.")
            lines.append(Line(text, failing, url_for("console.show_alerts"), gettext("See why")))
    alerts = showing.current(session, access.in_use())
    site_names = names.of_sites(session, {alert.site_id for alert in alerts if alert.site_id})
    return lines + [_line(alert, site_names) for alert in alerts if not _is_said(session, alert)]


def _line(alert: Alert, site_names: dict[str, str]) -> Line:
    text = _sentence(alert, site_names.get(alert.site_id or ""))
    since = alert.began_at or alert.first_seen_at
    if alert.site_id is None:
        return Line(text, since)
    endpoint, needed, link = _WHERE.get(alert.kind, ("", "", ""))
    if endpoint and access.may(alert.site_id, needed):
        return Line(text, since, url_for(endpoint, site_id=alert.site_id), gettext(link))
    return Line(text, since, url_for("console.show_queue", site=alert.site_id), gettext("See what waits"))


def _sentence(alert: Alert, site: str | None) -> str:
    """What is wrong, in the language of now: as `Kind.sentence` has it for e-mail and chats, which are in English."""
    number = alert.number
    match alert.kind:
        case "webhook":
            return ngettext(
                "%(site)s may not hear of decisions: %(number)s of its webhooks fails.",
                "%(site)s may not hear of decisions: %(number)s of its webhooks fail.",
                number,
                site=site,
            )
        case "hold":
            return gettext("%(site)s holds every comment for a moderator.", site=site)
        case "scoring" if number:
            waited = duration(number)
            return gettext("Nobody scores comments. The oldest comment has waited for %(time)s.", time=waited)
        case "scoring":
            return gettext("Nobody scores comments.")
        case "long":
            return ngettext(
                "%(number)s comments or more wait for a moderator on %(site)s.",
                "%(number)s comments or more wait for a moderator on %(site)s.",
                number,
                site=site,
            )
        case _:
            waited = duration(number)
            return gettext("A comment on %(site)s has waited for a moderator for %(time)s.", site=site, time=waited)


def _is_said(session: Session, alert: Alert) -> bool:
    """Whether the page itself says it: the queue has lines of its own for these, which are there at once."""
    if request.endpoint != "console.show_queue":
        return False
    if alert.kind == "webhook":
        return access.may(alert.site_id or "", "admin")
    return alert.kind == "hold" and alert.site_id in holding.told_of(session, access.in_use())
