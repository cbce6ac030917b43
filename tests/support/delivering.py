"""What the delivery process does, without the process."""

from __future__ import annotations

from moderation.settings import Settings
from moderation.store import Store
from moderation.webhooks import deliveries
from moderation.webhooks.deliveries import Due
from moderation.webhooks.sender import Sender


def deliver_once(store: Store, settings: Settings, sender: Sender) -> list[str]:
    """Claim what is due, send it and record it, until nothing is due. What became of each."""
    results: list[str] = []
    with store.read() as session:
        wanted = deliveries.endpoints_with_work(session)
    for endpoint_id in wanted:
        while due := _claim(store, endpoint_id):
            sent = [deliveries.send(sender, settings, one) for one in due]
            with store.write() as session:
                results += deliveries.record(session, sent)
    return results


def deliver_all(store: Store, settings: Settings, sender: Sender) -> None:
    """Deliver until nothing is due any more, whatever becomes of it."""
    while deliver_once(store, settings, sender):
        pass


def _claim(store: Store, endpoint_id: str) -> list[Due]:
    with store.write() as session:
        return deliveries.claim(session, endpoint_id)
