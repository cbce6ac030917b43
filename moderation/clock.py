"""Time and ids. All code reads the clock here, so that a test can set it."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

#: The clocks of two machines may differ by so much. What seems to come from further ahead was noted before one was set
#: back.
SLACK = timedelta(minutes=1)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def now() -> datetime:
    """The present moment in UTC, to the microsecond."""
    return datetime.now(UTC)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def from_milliseconds(number: int) -> datetime:
    """The moment that `milliseconds` gave."""
    return datetime.fromtimestamp(number / 1000, UTC)


class _Latest(threading.local):
    """The millisecond and the random part of this thread's latest id. The random part leaves room to count up."""

    millisecond, chance = -1, 0


_latest = _Latest()


def new_id(prefix: str, moment: datetime | None = None) -> str:
    """A unique id such as `c_01jq…`: 26 characters that sort by time (ULID's layout), behind a prefix.

    Ids that one thread makes in one millisecond sort in the order in which they were made.
    """
    millisecond = milliseconds(moment or now())
    if millisecond == _latest.millisecond:
        _latest.chance += 1 + secrets.randbits(64)
    else:
        _latest.millisecond, _latest.chance = millisecond, secrets.randbits(79)
    number = (millisecond << 80) + _latest.chance
    return f"{prefix}_{_in_letters(number)}"


def derived_id(prefix: str, moment: datetime, *seed: str) -> str:
    """An id of a moment that is always the same for the same seed."""
    digest = hashlib.blake2b("\0".join(seed).encode(), digest_size=10).digest()
    number = (max(0, milliseconds(moment)) << 80) + int.from_bytes(digest, "big")
    return f"{prefix}_{_in_letters(number)}"


def free_id(prefix: str, some_id: str, site_id: str, taken: Collection[str]) -> str:
    """An id for a site; where it is among those `taken` elsewhere, the one that follows from both, always the same."""
    return derived_id(prefix, moment_of(some_id), site_id, some_id) if some_id in taken else some_id


def _in_letters(number: int) -> str:
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])


def is_id(prefix: str, text: str) -> bool:
    """Whether `text` can be an id with this prefix. Other text must not be looked up: PostgreSQL refuses some."""
    return re.fullmatch(rf"{prefix}_[{_ALPHABET}]{{26}}", text) is not None


def first_id(prefix: str, moment: datetime) -> str:
    """A text that sorts before every id made from `moment` on, and after every earlier id."""
    return new_id(prefix, moment)[: len(prefix) + 11] + "0" * 16


def moment_of(some_id: str) -> datetime:
    """The moment at which an id was made, to the millisecond."""
    number = 0
    for character in some_id.partition("_")[2][:10]:
        number = number * 32 + _ALPHABET.index(character)
    return datetime.fromtimestamp(number / 1000, UTC)
