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
    """For how long the request would wait; 0 when it does not ask for it."""
    header = request.headers.get("Prefer")
    found = _WAIT.search(header) if header else None
    return min(int(found[1]), LONGEST_SECONDS) if found else 0


def wait(store: Store, comment: Comment, seconds: int) -> tuple[Comment, bool]:
    """The comment once it is decided, or as it is after `seconds`; and whether we could wait at all.

    At most `max_waiting` requests of a process wait: beyond them the answer comes at once, so that waiting can never
    take the threads that everything else needs.
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
    while comment.status == "pending" and (left := until - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
        with store.read() as session:
            comment = session.get(Comment, comment.id) or comment
    return comment
