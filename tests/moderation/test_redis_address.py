"""Redis is found where its address says: on one server, or through Sentinel, which follows a failover."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.connection import SSLConnection
from redis.sentinel import SentinelManagedSSLConnection

from moderation import redis_address
from moderation.intake import queues
from operations.connections import require_redis
from operations.embedded_redis import answers, find_server
from operations.errors import OperatorError
from tests.support import quick
from tests.support.processes.ports import free_port
from tests.support.waiting import eventually


def options(url: str) -> dict[str, Any]:
    found: dict[str, Any] = redis_address.open_client(url).connection_pool.connection_kwargs
    return found


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("redis://:p%40ss@cache:6380/3", {"host": "cache", "port": 6380, "password": "p@ss", "db": 3}),
        ("redis+sentinel://one,two:26380/mymaster", {"db": 0}),
        (
            "redis+sentinel://winnow:p%40ss@one:1,[::1]:2/mymaster/3",
            {"username": "winnow", "password": "p@ss", "db": 3},
        ),
        ("rediss+sentinel://one/mymaster/3?ssl_ca_certs=/ca.pem", {"db": 3, "ssl_ca_certs": "/ca.pem"}),
    ],
)
def test_what_an_address_says_reaches_the_connection(url: str, known: dict[str, Any]) -> None:
    found = options(url)
    assert {name: found.get(name) for name in known} == known


def test_the_sentinels_are_told_their_own_password_and_tls_goes_for_all() -> None:
    url = "rediss+sentinel://winnow:of-redis@one:1,two/mymaster?sentinel_password=of-them&ssl_ca_certs=/ca.pem"
    pool: Any = redis_address.open_client(url).connection_pool
    assert pool.connection_class is SentinelManagedSSLConnection
    pools = [sentinel.connection_pool for sentinel in pool.sentinel_manager.sentinels]
    told = [one.connection_kwargs for one in pools]
    assert [(one["host"], one["port"]) for one in told] == [("one", 1), ("two", 26379)]
    assert {(one["password"], one.get("username"), one["ssl_ca_certs"]) for one in told} == {
        ("of-them", None, "/ca.pem")
    }
    assert {one.connection_class for one in pools} == {SSLConnection}


class Servers:
    """A primary, its replica, and a Sentinel that watches them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.ports = {name: free_port() for name in ("primary", "replica", "sentinel")}
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        return f"redis+sentinel://127.0.0.1:1,127.0.0.1:{self.ports['sentinel']}/mymaster/0"

    def start(self) -> None:
        self._start("primary")
        self._start("replica", "--replicaof", f"127.0.0.1 {self.ports['primary']}", "--repl-diskless-sync-delay", "0")
        watched = f"sentinel monitor mymaster 127.0.0.1 {self.ports['primary']} 1\n"
        (self._directory / "sentinel").write_text(f"port {self.ports['sentinel']}\n{watched}")
        self._run(str(self._directory / "sentinel"), "--sentinel")
        eventually(lambda: answers(f"redis://127.0.0.1:{self.ports['sentinel']}"))
        self.sentinel = redis.Redis(port=self.ports["sentinel"])
        eventually(self._knows_the_replica, what="the Sentinel knows the replica")

    def fail_over(self) -> None:
        self.sentinel.sentinel_failover("mymaster")

    def kill(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait(60)

    def _knows_the_replica(self) -> bool:
        with redis.Redis(port=self.ports["replica"]) as client:
            in_step = client.info("replication").get("master_link_status") == "up"
        state: Any = self.sentinel.sentinel_master("mymaster")
        return bool(in_step and state["num-slaves"] == 1)

    def _start(self, name: str, *more: str) -> None:
        port = self.ports[name]
        self._run("--port", str(port), "--save", "", "--dir", str(self._directory), *more)
        eventually(lambda: answers(f"redis://127.0.0.1:{port}"))

    def _run(self, *arguments: str) -> None:
        command = [find_server().path, *arguments]
        self._processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


@pytest.fixture
def servers() -> Iterator[Servers]:
    directory = quick.directory("winnow-sentinel-")
    made = Servers(directory)
    try:
        made.start()
        yield made
    finally:
        made.kill()
        shutil.rmtree(directory)


@pytest.mark.slow
def test_a_failover_is_followed_by_whoever_is_connected(servers: Servers) -> None:
    client = queues.connect(servers.url)  # of the two Sentinels that it names, one is away
    client.set("winnow:probe", 1)
    pool: Any = client.connection_pool
    assert pool.get_master_address()[1] == servers.ports["primary"]
    servers.fail_over()

    def follows() -> bool:
        try:
            client.set("winnow:probe", 2)
            return bool(pool.get_master_address()[1] == servers.ports["replica"])
        except redis.RedisError:
            return False

    eventually(follows, what="the client writes to the new primary")
    with redis.Redis(port=servers.ports["replica"]) as replica:
        assert replica.get("winnow:probe") == b"2"


def test_sentinels_that_are_all_away_are_told_in_a_sentence() -> None:
    with pytest.raises(
        OperatorError, match=r"redis\+sentinel://\*\*\*@127\.0\.0\.1:1/mymaster.*does not answer"
    ) as said:
        require_redis("redis+sentinel://:s3cret@127.0.0.1:1/mymaster")
    assert "s3cret" not in str(said.value)
