"""`winnow recount`."""

from __future__ import annotations

import click

from moderation.history import tallies
from operations.commands import open_installation


@click.command()
def recount() -> None:
    """Add the statistics up anew from the audit.

    For when they are in doubt. Everything may go on running. What was noted of the review queue, which no audit holds,
    stays as it is.
    """
    _, store = open_installation()
    click.echo(f"Added up from {tallies.rebuild(store):,} events.")
