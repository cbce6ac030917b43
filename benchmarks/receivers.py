"""Sites' endpoints in a process of their own: they take whatever comes at once, and note when.

An event loop that reads no more of a request than where it ends, so that it takes little of the processors that it
shares with what it measures.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import time
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection

_NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(frozen=True)
class Told:
    """What arrived: for each message when, in seconds since 1970, and its comment's or batch's body."""

    arrivals: list[float]
    bodies: list[bytes]
    #: How many events these messages hold.
    events: int

    @property
    def rate(self) -> float:
        """Messages a second, from the first to the last."""
        return (len(self.arrivals) - 1) / (self.arrivals[-1] - self.arrivals[0])

    @property
    def event_rate(self) -> float:
        """Events a second, likewise."""
        return (self.events - 1) / (self.arrivals[-1] - self.arrivals[0])

    @property
    def waits(self) -> list[float]:
        """Seconds from each decision to its arrival."""
        decided = [datetime.fromisoformat(json.loads(body)["timestamp"]).timestamp() for body in self.bodies]
        return [arrival - moment for arrival, moment in zip(self.arrivals, decided, strict=True)]


@dataclass
class _Notes:
    arrivals: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    events: int = 0


class Receivers:
    """A context: so many endpoints, each with a port of its own, until its end."""

    def __init__(self, count: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_receive, args=(count, theirs), daemon=True)
        self.urls: list[str] = []

    def __enter__(self) -> Receivers:
        self._process.start()
        self.urls = [f"http://127.0.0.1:{port}/hook" for port in self._pipe.recv()]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    def count(self) -> int:
        """How many events have come since they were last taken: a batch holds several."""
        self._pipe.send("count")
        number: int = self._pipe.recv()
        return number

    def take(self) -> Told:
        """What has come since this was last asked."""
        self._pipe.send("take")
        return Told(*self._pipe.recv())


class _Conversation(asyncio.Protocol):
    def __init__(self, notes: _Notes) -> None:
        self._notes, self._data = notes, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        _, _, length = head.lower().partition(b"content-length:")
        if len(body) < int(length.partition(b"\r")[0]):
            return
        self._notes.arrivals.append(time.time())
        self._notes.bodies.append(body)
        self._notes.events += body.count(b'"type":"comment.') or 1
        self._data = b""
        self._transport.write(_NO_CONTENT)


def _receive(count: int, pipe: Connection) -> None:
    gc.disable()  # it only ever keeps what comes
    asyncio.run(_serve(count, pipe))


async def _serve(count: int, pipe: Connection) -> None:
    notes, loop = _Notes(), asyncio.get_running_loop()
    servers = [
        await loop.create_server(lambda: _Conversation(notes), "127.0.0.1", 0, backlog=1024) for _ in range(count)
    ]
    pipe.send([server.sockets[0].getsockname()[1] for server in servers])
    over = asyncio.Event()

    def answer() -> None:
        try:
            asked = pipe.recv()
        except EOFError:
            over.set()
            return
        if asked == "count":
            pipe.send(notes.events)
            return
        pipe.send((notes.arrivals, notes.bodies, notes.events))
        notes.arrivals, notes.bodies, notes.events = [], [], 0

    loop.add_reader(pipe.fileno(), answer)
    await over.wait()
