"""The kinds of lists that sites share: how an entry is read, and how entries are looked for in a comment. Pure.

What a look takes does not grow with a list's entries; where it would, `most` bounds them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

from moderation import addresses, authors, domains
from moderation.addresses import AddressSet
from moderation.authors import Author, BlockedAuthors, TrustedAuthors
from moderation.domains import DomainSet
from moderation.patterns import (
    MOST_WORDS,
    ExpressionSet,
    PatternError,
    WordIndex,
    check_wildcards,
    count_words,
    is_sought,
)
from texts import comparison, links
from texts.folding import fold

#: What becomes of a comment that has an entry of a list: the action of the rule.
Effect = Literal["reject", "flag", "publish"]
#: The entries of one list that a verdict names.
MOST_NAMED = 20
#: Characters of an entry.
LONGEST = 200
#: Entries that have to be looked for one by one: with a `*` or without letters in a list of words; and expressions.
MOST_SOUGHT, MOST_EXPRESSIONS = 500, 200


class Searched(Protocol):
    """What a list is compared with: the facts of a comment."""

    @property
    def name(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def author(self) -> Author: ...

    @property
    def ip(self) -> str | None: ...


#: Gets a comment's facts and its text, or a part of it; returns the numbers of the entries, from 0.
Look = Callable[[Searched, str], Sequence[int] | set[int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class ListKind:
    """A kind of list. `title` is its name for people, `hint` says what an entry is."""

    name: str
    title: str
    hint: str
    #: How a reason begins that names an entry.
    says: str
    effects: tuple[Effect, ...]
    #: The one spelling of an entry, in which it is stored. Raises PatternError.
    spelled: Callable[[str], str]
    #: What entries that mean the same have in common.
    meaning: Callable[[str], str]
    #: Makes the look, for an effect.
    look: Callable[[Sequence[str], Effect], Look]
    #: Whether its entries are about people, so that they are personal data and are not named in the audit.
    about_people: bool = False
    #: Whether an entry takes long to look for, and how many such entries a list may have.
    is_costly: Callable[[str], bool] = lambda _entry: False
    most_costly: int = 0
    #: What such entries are, as a sentence says it of several.
    costly: str = ""

    def key(self, entry: str) -> str:
        """Equal for entries that mean the same."""
        return hashlib.blake2b(self.meaning(entry).encode(), digest_size=16).hexdigest()


def _word(entry: str) -> str:
    plain = " ".join(entry.split())
    check_wildcards([plain])
    WordIndex([plain])
    if count_words(plain) > MOST_WORDS:
        raise PatternError(f"It has {count_words(plain)} words; at most {MOST_WORDS} fit.")
    return plain


def _look_for_words(entries: Sequence[str], _effect: Effect) -> Look:
    words = WordIndex(entries)
    return lambda facts, text: set().union(*(words.matches(part) for part in (text, facts.name, facts.url) if part))


def _pattern(entry: str) -> str:
    ExpressionSet([entry])
    return entry


def _look_for_patterns(entries: Sequence[str], _effect: Effect) -> Look:
    expressions = ExpressionSet(entries)
    return lambda facts, text: set().union(
        *(expressions.matches(part) for part in (text, facts.name, facts.url) if part)
    )


def _author(entry: str) -> str:
    if not comparison.as_read(authors.without_kind(entry)):
        raise PatternError("Nothing can be seen in it.")
    return entry


def _look_for_authors(entries: Sequence[str], effect: Effect) -> Look:
    if effect != "publish":
        blocked = BlockedAuthors(entries)
        return lambda facts, _text: blocked.matches(facts.author)
    proving = [number for number, entry in enumerate(entries) if not authors.is_name(entry)]
    trusted = TrustedAuthors([entries[number] for number in proving])
    return lambda facts, _text: [proving[number] for number in trusted.matches(facts.author)]


def _look_for_addresses(entries: Sequence[str], _effect: Effect) -> Look:
    listed = AddressSet(entries)
    return lambda facts, _text: listed.matches(facts.ip)


def _look_for_domains(entries: Sequence[str], _effect: Effect) -> Look:
    listed = DomainSet(entries)

    def look(facts: Searched, text: str) -> set[int]:
        hosts = {host for part in (text, facts.name, facts.url) if part for host in links.hosts(part)}
        email = (facts.author.email or "").rpartition("@")[2]
        return listed.matches({*hosts, email} if email else hosts)

    return look


_AGAINST: tuple[Effect, ...] = ("reject", "flag")
_EITHER: tuple[Effect, ...] = ("reject", "flag", "publish")
_KINDS = (
    ListKind(
        name="words",
        title="Words",
        hint="A word or phrase a line, in any case and through disguises, matched whole in text, name and web site; * "
        f"stands for any letters. At most {MOST_SOUGHT} with a * or without letters.",
        says="It contains",
        effects=_AGAINST,
        spelled=_word,
        meaning=lambda entry: comparison.as_read(entry) or fold(entry),
        look=_look_for_words,
        is_costly=is_sought,
        most_costly=MOST_SOUGHT,
        costly="with a * or without letters",
    ),
    ListKind(
        name="patterns",
        title="Patterns",
        hint="A regular expression a line (RE2, in any case), looked for in text, name and web site, as they stand and "
        f"through disguises. At most {MOST_EXPRESSIONS}.",
        says="It matches",
        effects=_AGAINST,
        spelled=_pattern,
        meaning=lambda entry: entry,
        look=_look_for_patterns,
        is_costly=lambda _entry: True,
        most_costly=MOST_EXPRESSIONS,
        costly="in a list of patterns",
    ),
    ListKind(
        name="authors",
        title="Authors",
        hint="A user id, e-mail address or name a line; id:42, email:… or name:… says which. Names are never trusted: "
        "anybody can type one.",
        says="Its author is",
        effects=_EITHER,
        spelled=_author,
        meaning=authors.spelling,
        look=_look_for_authors,
        about_people=True,
    ),
    ListKind(
        name="addresses",
        title="Addresses",
        hint="An address or a network such as 192.0.2.0/24 a line.",
        says="Its address is in",
        effects=_EITHER,
        spelled=addresses.spelled,
        meaning=lambda entry: entry,
        look=_look_for_addresses,
        about_people=True,
    ),
    ListKind(
        name="domains",
        title="Domains",
        hint="A domain such as example.com a line, with all below it: in links, also in the name and the web site, and "
        "in e-mail addresses, also the author's.",
        says="It names the domain of",
        effects=_AGAINST,
        spelled=domains.spelled,
        meaning=lambda entry: entry,
        look=_look_for_domains,
    ),
)
KINDS: Mapping[str, ListKind] = {kind.name: kind for kind in _KINDS}


class PreparedList:
    """A list as the rules use it. `entries` are pairs of number and entry, in the order of their numbers."""

    def __init__(self, list_id: str, name: str, kind: str, version: int, entries: Sequence[tuple[int, str]]) -> None:
        self.id, self.name, self.kind, self.version = list_id, name, KINDS[kind], version
        self._numbers = [number for number, _ in entries]
        self._entries = [entry for _, entry in entries]

    @cached_property
    def _against(self) -> Look:
        return self.kind.look(self._entries, "reject")

    @cached_property
    def _trusting(self) -> Look:
        return self.kind.look(self._entries, "publish")

    def prepare(self, effect: Effect) -> None:
        """Make the look for this effect now, because it takes long, and not at the first comment."""
        _ = self._trusting if effect == "publish" else self._against

    def matches(self, facts: Searched, text: str, effect: Effect) -> list[int]:
        """The numbers of the entries that a comment has, the `MOST_NAMED` lowest."""
        look = self._trusting if effect == "publish" else self._against
        return [self._numbers[at] for at in sorted(look(facts, text))[:MOST_NAMED]]

    def reason(self, number: int) -> str:
        """The sentence that names an entry."""
        return f"{self.kind.says} entry {number} of the list “{self.name}”."
