"""Comments in languages that the classifier has not learnt (foreign.toml): it must say so."""

from __future__ import annotations

from models.package_data import read_lists


def foreign_comments() -> dict[str, list[str]]:
    """Language code -> comments."""
    return read_lists("models.evaluation", "foreign.toml")
