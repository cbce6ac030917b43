"""Supervises child processes: starts them, restarts those that die, and ends them all.

A child is a program of its own (Redis), or a part of Winnow that is forked: it shares, in memory and in the time it
takes to start, what this process has loaded already.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Protocol, Self

import structlog

from operations import lifeline
from operations.errors import told_in_a_sentence

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


class Process(Protocol):
    """What is asked of a running child."""

    pid: int

    def poll(self) -> int | None:
        """Its exit status, negative where a signal ended it; None while it runs."""

    def terminate(self) -> None:
        """Send it SIGTERM."""

    def wait(self) -> object:
        """Return once it has ended."""


@dataclass
class Child:
    """One supervised process. It shares our standard output and error."""

    name: str
    begin: Callable[[], Process]
    stops_last: bool
    process: Process
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

    def start(self, name: str, command: Sequence[str], *, stops_last: bool = False) -> None:
        """Start a program. One with `stops_last` is ended after the others, because they need it."""
        self._add(name, lambda: _spawn(command), stops_last=stops_last)

    def fork(self, name: str, run: Callable[[], None], *, environ: Mapping[str, str]) -> None:
        """Start a part of Winnow: `run`, in a copy of this process that has the environment `environ`."""
        given = dict(environ)  # a child that changes its own environment must not change what it is given
        self._add(name, lambda: _Fork(name, run, given, self._former), stops_last=False)

    def _add(self, name: str, begin: Callable[[], Process], *, stops_last: bool) -> None:
        self._children.append(Child(name, begin, stops_last, begin(), time.monotonic()))

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
                    child.process, child.started, child.restart_at = child.begin(), moment, None
            elif (code := child.process.poll()) is not None:
                _kill_group(child)  # its own children must not survive it, or they would hold the port
                if moment - child.started > _HEALTHY_AFTER:
                    child.delay, child.failures = _FIRST_DELAY, 0
                child.failures += 1
                child.restart_at = time.monotonic() + child.delay
                log.warning("a process ended and is started again", process=child.name, code=code)
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


# Every child has a session of its own, so that ctrl-C in a terminal reaches only us, and we end them in order.


def _spawn(command: Sequence[str]) -> Process:
    tie = [sys.executable, "-I", "-S", lifeline.__file__, str(os.getpid())]
    return subprocess.Popen([*tie, *command], stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603


class _Fork:
    """A part of Winnow in a copy of this process."""

    def __init__(
        self, name: str, run: Callable[[], None], environ: Mapping[str, str], handled: Collection[int]
    ) -> None:
        arguments = (name, run, environ, tuple(handled), os.getpid())
        self._process = multiprocessing.get_context("fork").Process(target=_be, args=arguments)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def wait(self) -> None:
        self._process.join()


def _be(name: str, run: Callable[[], None], environ: Mapping[str, str], handled: Sequence[int], parent: int) -> None:
    """What a forked child does, until its process ends."""
    os.setsid()
    for number in handled:
        signal.signal(number, signal.SIG_DFL)
    lifeline.die_with_parent(parent)
    lifeline.name_process("winnow-" + name.split(maxsplit=1)[0])  # all that score have one name
    os.environ.clear()
    os.environ.update(environ)
    told_in_a_sentence(run)


def _kill_group(child: Child) -> None:
    with suppress(ProcessLookupError, PermissionError):  # none left; macOS raises PermissionError for a zombie
        os.killpg(child.process.pid, signal.SIGKILL)
