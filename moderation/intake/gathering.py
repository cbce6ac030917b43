"""Group commit: submissions that a process's threads make at the same time share a transaction.

A commit waits for the disk, and only one process at a time may write to SQLite. While one thread commits, the
submissions of the others gather; one of those threads then commits them all. A single submission waits for nobody.
An event loop, which must not wait, hands its submissions over and is called back; a thread of the intake's own then
commits what has gathered.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from queue import SimpleQueue

import structlog

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


log = structlog.get_logger(__name__)


class _Entry(ABC):
    """A gathered submission."""

    __slots__ = ("error", "outcome", "request")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.outcome: Outcome | None = None
        self.error: Exception | None = None

    @abstractmethod
    def lead(self) -> None:
        """Let its thread commit all that has gathered."""

    @abstractmethod
    def tell(self) -> None:
        """Tell its submitter that it has its outcome or error."""


class _Awaited(_Entry):
    """A submission whose thread waits until `turn` is set: it has its outcome or error, or the thread has to lead."""

    __slots__ = ("turn",)

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.turn = threading.Event()

    def lead(self) -> None:
        self.turn.set()

    def tell(self) -> None:
        self.turn.set()


class _HandedOver(_Entry):
    """A submission that no thread waits for: `told` is called with its outcome or error."""

    __slots__ = ("_calls", "_told", "gathered_at")

    def __init__(self, request: Request, told: Callable[[Outcome | Exception], None], calls: SimpleQueue[None]) -> None:
        super().__init__(request)
        self._told, self._calls = told, calls
        self.gathered_at = time.monotonic()

    def lead(self) -> None:
        self._calls.put(None)

    def tell(self) -> None:
        result = self.error or self.outcome
        assert result is not None
        self._told(result)


class Intake:
    """Gathers and commits a process's submissions. Safe to share between threads."""

    def __init__(self, store: Store, queues: Queues) -> None:
        self._store, self._queues = store, queues
        self._lock = threading.Lock()
        self._gathered: list[_Entry] = []
        #: Whether a thread is committing, or has just been told to.
        self._busy = False
        #: Each call lets the intake's own thread, which begins with the first, commit what has gathered.
        self._calls: SimpleQueue[None] = SimpleQueue()
        self._own: threading.Thread | None = None

    def submit(self, site_id: str, submission: Submission, idempotency_key: str | None = None) -> Outcome:
        """`submissions.submit` for one submission, with the same promise: once this returns, it is safe.

        Raises:
            Exception: the database's error for the shared transaction, or its turn did not come within
                `WRITE_TIMEOUT`. The submission is then not stored.
        """
        entry = _Awaited(Request(site_id, submission, idempotency_key))
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

    def hand_over(self, requests: Sequence[tuple[Request, Callable[[Outcome | Exception], None]]]) -> None:
        """Submit each request and wait for nothing. Another thread calls its function with the outcome or the error.

        The promise and the errors are those of `submit`, but that errors are given to the function and not raised.
        Call `refuse_overdue` now and then, because nothing else ends the wait of a submission whose turn does not come.
        """
        entries = [_HandedOver(request, told, self._calls) for request, told in requests]
        with self._lock:
            self._gathered += entries
            leads, self._busy = not self._busy, True
            if self._own is None:
                self._own = threading.Thread(target=self._commit_when_called, name="intake", daemon=True)
                self._own.start()
        if leads:
            self._calls.put(None)

    def refuse_overdue(self) -> None:
        """Take back the submissions that were handed over and whose turn did not come within `WRITE_TIMEOUT`."""
        earliest = time.monotonic() - store_module.WRITE_TIMEOUT
        with self._lock:
            overdue = [e for e in self._gathered if isinstance(e, _HandedOver) and e.gathered_at < earliest]
            for entry in overdue:
                self._gathered.remove(entry)
        for entry in overdue:
            entry.error = store_module.busy()
            entry.tell()

    def _commit_when_called(self) -> None:
        while True:
            self._calls.get()
            try:
                self._lead()
            except Exception as error:  # the comments are stored, and the sweep finds them
                log.error("intake.failed", error=type(error).__name__)

    def _withdraw(self, entry: _Awaited) -> None:
        """Take back a submission whose turn did not come; wait for one that is being committed already."""
        with self._lock:
            if entry in self._gathered and not entry.turn.is_set():
                self._gathered.remove(entry)
                raise store_module.busy()
        entry.turn.wait()

    def _lead(self) -> None:
        """Commit what has gathered, with this thread's submission; let the next thread lead; tell Redis."""
        batch: list[_Entry] = []
        steps = Steps()
        try:
            try:
                with self._store.turn:
                    batch = self._take()  # with what has come while others wrote
                    self._commit(batch)
            except BaseException as error:  # the turn does not come, or this thread is ended
                batch = batch or self._take()
                if not isinstance(error, store_module.AWAY):
                    raise
                for entry in batch:
                    entry.error = error
            finally:
                self._hand_over()
            outcomes = [entry.outcome for entry in batch if entry.outcome is not None]
            submissions.announce_all(self._queues, outcomes, steps)
        finally:
            for entry in batch:
                if entry.outcome is None and entry.error is None:  # this thread was ended in the middle
                    entry.error = Interrupted("The process is stopping; the comment was not stored.")
                entry.tell()

    def _take(self) -> list[_Entry]:
        with self._lock:
            batch, self._gathered = self._gathered[:MOST_TOGETHER], self._gathered[MOST_TOGETHER:]
        return batch

    def _hand_over(self) -> None:
        with self._lock:
            follower = self._gathered[0] if self._gathered else None
            self._busy = follower is not None
            if follower is not None:
                follower.lead()

    def _commit(self, batch: list[_Entry]) -> None:
        try:
            outcomes = submissions.insert_all(self._store, [entry.request for entry in batch])
        except store_module.AWAY as error:
            for entry in batch:
                entry.error = error
        except Exception:  # one of them is at fault (its site was deleted meanwhile, say): store the others
            for entry in batch:
                self._commit_alone(entry)
        else:
            for entry, outcome in zip(batch, outcomes, strict=True):
                entry.outcome = outcome

    def _commit_alone(self, entry: _Entry) -> None:
        try:
            (entry.outcome,) = submissions.insert_all(self._store, [entry.request])
        except Exception as error:
            entry.error = error
