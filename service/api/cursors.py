"""Cursors: where a page ended, as an opaque text that the client sends back."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from service.api.fields import show_moment
from service.problems import invalid

Part = str | int | datetime
Row = TypeVar("Row")


def encode(kind: str, parts: Sequence[Part]) -> str:
    """A cursor of this kind."""
    plain = [show_moment(part) if isinstance(part, datetime) else part for part in parts]
    return base64.urlsafe_b64encode(json.dumps([kind, *plain]).encode()).decode().rstrip("=")


def cut(
    kind: str, rows: Sequence[Row], limit: int, place: Callable[[Row], Sequence[Part]]
) -> tuple[Sequence[Row], str | None]:
    """The page of `rows`, which were read with one more than `limit`; and the next page's cursor, None on the last.

    `place` gives the parts of the cursor after a row.
    """
    page = rows[:limit]
    return page, encode(kind, place(page[-1])) if len(rows) > len(page) else None


def decode(kind: str, cursor: str, types: Sequence[type]) -> list[Part]:
    """The parts of a cursor that `encode` made for the same kind.

    Raises:
        Problem: we did not make it, or made it for another list.
    """
    try:
        parts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(parts, list) or len(parts) != len(types) + 1 or parts[0] != kind:
            raise ValueError(kind)
        return [_part(value, part_type) for value, part_type in zip(parts[1:], types, strict=True)]
    except (ValueError, TypeError, RecursionError, OverflowError, binascii.Error):
        raise invalid({"cursor": ["This is no cursor of this list. Begin again without one."]}) from None


def _part(value: object, part_type: type) -> Part:
    if part_type is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not 1900 <= moment.year <= 2200:  # another year could overflow the calendar later
            raise ValueError(value)
        return moment.astimezone(UTC)
    if part_type is str and isinstance(value, str) and "\0" not in value:
        value.encode()
        return value
    if part_type is int and type(value) is int and abs(value) < 2**53:
        return value
    raise ValueError(value)
