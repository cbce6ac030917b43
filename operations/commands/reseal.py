"""`winnow reseal`."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import inspect, select
from sqlalchemy.orm import InstrumentedAttribute

from moderation import sealing
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import CompatKey, SiteSecret, WebhookEndpoint
from operations.commands import open_installation

_SEALED: tuple[InstrumentedAttribute[str], ...] = (
    WebhookEndpoint.sealed_secret,
    CompatKey.sealed,
    SiteSecret.sealed,
)


@click.command()
def reseal() -> None:
    """Encrypt stored secrets under the first secret key.

    To rotate: put the new key first in WINNOW_SECRET_KEY and the old one after a comma, restart, run this, and take
    the old key away.
    """
    found, store = open_installation()
    number = sum(_reseal(found, store, column) for column in _SEALED)
    click.echo(f"Encrypted under the first key: {number}.")


def _reseal(found: Settings, store: Store, column: InstrumentedAttribute[str]) -> int:
    """Rows resealed. One whose secret changed meanwhile is left, since it was sealed under the first key."""
    table: Any = column.class_
    identity = inspect(table).primary_key
    with store.read() as session:
        sealed = {tuple(key): secret for *key, secret in session.execute(select(*identity, column))}
    resealed = {key: sealing.reseal(found, secret) for key, secret in sealed.items()}
    with store.write() as session:
        for key, secret in resealed.items():
            row = session.get(table, key)
            if row is not None and getattr(row, column.key) == sealed[key]:
                setattr(row, column.key, secret)
    return len(resealed)
