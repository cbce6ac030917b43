"""Bodies that never end take a bounded room, and keep nobody else's from arriving."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from service.answering import bodies
from service.answering.bodies import Bodies

LARGEST = 300_000
PIECE = b"x" * 50_000


class Client:
    """Sends pieces of a body, one when it is asked for, and never the last."""

    def __init__(self, reading: Bodies, *, length: int = 0) -> None:
        self._pieces: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.task = asyncio.ensure_future(reading.read(self._pieces.get, b"%d" % length if length else b""))

    async def send(self, pieces: int, *, more: bool = True) -> None:
        for number in range(pieces):
            is_last = not more and number == pieces - 1
            self._pieces.put_nowait({"type": "http.request", "body": PIECE, "more_body": not is_last})
        for _ in range(2 * pieces + 4):
            await asyncio.sleep(0)


def test_the_oldest_bodies_without_an_end_make_room_and_small_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "ROOM", 0)  # so there is room for four of the largest

    async def run() -> None:
        reading = Bodies(LARGEST)
        small = Client(reading)
        await small.send(1)
        endless = [Client(reading) for _ in range(5)]
        for client in endless[:4]:
            await client.send(6)
        assert not any(client.task.done() for client in endless), "24 pieces fit"
        await endless[4].send(2)
        assert [client.task.done() for client in endless] == [True, False, False, False, False]
        assert isinstance(endless[0].task.exception(), TimeoutError), "as one that does not arrive in time"
        await endless[1].send(1)  # too large for any route: answered, and out of the way
        assert endless[1].task.result()[1] > LARGEST
        whole = Client(reading, length=5 * len(PIECE))
        await whole.send(5, more=False)
        body, length = whole.task.result()
        assert (length, body.read()) == (250_000, PIECE * 5)
        assert not small.task.done()
        await small.send(1, more=False)
        assert small.task.result()[1] == 100_000
        for client in endless:
            client.task.cancel()
        await asyncio.gather(*(client.task for client in endless), return_exceptions=True)
        for kept in (body, endless[1].task.result()[0], small.task.result()[0]):
            kept.close()

    with ThreadPoolExecutor(1) as thread:  # in this one a browser's event loop may run
        thread.submit(asyncio.run, run()).result()
