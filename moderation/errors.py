"""What several rooms raise. What only one of them can say has its exception beside it."""

from __future__ import annotations


class NotFound(Exception):
    """What somebody named is not there, or not theirs; the message says so in a sentence."""
