"""`winnow` in processes of its own, forked from one that has imported everything.

A command of Winnow's spends two seconds on its imports, and tests start hundreds. These processes run the same program
with their own environment, directory and files; only the imports are shared. Where starting itself is what a test
looks at, it starts Python anew.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from models.reading.encoder import open_encoder

_MOST = 1 << 20
_PACKAGES = ("moderation", "worker", "operations", "service")
#: What does something as it is imported.
_NOT_IMPORTED = {"service.wsgi"}


class Forked:
    """A running `winnow`, with what tests use of `subprocess.Popen`."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection

    def poll(self) -> int | None:
        """Its exit status, negative where a signal ended it; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not ended after `timeout` seconds.
        """
        status = self._ended(timeout)
        if status is None:
            raise subprocess.TimeoutExpired("winnow", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send it SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send it SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = int(self._connection.recv(16))
            except (TimeoutError, BlockingIOError):
                return None
            self._connection.close()
        return self.returncode


def start(
    arguments: list[str], *, env: Mapping[str, str], files: tuple[IO[Any], IO[Any], IO[Any]], cwd: Path | None = None
) -> Forked:
    """Begin `winnow` with these arguments. `files` become its standard input, output and errors."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(_server())
    request = json.dumps({"arguments": arguments, "env": dict(env), "cwd": str(cwd or Path.cwd())}).encode()
    socket.send_fds(connection, [request], [file.fileno() for file in files])
    return Forked(connection, int(connection.recv(16)))


def run(
    arguments: list[str], *, env: Mapping[str, str], cwd: Path, stdin: str, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run `winnow` to its end."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        given.write(stdin.encode())
        given.seek(0)
        process = start(arguments, env=env, files=(given, output, errors), cwd=cwd)
        try:
            status = process.wait(timeout)
        finally:
            process.kill()
        written = [Path(f"/proc/self/fd/{file.fileno()}").read_bytes().decode() for file in (output, errors)]
    return subprocess.CompletedProcess(arguments, status, *written)


@functools.cache
def _server() -> str:
    """The address of the process that has everything imported; it ends with this one."""
    directory = tempfile.mkdtemp(prefix="winnow-forks-")
    address = f"{directory}/socket"
    process = subprocess.Popen([sys.executable, "-m", __name__, address], stdin=subprocess.PIPE)
    atexit.register(_end, process, directory)
    until = time.monotonic() + 120
    while not Path(address).exists():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("the process that winnow is forked from did not start")
        time.sleep(0.02)
    return address


def _end(process: subprocess.Popen[bytes], directory: str) -> None:
    process.communicate()  # closes its input
    Path(directory, "socket").unlink(missing_ok=True)
    Path(directory).rmdir()


def _import_everything() -> None:
    for package in _PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if module.name not in _NOT_IMPORTED:
                importlib.import_module(module.name)
    open_encoder()
    gc.collect()
    gc.freeze()


def _serve(address: str) -> int:
    """Fork a child for each request until the standard input ends. Returns in each child, with its exit status."""
    _import_everything()
    waking, woken = socket.socketpair()
    for end in (waking, woken):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(f"{address}.new")
    listener.listen(64)
    os.rename(f"{address}.new", address)
    children: dict[int, socket.socket] = {}
    selector = selectors.DefaultSelector()
    for file in (sys.stdin, listener, woken):
        selector.register(file, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is sys.stdin:
                return 0
            if key.fileobj is woken:
                woken.recv(4096)
                _tell_who_ended(children)
                continue
            connection, _ = listener.accept()
            request, files, _, _ = socket.recv_fds(connection, _MOST, 3)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for held in (listener, waking, woken, connection, *children.values()):
                    held.close()
                selector.close()
                return _run(json.loads(request), files)
            for file_number in files:
                os.close(file_number)
            children[pid] = connection
            connection.send(str(pid).encode())


def _tell_who_ended(children: dict[int, socket.socket]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with contextlib.suppress(OSError), children.pop(pid) as connection:  # nobody may be waiting for it
            connection.send(str(os.waitstatus_to_exitcode(status)).encode())


def _run(request: dict[str, Any], files: list[int]) -> int:
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    sys.argv = ["winnow", *request["arguments"]]
    winnow = importlib.import_module("winnow")
    try:
        winnow.main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


if __name__ == "__main__":
    sys.exit(_serve(sys.argv[1]))
