"""The bodies of requests, read before a thread gets them: within a time, and within some room for all together."""

from __future__ import annotations

import asyncio
import time
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO

from service.answering.leaving import Receive
from service.answering.threads import Patience

#: How long a client may send nothing of its body, and how long the whole body may take, in seconds.
SILENT_SECONDS, BODY_SECONDS = 15.0, 120.0
#: The part of a larger body that has arrived waits in a file.
_IN_MEMORY = 64 * 1024
#: So much room the files of a process may take whose bodies are still arriving: who sends them may have no key, and a
#: temporary file may lie in memory. There is always room for `_LARGEST_FIT` bodies of the largest size.
ROOM, _LARGEST_FIT = 64 * 1024 * 1024, 4


class Gone(Exception):
    """The client closed the connection, or neither sends nor reads."""


class Bodies:
    """Reads bodies. For one event loop."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._patience = Patience()
        self._room = max(ROOM, _LARGEST_FIT * largest)
        #: What has arrived of each body in a file that still arrives, by who reads it. The oldest is first.
        self._arriving: dict[asyncio.Task[object], int] = {}

    async def read(self, receive: Receive, announced: bytes) -> tuple[IO[bytes], int]:
        """The body and its length. Stops early at a body that is too large for any route.

        Raises:
            TimeoutError: it does not arrive in time, or not before others need its room.
            Gone: its end does not arrive.
        """
        expected = int(announced) if announced.isdigit() else None
        if expected is not None and expected > self._largest:
            return BytesIO(), expected
        latest = time.monotonic() + BODY_SECONDS
        body: IO[bytes] | None = None
        task = asyncio.current_task()
        assert task is not None
        try:
            while True:
                with self._patience.until(min(latest, time.monotonic() + SILENT_SECONDS)):
                    message = await receive()
                if message["type"] != "http.request":
                    raise Gone
                part = message.get("body", b"")
                if body is None:
                    # Nearly every request. The server says only in a further message that nothing more comes.
                    if len(part) == expected or not message.get("more_body"):
                        return BytesIO(part), len(part)
                    body = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (closed by the caller, or below)
                body.write(part)
                if not message.get("more_body") or body.tell() > self._largest:
                    length = body.tell()
                    body.seek(0)
                    return body, length
                self._make_room(task, body.tell())
        except BaseException:
            if body is not None:
                body.close()
            raise
        finally:
            self._arriving.pop(task, None)

    def _make_room(self, task: asyncio.Task[object], size: int) -> None:
        """Note that so much of a body has arrived. Where all take more than there is room for, the oldest have to go:
        a client that means it is done in a moment, and who fills the room with bodies without an end makes room so.
        """
        if size <= _IN_MEMORY:
            return
        self._arriving[task] = size
        while sum(self._arriving.values()) > self._room:
            oldest = next(iter(self._arriving))
            del self._arriving[oldest]
            if oldest is task:
                raise TimeoutError
            self._patience.end(oldest)
