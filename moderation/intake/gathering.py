"""Lets the submissions that a process's threads make at the same time share a transaction.

A commit waits for the disk, and only one process at a time may write to SQLite. While one thread commits, the
submissions of the others gather; one of them then commits for all. A submission that is alone waits for nobody.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from moderation import store as store_module
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Outcome, Request, Submission
from moderation.store import Store

#: Submissions that share a transaction at most: other writers wait that long.
MOST_TOGETHER = 64


class Interrupted(Exception):
    """The thread that was to commit a submission ended before it had."""


@dataclass(eq=False, slots=True)
class _Entry:
    """A submission on its way. `turn` is set once it has its outcome or its error, or has to commit for the others."""

    request: Request
    turn: threading.Event = field(default_factory=threading.Event)
    outcome: Outcome | None = None
    error: Exception | None = None


class Intake:
    """Where a process's submissions gather. Safe to share between threads."""

    def __init__(self, store: Store, queues: Queues) -> None:
        self._store, self._queues = store, queues
        self._lock = threading.Lock()
        self._gathered: list[_Entry] = []
        self._busy = False

    def submit(self, site_id: str, submission: Submission, idempotency_key: str | None = None) -> Outcome:
        """`submissions.submit` for one submission, with the same promise: once this returns, it is safe.

        Raises:
            Exception: what the database raised for the transaction that it was part of, or that its turn did not
                come within `WRITE_TIMEOUT`; then it is not stored.
        """
        entry = _Entry(Request(site_id, submission, idempotency_key))
        with self._lock:
            self._gathered.append(entry)
            leads, self._busy = not self._busy, True
        if not leads and not entry.turn.wait(store_module.WRITE_TIMEOUT):
            self._withdraw(entry)
        if entry.outcome is None and entry.error is None:
            self._lead()
        if entry.error is not None:
            raise entry.error
        assert entry.outcome is not None
        return entry.outcome

    def _withdraw(self, entry: _Entry) -> None:
        """Take back a submission whose turn did not come; one that is being committed has to be waited for."""
        with self._lock:
            if entry in self._gathered and not entry.turn.is_set():
                self._gathered.remove(entry)
                raise store_module.busy()
        entry.turn.wait()

    def _lead(self) -> None:
        """Commit what has gathered, this thread's own included; hand over to whoever came meanwhile; tell Redis."""
        with self._lock:
            together, self._gathered = self._gathered[:MOST_TOGETHER], self._gathered[MOST_TOGETHER:]
        try:
            try:
                self._commit(together)
            finally:
                self._hand_over()
            submissions.announce_all(self._queues, [entry.outcome for entry in together if entry.outcome is not None])
        finally:
            for entry in together:
                if entry.outcome is None and entry.error is None:  # this thread was ended in the middle
                    entry.error = Interrupted("The process is stopping; the comment was not stored.")
                entry.turn.set()

    def _hand_over(self) -> None:
        with self._lock:
            follower = self._gathered[0] if self._gathered else None
            self._busy = follower is not None
            if follower is not None:
                follower.turn.set()

    def _commit(self, together: list[_Entry]) -> None:
        try:
            outcomes = submissions.insert_all(self._store, [entry.request for entry in together])
        except IntegrityError:  # one of them is at fault, such as one to a site deleted meanwhile: not the others
            for entry in together:
                self._commit_alone(entry)
        except Exception as error:
            for entry in together:
                entry.error = error
        else:
            for entry, outcome in zip(together, outcomes, strict=True):
                entry.outcome = outcome

    def _commit_alone(self, entry: _Entry) -> None:
        try:
            (entry.outcome,) = submissions.insert_all(self._store, [entry.request])
        except Exception as error:
            entry.error = error
