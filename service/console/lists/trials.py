"""Trying entries on a site's latest comments before they are added, or a list as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import abort
from sqlalchemy.orm import Session

from moderation.policy import list_trials, prepared_lists, shared_lists
from moderation.policy.list_imports import Imported
from moderation.policy.list_kinds import PreparedList
from moderation.policy.list_trials import ListTrial
from moderation.tables import SharedList
from service import forms
from service.console import access, names
from texts.translation import gettext

#: Characters of a comment that are shown.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Trial:
    """What was found on a site: the numbers, and the entries by their numbers."""

    site_name: str
    result: ListTrial
    entries: Mapping[int, str]
    #: Whether entries were tried that are not saved.
    unsaved: bool

    def of(self, numbers: Sequence[int]) -> str:
        """These entries in words."""
        return ", ".join(f"“{self.entries.get(number, number)}”" for number in numbers[:3])

    @staticmethod
    def shortened(text: str) -> str:
        """The beginning of a comment."""
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def run(session: Session, row: SharedList, imported: Imported | None) -> Trial:
    """Try what was read from the form, or (None) the list itself, on the site that the form names."""
    site_id = forms.text("site")
    access.require(site_id, "moderator")
    if imported is not None:
        entries = dict(enumerate(imported.entries.values(), 1))
        candidate = PreparedList(row.id, row.name, row.kind, 0, list(entries.items()))
    else:
        candidate, entries = prepared_lists.read(session, {row.id})[row.id], {}
    result = list_trials.run(session, site_id, candidate)
    if imported is None:
        shown = {number for number, _ in result.entries}.union(*(found.numbers for found in result.comments))
        entries = {one.number: one.entry for one in shared_lists.by_numbers(session, row.id, sorted(shown))}
    return Trial(names.of_sites(session, [site_id])[site_id], result, entries, imported is not None)


def sites(session: Session) -> list[tuple[str, str]]:
    """The sites on whose comments the person may try a list."""
    found = [site for site in names.of_own_sites(session) if access.may(site[0], "moderator")]
    return found or abort(403, gettext("This takes the role of a moderator."))
