"""How a background process learns that it should stop."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable
from types import FrameType


class Stopping:
    """`requested` is true once SIGTERM or SIGINT has come; that also ends a wait.

    The handler takes no lock, because the code that it interrupts may hold that lock: it writes into a pipe. It also
    calls `also`, which must not take a lock either.
    """

    def __init__(self, also: Callable[[], object] | None = None) -> None:
        self.requested = False
        self._also = also
        reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._signals = select.poll()  # which takes a descriptor of any number, as select.select does not
        self._signals.register(reader, select.POLLIN)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a signal comes."""
        self._signals.poll(1000 * max(0.0, seconds))

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self.requested:
            self.requested = True
            os.write(self._writer, b"!")
        if self._also is not None:
            self._also()
