"""Sentences and prose that lie beside the code as files: lists as TOML, prose as Markdown."""

from __future__ import annotations

import tomllib
from importlib.resources import files


def read_text(package: str, name: str) -> str:
    """A text file of a package, which the wheel holds too."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def read_lists(package: str, name: str) -> dict[str, list[str]]:
    """The lists of a TOML file of a package, by name, in the order of the file."""
    return tomllib.loads(read_text(package, name))
