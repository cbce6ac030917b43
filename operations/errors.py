"""What an operator can mend."""

from __future__ import annotations


class OperatorError(Exception):
    """Something in the installation is wrong; the message says what to do about it, in a sentence."""
