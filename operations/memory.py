"""What a process does with its memory, before it does anything else."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from collections.abc import Iterator

#: The number by which glibc's `mallopt` knows how many pools there may be (`M_ARENA_MAX` in malloc.h).
_M_ARENA_MAX = -8


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Load modules quickly: nothing that they define is garbage, and looking for it takes a fifth of the time.

    What was loaded is never looked at again, which also leaves it shared with the processes that are forked later.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def share_one_pool() -> None:
    """Let all threads take memory from one pool. For a process with many threads, before it starts the first.

    glibc gives each thread a pool of its own, and no other thread gets what was freed in it: each of a web process' 16
    threads kept what the largest page of an export took, some 10 MB. Asked later, glibc no longer listens.
    """
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
