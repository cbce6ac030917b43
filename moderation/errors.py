"""Exceptions that several rooms raise. One that only one room raises stands there."""

from __future__ import annotations

from typing import TypeVar

Found = TypeVar("Found")


class NotFound(Exception):
    """A thing that was named does not exist, or belongs to somebody else; the message says so in a sentence."""


def found(thing: Found | None, name: str) -> Found:
    """The thing that was looked up.

    Raises:
        NotFound: it is None: "There is no (name)."
    """
    if thing is None:
        raise NotFound(f"There is no {name}.")
    return thing
