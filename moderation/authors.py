"""Who wrote a comment: by the id or the e-mail address that the site vouches for, or by a name that anybody can type.

Who has none of these is nobody, and nobody has no record, no block and no earlier comment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from moderation.patterns import PatternError
from texts.comparison import as_read, spelled
from texts.folding import fold

#: What stands in a name's place where nobody gave one.
NAMELESS = frozenset({"", "anonymous", "guest", "(anonymous)", "(guest)"})
#: What an entry of a list may begin with, to say what it is.
_KINDS = ("id", "email", "name")
_TYPED = re.compile(rf"({'|'.join(_KINDS)})\s*:\s*(\S.*)", re.IGNORECASE | re.DOTALL)
#: A name's key begins so, since anybody could type somebody's id as their name.
_BY_NAME = "name:"
_LONGEST_KEY = 400


class Written(Protocol):
    """What of a comment says who wrote it: the comment, or a row with these columns of one."""

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
    """Who somebody is, as far as it is known."""

    user_id: str | None = None
    email: str | None = None
    name: str | None = None
    #: Whether the site says that the e-mail address is theirs. A visitor who is not signed in only typed it.
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
    """Whether this is no name: nothing to be seen, or what a form or a protocol puts there."""
    return as_read(name or "") in NAMELESS


def key_of(user_id: str | None, email: str | None, name: str | None) -> str | None:
    """Who wrote a comment, by the best that is known: user id, else e-mail, else name; None: nobody."""
    known = user_id or email
    if known:
        return fold(known)[:_LONGEST_KEY]
    return None if is_nameless(name) else f"{_BY_NAME}{fold(name or '')}"[:_LONGEST_KEY]


def keys_meant(asked: str) -> list[str]:
    """The keys of those whom somebody may mean by an id, an e-mail address, a name or a key."""
    folded = fold(asked)
    meant = [folded] if folded.startswith(_BY_NAME) else [folded, f"{_BY_NAME}{folded}"]
    return [key[:_LONGEST_KEY] for key in meant]


def entry_for(author: Author, *, longest: int) -> str | None:
    """What a list holds for them: the best that is known, with its kind where that fits. None: nobody."""
    for kind, value in (("id", author.user_id), ("email", author.email), ("name", author.name)):
        if value:
            entry = f"{kind}:{value}"
            return entry if len(entry) <= longest else value[:longest]
    return None


class BlockedAuthors:
    """A list of people by `id:`, `email:` or `name:`. An entry without a kind is any of the three."""

    def __init__(self, entries: Sequence[str] = ()) -> None:
        self.entries = tuple(entries)
        self._known = {
            kind: frozenset(form for value in _of_kind(kind, entries) for form in _forms(value)) for kind in _KINDS
        }

    def __contains__(self, author: Author) -> bool:
        values = {"id": author.user_id, "email": author.email, "name": author.name}
        return any(value and not self._known[kind].isdisjoint(_forms(value)) for kind, value in values.items())


class TrustedAuthors:
    """A list of people by `id:` or `email:`. An entry without a kind is an id, and an e-mail address if it has an `@`.

    They are compared letter by letter, but for case: what only looks like a trusted id is somebody else's.

    Raises:
        PatternError: an entry is a name, which proves nothing.
    """

    def __init__(self, entries: Sequence[str] = ()) -> None:
        self.entries = tuple(entries)
        if any(kind == "name" for kind, _ in map(_typed, entries)):
            raise PatternError("Anybody can type a name. Trust a user id (id:…) or an e-mail address (email:…).")
        # An old entry such as "id:7" may be an id that begins so.
        self._ids = frozenset(map(spelled, [*_of_kind("id", entries), *entries]))
        addresses = _of_kind("email", entries)
        self._emails = frozenset(spelled(one) for one in addresses if "@" in one)

    def __contains__(self, author: Author) -> bool:
        if author.user_id and spelled(author.user_id) in self._ids:
            return True
        return bool(author.email) and author.is_vouched_for and spelled(author.email or "") in self._emails


def without_kind(entry: str) -> str:
    """An entry as it was before entries had kinds."""
    return _typed(entry)[1]


def _typed(entry: str) -> tuple[str | None, str]:
    """The kind that an entry says, if it says one, and the rest."""
    found = _TYPED.fullmatch(entry.strip())
    return (found[1].lower(), found[2]) if found else (None, entry)


def _of_kind(kind: str, entries: Sequence[str]) -> list[str]:
    """What the entries of a kind say, and those without one."""
    return [value for said, value in map(_typed, entries) if said == kind or said is None]


def _forms(value: str) -> set[str]:
    """As somebody wrote it, and as it is read. What is nothing to a reader matches nobody."""
    return {form for form in (fold(value), as_read(value)) if form}
