"""How a background process learns that it should stop."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from types import FrameType


class Stopping:
    """`requested` is true once SIGTERM or SIGINT has come; that also ends a wait.

    A handler in Python runs only between two steps of the main thread, and not once that has begun to wait. So the
    interpreter itself writes into a pipe as a signal comes, and a wait watches the pipe. The handler takes no lock,
    because the code that it interrupts may hold that lock; nor must `also`, which it calls.
    """

    def __init__(self, also: Callable[[], object] | None = None) -> None:
        self.requested = False
        self._also = also
        self._reader, writer = os.pipe()
        os.set_blocking(writer, False)
        self._signals = select.poll()  # which takes a descriptor of any number, as select.select does not
        self._signals.register(self._reader, select.POLLIN)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a signal comes."""
        end = time.monotonic() + max(0.0, seconds)
        while not self.requested and self._signals.poll(1000 * max(0.0, end - time.monotonic())):
            os.read(self._reader, 4096)  # this signal, or another, for which nobody stops

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
        if self._also is not None:
            self._also()
