"""`Prefer: wait=N` (RFC 7240): hold the answer until the comment is decided, for a few requests at a time."""

from __future__ import annotations

import re
import time

from flask import request

from moderation.store import Store
from moderation.tables import Comment
from service.api.state import state

LONGEST_SECONDS = 30
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.005, 0.2
_WAIT = re.compile(r'(?:^|,)\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:;[^,]*)?(?=,|$)', re.IGNORECASE)


def preferred_seconds() -> int:
    """The seconds that the request asks to wait; 0 when it does not ask."""
    header = request.headers.get("Prefer")
    match = _WAIT.search(header) if header else None
    return min(int(match[1]), LONGEST_SECONDS) if match else 0


def wait(store: Store, comment: Comment, seconds: int) -> tuple[Comment, bool]:
    """The comment once it is decided, or as it is after `seconds`; and whether this request was allowed to wait.

    At most `max_waiting` requests of a process wait. Others are answered at once, so that waiting never takes the
    threads that everything else needs.
    """
    waiting = state().waiting
    if not waiting.acquire(blocking=False):
        return comment, False
    try:
        return _poll(store, comment, time.monotonic() + seconds), True
    finally:
        waiting.release()


def _poll(store: Store, comment: Comment, until: float) -> Comment:
    pause = _SHORTEST_PAUSE
    while comment.status == "pending" and (remaining := until - time.monotonic()) > 0:
        time.sleep(min(pause, remaining))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
        with store.read() as session:
            comment = session.get(Comment, comment.id) or comment
    return comment
