"""Akismet's callback: how a decision is told to a program that asked us in Akismet's protocol, such as WordPress.

The answer to a check carried a guid; a later decision is posted to the address that came with the check.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation import clock
from moderation.tables import WebhookEndpoint
from moderation.webhooks.sender import Refused, check_url

PROTOCOL = "akismet"
#: Addresses that a site may be called back at: a network of blogs has one for each.
MOST_CALLBACKS = 500

#: What a decision is called there: whether the comment is spam.
_RESULTS = {"comment.published": "false", "comment.rejected": "true"}


def accept_url(url: str, blog: str) -> str:
    """The callback that came with a check, if we may ever post to it.

    Raises:
        Refused: it cannot be posted to, or its host is not the blog's.
    """
    parts = check_url(url)
    try:
        home = urlsplit(blog if "//" in blog else f"//{blog}").hostname
    except ValueError:
        home = None
    if home is None or home != parts.hostname:
        raise Refused("Its host is not the blog's.")
    return url


def open_endpoint(session: Session, site_id: str, url: str, *, sealed_key: str) -> str | None:
    """The id of the endpoint for this callback, made on its first use; None when the site has too many.

    It speaks the key that the blog used last, and a callback that was switched off is tried again.
    """
    known = select(WebhookEndpoint).where(WebhookEndpoint.site_id == site_id, WebhookEndpoint.protocol == PROTOCOL)
    endpoint = session.scalar(known.where(WebhookEndpoint.url == url))
    if endpoint is None:
        count = session.scalar(select(func.count()).select_from(known.subquery())) or 0
        if count >= MOST_CALLBACKS:
            return None
        endpoint = WebhookEndpoint(
            id=clock.new_id("w"), site_id=site_id, url=url, created_at=clock.now(), protocol=PROTOCOL
        )
        session.add(endpoint)
    endpoint.sealed_secret, endpoint.active = sealed_key, True
    session.flush()
    return endpoint.id


def payload_of(event: str, origin: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a delivery says of a comment: its guid and the result, as text. None for what this protocol has no word for.

    The post narrows WordPress's search; the author's e-mail would too, but a delivery holds nobody's details.
    """
    result = _RESULTS.get(event)
    if result is None:
        return None
    post = {"comment_post_ID": origin["post"]} if origin.get("post") else {}
    return {"guid": origin["guid"], "result": result} | post


def body_of(payload: Mapping[str, Any], key: str) -> bytes:
    """The request's body. The key is all that tells the other side who calls."""
    message = {"key": key, "endpoint": "comment-check", "comments": [payload]}
    return json.dumps(message, separators=(",", ":")).encode()


def complaint_of(payload: Mapping[str, Any], status: int, body: bytes) -> str | None:
    """Why a decision did not arrive, going by an answer; None when it did.

    A status of 2xx is not enough: WordPress may not have stored the comment yet, and says so in the body.
    """
    if status in {401, 403}:
        return f"It answered {status}: it does not take this site's key."
    if not 200 <= status < 300:
        return f"It answered {status}."
    try:
        said = json.loads(body)["comments"][payload["guid"]]
        if said["status"] == "success":
            return None
        return f"It answered: {str(said.get('message', said['status']))[:200]}"
    except (ValueError, LookupError, TypeError, AttributeError):
        return "Its answer is not one to a decision."
