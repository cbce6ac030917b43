"""Group commit: submissions that a process's threads make at the same time share a transaction.

A commit waits for the disk, and only one process at a time may write to SQLite. While one thread commits, the
submissions of the others gather; one of those threads then commits them all. A single submission waits for nobody.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from moderation import store as store_module
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.steps import Steps
from moderation.intake.submissions import Outcome, Request, Submission
from moderation.store import Store

#: Submissions that may share a transaction: more would let other writers wait too long.
MOST_TOGETHER = 64


class Interrupted(Exception):
    """The thread that was to commit a submission ended before it had."""


@dataclass(eq=False, slots=True)
class _Entry:
    """A gathered submission. `turn` is set when it has its outcome or error, or when its thread has to commit all."""

    request: Request
    turn: threading.Event = field(default_factory=threading.Event)
    outcome: Outcome | None = None
    error: Exception | None = None


class Intake:
    """Gathers and commits a process's submissions. Safe to share between threads."""

    def __init__(self, store: Store, queues: Queues) -> None:
        self._store, self._queues = store, queues
        self._lock = threading.Lock()
        self._gathered: list[_Entry] = []
        self._busy = False

    def submit(self, site_id: str, submission: Submission, idempotency_key: str | None = None) -> Outcome:
        """`submissions.submit` for one submission, with the same promise: once this returns, it is safe.

        Raises:
            Exception: the database's error for the shared transaction, or its turn did not come within
                `WRITE_TIMEOUT`. The submission is then not stored.
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
        """Take back a submission whose turn did not come; wait for one that is being committed already."""
        with self._lock:
            if entry in self._gathered and not entry.turn.is_set():
                self._gathered.remove(entry)
                raise store_module.busy()
        entry.turn.wait()

    def _lead(self) -> None:
        """Commit what has gathered, with this thread's submission; let the next thread lead; tell Redis."""
        with self._lock:
            batch, self._gathered = self._gathered[:MOST_TOGETHER], self._gathered[MOST_TOGETHER:]
        steps = Steps()
        try:
            try:
                self._commit(batch)
            finally:
                self._hand_over()
            outcomes = [entry.outcome for entry in batch if entry.outcome is not None]
            submissions.announce_all(self._queues, outcomes, steps)
        finally:
            for entry in batch:
                if entry.outcome is None and entry.error is None:  # this thread was ended in the middle
                    entry.error = Interrupted("The process is stopping; the comment was not stored.")
                entry.turn.set()

    def _hand_over(self) -> None:
        with self._lock:
            follower = self._gathered[0] if self._gathered else None
            self._busy = follower is not None
            if follower is not None:
                follower.turn.set()

    def _commit(self, batch: list[_Entry]) -> None:
        try:
            outcomes = submissions.insert_all(self._store, [entry.request for entry in batch])
        except IntegrityError:  # one of them is at fault (its site was deleted meanwhile, say): store the others
            for entry in batch:
                self._commit_alone(entry)
        except Exception as error:
            for entry in batch:
                entry.error = error
        else:
            for entry, outcome in zip(batch, outcomes, strict=True):
                entry.outcome = outcome

    def _commit_alone(self, entry: _Entry) -> None:
        try:
            (entry.outcome,) = submissions.insert_all(self._store, [entry.request])
        except Exception as error:
            entry.error = error
