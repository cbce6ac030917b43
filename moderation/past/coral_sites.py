"""Which of Coral's sites and tenants the comments of a file are of: one site of Coral's becomes one site here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from moderation.past import json_lines
from moderation.past.json_lines import text_of
from moderation.past.records import LeftOut, Read, Unreadable, WrongFile

#: Sites and tenants of one file that are told apart; Coral's largest installations have some dozens.
_MOST = 1000
#: Characters of an id; Coral's have 36.
_LONGEST = 200
#: So many are named.
_MOST_NAMED = 20
#: After so many comments in a row that name neither, none is looked for: Talk 4 had neither.
_MOST_NAMELESS = 100_000
_ELSEWHERE = LeftOut("are of other sites of Coral's")
_HOW = "Make a site here for each, and import the file once for each, with --coral-site and one of these ids"
Document = Mapping[str, Any]
SiteOf = Callable[[Document], str | None]


@dataclass(slots=True)
class _Found:
    """How many comments are of which of Coral's sites, and of which tenants."""

    sites: Counter[str] = field(default_factory=Counter)
    tenants: Counter[str] = field(default_factory=Counter)
    #: Site's or tenant's id -> what it is called, where Coral's files say so.
    names: dict[str, str] = field(default_factory=dict)

    def meant(self, asked: str) -> str:
        """The id of the site or tenant that is asked for by its id or its name.

        Raises:
            WrongFile: no comment is of it, or several are called so.
        """
        ids = {its_id for its_id in (*self.sites, *self.tenants) if asked in {its_id, self.names.get(its_id)}}
        if asked in ids:
            return asked
        if len(ids) == 1:
            return ids.pop()
        why = "Several of Coral's sites are called" if ids else "No comment in it is of Coral's site"
        raise WrongFile(f"{why} {asked[:100]!r}. There are {self._listed(self.sites or self.tenants)}.")

    def require_one(self) -> None:
        """Refuse comments of several sites, or of several tenants, as long as nobody said which."""
        if len(self.sites) > 1:
            raise WrongFile(f"It has comments of several of Coral's sites: {self._listed(self.sites)}. {_HOW}.")
        if len(self.tenants) > 1:
            raise WrongFile(f"It has comments of several tenants of Coral's: {self._listed(self.tenants)}. {_HOW}.")

    def _listed(self, counts: Counter[str]) -> str:
        each = [self._called(its_id, number) for its_id, number in counts.most_common(_MOST_NAMED)]
        more = [f"and {len(counts) - len(each):,} more"] if len(counts) > len(each) else []
        return ", ".join(each + more) or "none that say so"

    def _called(self, its_id: str, number: int) -> str:
        name = self.names.get(its_id)
        about = f"{name[:100]}, " if name else ""
        return f"{its_id} ({about}{number:,} {'comment' if number == 1 else 'comments'})"


def choose(path: Path, file: BinaryIO, asked: str | None, site_of: SiteOf) -> Callable[[Document, str], Read | None]:
    """Read the comments once for their sites and tenants. Returns what tells why one of them is not to be brought.

    Raises:
        WrongFile: they are of several and nobody said of which, or there is none of what was asked for.
    """
    found = _find(path, file, site_of)
    if asked is None:
        found.require_one()
        return lambda _document, _place: None
    wanted = found.meant(asked)
    its_own = site_of if wanted in found.sites else _tenant_of

    def why_not(document: Document, place: str) -> Read | None:
        of = its_own(document)
        if of is None:
            return Unreadable(place, "It does not say which of Coral's sites it is of.")
        return None if of == wanted else _ELSEWHERE

    return why_not


def _find(path: Path, file: BinaryIO, site_of: SiteOf) -> _Found:
    """What sites and tenants there are. Whatever is wrong with the file is told at the second reading."""
    found, nameless = _Found(), 0
    with suppress(WrongFile):
        for _, document in json_lines.objects(file):
            site, tenant = (site_of(document), _tenant_of(document)) if isinstance(document, dict) else (None, None)
            nameless = 0 if site or tenant else nameless + 1
            if nameless > _MOST_NAMELESS:
                break
            for counts, its_id in ((found.sites, site), (found.tenants, tenant)):
                if its_id is not None and (its_id in counts or (len(counts) < _MOST and len(its_id) <= _LONGEST)):
                    counts[its_id] += 1
    file.seek(0)
    beside = (json_lines.objects_beside(path, name) for name in ("sites.json", "tenants.json"))
    for document in chain.from_iterable(beside):
        its_id, organization = text_of(document.get("id")), document.get("organization")
        if its_id in found.sites or its_id in found.tenants:
            within = organization.get("name") if isinstance(organization, Mapping) else None
            found.names[str(its_id)] = text_of(document.get("name")) or text_of(within) or ""
    return found


def _tenant_of(document: Document) -> str | None:
    return text_of(document.get("tenantID"))
