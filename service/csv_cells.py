"""Cells of a CSV file that a spreadsheet shows as text, whatever somebody wrote into them."""

from __future__ import annotations

import unicodedata

_FORMULA = ("=", "+", "-", "@")
#: Characters that are not seen before a formula: spaces, line breaks, control and format characters.
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


def cell(value: object) -> object:
    """The value for a cell. A text that would be a formula gets an apostrophe in front, which makes it text."""
    if not isinstance(value, str):
        return "" if value is None else value
    first = next((letter for letter in value if unicodedata.category(letter) not in _UNSEEN), "")
    is_formula = unicodedata.normalize("NFKC", first).startswith(_FORMULA)
    return f"'{value}" if is_formula or value.startswith(("\t", "\r", "\n")) else value
