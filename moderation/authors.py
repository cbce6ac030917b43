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
#: Letters that are seen as a blank: fillers of Hangul.
_BLANKS = dict.fromkeys(map(ord, "\u115f\u1160\u3164\uffa0"), " ")


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
        is_vouched_for=is_email_vouched_for(comment),
    )


def is_email_vouched_for(comment: Written) -> bool:
    """Whether the site vouches for the comment's e-mail address: its author did not just type it."""
    return not (comment.origin or {}).get("email_was_typed")


def is_nameless(name: str | None) -> bool:
    """Whether this is no name: nothing can be seen, or a form or a protocol put it there."""
    if name and name.isascii() and name.replace(" ", "").isalnum():  # nothing in it is read otherwise than it stands
        return " ".join(name.lower().split()) in NAMELESS
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
    """A list of people by `id:`, `email:` or `name:`. An entry without a kind means any of the three.

    An e-mail address is also the one with a tag, which its owner makes up: `ada+2@example.org` for `ada@example.org`.
    """

    def __init__(self, entries: Sequence[str] = ()) -> None:
        self.entries = tuple(entries)
        #: Kind -> form -> the first entry's number.
        self._numbers: dict[str, dict[str, int]] = {kind: {} for kind in _KINDS}
        for number, (kind, value) in enumerate(map(_typed, entries)):
            for form in _forms(value):
                for meant in _KINDS if kind is None else (kind,):
                    self._numbers[meant].setdefault(form, number)

    def __contains__(self, author: Author) -> bool:
        return bool(self.matches(author))

    def matches(self, author: Author) -> list[int]:
        """The numbers of the entries, from 0, that are this author. Of entries that mean the same, only the first."""
        values = [("id", author.user_id), ("email", author.email), ("name", author.name)]
        if author.email and "+" in author.email:
            values.append(("email", _without_tag(author.email)))
        rows = (
            self._numbers[kind].get(form)
            for kind, value in values
            if value and self._numbers[kind]
            for form in _forms(value)
        )
        return sorted({number for number in rows if number is not None})


class TrustedAuthors:
    """A list of people by `id:` or `email:`. An entry without a kind is an id, and also an e-mail address with an `@`.

    They are compared letter by letter, except for case: an id that only looks like a trusted one is somebody else's.

    Raises:
        PatternError: an entry is a name, which proves nothing.
    """

    def __init__(self, entries: Sequence[str] = ()) -> None:
        self.entries = tuple(entries)
        if any(map(is_name, entries)):
            raise PatternError("Anybody can type a name. Trust a user id (id:…) or an e-mail address (email:…).")
        #: Id or e-mail address -> the first entry's number.
        self._ids: dict[str, int] = {}
        self._emails: dict[str, int] = {}
        for number, (kind, value) in enumerate(map(_typed, entries)):
            self._ids.setdefault(spelled(entries[number]), number)  # "id:7" may be an id that begins with "id:"
            if kind in {None, "id"}:
                self._ids.setdefault(spelled(value), number)
            if kind in {None, "email"} and "@" in value:
                self._emails.setdefault(spelled(value), number)

    def __contains__(self, author: Author) -> bool:
        return bool(self.matches(author))

    def matches(self, author: Author) -> list[int]:
        """The numbers of the entries, from 0, that are this author. Of entries that mean the same, only the first."""
        by_id = self._ids.get(spelled(author.user_id)) if author.user_id else None
        by_email = self._emails.get(spelled(author.email)) if author.email and author.is_vouched_for else None
        return sorted({number for number in (by_id, by_email) if number is not None})


def without_kind(entry: str) -> str:
    """An entry without its kind."""
    return _typed(entry)[1]


def spelling(entry: str) -> str:
    """An entry as entries are told apart: whatever the case and the spaces."""
    kind, value = _typed(entry)
    return fold(value) if kind is None else f"{kind}:{fold(value)}"


def is_name(entry: str) -> bool:
    """Whether an entry is a name, which proves nothing."""
    return _typed(entry)[0] == "name"


def _typed(entry: str) -> tuple[str | None, str]:
    """The kind of an entry, if it names one, and the rest."""
    match = _TYPED.fullmatch(entry.strip())
    return (match[1].lower(), match[2]) if match else (None, entry)


def _forms(value: str) -> set[str]:
    """A value as it was written and as it is read. One in which nothing can be seen matches nobody."""
    ways = {value, value.translate(_BLANKS)}
    return {form for way in ways for form in (fold(way), as_read(way)) if form}


def _without_tag(email: str) -> str:
    """An e-mail address without what follows a `+` before the host."""
    mailbox, at, host = email.rpartition("@")
    return (mailbox.partition("+")[0] or mailbox) + at + host
