"""Akismet's callback: how a decision is told to a program that asked us in Akismet's protocol, such as WordPress.

The answer to a check carried a guid; a later decision is posted to the address that came with the check.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moderation.settings import Settings
from moderation.webhooks import catalogue
from moderation.webhooks.attempts import Answer, Failure, Outgoing
from moderation.webhooks.catalogue import Event

#: What a decision is called there: whether the comment is spam.
_RESULTS = {catalogue.COMMENT_PUBLISHED: "false", catalogue.COMMENT_REJECTED: "true"}


def payload_of(event: Event) -> dict[str, Any] | None:
    """What a delivery says of a comment: its guid and the result, as text. None for an event that it cannot tell.

    The post narrows WordPress's search; the author's e-mail would too, but a delivery holds nobody's details.
    """
    result = _RESULTS.get(event.type)
    if result is None or event.origin is None:
        return None
    post = {"comment_post_ID": event.origin["post"]} if event.origin.get("post") else {}
    return {"guid": event.origin["guid"], "result": result} | post


def request_of(_settings: Settings, message: Outgoing) -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a request. The key is all that tells the other side who calls."""
    body = {"key": message.secret, "endpoint": "comment-check", "comments": [message.payload]}
    headers = {"Content-Type": "application/json", "User-Agent": "Winnow"}
    return json.dumps(body, separators=(",", ":")).encode(), headers


def failure_of(payload: Mapping[str, Any], answer: Answer) -> Failure | None:
    """Why a decision did not arrive, going by an answer; None when it did.

    A status of 2xx is not enough: WordPress may not have stored the comment yet, and says so in the body.
    """
    if answer.status in {401, 403}:
        return Failure("status", f"It answered {answer.status}: it does not take this site's key.")
    if not 200 <= answer.status < 300:
        return Failure("status", f"It answered {answer.status}.")
    try:
        result = json.loads(answer.body)["comments"][payload["guid"]]
        if result["status"] == "success":
            return None
        return Failure("not_taken", f"It answered: {_printable(str(result.get('message', result['status']))[:200])}")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Failure("not_taken", "Its answer is not one to a decision.")


def _printable(text: str) -> str:
    """A text from outside without what a database may refuse: NUL, halves of surrogate pairs."""
    return "".join(character if character.isprintable() else " " for character in text)
