"""The threads in which a web process answers: an event loop hands them requests and awaits their results.

`ThreadPoolExecutor` does the same at three times the cost: it makes a future with a lock and a condition for each call,
and a second one for the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, TypeVarTuple

from service.answering.turns import Lane, Turns

#: How late it may be noticed that a deadline has passed, in seconds.
_LOOK_SECONDS = 0.25

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class Patience:
    """Deadlines of tasks that wait for their clients, for one event loop.

    One timer looks at all of them, a little late; `asyncio.timeout` makes one for each, which costs ten times as much.
    """

    def __init__(self) -> None:
        self._deadlines: dict[asyncio.Task[Any], float] = {}
        self._looks = False

    @contextlib.contextmanager
    def until(self, deadline: float) -> Iterator[None]:
        """Let the current task wait until then (`time.monotonic`).

        Raises:
            TimeoutError: it would have waited for longer.
        """
        task = asyncio.current_task()
        assert task is not None
        self._deadlines[task] = deadline
        if not self._looks:
            self._looks = True
            asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)
        try:
            yield
        except asyncio.CancelledError:
            if task not in self._deadlines and not task.uncancel():
                raise TimeoutError from None
            raise
        finally:
            self._deadlines.pop(task, None)

    def end(self, task: asyncio.Task[Any]) -> None:
        """Let a task that waits wait no longer, as if its deadline had passed."""
        if self._deadlines.pop(task, None) is not None:
            task.cancel()

    def _look(self) -> None:
        moment = time.monotonic()
        for task in [task for task, deadline in self._deadlines.items() if deadline <= moment]:
            self.end(task)
        self._looks = bool(self._deadlines)
        if self._looks:
            asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)


class Results:
    """Brings what threads have finished to the event loop that awaits it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._told = False

    def give(self, future: asyncio.Future[Result], result: Result | None, error: BaseException | None = None) -> None:
        """Let the loop set this future's result or exception. For any thread."""
        self._done.append((future, result, error))
        if not self._told:  # what several threads finish at the same time wakes the loop once
            self._told = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
                self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._told = False  # first: whatever is finished from now on tells again
        while self._done:
            future, result, error = self._done.popleft()
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


class Threads:
    """So many threads, which begin with the first call. For one event loop.

    They end with the process: the web server has waited by then for the requests that they are at.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._results: Results | None = None
        self._calls: Turns[tuple[asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]]] = Turns(number)

    async def call(self, lane: Lane, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """What `work` returns or raises, in one of the threads, when it is this lane's turn.

        Cancelling it leaves the thread at its work.
        """
        loop = asyncio.get_running_loop()
        if self._results is None:
            self._results = results = Results(loop)
            for number in range(self._number):
                threading.Thread(target=self._run, args=(results,), name=f"web_{number}", daemon=True).start()
        outcome: asyncio.Future[Result] = loop.create_future()
        self._calls.add(lane, (outcome, work, arguments))
        return await outcome

    def _run(self, results: Results) -> None:
        while True:
            lane, (outcome, work, arguments) = self._calls.take()
            result, error = None, None
            try:
                result = work(*arguments)
            except BaseException as raised:  # the caller gets it
                error = raised
            self._calls.done(lane)
            results.give(outcome, result, error)
            del outcome, work, arguments, result, error  # nothing of a request stays while there is none
