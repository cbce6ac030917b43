"""A Redis with a replica and a Sentinel, behind an address that moves with the primary."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from pathlib import Path

import redis

from operations.embedded_redis import find_server
from tests.support.processes.forwarder import Forwarder
from tests.support.processes.ports import free_port
from tests.support.processes.redis_server import RedisServer
from tests.support.waiting import eventually

_NAME = "winnow"


class Watched:
    """`url` is where the primary is, whichever of the two that is."""

    def __init__(self, directory: Path) -> None:
        self._ports = free_port(), free_port()
        self.servers = [self._server(directory / str(port), port) for port in self._ports]
        self._forwarder = Forwarder(self._ports[0])
        self.url = f"redis://127.0.0.1:{self._forwarder.port}"
        self._sentinel_port = free_port()
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()

    def start(self) -> None:
        """Start all three, and wait until Sentinel knows both."""
        for server in self.servers:
            server.start()
        self.servers[1].follow("127.0.0.1", self._ports[0])
        settings = self._directory / "sentinel.conf"
        settings.write_text(
            f"port {self._sentinel_port}\ndir {self._directory}\n"
            f"sentinel monitor {_NAME} 127.0.0.1 {self._ports[0]} 1\n"
            f"sentinel down-after-milliseconds {_NAME} 1000\nsentinel failover-timeout {_NAME} 5000\n"
        )
        self._process = subprocess.Popen(
            [find_server().path, str(settings), "--sentinel"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        eventually(lambda: self._asked("replicas") == 1, what="Sentinel knows the replica")
        threading.Thread(target=self._follow, daemon=True).start()

    def fail_over(self) -> None:
        """Kill the primary, and wait until the other is."""
        self.servers[0].kill()
        eventually(lambda: self._primary() == self._ports[1], within=60, what="Sentinel has failed over")
        self.servers[0].start()  # Sentinel makes it the replica

    def close(self) -> None:
        self._closing.set()
        self._forwarder.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait(60)
        for server in self.servers:
            server.kill()

    def _server(self, directory: Path, port: int) -> RedisServer:
        directory.mkdir()
        return RedisServer(directory, port=str(port), bind="127.0.0.1", repl_diskless_sync_delay="0")

    def _asked(self, what: str) -> int:
        with self._sentinel() as client:
            answer = client.execute_command("SENTINEL", what, _NAME)
            return len(answer)

    def _primary(self) -> int | None:
        with contextlib.suppress(redis.RedisError), self._sentinel() as client:
            answer = client.execute_command("SENTINEL", "get-master-addr-by-name", _NAME)
            return int(answer[1])
        return None

    def _sentinel(self) -> redis.Redis:
        return redis.Redis(port=self._sentinel_port, socket_timeout=2)

    def _follow(self) -> None:
        while not self._closing.wait(0.2):
            if (port := self._primary()) is not None:
                self._forwarder.point_at(port)
