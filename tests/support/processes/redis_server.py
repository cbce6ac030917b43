"""A real Redis of our own: on a socket in a directory of ours, keeping nothing on disk."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import redis

from operations.embedded_redis import answers, find_server
from tests.support.waiting import eventually


class RedisServer:
    """A Redis that tests may kill, start again (empty), or freeze."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._socket = directory / "redis.sock"
        self.url = f"unix://{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {"port": "0", "unixsocket": str(self._socket), "dir": str(self._directory), "save": ""}
        command = [find_server().path, *(part for name, value in options.items() for part in (f"--{name}", value))]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(lambda: answers(self.url), what="Redis answers")

    def kill(self) -> None:
        """End it at once, with all that it knew."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def freeze(self) -> None:
        """Let it hang: connections are accepted, nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """End a freeze."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        """Empty it."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()
