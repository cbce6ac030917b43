"""A time budget for work on people's texts: work that takes longer is broken off.

It counts the thread's processor time, so that a busy machine or a slow database does not use up the budget. Work is
broken off between two steps of Python, also within its regular expressions. Work that never comes back to Python ends
the process instead (`worker/jobs.py`).
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: Seconds after which an alarm that had no effect comes again.
_AGAIN = 0.5


class TooLong(Exception):
    """The work took longer than its budget."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise TooLong in the block after `seconds`. Outside a process's main thread nothing is limited."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    until = time.thread_time() + seconds

    def alarm(_number: int, _frame: FrameType | None) -> None:
        if time.thread_time() >= until:  # the timer also counts other threads
            raise TooLong("it took longer than its budget")

    earlier_handler = signal.signal(signal.SIGVTALRM, alarm)
    # Repeated, because Python prints and drops an exception that is raised while an object is finalized.
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, min(seconds, _AGAIN))
    try:
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    finally:  # also when an alarm came on the way out
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, earlier_handler)
