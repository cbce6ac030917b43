"""What the delivery process does, without the process."""

from __future__ import annotations

from moderation.settings import Settings
from moderation.store import Store
from moderation.webhooks import deliveries
from moderation.webhooks.sender import Sender


def deliver_once(store: Store, settings: Settings, sender: Sender) -> list[str]:
    """One round: claim what is due, send it, record it. What became of each."""
    results: list[str] = []
    with store.read() as session:
        wanted = deliveries.endpoints_with_work(session)
    for endpoint_id in wanted:
        with store.write() as session:
            due = deliveries.claim(session, endpoint_id)
        sent = [deliveries.send(sender, settings, one) for one in due]
        with store.write() as session:
            results += deliveries.record(session, sent)
    return results
