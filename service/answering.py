"""The threads in which a web process answers: an event loop hands them requests and awaits their results.

`ThreadPoolExecutor` does the same at three times the cost: it makes a future with a lock and a condition for each call,
and a second one for the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar, TypeVarTuple

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")


class Threads:
    """So many threads, which begin with the first call. For one event loop.

    They end with the process: the web server has waited by then for the requests that they are at.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._loop: asyncio.AbstractEventLoop | None = None
        self._calls: SimpleQueue[tuple[asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]]] = SimpleQueue()
        self._done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._told = False

    async def call(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """What `work` returns or raises, in one of the threads. Cancelling it leaves the thread at its work."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            for number in range(self._number):
                threading.Thread(target=self._run, args=(self._loop,), name=f"web_{number}", daemon=True).start()
        outcome: asyncio.Future[Result] = self._loop.create_future()
        self._calls.put((outcome, work, arguments))
        return await outcome

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            outcome, work, arguments = self._calls.get()
            result, error = None, None
            try:
                result = work(*arguments)
            except BaseException as raised:  # the caller gets it
                error = raised
            self._done.append((outcome, result, error))
            if not self._told:  # what several threads finish at the same time wakes the loop once
                self._told = True
                with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
                    loop.call_soon_threadsafe(self._settle)
            del outcome, work, arguments, result, error  # nothing of a request stays while there is none

    def _settle(self) -> None:
        self._told = False  # first: whatever is finished from now on tells again
        while self._done:
            outcome, result, error = self._done.popleft()
            if outcome.done():
                continue
            if error is None:
                outcome.set_result(result)
            else:
                outcome.set_exception(error)
