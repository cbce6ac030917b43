"""A real Redis of our own: on a socket in a directory of ours, keeping nothing on disk unless asked to."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import redis

from operations.embedded_redis import answers, find_server
from tests.support.waiting import eventually


class RedisServer:
    """A Redis that tests may kill, start again (empty, unless it keeps a file), freeze, fill up and make read-only.

    `options` are its own: `RedisServer(directory, appendonly="yes")`.
    """

    def __init__(self, directory: Path, **options: str) -> None:
        self.directory = directory
        self._socket = directory / "redis.sock"
        self._options = {"port": "0", "unixsocket": str(self._socket), "dir": str(directory), "save": ""} | options
        self.url = f"unix://{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = (part for name, value in self._options.items() for part in (f"--{name.replace('_', '-')}", value))
        command = [find_server().path, *options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(lambda: answers(self.url), what="Redis answers")

    def kill(self) -> None:
        """End it at once, with all that it knew and has not written."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(60)
            self._process = None

    def forget(self) -> None:
        """Remove what it has written; it must not run."""
        for path in self.directory.glob("appendonlydir*"):
            shutil.rmtree(path)

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

    def configure(self, **settings: Any) -> None:
        """Change its settings while it runs: `configure(maxmemory="1")` fills it up."""
        with redis.Redis.from_url(self.url) as client:
            for name, value in settings.items():
                client.config_set(name.replace("_", "-"), value)

    def follow(self, host: str, port: int) -> None:
        """Become the read-only replica of another."""
        with redis.Redis.from_url(self.url) as client:
            client.replicaof(host, port)

    def lead(self) -> None:
        """Take writes again."""
        with redis.Redis.from_url(self.url) as client:
            client.replicaof("NO", "ONE")
