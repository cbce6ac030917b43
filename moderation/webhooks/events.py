"""Telling sites: a delivery row for each event and endpoint, written in the transaction of what it tells of.

`catalogue.py` lists the events, `protocols.py` says how they are worded, and `deliveries.py` sends them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from moderation import clock, news
from moderation.tables import WebhookDelivery, WebhookEndpoint
from moderation.webhooks import callbacks, catalogue, protocols, withdrawal


@dataclass(frozen=True, slots=True)
class Event:
    """Something a site wants to know, of a type in the catalogue. `data` never holds a comment's words or its author's
    details."""

    type: str
    site_id: str
    comment_id: str | None
    at: datetime
    data: dict[str, Any]
    #: The comment's, which says whom else to tell.
    origin: dict[str, Any] | None = None
    #: The comment's version that this tells of.
    version: int | None = None
    #: How long it can still be taken back: so long it does not leave.
    grace: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if self.type not in catalogue.EVENTS:
            raise ValueError(f"{self.type} is no event of the catalogue.")

    @property
    def follows_another(self) -> bool:
        """Whether it replaces what was told of the comment before: its first decision makes version 2.

        How an appeal ended replaces nothing: it comes beside the decision.
        """
        return self.type.startswith("comment.") and self.version is not None and self.version > 2

    def payload(self) -> dict[str, Any]:
        """The body to send: `{type, timestamp, data}`."""
        return {"type": self.type, "timestamp": self.at.isoformat(), "data": self.data}


def notify(session: Session, events: Sequence[Event], *, only: Collection[str] | None = None) -> set[str]:
    """Write a delivery for each event and each active endpoint of its site, in the caller's transaction.

    A comment that came with a callback of its own has one for that too. What still waited for the end of its grace is
    withdrawn, so that nothing arrives after what followed it. `only` names the endpoints to tell; None: all.
    Returns those that will be told.
    """
    if not events:
        return set()
    for event in events:
        if event.comment_id is not None and event.follows_another:
            withdrawal.replace_waiting(session, event.comment_id, event.at)
    endpoints: dict[str, list[str]] = defaultdict(list)
    query = select(WebhookEndpoint.site_id, WebhookEndpoint.id).where(
        WebhookEndpoint.site_id.in_({event.site_id for event in events}),
        WebhookEndpoint.active,
        WebhookEndpoint.protocol == protocols.STANDARD,
    )
    for site_id, endpoint_id in session.execute(query):
        if only is None or endpoint_id in only:
            endpoints[site_id].append(endpoint_id)
    rows = [
        delivery(event, endpoint_id, event.payload()) for event in events for endpoint_id in endpoints[event.site_id]
    ]
    called_back = [event for event in events if (event.origin or {}).get("endpoint_id")]
    rows += _call_back(session, called_back, only=only)
    if rows:
        session.execute(insert(WebhookDelivery), rows)
        news.of(session).sites |= {event.site_id for event in events}
    return {row["endpoint_id"] for row in rows}


def _call_back(session: Session, events: Sequence[Event], *, only: Collection[str] | None) -> list[dict[str, Any]]:
    """Deliveries to the callbacks of these events' comments; what they have not been told yet is no longer true."""
    wanted = {event.origin["endpoint_id"] for event in events if event.origin}
    if only is not None:
        wanted &= set(only)
    if not wanted:
        return []
    query = select(WebhookEndpoint.id).where(WebhookEndpoint.id.in_(wanted), WebhookEndpoint.active)
    active = set(session.scalars(query))
    rows = []
    for event in events:
        payload = callbacks.payload_of(event.type, event.origin or {})
        endpoint_id = (event.origin or {})["endpoint_id"]
        if payload is not None and endpoint_id in active:
            rows.append(delivery(event, endpoint_id, payload))
            if event.comment_id is not None and event.follows_another:
                withdrawal.replace_undelivered(session, event.comment_id, endpoint_id, event.at)
    return rows


def delivery(event: Event, endpoint_id: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The row of a delivery, due once its event can no longer be taken back."""
    moment = clock.now()
    return {
        "id": clock.new_id("msg", moment),
        "endpoint_id": endpoint_id,
        "comment_id": event.comment_id,
        "event": event.type,
        "payload": payload,
        "created_at": moment,
        "attempts": 0,
        "next_attempt_at": moment + event.grace,
        "version": event.version,
    }
