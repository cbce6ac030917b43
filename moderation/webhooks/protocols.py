"""The protocols that endpoints speak. A further one that calls back is one more record here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moderation.settings import Settings
from moderation.webhooks import akismet, standard
from moderation.webhooks.attempts import Answer, Failure, Outgoing
from moderation.webhooks.catalogue import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Protocol:
    """How an endpoint is told of events. What is the same for all is not here: redirects, 410 Gone, retries."""

    name: str
    #: What a delivery of an event says, as it is stored; None for an event that the protocol cannot tell.
    payload: Callable[[Event], dict[str, Any] | None]
    #: The body and the headers of a request.
    request: Callable[[Settings, Outgoing], tuple[bytes, dict[str, str]]]
    #: Why a payload did not arrive, going by the answer; None when it did.
    failure: Callable[[Mapping[str, Any], Answer], Failure | None]
    #: Its endpoints came with comments, and are told of these alone. Its messages carry no version, so receivers
    #: believe the last one: only a decision that still holds is sent.
    calls_back: bool = False


STANDARD = Protocol(
    name="standard", payload=standard.payload_of, request=standard.request_of, failure=standard.failure_of
)
AKISMET = Protocol(
    name="akismet",
    payload=akismet.payload_of,
    request=akismet.request_of,
    failure=akismet.failure_of,
    calls_back=True,
)

#: The `protocol` of an endpoint -> how to speak it.
PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in (STANDARD, AKISMET)}
