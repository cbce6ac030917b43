"""One attempt at a delivery, as data: what goes out, and why it did not arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

FailureKind = Literal[
    "refused",  # we do not send to such an address
    "no_address",  # the host's name has no address
    "no_connection",
    "disconnected",  # it closed the connection without an answer
    "timed_out",
    "tls",  # its certificate, or how it speaks TLS
    "not_http",  # what it answered is not HTTP
    "redirect",
    "gone",  # it answered 410: the endpoint is switched off
    "status",  # any other answer that is no 2xx
    "not_taken",  # a 2xx whose body says that it did not take the message
    "secret",  # the endpoint's secret cannot be opened, so nothing was sent
]
FAILURE_KINDS: tuple[str, ...] = get_args(FailureKind)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed: the kind for programs, the message for people."""

    kind: FailureKind
    message: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What one attempt sends: the delivery's id and payload, the endpoint's secret, and the moment of sending."""

    delivery_id: str
    payload: dict[str, Any]
    secret: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said."""

    status: int
    body: bytes
    #: Where a redirect points to, whole.
    location: str | None = None
