"""What somebody typed into a form or an address, as text that every database takes.

A password and what signs a form are no such text: those are read as they were sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from flask import abort, request

from moderation import clock
from texts import visibility

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"[0-9]{1,9}")


def clean(text: str) -> str:
    """`text` without NUL, which PostgreSQL does not take, and with the line breaks that everything but browsers has."""
    return text.replace("\0", "").replace("\r\n", "\n")


def text(name: str, *, most: int | None = None, sent: Mapping[str, str] | None = None) -> str:
    """A field of the form, or of `sent`: without white space around it, and cut after `most` characters.

    Of signs that nobody can see, it is empty.
    """
    given = clean((request.form if sent is None else sent).get(name, "")).strip()
    return given[:most] if any(map(visibility.is_drawn, given)) else ""


def argument(name: str, *, most: int | None = None) -> str:
    """The same of an address: what it has after `?name=`."""
    return text(name, most=most, sent=request.args)


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


def identifier(name: str, prefix: str) -> str | None:
    """What an address has after `?name=`, where that can be the id of a row; see `clock.is_id`."""
    given = request.args.get(name, "")
    return given if clock.is_id(prefix, given) else None
