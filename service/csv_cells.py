"""Cells of a CSV file that a spreadsheet shows as they are, whatever somebody wrote into them."""

from __future__ import annotations

import unicodedata

_FORMULA = ("=", "+", "-", "@")
#: Spaces, line breaks, control and format characters: nothing that is seen before a formula.
_UNSEEN = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf"})


def cell(value: object) -> object:
    """Text that would be a formula gets an apostrophe before it, which spreadsheets show as text."""
    if not isinstance(value, str):
        return "" if value is None else value
    first = next((letter for letter in value if unicodedata.category(letter) not in _UNSEEN), "")
    is_formula = unicodedata.normalize("NFKC", first).startswith(_FORMULA)
    return f"'{value}" if is_formula or value.startswith(("\t", "\r", "\n")) else value
