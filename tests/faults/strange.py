"""`winnow` with a classifier that misbehaves at words in a comment: `python -m tests.faults.strange worker`.

Everything else is as it is: only `models.load` is another. `STRANGE_VERSION` names another model, `STRANGE_ARTIFACT` a
folder to load the model from, and `STRANGE_CLOCK` a file that says how many seconds the clock is ahead.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import rq.registry
import rq.utils
import rq.worker

import models
from models import artifact
from moderation import clock

RAISES, HANGS, SLOW, HUGE, DEADLY = "strangely-raises", "strangely-hangs", "strangely-slow", "strangely-huge", "deadly"
#: A hundred times what a comment takes.
SLOW_SECONDS = 0.5
_ROOM = 512 << 20


class Strange:
    """The true classifier, but at certain words."""

    def __init__(self, classifier: Any) -> None:
        self._classifier = classifier
        self.version = os.environ.get("STRANGE_VERSION", classifier.version)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._classifier, name)

    def score(self, texts: Sequence[str], signals: Sequence[Mapping[str, object]] | None = None) -> Any:
        """As the true one; what a word asks for comes first."""
        for text in texts:
            _misbehave(text)
        return self._classifier.score(texts, signals)


def _misbehave(text: str) -> None:
    if RAISES in text:
        raise RuntimeError("this text cannot be scored")
    if HANGS in text:
        time.sleep(3600)
    if DEADLY in text:
        os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does where memory ends
    if HUGE in text:
        bytearray(4 << 30)
    if SLOW in text:
        until = time.thread_time() + SLOW_SECONDS
        while time.thread_time() < until:
            pass


def _set_clock(file: Path) -> None:
    """Have everything written in Python read a clock that is ahead by what the file says, but for waiting."""
    true_time, true_now, rq_now = time.time, clock.now, rq.utils.now

    def ahead() -> float:
        return float(file.read_text() or 0)

    def now() -> datetime:
        return true_now() + timedelta(seconds=ahead())

    time.time = lambda: true_time() + ahead()
    clock.now = now
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "rq" and getattr(module, "now", None) is rq_now:
            module.now = now  # type: ignore[attr-defined]


def main() -> None:
    """Run `winnow` so."""
    if file := os.environ.get("STRANGE_CLOCK"):
        _set_clock(Path(file))
    load = models.load
    models.load = lambda path=None, reader="unsure": Strange(load(path, reader))  # type: ignore[assignment,return-value]
    if folder := os.environ.get("STRANGE_ARTIFACT"):
        artifact.SHIPPED = Path(folder)
    import winnow  # noqa: PLC0415  (now that it loads another)

    if sys.argv[1] == "worker":
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 4 * _ROOM, used + 4 * _ROOM))
    winnow.main()


if __name__ == "__main__":
    main()
