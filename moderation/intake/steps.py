"""The spans of accepting comments: how long the database took, and then Redis."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from moderation import tracing
from moderation.tables import Comment


class Steps:
    """The steps of one transaction, which may hold the comments of several requests. Off, it does nothing."""

    def __init__(self) -> None:
        self._spans = tracing.spans()
        self._began = self._stored = self._moment()

    def stored(self) -> None:
        """The transaction is committed."""
        self._stored = self._moment()

    def queued(self, accepted: Iterable[Comment], *, reached: bool) -> None:
        """Redis was told of these comments; `reached`: it answered. The trace of each request gets both steps."""
        if self._spans is None:
            return
        now = self._moment()
        for (parent, request_id), number in Counter((row.traceparent, row.request_id) for row in accepted).items():
            attributes = {"winnow.comments": number, "winnow.request_id": request_id}
            self._spans.begin("store comments", "client", attributes, parent=parent, at=self._began).end(
                at=self._stored
            )
            queue = self._spans.begin(
                "queue comments", "producer", attributes | {"messaging.system": "redis"}, parent=parent, at=self._stored
            )
            queue.end(failed=None if reached else "redis_away", at=now)

    def _moment(self) -> int:
        return 0 if self._spans is None else time.time_ns()
