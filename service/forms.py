"""Texts that people typed into a form or an address, in a form that every database takes.

Passwords and the token that signs a form do not go through here: those are read exactly as they were sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from flask import abort, request

from moderation import clock
from texts import visibility

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_LAST_DAY = datetime(9999, 12, 30, tzinfo=UTC)  # after the next one there is none


def clean(text: str) -> str:
    """`text` without NUL, which PostgreSQL does not take, and with `\\n` where browsers send `\\r\\n`."""
    return text.replace("\0", "").replace("\r\n", "\n")


def text(name: str, *, most: int | None = None, fields: Mapping[str, str] | None = None) -> str:
    """A field of the form, or of `fields`: without white space around it, and cut after `most` characters.

    Of signs that nobody can see, it is empty.
    """
    given = _read(request.form if fields is None else fields, name, most)
    return given if any(map(visibility.is_drawn, given)) else ""


def argument(name: str, *, most: int | None = None, fields: Mapping[str, str] | None = None) -> str:
    """A parameter of the address (`?name=`), or of `fields`, read like `text`.

    Links carry what comments hold: a thread's name may be of signs that nobody can see, and still be its name.
    """
    return _read(request.args if fields is None else fields, name, most)


def _read(fields: Mapping[str, str], name: str, most: int | None) -> str:
    return clean(fields.get(name, "")).strip()[:most]


def choice(name: str, choices: Collection[str], otherwise: str) -> str:
    """A field that names one of `choices`. Anything else ends the request with 400 and the sentence `otherwise`."""
    chosen = text(name)
    if chosen not in choices:
        abort(400, otherwise)
    return chosen


def number(text: str) -> int | None:
    """A whole number of at most nine digits; None for any other text."""
    return int(text) if _NUMBER.fullmatch(text) else None


def day(text: str | None) -> datetime | None:
    """The beginning of a day such as `2026-11-23`, in UTC; None for any other text."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) if text and _DAY.fullmatch(text) else None
    except ValueError:
        return None


def end_of_day(text: str | None) -> datetime | None:
    """The end of a day such as `2026-11-23`, in UTC; None for any other text. The calendar's last day ends with it."""
    begins = day(text)
    return None if begins is None else min(begins, _LAST_DAY) + timedelta(days=1)


def identifier(name: str, prefix: str) -> str | None:
    """A parameter of the address (`?name=`), if it can be the id of a row (`clock.is_id`); else None."""
    value = request.args.get(name, "")
    return value if clock.is_id(prefix, value) else None
