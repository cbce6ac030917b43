"""Entries of a policy's lists that are added from a comment, often for a limited time.

The policy itself knows no time: an entry counts while it is in its list. The document also holds the moments at which
entries end (`expires`). The clock then takes them out, as a new version of the policy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation import actors, authors, clock
from moderation.authors import Author
from moderation.identities import columns, keyring
from moderation.patterns import PatternError
from moderation.policy import policies
from moderation.policy.rules import LISTS
from moderation.store import Store
from moderation.tables import PolicyVersion, Site
from texts.folding import fold

#: Entries of a list: as many as the rules can check for each comment without slowing the worker.
MOST_ENTRIES = 2000
_LISTS = {entry_list.key: entry_list for entry_list in LISTS}
#: Lists that must not both hold the same entry, because only one of them would count.
_OPPOSITES = {
    "blocked_authors": ("trusted_authors",),
    "suspended_authors": ("trusted_authors",),
    "trusted_authors": ("blocked_authors", "suspended_authors"),
    "blocked_ips": ("trusted_ips",),
    "trusted_ips": ("blocked_ips",),
}


class ListError(ValueError):
    """The entry cannot be put into the list; the message says why."""


def add(session: Session, site_id: str, name: str, entry: str, *, until: datetime | None, actor: str) -> PolicyVersion:
    """Add an entry to a list of the site's policy, `until` a moment or (None) for ever, in the caller's transaction.

    An entry that is there already ends at the later of the two moments. Where nothing changes, no version is made.

    Raises:
        NotFound: there is no such site.
        ListError, PatternError: it cannot be an entry of this list.
    """
    document = policies.to_change(session, site_id)
    entries: list[str] = document[name]
    ends: dict[str, str] = document["expires"].get(name, {})
    for opposite in _OPPOSITES.get(name, ()):
        if _find(name, document[opposite], entry) is None:
            continue
        word = opposite.partition("_")[0]
        raise ListError(f"The site has {entry} as {word}. Take that back first.")
    existing = _find(name, entries, entry)
    if existing is None and len(entries) >= MOST_ENTRIES:
        raise ListError(f"The list has {len(entries):,} entries already, and no more fit.")
    if existing is None:
        _LISTS[name].check([*entries, entry], entries)
    if existing is not None and (existing not in ends or (until is not None and _moment(ends[existing]) >= until)):
        return policies.current(session, site_id)
    other_ends = {listed: end for listed, end in ends.items() if listed != existing}
    if until is not None:
        other_ends[existing or entry] = until.isoformat()
    changed = {
        name: entries if existing is not None else [*entries, entry],
        "expires": document["expires"] | {name: other_ends},
    }
    return policies.save(session, site_id, document | changed, actor=actor)


def remove(
    session: Session, site_id: str, name: str, entry: str, *, for_ever_too: bool, actor: str
) -> PolicyVersion | None:
    """Take an entry out of a list of the site's policy, in the caller's transaction; None where it is not in it.

    Raises:
        NotFound: there is no such site.
        ListError: the entry is there for ever, and this person may only end others (`for_ever_too` is false).
    """
    document = policies.to_change(session, site_id)
    existing = _find(name, document[name], entry)
    if existing is None:
        return None
    if not for_ever_too and existing not in document["expires"].get(name, {}):
        raise ListError(f"{entry} is in the list for ever, so only an admin of this site can take it out.")
    remaining = [listed for listed in document[name] if listed != existing]
    return policies.save(session, site_id, document | {name: remaining}, actor=actor)


def take_back(
    session: Session, site_id: str, name: str, entry: str, *, until: datetime | None, actor: str
) -> PolicyVersion | None:
    """Take out an entry that `add` put in `until` then; None where it is gone, or somebody has changed it meanwhile.

    Raises:
        NotFound: there is no such site.
    """
    document = policies.to_change(session, site_id)
    existing = _find(name, document[name], entry)
    end = document["expires"].get(name, {}).get(existing)
    if existing is None or (None if end is None else _moment(end)) != until:
        return None
    return remove(session, site_id, name, entry, for_ever_too=True, actor=actor)


@dataclass(frozen=True, slots=True)
class ListEntry:
    """An entry of a list, and when it ends; None: it stays."""

    name: str
    entry: str
    until: datetime | None


def matching(document: Mapping[str, Any], people: Collection[Author], addresses: Collection[str]) -> list[ListEntry]:
    """The entries that block or trust one of these authors or addresses."""
    listed = []
    for name in _OPPOSITES:
        entries = tuple(document.get(name, ()))
        if not entries:
            continue
        ends = document.get("expires", {}).get(name, {})
        subjects: Collection[Author | str] = addresses if name.endswith("_ips") else people
        hits = dict.fromkeys(entry for subject in subjects for entry in _holding(name, entries, subject))
        listed += [ListEntry(name, entry, _moment(ends[entry]) if entry in ends else None) for entry in hits]
    return listed


def ends(document: Mapping[str, Any]) -> dict[str, list[tuple[str, datetime]]]:
    """List -> its entries that end by themselves, with the moment, the soonest first."""
    return {
        name: sorted(((entry, _moment(end)) for entry, end in by_entry.items()), key=lambda item: item[1])
        for name, by_entry in document.get("expires", {}).items()
    }


@lru_cache(maxsize=256)
def _compiled(name: str, entries: tuple[str, ...]) -> Any:
    """A compiled list, cached because a page has many cards of one site. None: an old entry cannot be used any more."""
    try:
        return _LISTS[name].compile(entries)
    except PatternError:
        return None


def _holding(name: str, entries: tuple[str, ...], who: Author | str) -> list[str]:
    """The entries that match an author or an address. They are tried one by one only when the whole list matches."""
    compiled = _compiled(name, entries)
    if compiled is None or who not in compiled:
        return []
    return [entry for entry in entries if who in _LISTS[name].compile([entry])]


#: Gets the site and list -> its entries that have ended, in the transaction that takes them out.
Ended = Callable[[Session, str, Mapping[str, Collection[str]]], None]


def take_out_ended(store: Store, tell: Ended = lambda _session, _site_id, _ended: None) -> int:
    """Take out entries that have ended, on every site, as new versions. Returns how many sites had some."""
    moment = clock.now()
    with store.read() as session:
        query = policies.in_force().with_only_columns(Site.id, PolicyVersion.document["expires"])
        due = [site_id for site_id, ends in session.execute(query) if _ended(ends or {}, moment)]
    for site_id in due:
        with store.write() as session:
            document = policies.to_change(session, site_id)
            ended = _ended(document["expires"], moment)
            if ended:
                remaining = {
                    name: [entry for entry in document[name] if entry not in ended.get(name, ())] for name in _LISTS
                }
                policies.save(session, site_id, document | remaining, actor=actors.POLICY)
                session.flush()
                tell(session, site_id, ended)
                forget(session, site_id, set().union(*ended.values()))
    return len(due)


def forget(session: Session, site_id: str, entries: Collection[str]) -> None:
    """Erase entries from a site's old policies, in the caller's transaction.

    Old policies are kept for ever, and somebody who was blocked for a day, or was erased, must not stay in them.
    """
    forgotten = set(map(_untyped, entries))
    in_force = select(Site.policy_version).where(Site.id == site_id).scalar_subquery()
    old = select(PolicyVersion).where(
        PolicyVersion.site_id == site_id, PolicyVersion.version != in_force, mentions(PolicyVersion.document, entries)
    )
    for row in session.scalars(old):
        document = dict(row.document)
        for name in document.keys() & _LISTS.keys():
            document[name] = [entry for entry in document[name] if _untyped(entry) not in forgotten]
        document["expires"] = {
            name: {entry: end for entry, end in ends.items() if _untyped(entry) not in forgotten}
            for name, ends in document.get("expires", {}).items()
        }
        row.document = document


def mentions(column: InstrumentedAttribute[Any], texts: Collection[str]) -> ColumnElement[bool]:
    """A condition: the document holds one of these texts, in either of JSON's spellings of non-ASCII letters."""
    spellings = {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for text in texts for ascii_only in (True, False)}
    document = cast(column, Text)
    in_clear = (document.icontains(spelling, autoescape=True) for spelling in sorted(spellings))
    return or_(false(), *in_clear, columns.holds(column, texts)) if keyring.current().is_on else or_(false(), *in_clear)


def _ended(expires: Mapping[str, Mapping[str, str]], moment: datetime) -> dict[str, set[str]]:
    """List -> its entries that have ended by this moment."""
    ended = {name: {entry for entry, end in ends.items() if _moment(end) <= moment} for name, ends in expires.items()}
    return {name: entries for name, entries in ended.items() if entries}


def _find(name: str, entries: list[str], entry: str) -> str | None:
    """The entry in the list's own spelling: case and spacing make no difference, nor does an author's missing kind."""
    spellings = {fold(entry)}
    if name.endswith("_authors"):
        spellings.add(_untyped(entry))
    return next((listed for listed in entries if fold(listed) in spellings), None)


def _untyped(entry: str) -> str:
    return fold(authors.without_kind(entry))


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(text)
