"""The secrets that are stored encrypted: where they are, checking them, and encrypting them under another key."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, inspect, select
from sqlalchemy.orm import InstrumentedAttribute

from moderation import sealing
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import AlertChannel, CompatKey, IdentityKey, SiteSecret, User, WebhookEndpoint

#: The columns with encrypted secrets; NULL where there is none.
SEALED: tuple[InstrumentedAttribute[Any], ...] = (
    WebhookEndpoint.sealed_secret,
    CompatKey.sealed,
    SiteSecret.sealed,
    User.totp_sealed,
    AlertChannel.sealed,
    IdentityKey.sealed,
)


def open_all(settings: Settings, store: Store) -> int:
    """Decrypt every stored secret, as a check. Returns how many there are.

    Raises:
        SealError: one does not open.
    """
    with store.read() as session:
        sealed = [secret for column in SEALED for secret in session.scalars(_stored(column))]
    for secret in sealed:
        sealing.unseal(settings, secret)
    return len(sealed)


def reseal_all(settings: Settings, store: Store) -> int:
    """Encrypt every stored secret under the first key. Returns how many there are.

    Raises:
        SealError: one does not open.
    """
    return sum(_reseal(settings, store, column) for column in SEALED)


def _stored(column: InstrumentedAttribute[Any]) -> Select[Any]:
    return select(column).where(column.is_not(None))


def _reseal(settings: Settings, store: Store, column: InstrumentedAttribute[Any]) -> int:
    """Reseal a column; returns how many rows. A secret that changed meanwhile is left: it has the first key already."""
    table: Any = column.class_
    identity = inspect(table).primary_key
    with store.read() as session:
        query = select(*identity, column).where(column.is_not(None))
        sealed = {tuple(key): secret for *key, secret in session.execute(query)}
    resealed = {key: sealing.reseal(settings, secret) for key, secret in sealed.items()}
    with store.write() as session:
        for key, secret in resealed.items():
            row = session.get(table, key)
            if row is not None and getattr(row, column.key) == sealed[key]:
                setattr(row, column.key, secret)
    return len(resealed)
