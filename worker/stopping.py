"""How a background process learns that it should stop."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable
from types import FrameType


class Stopping:
    """`wanted` once SIGTERM or SIGINT has come; a wait ends at once then.

    The handler takes no lock, since the code that it interrupts may hold it: it writes into a pipe. `also` is called
    by it, and must not take one either.
    """

    def __init__(self, also: Callable[[], object] | None = None) -> None:
        self.wanted = False
        self._also = also
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until we should stop."""
        select.select([self._reader], [], [], max(0.0, seconds))

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self.wanted:
            self.wanted = True
            os.write(self._writer, b"!")
        if self._also is not None:
            self._also()
