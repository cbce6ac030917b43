"""`winnow reseal`."""

from __future__ import annotations

import click
from sqlalchemy import select

from moderation import sealing
from moderation.tables import WebhookEndpoint
from operations.commands import open_installation


@click.command()
def reseal() -> None:
    """Encrypt stored secrets under the first secret key.

    To rotate: put the new key first in WINNOW_SECRET_KEY and the old one after a comma, restart, run this, and take
    the old key away.
    """
    found, store = open_installation()
    with store.read() as session:
        sealed = dict(session.execute(select(WebhookEndpoint.id, WebhookEndpoint.sealed_secret)).tuples().all())
    resealed = {endpoint_id: sealing.reseal(found, secret) for endpoint_id, secret in sealed.items()}
    with store.write() as session:
        for endpoint in session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.id.in_(resealed))):
            if endpoint.sealed_secret == sealed[endpoint.id]:
                endpoint.sealed_secret = resealed[endpoint.id]
    click.echo(f"Encrypted under the first key: {len(resealed)}.")
