"""Authors: known by the id or the e-mail address that the site vouches for, or by a name, which anybody can type.

An author without any of these cannot be told from others, and so has no record, no block and no earlier comments.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from moderation.patterns import PatternError
from texts.comparison import as_read, spelled
from texts.folding import fold

#: Texts that stand in a name's place where nobody gave one.
NAMELESS = frozenset({"", "anonymous", "guest", "(anonymous)", "(guest)"})
#: The kinds that an entry of a list may begin with.
_KINDS = ("id", "email", "name")
_TYPED = re.compile(rf"({'|'.join(_KINDS)})\s*:\s*(\S.*)", re.IGNORECASE | re.DOTALL)
#: The key of a name begins with this, because anybody could type somebody's id as their name.
_BY_NAME = "name:"
_LONGEST_KEY = 400


class Written(Protocol):
    """A comment, or a row with these columns of a comment, which say who wrote it."""

    @property
    def user_id(self) -> Any: ...

    @property
    def email(self) -> Any: ...

    @property
    def name(self) -> Any: ...

    @property
    def origin(self) -> Any: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """What is known of an author."""

    user_id: str | None = None
    email: str | None = None
    name: str | None = None
    #: Whether the site vouches for the e-mail address. A visitor who is not signed in only typed it.
    is_vouched_for: bool = True


def of_comment(comment: Written) -> Author:
    """The author of a comment."""
    return Author(
        user_id=comment.user_id or None,
        email=comment.email or None,
        name=None if is_nameless(comment.name) else comment.name,
        is_vouched_for=not (comment.origin or {}).get("email_was_typed"),
    )


def is_nameless(name: str | None) -> bool:
    """Whether this is no name: nothing can be seen, or a form or a protocol put it there."""
    return as_read(name or "") in NAMELESS


def key_of(user_id: str | None, email: str | None, name: str | None) -> str | None:
    """An author's key: by the user id, else the e-mail address, else the name; None where there is none of these."""
    identifier = user_id or email
    if identifier:
        return fold(identifier)[:_LONGEST_KEY]
    return None if is_nameless(name) else f"{_BY_NAME}{fold(name or '')}"[:_LONGEST_KEY]


def keys_meant(author: str) -> list[str]:
    """The keys that an id, an e-mail address, a name or a key may stand for."""
    folded = fold(author)
    keys = [folded] if folded.startswith(_BY_NAME) else [folded, f"{_BY_NAME}{folded}"]
    return [key[:_LONGEST_KEY] for key in keys]


def entry_for(author: Author, *, longest: int) -> str | None:
    """The entry of a list for an author: the best that is known, with its kind where it fits; None: nothing."""
    for kind, value in (("id", author.user_id), ("email", author.email), ("name", author.name)):
        if value:
            entry = f"{kind}:{value}"
            return entry if len(entry) <= longest else value[:longest]
    return None


class BlockedAuthors:
    """A list of people by `id:`, `email:` or `name:`. An entry without a kind means any of the three."""

    def __init__(self, entries: Sequence[str] = ()) -> None:
        self.entries = tuple(entries)
        self._known = {
            kind: frozenset(form for value in _of_kind(kind, entries) for form in _forms(value)) for kind in _KINDS
        }

    def __contains__(self, author: Author) -> bool:
        values = {"id": author.user_id, "email": author.email, "name": author.name}
        return any(value and not self._known[kind].isdisjoint(_forms(value)) for kind, value in values.items())


class TrustedAuthors:
    """A list of people by `id:` or `email:`. An entry without a kind is an id, and also an e-mail address with an `@`.

    They are compared letter by letter, except for case: an id that only looks like a trusted one is somebody else's.

    Raises:
        PatternError: an entry is a name, which proves nothing.
    """

    def __init__(self, entries: Sequence[str] = ()) -> None:
        self.entries = tuple(entries)
        if any(kind == "name" for kind, _ in map(_typed, entries)):
            raise PatternError("Anybody can type a name. Trust a user id (id:…) or an e-mail address (email:…).")
        # An old entry such as "id:7" may be an id that begins with "id:".
        self._ids = frozenset(map(spelled, [*_of_kind("id", entries), *entries]))
        addresses = _of_kind("email", entries)
        self._emails = frozenset(spelled(address) for address in addresses if "@" in address)

    def __contains__(self, author: Author) -> bool:
        if author.user_id and spelled(author.user_id) in self._ids:
            return True
        return bool(author.email) and author.is_vouched_for and spelled(author.email or "") in self._emails


def without_kind(entry: str) -> str:
    """An entry without its kind."""
    return _typed(entry)[1]


def _typed(entry: str) -> tuple[str | None, str]:
    """The kind of an entry, if it names one, and the rest."""
    match = _TYPED.fullmatch(entry.strip())
    return (match[1].lower(), match[2]) if match else (None, entry)


def _of_kind(kind: str, entries: Sequence[str]) -> list[str]:
    """The values of the entries of this kind, and of those without a kind."""
    return [value for entry_kind, value in map(_typed, entries) if entry_kind == kind or entry_kind is None]


def _forms(value: str) -> set[str]:
    """A value as it was written and as it is read. One in which nothing can be seen matches nobody."""
    return {form for form in (fold(value), as_read(value)) if form}
