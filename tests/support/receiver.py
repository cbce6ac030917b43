"""An HTTP server of our own on loopback: what a site's webhook endpoint may be like, at its best and its worst."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.waiting import eventually


@dataclass(frozen=True)
class Received:
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """Records each request (header names in lower case) and answers 204, until told otherwise."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self._lock = threading.Lock()
        self._released = threading.Event()
        self._behave: Callable[[BaseHTTPRequestHandler], None] = self._answer
        self._answers: list[tuple[int, dict[str, str], bytes]] = [(204, {}, b"")]
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def answer(self, *statuses: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        """Answer the next requests with these statuses, one each; the last of them from then on."""
        self._answers = [(status, headers or {}, body) for status in statuses]
        self._behave = self._answer

    def behave(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        """Answer as a function does that writes the whole response."""
        self._behave = answer

    def hang(self) -> None:
        """Take requests and say nothing until `release`."""
        self._behave = self._hang

    def drip(self) -> None:
        """Answer a byte every 50 ms, for as long as anybody listens."""
        self._behave = self._drip

    def disconnect(self) -> None:
        """Close each connection without an answer."""
        self._behave = lambda handler: setattr(handler, "close_connection", True)

    def release(self) -> None:
        """Let hanging and dripping requests end, and answer 204 again."""
        self.answer(204)
        self._released.set()

    def wait_for(self, count: int, *, within: float = 30.0) -> list[Received]:
        """The requests, once `count` of them have arrived."""
        eventually(lambda: len(self.requests) >= count, within=within, what=f"{count} requests arrived")
        return list(self.requests)

    def close(self) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._lock:
            self.requests.append(Received(handler.command, handler.path, headers, body, time.monotonic()))
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            self._behave(handler)
        except (BrokenPipeError, ConnectionResetError):  # the sender gave up, as it should
            pass
        finally:
            with self._lock:
                self.in_flight -= 1

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            status, headers, body = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        if status != 204:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _hang(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        self._released.wait(60)

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.end_headers()
        while not self._released.wait(0.05):
            handler.wfile.write(b".")
            handler.wfile.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    receiver: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that goes away is its own affair."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, _Server)
        self.server.receiver.handle(self)

    do_GET = do_PUT = do_PATCH = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: `requests` has it all."""
