"""Switches: the setting of a rule, as a field of the policy's document, with its texts for pages and the API. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.addresses import AddressSet
from moderation.authors import BlockedAuthors, TrustedAuthors
from moderation.patterns import PatternSet, check_wildcards
from moderation.policy import hold_times
from moderation.policy.hold_times import HoldTimes


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of list: its texts for the API and for the policy page, and how its entries are compiled and checked.

    `compile` raises PatternError for an entry that cannot be used. `check` gets a list and its entries that are stored
    already, and raises PatternError where the new entries would cost too much.
    """

    description: str
    hint: str
    compile: Callable[[Sequence[str]], Any]
    check: Callable[[Sequence[str], Collection[str]], None] = lambda _entries, _known: None


WORDS = Kind(
    "Words or phrases, matched whole, in any case and through disguises, in the text, the name and the web site; "
    "`*` stands for any letters.",
    "One word or phrase a line, in any case; * stands for any letters. Name and web site are looked at, too.",
    PatternSet,
    check_wildcards,
)
BLOCKED_AUTHORS = Kind(
    "`id:…`, `email:…` or `name:…`, in any case; without a kind, any of the three.",
    "A user id, e-mail address or name a line; id:42, email:… or name:… says which.",
    BlockedAuthors,
)
TRUSTED_AUTHORS = Kind(
    "`id:…` or `email:…`, in any case; without a kind, a user id, or an e-mail address if it has an `@`. Never a name, "
    "which anybody can type.",
    "A user id or e-mail address a line; id:42 or email:… says which. Never a name: anybody can type one.",
    TrustedAuthors,
)
SUSPENDED_AUTHORS = Kind(
    f"{BLOCKED_AUTHORS.description} `expires` has when each suspension ends.",
    f"{BLOCKED_AUTHORS.hint} From a card or an author's page an entry ends by itself.",
    BlockedAuthors,
)
ADDRESSES = Kind("Addresses and networks.", "An address or a network such as 192.0.2.0/24 a line.", AddressSet)


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryList:
    """A list of entries. `effect` says, as a sentence, what happens to a comment that matches one of them.

    `added` is the sentence for a new `{entry}`.
    """

    key: str
    title: str
    kind: Kind
    effect: str
    added: str

    @property
    def default(self) -> list[str]:
        """What a new site starts with."""
        return []

    @property
    def description(self) -> str:
        """The description in the API."""
        return f"{self.effect} {self.kind.description}"

    @property
    def hint(self) -> str:
        """The hint on the policy page."""
        return f"{self.effect} {self.kind.hint}"

    def compile(self, value: Sequence[str]) -> Any:
        """The entries in the form that the rule uses.

        Raises:
            PatternError: an entry cannot be used.
        """
        return self.kind.compile(value)

    def check(self, value: Sequence[str], stored: Sequence[str]) -> None:
        """Check the entries that are not `stored` yet; the others stay as they are.

        Raises:
            PatternError: the list would cost too much.
        """
        self.kind.check(value, frozenset(stored))


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """A whole number from `least` to `most`, such as how much a comment may have; `unset` says what None means."""

    key: str
    title: str
    default: int | None
    most: int
    description: str
    hint: str
    least: int = 0
    unset: str = "any number"

    def compile(self, value: int | None) -> int | None:
        """The number in the form that the rule uses."""
        return value


@dataclass(frozen=True, kw_only=True, slots=True)
class OnOff:
    """Whether the rule applies. `title` says what it flags, in the plural."""

    key: str
    title: str
    default: bool
    description: str

    def compile(self, value: bool) -> bool:
        """The switch in the form that the rule uses."""
        return value


@dataclass(frozen=True, kw_only=True, slots=True)
class _Choices:
    """Something chosen for each of some names; for none where a site starts."""

    key: str
    title: str
    description: str

    @property
    def default(self) -> dict[str, str]:
        """What a new site starts with."""
        return {}

    def compile(self, value: Mapping[str, str]) -> Mapping[str, str]:
        """The choices as the rules have them."""
        return dict(value)


class ByLanguage(_Choices):
    """What becomes of comments by their language: its code -> one of `terms.Treatment`."""

    __slots__ = ()


class SharedLists(_Choices):
    """The team's lists to which the site subscribes: a list's id -> its effect, one of `list_kinds.Effect`."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """Times of the week; see `hold_times`."""

    key: str
    title: str
    description: str
    hint: str

    @property
    def default(self) -> dict[str, Any]:
        """What a new site starts with."""
        return {}

    def compile(self, value: Mapping[str, Any]) -> HoldTimes:
        """The times in the form that the rule uses.

        Raises:
            hold_times.NoTimes: they describe none.
        """
        return hold_times.compile_times(value)


Switch = EntryList | Limit | OnOff | ByLanguage | SharedLists | Times
