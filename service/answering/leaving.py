"""A web process that was told to stop asks its clients to connect anew before it goes.

A connection that is closed while it rests may be closed just as its client sends, and the client gets no answer
(RFC 9112, section 9.5). So for a moment requests are still answered, each as its connection's last.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

#: How long that moment is, in seconds.
LEAVING_SECONDS = 1.0

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class Leaving:
    """An ASGI application whose process SIGTERM stops in a moment, and SIGINT at once, as the web server does it."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._loop is None:  # the server sets its own handlers before the first request
            self._loop = asyncio.get_running_loop()
            self._loop.add_signal_handler(signal.SIGTERM, self._leave)
        await self._application(scope, receive, _closing(send) if self._leaving else send)

    def _leave(self) -> None:
        if not self._leaving and self._loop is not None:
            self._leaving = True
            self._loop.call_later(LEAVING_SECONDS, os.kill, os.getpid(), signal.SIGINT)


def _closing(send: Send) -> Send:
    """`send`, whose answer is the connection's last."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    return sending
