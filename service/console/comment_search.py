"""Reads a search of all comments: from the page's address, from the form that exports what it finds, or from the one
that decides on all of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast, get_args

from flask import request

from models import LABELS
from moderation import actors, clock
from moderation.finding.search import PEOPLE, STATUSES, Date, Search
from moderation.people.roles import includes
from moderation.policy import rules
from service import forms
from service.console import access, names
from texts import wording
from texts.translation import gettext, later

#: The statuses to choose from, in the order of the page.
CHOICES = (*STATUSES, "erased")
STATUS_NAMES = {
    "published": later("Published"),
    "flagged": later("Held"),
    "rejected": later("Rejected"),
    "pending": later("Being scored"),
    "erased": later("Erased"),
}
#: Whose decisions, beside colleagues'. `ME` stands in addresses, so that a colleague may be sent one.
ME = "me"
WHOSE = {
    ME: later("Me"),
    PEOPLE: later("The team"),
    actors.POLICY: later("The policy"),
    actors.SITE: later("The site’s own back end"),
}
#: The rules to choose from. What people decide has a choice of its own.
RULES = {name: rule.title for name, rule in rules.BY_NAME.items() if name != rules.MODERATOR.name}
#: By which date comments are listed, and from when to when they are meant.
DATES: Mapping[Date, str] = {
    "came": later("arrival"),
    "written": later("date of writing"),
    "decided": later("a person’s decision"),
}
_NAMES = ("q", "site", "status", "author", "thread", "ip", "label", "score", "by", "rule", "sort", "last", "from", "to")
#: The days up to today that are one click away. The address says so many, so that it means the same to whoever gets it.
LAST = {"1": later("Today"), "7": later("Last 7 days"), "30": later("Last 30 days")}
_LONGEST = 500
_PLACE = re.compile(r"(?:[0-9]{1,16}-)?(c_\w{26})")
#: The filters that are needed less often, and how each is said.
_MORE = {
    "author": later("author %(value)s"),
    "by": later("decided by %(value)s"),
    "rule": later("because of %(value)s"),
    "sort": later("latest first by %(value)s"),
    "from": later("from %(value)s"),
    "to": later("to %(value)s"),
    "thread": later("thread %(value)s"),
    "ip": later("IP address %(value)s"),
    "label": later("label %(value)s"),
}
#: The fields whose answer tells how a comment was decided.
_TELLING = {"status", "label", "by", "rule"}


@dataclass(frozen=True, slots=True)
class Query:
    """The valid fields as they were sent, and the search that they ask for."""

    fields: Mapping[str, str]
    search: Search

    @property
    def tells_decisions(self) -> bool:
        """Whether what it finds tells how it was decided."""
        return bool(_TELLING & set(self.fields)) or self.search.whom is not None


def _sent() -> dict[str, str]:
    """The fields that are not empty. A button for the last `days`, or for all, takes the place of other dates."""
    fields = {name: value for name in _NAMES if (value := forms.argument(name, most=_LONGEST, fields=request.values))}
    days = forms.argument("days", most=_LONGEST, fields=request.values)
    if not days:
        return fields
    others = {name: value for name, value in fields.items() if name not in {"last", "from", "to"}}
    return others | ({"last": days} if days in LAST else {})


def read(needed: str = "viewer") -> Query:
    """The query of the request, on the sites where the person signed in has the role `needed`."""
    fields = _sent()
    since, until = forms.day(fields.get("from")), forms.end_of_day(fields.get("to"))
    score = _score(fields.get("score"))
    valid = {
        "site": fields.get("site") in access.roles(),
        "status": fields.get("status") in CHOICES,
        "label": fields.get("label") in LABELS,
        "score": score is not None,
        "by": _is_somebody(fields.get("by", "")),
        "rule": fields.get("rule") in RULES,
        "sort": fields.get("sort") in get_args(Date),
        "last": fields.get("last") in LAST,
        "from": since is not None,
        "to": until is not None,
    }
    fields = {name: value for name, value in fields.items() if valid.get(name, True)}
    if {"from", "to"} & fields.keys():
        fields.pop("last", None)
    if "last" in fields:
        since = _first_of_last(int(fields["last"]))
    needed = "moderator" if "ip" in fields else needed  # only moderators see addresses
    site_ids = sorted(site_id for site_id in access.roles() if access.may(site_id, needed))
    chosen = fields.get("site")
    order = _order(fields)
    return Query(
        fields,
        Search(
            site_ids=tuple(site_id for site_id in site_ids if chosen in {None, site_id}),
            everywhere=chosen is None and includes(access.user().role, needed),
            status=fields.get("status"),
            author=fields.get("author"),
            thread=fields.get("thread"),
            ip=fields.get("ip"),
            text=fields.get("q"),
            label=fields.get("label"),
            least_score=0.5 if score is None else score,
            by=access.actor() if fields.get("by") == ME else fields.get("by"),
            rule=fields.get("rule"),
            since=since,
            until=until,
            dates=order,
            order=order,
        ),
    )


def in_words(fields: Mapping[str, str], colleagues: Mapping[str, str] | None = None) -> list[str]:
    """A search's fields in words; with names of `colleagues` those that the first line of the page does not show."""
    named_here = colleagues is not None
    by = fields.get("by", "")
    ours = {actor: gettext(name) for actor, name in WHOSE.items()}
    whose = ours | (dict(colleagues) if colleagues is not None else {ME: gettext("themselves")})
    values = dict(fields) | {"by": whose.get(by, gettext("a colleague")) if by else ""}
    values["rule"] = gettext(RULES[fields["rule"]]) if fields.get("rule") in RULES else ""
    values["label"] = wording.label(fields.get("label", ""))
    date = DATES.get(cast("Date", fields.get("sort", "")), "") if named_here else ""
    values["sort"] = gettext(date) if date else ""
    before = [] if named_here else [f"“{fields['q'][:60]}”"] if "q" in fields else []
    before += [] if named_here or "status" not in fields else [names.status(fields["status"])]
    before += [] if named_here or "last" not in fields else [gettext(LAST[fields["last"]])]
    return before + [gettext(text, value=values[name][:60]) for name, text in _MORE.items() if values.get(name)]


def place() -> str | None:
    """Where the page of the request's address begins; None: at the beginning."""
    found = _PLACE.fullmatch(request.args.get("before", ""))
    return found[0] if found and clock.is_id("c", found[1]) else None


def _order(fields: Mapping[str, str]) -> Date:
    """The order that was chosen; else that in which a thread is read, and somebody's work was done."""
    if "sort" in fields:
        return cast("Date", fields["sort"])
    if "thread" in fields:
        return "written"
    by = fields.get("by", "")
    return "decided" if by in {ME, PEOPLE} or actors.is_person(by) else "came"


def _first_of_last(days: int) -> datetime:
    """When the first of so many days began, of which today is the last."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days - 1)


def _is_somebody(by: str) -> bool:
    return by in WHOSE or (actors.is_person(by) and clock.is_id("u", actors.user_id(by)))


def _score(text: str | None) -> float | None:
    try:
        score = float(text or "")
    except ValueError:
        return None
    return score if 0 <= score <= 1 else None
