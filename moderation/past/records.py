"""What the readers of other systems' files make of a comment, and of one that cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

from moderation import addresses, authors, clock
from texts import links, visibility
from texts.controls import CONTROL, storable, without_meaningless

#: Characters of a comment. WordPress stores at most so many bytes, and the others less.
LONGEST_COMMENT = 65_535
#: A site's clock may have been this far ahead of ours.
_AHEAD = timedelta(days=1)
#: Names and addresses of authors whose reading is remembered: few people write most comments.
_REMEMBERED = 4096
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

Status = Literal["published", "flagged", "rejected", "erased"]


class NotReadable(Exception):
    """One comment of a file cannot be brought here; the message says why."""


class WrongFile(Exception):
    """The file is not what it should be; the message says what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A comment that could not be read: where it stands in the file, and why not."""

    place: str
    why: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not to be brought, and is counted only."""

    #: What is said of it behind its number: "are ratings without a text".
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PastComment:
    """A comment as another system had it."""

    #: Where it stands in the file, for people.
    place: str
    #: The other system's id for it, and for the comment that it answers.
    key: str
    parent_key: str | None
    name: str
    comment: str
    created_at: datetime
    status: Status
    #: Why it has this status, as a sentence, and the label that spoke against it.
    why: str
    label: str | None = None
    #: Whether a person was to look at it, though readers see it. What is `flagged` waits anyway.
    waits: bool = False
    #: When that was decided, where the other system says so.
    decided_at: datetime | None = None
    thread: str | None = None
    email: str | None = None
    url: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    user_id: str | None = None
    #: What people said of it, as an example to train with: label -> 0 (it is not) or 1 (it is).
    examples: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    #: Whether its author only typed the e-mail address, so that nobody vouches for it.
    email_was_typed: bool = False


#: What a file holds.
Read = PastComment | Unreadable | LeftOut


@dataclass(frozen=True, slots=True)
class Archive:
    """A file of another system, opened: its comments, and how far they have been read."""

    comments: Iterator[Read]
    #: In whatever `position` counts: bytes, or rows.
    size: int
    position: Callable[[], int]


def read(place: str, make: Callable[[], PastComment | LeftOut]) -> Read:
    """What `make` makes, or why it cannot."""
    try:
        comment = make()
    except NotReadable as error:
        return Unreadable(place, str(error))
    if isinstance(comment, LeftOut) or comment.status != "erased":
        return comment
    return _without_author(comment)


def _without_author(comment: PastComment) -> PastComment:
    """A comment that somebody deleted, perhaps its author: only its place in the thread is brought."""
    return replace(
        comment, name="", comment="", email=None, url=None, ip=None, user_id=None, examples={}, email_was_typed=False
    )


def line(text: str | None, longest: int) -> str | None:
    """One line of text, cut where it is too long; None where there is none."""
    if text and text.isascii() and text.isprintable():
        return text.strip()[:longest].strip() or None
    return CONTROL.sub(" ", storable(text or "").strip())[:longest].strip() or None


@lru_cache(_REMEMBERED)
def name(text: str | None) -> str:
    """An author's name. Who gave none, or nothing that can be seen, is anonymous."""
    cleaned = line(text, 200)
    return "Anonymous" if cleaned is None or authors.is_nameless(cleaned) else cleaned


def email(text: str | None) -> str | None:
    """An e-mail address; None for what is none."""
    cleaned = line(text, 1000)
    return cleaned if cleaned and "@" in cleaned and len(cleaned) <= 320 else None


@lru_cache(_REMEMBERED)
def url(text: str | None) -> str | None:
    """The address of an author's site; None for what a browser could not open."""
    cleaned = line(text, 5000)
    return cleaned if cleaned and len(cleaned) <= 2000 and links.is_address(cleaned) else None


def page(address: str | None) -> str | None:
    """A thread's name: the path of its page, with the query where there is one; None where there is no address."""
    written = (address or "").strip()
    try:
        parts = urlsplit(written)
    except ValueError:
        return line(written, 500)
    return line((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), 500) if written else None


def ip(text: str | None) -> str | None:
    """An IP address in its one spelling; None for what is none, and for what stands in the place of one."""
    address = addresses.read(text)
    return None if address in {"0.0.0.0", "::"} else address  # noqa: S104


def prose(text: str | None, status: Status) -> str:
    """What a comment of this status says: nothing where it was erased.

    Raises:
        NotReadable: nothing of it can be seen, or it is too long.
    """
    if status == "erased":
        return ""
    cleaned = without_meaningless(storable(text or "")).strip()
    if not visibility.can_be_seen(cleaned, unknown_tags=True):
        raise NotReadable("It has no text that can be seen.")
    if len(cleaned) > LONGEST_COMMENT:
        raise NotReadable(f"It has {len(cleaned):,} characters; at most {LONGEST_COMMENT:,} fit.")
    return cleaned


def key(text: str | None) -> str:
    """A comment's id in the other system.

    Raises:
        NotReadable: it has none, or a longer one than fits.
    """
    cleaned = line(text, 1000)
    if cleaned is None:
        raise NotReadable("It has no id.")
    if len(cleaned) > 180:
        raise NotReadable(f"Its id has {len(cleaned)} characters; at most 180 fit.")
    return cleaned


def moment(value: datetime | str | float | None) -> datetime:
    """When something happened: from ISO 8601 (UTC where it names no offset), or from seconds since 1970.

    Raises:
        NotReadable: it is no date, or not one on which anybody commented.
    """
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value.strip())
        elif isinstance(value, int | float):
            parsed = datetime.fromtimestamp(value, UTC)
        else:
            parsed = value or datetime.min
        parsed = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise NotReadable(f"Its date cannot be read: {str(value)[:40]!r}.") from None
    if parsed < _EARLIEST:
        raise NotReadable("It has no date.")
    if parsed > clock.now() + _AHEAD:
        raise NotReadable(f"Its date lies in the future: {parsed:%Y-%m-%d}.")
    return parsed
