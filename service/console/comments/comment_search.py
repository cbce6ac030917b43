"""Reads the search of the page of all comments, from its address or from the form that exports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import request

from models import LABELS
from moderation.history.search import STATUSES, Search
from moderation.people.roles import includes
from service import forms
from service.console import access

#: The statuses to choose from, in the order of the page.
CHOICES = (*STATUSES, "erased")
_NAMES = ("q", "site", "status", "author", "thread", "ip", "label", "score", "from", "to")
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Query:
    """The valid fields as they were sent, and the search that they ask for."""

    fields: Mapping[str, str]
    search: Search

    @property
    def more(self) -> int:
        """The number of filters beside the site, the status and the words."""
        return len(set(self.fields) - {"q", "site", "status", "score"})


def read(needed: str = "viewer") -> Query:
    """The query of the request, on the sites where the person signed in has the role `needed`."""
    fields = {name: value for name in _NAMES if (value := forms.argument(name, most=_LONGEST, fields=request.values))}
    since, until = forms.day(fields.get("from")), forms.day(fields.get("to"))
    score = _score(fields.get("score"))
    valid = {
        "site": fields.get("site") in access.roles(),
        "status": fields.get("status") in CHOICES,
        "label": fields.get("label") in LABELS,
        "score": score is not None,
        "from": since is not None,
        "to": until is not None,
    }
    fields = {name: value for name, value in fields.items() if valid.get(name, True)}
    needed = "moderator" if "ip" in fields else needed  # only moderators see addresses
    site_ids = sorted(site_id for site_id in access.roles() if access.may(site_id, needed))
    chosen = fields.get("site")
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
            since=since,
            until=None if until is None else until + timedelta(days=1),
        ),
    )


def _score(text: str | None) -> float | None:
    try:
        score = float(text or "")
    except ValueError:
        return None
    return score if 0 <= score <= 1 else None
