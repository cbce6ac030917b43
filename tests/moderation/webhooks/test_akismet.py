"""Akismet's callback: what WordPress is told of a decision, and whether it took it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from moderation import clock
from moderation.settings import Settings
from moderation.webhooks import akismet, catalogue
from moderation.webhooks.attempts import Answer, Outgoing
from moderation.webhooks.catalogue import Event, EventType

TOLD = {"guid": "g1", "result": "true"}


def event(type_: EventType, origin: dict[str, Any] | None) -> Event:
    return Event(type_, "s_1", "c_1", at=clock.now(), data={}, origin=origin)


@pytest.mark.parametrize(
    ("type_", "origin", "payload"),
    [
        # WordPress compares with texts.
        (catalogue.COMMENT_REJECTED, {"guid": "g1"}, {"guid": "g1", "result": "true"}),
        (catalogue.COMMENT_PUBLISHED, {"guid": "g1"}, {"guid": "g1", "result": "false"}),
        # The post narrows its search, where it is known.
        (
            catalogue.COMMENT_REJECTED,
            {"guid": "g1", "post": "7"},
            {"guid": "g1", "result": "true", "comment_post_ID": "7"},
        ),
        (catalogue.COMMENT_REJECTED, {"guid": "g1", "post": ""}, {"guid": "g1", "result": "true"}),
        # It has no word for what waits, or was erased, and none for a comment that came otherwise.
        (catalogue.COMMENT_FLAGGED, {"guid": "g1"}, None),
        (catalogue.COMMENT_ERASED, {"guid": "g1"}, None),
        (catalogue.COMMENT_REJECTED, None, None),
    ],
)
def test_a_decision_is_told_as_spam_or_not(
    type_: EventType, origin: dict[str, Any] | None, payload: dict[str, Any] | None
) -> None:
    assert akismet.payload_of(event(type_, origin)) == payload


def test_a_request_proves_itself_by_the_key_and_holds_one_decision(tmp_path: Path) -> None:
    settings = Settings(database_url="sqlite://", redis_url="redis://", data_dir=tmp_path)
    body, headers = akismet.request_of(settings, Outgoing("msg_1", TOLD, "the key", clock.now()))
    assert json.loads(body) == {"key": "the key", "endpoint": "comment-check", "comments": [TOLD]}
    assert headers == {"Content-Type": "application/json", "User-Agent": "Winnow"}


def said(**comment: Any) -> bytes:
    return json.dumps({"comments": {"g1": comment}}).encode()


NOT_ONE = ("not_taken", "Its answer is not one to a decision.")


@pytest.mark.parametrize(
    ("status", "body", "failure"),
    [
        (200, said(status="success"), None),
        (299, said(status="success"), None),
        # The comment is not there yet: to be tried again, with what it said.
        (
            200,
            said(status="error", message="Could not find matching comment."),
            ("not_taken", "It answered: Could not find matching comment."),
        ),
        (200, said(status="error"), ("not_taken", "It answered: error")),
        (200, said(status="error", message="x" * 300), ("not_taken", f"It answered: {'x' * 200}")),
        # What no database would take.
        (200, said(status="error", message="a\0b\ud800c"), ("not_taken", "It answered: a b c")),
        # Another page: WordPress behind a login, a cache, a firewall.
        (200, b"<html>", NOT_ONE),
        (200, b"", NOT_ONE),
        (200, b"[]", NOT_ONE),
        (200, b'{"comments": []}', NOT_ONE),
        (200, b'{"comments": {"g2": {"status": "success"}}}', NOT_ONE),
        (200, b'{"comments": {"g1": "success"}}', NOT_ONE),
        (200, b'{"comments": {"g1": {}}}', NOT_ONE),
        (200, b'{"comments": {"g1": null}}', NOT_ONE),
        (200, b'{"a":' * 100_000, NOT_ONE),
        # Without the key nothing will ever arrive, and that is said.
        (401, b"", ("status", "It answered 401: it does not take this site's key.")),
        (403, said(status="success"), ("status", "It answered 403: it does not take this site's key.")),
        (404, b"", ("status", "It answered 404.")),
        (500, said(status="success"), ("status", "It answered 500.")),
        (199, said(status="success"), ("status", "It answered 199.")),
        (300, said(status="success"), ("status", "It answered 300.")),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value),
)
def test_an_answer_says_whether_it_was_taken(status: int, body: bytes, failure: tuple[str, str] | None) -> None:
    found = akismet.failure_of(TOLD, Answer(status, body))
    assert (found and (found.kind, found.message)) == failure
