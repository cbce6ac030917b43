"""A load generator in a process of its own: kept-alive connections, each sending its next request on an answer.

It builds its requests beforehand and waits on all connections at once (epoll), so that it takes little of the
processors that it shares with what it measures.
"""

from __future__ import annotations

import json
import multiprocessing
import select
import socket
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection

from benchmarks import texts


@dataclass(frozen=True)
class Requests:
    """What to send: comments to `path` by POST, `batch` in each request (0: one, as an object)."""

    port: int
    path: str
    headers: Mapping[str, str]
    batch: int = 0
    #: How many requests to build; after the last comes the first again.
    count: int = 20_000
    seed: int = 1


@dataclass(frozen=True)
class Answered:
    """What came of it, within the time that was given."""

    seconds: float
    statuses: Counter[int]
    latencies: list[float]

    @property
    def rate(self) -> float:
        """Requests answered in a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: int) -> float:
        """The time within which so many of 100 were answered, in milliseconds."""
        return statistics.quantiles(self.latencies, n=100)[percent - 1] * 1000


class Load:
    """A running generator: `with Load(requests, connections=32) as load: answered = load.run(seconds=5)`."""

    def __init__(self, requests: Requests, *, connections: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_generate, args=(requests, connections, theirs), daemon=True)

    def __enter__(self) -> Load:
        self._process.start()
        self._receive(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    def begin(self, seconds: float, most: int | None = None) -> None:
        """Send for so long, or so many requests; `result` has what came of it."""
        self._pipe.send((seconds, most))

    def result(self) -> Answered:
        """What came of what `begin` began."""
        answered: Answered = self._receive(600)  # type: ignore[assignment]
        return answered

    def run(self, seconds: float) -> Answered:
        """`begin` and `result`."""
        self.begin(seconds)
        return self.result()

    def _receive(self, within: float) -> object:
        if not self._pipe.poll(within):
            raise TimeoutError("the load generator does not answer")
        return self._pipe.recv()


def messages(requests: Requests) -> Iterator[bytes]:
    """The requests, ready to be sent."""
    comments = texts.comments(requests.seed)
    lines = "".join(f"{name}: {value}\r\n" for name, value in requests.headers.items())
    for number in range(requests.count):
        if requests.batch:
            body = json.dumps([_submission(text, n) for n, text in enumerate(islice(comments, requests.batch))])
        else:
            body = json.dumps(_submission(next(comments), number))
        yield (
            f"POST {requests.path} HTTP/1.1\r\nHost: localhost\r\n{lines}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def _submission(text: str, number: int) -> dict[str, str]:
    return {
        "name": f"Reader {number % 997}",
        "comment": text,
        "thread": f"/news/{number % 50}",
        "email": f"reader{number % 997}@example.org",
        "ip": f"198.51.100.{number % 250}",
    }


def _generate(requests: Requests, connections: int, pipe: Connection) -> None:
    prepared = list(messages(requests))
    sent = 0
    pipe.send("ready")
    while True:
        seconds, most = pipe.recv()
        with _Conversation(requests.port, connections) as conversation:
            answered, sent = conversation.hold(prepared, sent, seconds, most)
        pipe.send(answered)


class _Conversation:
    """Connections to one server, of which each has one request under way."""

    def __init__(self, port: int, connections: int) -> None:
        self._poll = select.epoll()
        self._connections: dict[int, socket.socket] = {}
        for _ in range(connections):
            connection = socket.create_connection(("127.0.0.1", port), timeout=60)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections[connection.fileno()] = connection
            self._poll.register(connection, select.EPOLLIN)

    def __enter__(self) -> _Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections.values():
            connection.close()
        self._poll.close()

    def hold(self, prepared: list[bytes], sent: int, seconds: float, most: int | None) -> tuple[Answered, int]:
        last = None if most is None else sent + most
        statuses: Counter[int] = Counter()
        latencies: list[float] = []
        partial = dict.fromkeys(self._connections, b"")
        asked: dict[int, float] = {}
        began = time.perf_counter()
        until = began + seconds
        for number, connection in self._connections.items():
            asked[number] = time.perf_counter()
            connection.sendall(prepared[(sent := sent + 1) % len(prepared)])
        while asked:
            for number, _ in self._poll.poll(10):
                data = partial[number] + self._connections[number].recv(1 << 16)
                if not _whole(data):
                    partial[number] = data
                    continue
                partial[number] = b""
                now = time.perf_counter()
                if now < until:
                    statuses[int(data[9:12])] += 1
                    latencies.append(now - asked[number])
                if now < until and sent != last:
                    asked[number] = now
                    self._connections[number].sendall(prepared[(sent := sent + 1) % len(prepared)])
                else:  # what was asked in time is answered before the end, and not counted
                    del asked[number]
        return Answered(seconds, statuses, latencies), sent


def _whole(data: bytes) -> bool:
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        if not data:
            raise ConnectionError("the server closed a connection")
        return False
    _, _, length = head.lower().partition(b"content-length:")
    return len(body) >= int(length.partition(b"\r")[0])
