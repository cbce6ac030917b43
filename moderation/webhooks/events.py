"""Telling sites: a delivery row for each event and endpoint, written in the transaction of what it tells of.

`catalogue.py` has the events that there are, `protocols.py` how an endpoint is told, and `deliveries.py` sends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, or_, select
from sqlalchemy.orm import Session

from moderation import clock, news, tracing
from moderation.tables import WebhookDelivery, WebhookEndpoint
from moderation.webhooks import withdrawal
from moderation.webhooks.catalogue import Event
from moderation.webhooks.protocols import PROTOCOLS, Protocol

_ENDPOINTS = cast("Table", WebhookEndpoint.__table__)
#: Built once, because building it takes longer than running it.
_TOLD = (
    select(_ENDPOINTS.c.site_id, _ENDPOINTS.c.id, _ENDPOINTS.c.protocol)
    .where(
        _ENDPOINTS.c.site_id.in_(bindparam("sites", expanding=True)),
        _ENDPOINTS.c.active,
        or_(
            _ENDPOINTS.c.protocol.in_([protocol.name for protocol in PROTOCOLS.values() if not protocol.calls_back]),
            _ENDPOINTS.c.id.in_(bindparam("callbacks", expanding=True)),
        ),
    )
    .order_by(_ENDPOINTS.c.id)
    .with_for_update(read=True, key_share=True)
)


def notify(session: Session, events: Sequence[Event], *, only: Collection[str] | None = None) -> set[str]:
    """Write a delivery for each event and each active endpoint of its site, in the caller's transaction.

    A comment that came with a callback of its own gets a delivery to that too. Earlier deliveries that still wait for
    the end of their grace are withdrawn, so that they cannot arrive after the new one. `only` names the endpoints to
    tell; None: all. Returns the ids of the endpoints that will be told.
    """
    if not events:
        return set()
    endpoints = _endpoints(session, events, only)
    rows = []
    for event in events:
        replaces = event.comment_id if event.follows_another else None
        if replaces is not None:
            withdrawal.replace_waiting(session, replaces, event.at)
        for endpoint_id, protocol in endpoints[event.site_id].items():
            if protocol.calls_back and endpoint_id != _callback(event):
                continue
            payload = protocol.payload(event)
            if payload is None:
                continue
            rows.append(delivery(event, endpoint_id, payload))
            if protocol.calls_back and replaces is not None:
                withdrawal.replace_undelivered(session, replaces, endpoint_id, event.at)
    if rows:
        session.execute(insert(WebhookDelivery), rows)
        news.of(session).sites |= {event.site_id for event in events}
    return {row["endpoint_id"] for row in rows}


def delivery(event: Event, endpoint_id: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The row of a delivery, due once its event can no longer be taken back."""
    moment = clock.now()
    cause = event.cause or tracing.current()
    return {
        "id": clock.new_id("msg", moment),
        "endpoint_id": endpoint_id,
        "comment_id": event.comment_id,
        "event": event.type.name,
        "payload": payload,
        "created_at": moment,
        "attempts": 0,
        "next_attempt_at": moment + event.grace,
        "version": event.version,
        "request_id": cause.request_id,
        "traceparent": cause.traceparent,
    }


def _endpoints(
    session: Session, events: Sequence[Event], only: Collection[str] | None
) -> dict[str, dict[str, Protocol]]:
    """Site -> the active endpoints that may be told of these events, each with its protocol.

    Their rows are locked, so that no endpoint is removed before its delivery is written.
    """
    values = {
        "sites": list({event.site_id for event in events}),
        "callbacks": list({callback for event in events if (callback := _callback(event))}),
    }
    endpoints: dict[str, dict[str, Protocol]] = defaultdict(dict)
    for site_id, endpoint_id, protocol in session.execute(_TOLD, values):
        if only is None or endpoint_id in only:
            endpoints[site_id][endpoint_id] = PROTOCOLS[protocol]
    return endpoints


def _callback(event: Event) -> str | None:
    """The endpoint that the event's comment came with."""
    callback: str | None = (event.origin or {}).get("endpoint_id")
    return callback
