"""Supervises child processes: starts them, restarts those that die, and ends them all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Self

import structlog

from operations import lifeline

_FIRST_DELAY = 0.2
_LONGEST_DELAY = 5.0
#: A child that lived this long is healthy again: its next restart is quick.
_HEALTHY_AFTER = 10.0
_TICK = 0.1

log = structlog.get_logger(__name__)


class Stopped(Exception):
    """A signal came while the supervisor waited for a child."""


class ChildFailed(Exception):
    """A child keeps ending, or is not ready in time; the message names it."""


@dataclass
class Child:
    """One supervised process. It shares our standard output and error."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] | None
    stops_last: bool
    process: subprocess.Popen[bytes]
    started: float
    delay: float = _FIRST_DELAY
    restart_at: float | None = None
    failures: int = 0


class Supervisor:
    """A context manager that handles signals; when it is left, every child has ended.

    Use it in the main thread, because children are tied to the thread that started them.
    """

    def __init__(self, *, stop_within: float = 10.0) -> None:
        self._children: list[Child] = []
        self._stop_within = stop_within
        self._signals = 0
        self._former: dict[int, signal.Handlers | Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # started with nohup
            self._former[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._stop()
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def start(
        self, name: str, command: Sequence[str], *, environ: Mapping[str, str] | None = None, stops_last: bool = False
    ) -> None:
        """Start a child. One with `stops_last` is ended after the others, because they need it."""
        process = _spawn(command, environ)
        self._children.append(Child(name, command, environ, stops_last, process, time.monotonic()))

    def wait_until(self, ready: Callable[[], bool], *, name: str, timeout: float) -> None:
        """Restart children that die until `ready()`, which depends on the child `name`.

        Raises:
            Stopped: a signal came first.
            ChildFailed: that child ended three times, or was not ready within `timeout` seconds.
        """
        child = next(child for child in self._children if child.name == name)
        deadline = time.monotonic() + timeout
        while not ready():
            self._tend()
            if self._signals:
                raise Stopped
            if child.failures >= 3:
                raise ChildFailed(f"The {name} process ends as soon as it is started")
            if time.monotonic() > deadline:
                raise ChildFailed(f"The {name} process was not ready within {timeout:.0f} seconds")
            time.sleep(_TICK)

    def run(self) -> None:
        """Restart children that die until SIGINT, SIGTERM or SIGHUP."""
        while not self._signals:
            self._tend()
            time.sleep(_TICK)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1  # nothing else: a handler must not take locks

    def _tend(self) -> None:
        moment = time.monotonic()
        for child in self._children:
            if child.restart_at is not None:
                if moment >= child.restart_at:
                    child.process, child.started, child.restart_at = _spawn(child.command, child.environ), moment, None
            elif child.process.poll() is not None:
                _kill_group(child)  # its own children must not survive it, or they would hold the port
                if moment - child.started > _HEALTHY_AFTER:
                    child.delay, child.failures = _FIRST_DELAY, 0
                child.failures += 1
                child.restart_at = moment + child.delay
                log.warning("a process ended and is started again", process=child.name, code=child.process.returncode)
                child.delay = min(child.delay * 2, _LONGEST_DELAY)

    def _stop(self) -> None:
        deadline = time.monotonic() + self._stop_within
        signals = self._signals
        for stops_last in (False, True):
            children = [child for child in reversed(self._children) if child.stops_last is stops_last]
            for child in children:
                if child.process.poll() is None:
                    child.process.terminate()
            while any(child.process.poll() is None for child in children):
                if time.monotonic() > deadline or self._signals > signals:  # a second ctrl-C: now
                    break
                time.sleep(0.02)
            for child in children:
                _kill_group(child)
                child.process.wait()


def _spawn(command: Sequence[str], environ: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    # In a session of its own, so that ctrl-C in a terminal reaches only us, and we end the children in order.
    tie = [sys.executable, "-I", "-S", lifeline.__file__, str(os.getpid())]
    return subprocess.Popen([*tie, *command], env=environ, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603


def _kill_group(child: Child) -> None:
    with suppress(ProcessLookupError, PermissionError):  # none left; macOS raises PermissionError for a zombie
        os.killpg(child.process.pid, signal.SIGKILL)
