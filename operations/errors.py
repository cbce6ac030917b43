"""Errors that an operator can mend."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable

import click

from texts.controls import printable

#: What a sentence for an operator may have beside letters.
LINES = "\n\t"


class OperatorError(Exception):
    """Something in the installation is wrong; the message says what, and what to do about it."""


def is_full(error: OSError) -> bool:
    """Whether it is the disk, or the share of it that this user may have, that has no room."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


def told_in_a_sentence(run: Callable[[], object]) -> None:
    """Run it. What an operator can mend ends the process with a sentence, without a traceback."""
    try:
        run()
    except Exception as error:
        from operations.explain import explain  # noqa: PLC0415  (slow to import, and seldom needed)

        sentence = explain(error)
        if sentence is None:
            raise
        click.echo(f"Error: {printable(sentence, keep=LINES)}", err=True)
        sys.exit(1)
