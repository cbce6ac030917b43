"""`winnow reseal`."""

from __future__ import annotations

import click

from operations import sealed
from operations.commands import open_installation


@click.command()
def reseal() -> None:
    """Encrypt stored secrets under the first secret key.

    To rotate: put the new key first in WINNOW_SECRET_KEY and the old one after a comma, restart, run this, and take
    the old key away.
    """
    settings, store = open_installation()
    click.echo(f"Encrypted under the first key: {sealed.reseal_all(settings, store)}.")
