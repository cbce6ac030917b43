"""The secrets that are stored encrypted: where they are, whether they open, and their move to another key."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, inspect, select
from sqlalchemy.orm import InstrumentedAttribute

from moderation import sealing
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import CompatKey, SiteSecret, User, WebhookEndpoint

#: Where there is none, the column is NULL.
SEALED: tuple[InstrumentedAttribute[Any], ...] = (
    WebhookEndpoint.sealed_secret,
    CompatKey.sealed,
    SiteSecret.sealed,
    User.totp_sealed,
)


def open_all(found: Settings, store: Store) -> int:
    """Open every stored secret, and say how many there are.

    Raises:
        SealError: one does not open.
    """
    with store.read() as session:
        sealed = [secret for column in SEALED for secret in session.scalars(_stored(column))]
    for secret in sealed:
        sealing.unseal(found, secret)
    return len(sealed)


def reseal_all(found: Settings, store: Store) -> int:
    """Encrypt every stored secret under the first key, and say how many there are.

    Raises:
        SealError: one does not open.
    """
    return sum(_reseal(found, store, column) for column in SEALED)


def _stored(column: InstrumentedAttribute[Any]) -> Select[Any]:
    return select(column).where(column.is_not(None))


def _reseal(found: Settings, store: Store, column: InstrumentedAttribute[Any]) -> int:
    """Rows resealed. One whose secret changed meanwhile is left, since it was sealed under the first key."""
    table: Any = column.class_
    identity = inspect(table).primary_key
    with store.read() as session:
        query = select(*identity, column).where(column.is_not(None))
        sealed = {tuple(key): secret for *key, secret in session.execute(query)}
    resealed = {key: sealing.reseal(found, secret) for key, secret in sealed.items()}
    with store.write() as session:
        for key, secret in resealed.items():
            row = session.get(table, key)
            if row is not None and getattr(row, column.key) == sealed[key]:
                setattr(row, column.key, secret)
    return len(resealed)
