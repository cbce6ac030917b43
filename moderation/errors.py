"""Exceptions that several rooms raise. One that only one room raises stands there."""

from __future__ import annotations


class NotFound(Exception):
    """A thing that was named does not exist, or belongs to somebody else; the message says so in a sentence."""
