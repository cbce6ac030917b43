"""Messages in the form of Standard Webhooks (https://www.standardwebhooks.com, specification 1.0.0)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moderation.settings import Settings
from moderation.webhooks import batches, catalogue, statement_links
from moderation.webhooks.attempts import Answer, Failure, Outgoing
from moderation.webhooks.catalogue import Event

#: Events that carry the link to the comment's statement.
_STATED = frozenset(catalogue.DECIDED[status].name for status in statement_links.STATED)


def new_secret() -> str:
    """A random secret to sign with."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def payload_of(event: Event) -> dict[str, Any]:
    """What a delivery says: the event as the catalogue describes it."""
    return event.payload()


def request_of(settings: Settings, message: Outgoing) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a request."""
    events = batches.events_in(message.payload)
    if events is None:
        payload = _with_statement(settings, message.payload)
    else:
        payload = message.payload | {"data": {"events": [_with_statement(settings, event) for event in events]}}
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    timestamp = int(message.at.timestamp())
    return body, {
        "Content-Type": "application/json",
        "User-Agent": "Winnow webhooks",
        "webhook-id": message.delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(message.secret, message.delivery_id, timestamp, body),
    }


def failure_of(_payload: Mapping[str, Any], answer: Answer) -> Failure | None:
    """Why a message did not arrive, going by an answer; None when it did: any 2xx."""
    if 200 <= answer.status < 300:
        return None
    return Failure("status", f"It answered {answer.status}.")


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _with_statement(settings: Settings, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The payload with the link to the author's statement, where readers do not see the comment.

    Added at sending: what is stored, and shown in lists of deliveries, must not open that page.
    """
    if payload.get("type") not in _STATED:
        return payload
    data = payload["data"]
    url = statement_links.address(settings, data["id"], datetime.fromisoformat(payload["timestamp"]))
    return {**payload, "data": data | {"statement_url": url}}
