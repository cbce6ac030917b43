"""Between the web server and the Flask application: only whole requests get a thread, and slow clients hold none.

The server hands a request on when its headers have arrived. If the application were called then, each unfinished body
would hold a thread for as long as the client likes, even without a key. So one event loop reads the bodies here, with a
deadline; large ones go to a file without a name. A streamed answer is written as fast as the client reads it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Mapping
from functools import partial
from io import BytesIO
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from flask import Flask

from moderation.settings import Settings
from service.answering.accepting import Accepting, Answer
from service.answering.bodies import Bodies, Gone
from service.answering.leaving import Message, Receive, Send
from service.answering.threads import Threads
from service.answering.turns import Lane, lane_of
from service.compat.routes import MAX_BODY_BYTES

#: How long a client may read nothing of a streamed answer before it is broken off, in seconds.
UNREAD_SECONDS = 60.0
#: Headers that the application gets in another form, because the whole body is there, however it was sent.
_ABOUT_THE_BODY = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH", "TRANSFER_ENCODING"})


#: A header that must not count as left out where it cannot be read: the comment would be stored twice.
_NEVER_LEFT_OUT = frozenset({"IDEMPOTENCY_KEY"})

_TOO_LATE = (
    b'{"type":"about:blank","title":"Request Timeout","status":408,'
    b'"detail":"The body of the request did not arrive in time. Send it again."}'
)
_AMBIGUOUS = (
    b'{"type":"/api/docs#problem-malformed","title":"The request cannot be read","status":400,'
    b'"detail":"It says more than once for which host it is, or how long its body is. Nothing of it was read."}'
)
#: Each is sent once at most. A proxy in front may heed another one of several, and so see other requests than we do.
_ONCE = frozenset({b"host", b"content-length", b"transfer-encoding"})
_BROKEN_OFF = (
    b'{"type":"/api/docs#problem-malformed","title":"The request cannot be read","status":400,'
    b'"detail":"The body broke off, or is not in chunks as its Transfer-Encoding says. Nothing of it was read."}'
)


#: What tells nginx to pass a stream on as it comes. Whole answers it may take at once, and hold for slow readers.
_UNBUFFERED = (b"x-accel-buffering", b"no")


class WholeRequests:
    """The Flask application as an ASGI application: bodies are read first, then a thread answers."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app = app
        self._bodies = Bodies(max(settings.max_body_bytes, settings.max_batch_bytes, MAX_BODY_BYTES))
        self._threads = Threads(settings.web_threads)
        self._accepting = Accepting(app, settings)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if _is_ambiguous(scope["headers"]):
            await _refuse(send, 400, _AMBIGUOUS)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        try:
            body, length = await self._bodies.read(receive, announced)
        except TimeoutError:
            await _refuse(send, 408, _TOO_LATE)
            return
        except Gone:  # or the server cannot read the chunks, and somebody waits
            await _refuse(send, 400, _BROKEN_OFF)
            return
        tried: Mapping[str, Any] = {}  # what was done of it already
        if isinstance(body, BytesIO):  # in one piece
            answer = await self._accepting.answer(scope, body.getvalue())
            if isinstance(answer, Answer):
                await _send(send, answer)
                return
            tried = answer.environ
        with body, contextlib.suppress(Gone):
            lane = lane_of(scope, partial(_beginning, body))
            await self._answer(lane, {**_environ(scope, _headers(scope), body, length), **tried}, receive, send)

    async def _answer(self, lane: Lane, environ: dict[str, Any], receive: Receive, send: Send) -> None:
        """Let a thread answer in its turn. While an answer is streamed, notice when the client leaves."""
        stream = _Stream(asyncio.get_running_loop(), receive, send)
        try:
            answer = await self._threads.call(lane, self._respond, environ, stream)
            if answer is not None:
                await _send(send, answer)
        finally:
            stream.stop_watching()

    def _respond(self, environ: dict[str, Any], stream: _Stream) -> Answer | None:
        """The answer, made in a thread of its own; None when it was streamed."""
        status, headers = 500, list[tuple[bytes, bytes]]()

        def start(line: str, fields: list[tuple[str, str]], exc_info: object = None) -> None:  # noqa: ARG001
            nonlocal status, headers
            status = int(line.partition(" ")[0])
            headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields]

        chunks = self._app(environ, start)  # type: ignore[arg-type]
        try:
            if any(name == b"content-length" for name, _ in headers) or status in {204, 304}:
                return Answer(status, headers, b"".join(chunks))
            stream.start(status, headers)
            for chunk in chunks:
                stream.write(chunk)
            stream.end()
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        return None


class _Stream:
    """A streamed answer: a thread writes it while it is made, only as fast as the client reads."""

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Receive, send: Send) -> None:
        self._loop, self._receive, self._send = loop, receive, send
        self._watching: asyncio.Task[None] | None = None
        self.left = False

    def start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._loop.call_soon_threadsafe(self._watch)
        self._do({"type": "http.response.start", "status": status, "headers": [*headers, _UNBUFFERED]})

    def write(self, chunk: bytes) -> None:
        if chunk:
            self._do({"type": "http.response.body", "body": chunk, "more_body": True})

    def end(self) -> None:
        self._do({"type": "http.response.body", "body": b"", "more_body": False})

    def stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.cancel()

    def _watch(self) -> None:
        async def watch() -> None:
            while (await self._receive())["type"] != "http.disconnect":
                pass
            self.left = True

        self._watching = self._loop.create_task(watch())

    def _do(self, message: Message) -> None:
        if self.left:
            raise Gone
        writing = asyncio.run_coroutine_threadsafe(_awaited(self._send(message)), self._loop)
        try:
            writing.result(UNREAD_SECONDS)
        except TimeoutError:
            writing.cancel()
            raise Gone from None


def _is_ambiguous(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether two readers of this request may disagree about its host, or where its body ends (RFC 9112, 3.2 and 6)."""
    once = [(name, value) for name, value in headers if name in _ONCE]
    named = {name for name, _ in once}
    if len(named) < len(once) or {b"content-length", b"transfer-encoding"} <= named:
        return True
    return any(name == b"transfer-encoding" and value.strip().lower() != b"chunked" for name, value in once)


async def _awaited(sending: Awaitable[None]) -> None:
    await sending


async def _refuse(send: Send, status: int, document: bytes) -> None:
    await _send(send, Answer(status, [(b"content-type", b"application/problem+json")], document), close=True)


async def _send(send: Send, answer: Answer, *, close: bool = False) -> None:
    headers = [*answer.headers, (b"connection", b"close")] if close else answer.headers
    with contextlib.suppress(OSError):
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body, "more_body": False})


def _headers(scope: Message) -> dict[str, str]:
    """The request's headers as WSGI names them.

    A header with an underscore in its name is left out: WSGI has the same name for `X_Forwarded_For` and
    `X-Forwarded-For`, so a client could use it to overwrite what the proxy has set.
    """
    values_by_name: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        if b"_" not in name:
            own_name = name.decode("latin-1").upper().replace("-", "_")
            is_read = value.isascii() or own_name in _NEVER_LEFT_OUT
            values_by_name.setdefault(own_name, []).append(value.decode("latin-1") if is_read else "")
    return {name: (";" if name == "COOKIE" else ",").join(values) for name, values in values_by_name.items()}


def _beginning(body: IO[bytes], size: int) -> bytes:
    first = body.read(size)
    body.seek(0)
    return first


def _environ(scope: Message, headers: dict[str, str], body: IO[bytes], length: int) -> dict[str, Any]:
    """The WSGI environment of a request whose body has been read."""
    server, client = scope.get("server") or ("", 0), scope.get("client") or ("", 0)
    path = unquote_to_bytes(scope["raw_path"].partition(b"?")[0]) if scope.get("raw_path") else scope["path"].encode()
    environ = {f"HTTP_{name}": value for name, value in headers.items() if name not in _ABOUT_THE_BODY}
    if "CONTENT_TYPE" in headers:
        environ["CONTENT_TYPE"] = headers["CONTENT_TYPE"]
    if length or "CONTENT_LENGTH" in headers:
        environ["CONTENT_LENGTH"] = str(length)
    return environ | {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": path.decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": str(client[0]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
