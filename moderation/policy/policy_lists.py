"""Entries of a policy's lists that are put there from a comment, most of them for a while.

The policy itself knows no time: an entry counts while it is in its list. The document says beside the lists when which
entry ends (`expires`), and the clock takes it out then, as a new version of the policy.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation import actors, authors, clock
from moderation.authors import Author
from moderation.patterns import PatternError
from moderation.policy import policies
from moderation.policy.rules import LISTS
from moderation.store import Store
from moderation.tables import PolicyVersion, Site
from texts.folding import fold

#: Entries of a list: what a policy's rules can still look through for each comment without slowing the worker.
MOST_ENTRIES = 2000
_LISTS = {one.key: one for one in LISTS}
#: Who is in one of these must not be put into the other: one of the two would mean nothing.
_OPPOSITES = {
    "blocked_authors": "trusted_authors",
    "trusted_authors": "blocked_authors",
    "blocked_ips": "trusted_ips",
    "trusted_ips": "blocked_ips",
}


class ListError(ValueError):
    """The entry cannot be put into the list; the message says why."""


def add(session: Session, site_id: str, name: str, entry: str, *, until: datetime | None, actor: str) -> PolicyVersion:
    """Put an entry into a list of the site's policy, `until` a moment or (None) for ever, in the caller's transaction.

    One that is there already ends at the later of the two moments; where nothing changes, the policy stays as it is.

    Raises:
        NotFound: there is no such site.
        ListError, PatternError: it cannot be an entry of this list.
    """
    # Locked before it is read, so that nobody's change is lost.
    session.scalar(select(Site).where(Site.id == site_id).with_for_update())
    row = policies.current(session, site_id)
    document = policies.DEFAULT | row.document
    entries: list[str] = document[name]
    ends: dict[str, str] = document["expires"].get(name, {})
    opposite = _OPPOSITES.get(name)
    if opposite is not None and _find(name, document[opposite], entry) is not None:
        word = "trusted" if opposite.startswith("trusted") else "blocked"
        raise ListError(f"The site has {entry} as {word}. Take that back first.")
    known = _find(name, entries, entry)
    if known is None and len(entries) >= MOST_ENTRIES:
        raise ListError(f"The list has {len(entries):,} entries already, and no more fit.")
    if known is None:
        _LISTS[name].check([*entries, entry], entries)
    if known is not None and (known not in ends or (until is not None and _moment(ends[known]) >= until)):
        return row
    kept = {one: end for one, end in ends.items() if one != known}
    if until is not None:
        kept[known or entry] = until.isoformat()
    changed = {
        name: entries if known is not None else [*entries, entry],
        "expires": document["expires"] | {name: kept},
    }
    return policies.save(session, site_id, document | changed, actor=actor)


def remove(
    session: Session, site_id: str, name: str, entry: str, *, for_ever_too: bool, actor: str
) -> PolicyVersion | None:
    """Take an entry out of a list of the site's policy, in the caller's transaction; None where it is not in it.

    Raises:
        NotFound: there is no such site.
        ListError: it is there for ever, and `for_ever_too` does not let this person end that.
    """
    session.scalar(select(Site).where(Site.id == site_id).with_for_update())
    document = policies.DEFAULT | policies.current(session, site_id).document
    found = _find(name, document[name], entry)
    if found is None:
        return None
    if not for_ever_too and found not in document["expires"].get(name, {}):
        raise ListError(f"{entry} is in the list for ever, so only an admin of this site can take it out.")
    left = [one for one in document[name] if one != found]
    return policies.save(session, site_id, document | {name: left}, actor=actor)


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of a list, and when it ends; None: it stays."""

    name: str
    entry: str
    until: datetime | None


def matching(document: Mapping[str, Any], who: Collection[Author], addresses: Collection[str]) -> list[Listed]:
    """The entries by which a site blocks or trusts one of these authors or addresses."""
    found = []
    for name in _OPPOSITES:
        ends = document.get("expires", {}).get(name, {})
        entries = tuple(document.get(name, ()))
        of: Collection[Author | str] = addresses if name.endswith("_ips") else who
        hits = dict.fromkeys(entry for one in of for entry in _holding(name, entries, one))
        found += [Listed(name, entry, _moment(ends[entry]) if entry in ends else None) for entry in hits]
    return found


def ends(document: Mapping[str, Any]) -> dict[str, list[tuple[str, datetime]]]:
    """Of each list, what ends by itself and when, the soonest first."""
    return {
        name: sorted(((entry, _moment(end)) for entry, end in by_entry.items()), key=lambda one: one[1])
        for name, by_entry in document.get("expires", {}).items()
    }


@lru_cache(maxsize=256)
def _compiled(name: str, entries: tuple[str, ...]) -> Any:
    """A page has many cards of one site. None: an entry cannot be used, as none could be saved now."""
    try:
        return _LISTS[name].compile(entries)
    except PatternError:
        return None


def _holding(name: str, entries: tuple[str, ...], who: Author | str) -> list[str]:
    """The entries that somebody is one of; looked through only where there are any."""
    compiled = _compiled(name, entries)
    if compiled is None or who not in compiled:
        return []
    return [entry for entry in entries if who in _LISTS[name].compile([entry])]


def take_out_ended(store: Store) -> int:
    """Take out what has ended, on every site, as new versions by the policy itself. Returns how many sites changed."""
    moment = clock.now()
    with store.read() as session:
        query = policies.in_force().with_only_columns(Site.id, PolicyVersion.document["expires"])
        due = [site_id for site_id, ends in session.execute(query) if _ended(ends or {}, moment)]
    for site_id in due:
        with store.write() as session:
            session.scalar(select(Site).where(Site.id == site_id).with_for_update())
            document = policies.DEFAULT | policies.current(session, site_id).document
            ended = _ended(document["expires"], moment)
            if ended:
                left = {name: [one for one in document[name] if one not in ended.get(name, ())] for name in _LISTS}
                policies.save(session, site_id, document | left, actor=actors.POLICY)
                session.flush()
                forget(session, site_id, set().union(*ended.values()))
    return len(due)


def forget(session: Session, site_id: str, entries: Collection[str]) -> None:
    """Take entries out of the policies that are in force on a site no more, in the caller's transaction.

    They are kept for ever, and who was blocked for a day, or was erased, must not be.
    """
    gone = set(map(_untyped, entries))
    in_force = select(Site.policy_version).where(Site.id == site_id).scalar_subquery()
    old = select(PolicyVersion).where(
        PolicyVersion.site_id == site_id, PolicyVersion.version != in_force, mentions(PolicyVersion.document, entries)
    )
    for row in session.scalars(old):
        document = dict(row.document)
        for name in document.keys() & _LISTS.keys():
            document[name] = [one for one in document[name] if _untyped(one) not in gone]
        document["expires"] = {
            name: {one: end for one, end in ends.items() if _untyped(one) not in gone}
            for name, ends in document.get("expires", {}).items()
        }
        row.document = document


def mentions(column: InstrumentedAttribute[Any], texts: Collection[str]) -> ColumnElement[bool]:
    """Whether a document holds one of these texts, in either way of writing what is not ASCII."""
    written = {json.dumps(one, ensure_ascii=ascii_only)[1:-1] for one in texts for ascii_only in (True, False)}
    text = cast(column, Text)
    return or_(false(), *(text.icontains(one, autoescape=True) for one in sorted(written)))


def _ended(expires: Mapping[str, Mapping[str, str]], moment: datetime) -> dict[str, set[str]]:
    """Of each list what has ended by this moment."""
    found = {name: {one for one, end in ends.items() if _moment(end) <= moment} for name, ends in expires.items()}
    return {name: entries for name, entries in found.items() if entries}


def _find(name: str, entries: list[str], entry: str) -> str | None:
    """The entry as the list has it: case and spacing make no difference, nor that an author's has no kind yet."""
    same = {fold(entry)}
    if name.endswith("_authors"):
        same.add(_untyped(entry))
    return next((one for one in entries if fold(one) in same), None)


def _untyped(entry: str) -> str:
    return fold(authors.without_kind(entry))


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(text)
