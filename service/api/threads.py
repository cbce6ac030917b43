"""Threads: what readers of a page see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response

from moderation.history import listing
from service.api import cursors
from service.api.answers import FeedSchema, show_public
from service.api.routing import Operation, answer, operation
from service.api.schemas import Page
from service.context import context


@operation(
    "GET",
    "/threads/<thread:thread>/comments",
    Operation(
        summary="Read a thread",
        tag="Threads",
        query=Page,
        answers={200: ("A page of the thread.", FeedSchema)},
        problems=("not-found",),
    ),
)
def read_thread(site_id: str, *, thread: str, query: dict[str, Any]) -> Response:
    """The published comments, oldest first; replies name their parent. Percent-encode the thread, as
    JavaScript's `encodeURIComponent` does. A thread that nobody has commented on is empty;
    one that could not be, since it holds control characters, is not found."""
    after = None
    if "cursor" in query:
        after = tuple(cursors.decode("feed", query["cursor"], [datetime, str]))
    with context().store.read() as session:
        rows = listing.feed(session, site_id, thread, after=after, limit=query["limit"] + 1)  # type: ignore[arg-type]
    page, next_cursor = cursors.cut("feed", rows, query["limit"], lambda row: [row.created_at, row.id])
    return answer({"comments": [show_public(row) for row in page], "next_cursor": next_cursor})
