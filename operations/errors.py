"""Errors that an operator can mend."""

from __future__ import annotations


class OperatorError(Exception):
    """Something in the installation is wrong; the message says what, and what to do about it."""
