"""How a delivery is worded, signed and answered: one record for each protocol in which sites are told.

`standard` is Standard Webhooks (https://www.standardwebhooks.com, specification 1.0.0), `akismet` the callback of
`callbacks.py`. A further protocol is a further record.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.settings import Settings
from moderation.webhooks import callbacks, catalogue, statement_links

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """What one attempt at a delivery is made of. `secret` is the endpoint's, in the clear."""

    id: str
    payload: Payload
    secret: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Protocol:
    """One way of telling a site."""

    #: The request's body and headers.
    request: Callable[[Settings, Message], tuple[bytes, dict[str, str]]]
    #: Why a message did not arrive, going by the answer's status and body; None when it did.
    complaint: Callable[[Payload, int, bytes], str | None]
    #: Whether every endpoint of the site that speaks it hears of every event; else only of comments that name it.
    hears_everything: bool = True


def sign(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def complaint(protocol: Protocol, payload: Payload, status: int, body: bytes) -> str | None:
    """Why an attempt failed; None when it did not. What a status means to every receiver goes before its protocol."""
    if 300 <= status < 400:
        return f"It answered {status}. Redirects are not followed: register the address that it points to."
    if status == 410:
        return "It answered 410 Gone, so this endpoint was switched off."
    return protocol.complaint(payload, status, body)


def _standard_request(settings: Settings, message: Message) -> tuple[bytes, dict[str, str]]:
    payload = _with_statement(settings, message.payload)
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    timestamp = int(message.at.timestamp())
    return body, {
        "Content-Type": "application/json",
        "User-Agent": "Winnow webhooks",
        "webhook-id": message.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(message.secret, message.id, timestamp, body),
    }


def _with_statement(settings: Settings, payload: Payload) -> Payload:
    """With the link that tells the author why, where readers do not see the comment.

    Added on the way out: what is stored, and shown in lists of deliveries, opens no page.
    """
    if payload.get("type") not in {catalogue.of_status(status) for status in statement_links.STATED}:
        return payload
    data = payload["data"]
    url = statement_links.address(settings, data["id"], datetime.fromisoformat(payload["timestamp"]))
    return {**payload, "data": data | {"statement_url": url}}


def _standard_complaint(_payload: Payload, status: int, _body: bytes) -> str | None:
    return None if 200 <= status < 300 else f"It answered {status}."


def _akismet_request(_settings: Settings, message: Message) -> tuple[bytes, dict[str, str]]:
    headers = {"Content-Type": "application/json", "User-Agent": "Winnow"}
    return callbacks.body_of(message.payload, message.secret), headers


STANDARD = "standard"
PROTOCOLS: Mapping[str, Protocol] = {
    STANDARD: Protocol(request=_standard_request, complaint=_standard_complaint),
    callbacks.PROTOCOL: Protocol(request=_akismet_request, complaint=callbacks.complaint_of, hears_everything=False),
}
