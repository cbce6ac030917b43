"""A time budget for work on people's texts: what takes longer is broken off.

It counts the processor's time of the thread, so that a busy machine or a slow database costs nobody a decision. Work
is broken off between two steps of Python, also within its regular expressions. What does not come back to Python at all
ends the process instead (`worker/jobs.py`).
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: Seconds after which an alarm that was not heard comes again.
_AGAIN = 0.5


class TooLong(Exception):
    """The work took longer than its budget."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TooLong in the block once it took so long. Outside a process's main thread nothing is limited."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    until = time.thread_time() + seconds

    def alarm(_number: int, _frame: FrameType | None) -> None:
        if time.thread_time() >= until:  # the timer counts what other threads do, too
            raise TooLong("it took longer than its budget")

    before = signal.signal(signal.SIGVTALRM, alarm)
    # Again and again: what is raised while an object is finalized, Python prints and forgets.
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, min(seconds, _AGAIN))
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:  # also when an alarm came on the way out
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
