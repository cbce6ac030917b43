"""What becomes of messages when the machine's clock is set back: moments that were noted before lie far ahead.

Nothing would be sent until the clock has reached them again. Ids sort by time, so that finding such rows costs nothing
while there are none.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from moderation import clock
from moderation.store import Store
from moderation.tables import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from moderation.webhooks.deliveries import LEASE

#: Deliveries that one transaction changes.
MOST = 1000


def bring_forward(store: Store) -> int:
    """Make due what only waits for the clock to be where it was. Returns how many deliveries that were."""
    moment = clock.now()
    with store.read() as session:
        if not _early(session, moment):
            return 0
    with store.write() as session:
        ids = _early(session, moment)
        session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.id.in_(ids))
            .values(next_attempt_at=moment, leased_until=None)
            .execution_options(synchronize_session=False)
        )
    return len(ids)


def _early(session: Session, moment: datetime) -> list[str]:
    endpoints: set[str] = set()
    for query in queries(moment):
        endpoints.update(session.scalars(query.limit(MOST)))
    return sorted(endpoints)[:MOST]


def queries(moment: datetime) -> list[Select[str]]:
    """Those that find deliveries that were written, last tried, or leased at a moment that has not come yet."""
    ahead = moment + clock.SLACK
    waits = WebhookDelivery.next_attempt_at > ahead
    written = select(WebhookDelivery.id).where(
        WebhookDelivery.id > clock.first_id("msg", ahead),
        WebhookDelivery.next_attempt_at >= WebhookDelivery.created_at,
        waits,
    )
    tried = (
        select(WebhookDelivery.id)
        .join(WebhookAttempt, WebhookAttempt.delivery_id == WebhookDelivery.id)
        .where(WebhookAttempt.id > clock.first_id("t", ahead), waits)
    )
    of_endpoint = WebhookDelivery.endpoint_id.in_(select(WebhookEndpoint.id))  # the index of leases begins with it
    leased = select(WebhookDelivery.id).where(of_endpoint, WebhookDelivery.leased_until > ahead + LEASE)
    return [written, tried, leased]
