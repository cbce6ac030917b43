"""Connections that are kept open from one message to the next, and one exchange on one of them, within a deadline.

A connection leads to the address that was checked when it was opened, for as long as it is kept: nothing is looked up
again for it. Whoever opens one has its address checked anew, and none is kept for longer than `KEPT_SECONDS`.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
from collections import deque
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from urllib3.connection import HTTPConnection
from urllib3.util.wait import wait_for_read

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: How long a connection is used, from its opening. After it the host's name is looked up and checked again.
KEPT_SECONDS = 60.0
#: Connections that are kept while nobody uses them.
MOST_KEPT = 128
#: As much as is read of an answer.
MAX_ANSWER = 4096


@dataclass(frozen=True, slots=True)
class Origin:
    """What a connection leads to, by name: only a request to the same may use it."""

    scheme: str
    host: str
    port: int | None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came."""

    status: int
    body: bytes
    location: str | None
    #: Its `Content-Type`.
    kind: str | None = None


class Closed(ConnectionError):
    """The other side closed the connection. `answering`: it had begun its answer."""

    def __init__(self, *, answering: bool) -> None:
        super().__init__()
        self.answering = answering


class Connection:
    """An open connection to an address that was checked. One request at a time."""

    def __init__(self, opened: HTTPConnection) -> None:
        self._opened = opened
        self.sock: socket.socket = opened.sock
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._opened_at = monotonic()
        self._at_rest = True

    def exchange(self, request: bytes, until: float, *, method: str = "POST", most: int = MAX_ANSWER) -> Reply:
        """Send a request and read its answer, whose body is cut after `most` bytes.

        Raises:
            TimeoutError: the answer was not complete by `until`.
            Closed: the connection was closed before that.
            http.client.HTTPException, OSError, ValueError: as `http.client` has them.
        """
        self._at_rest = False
        incoming = _Reader(_Incoming(self.sock, until))
        try:
            self.sock.settimeout(max(0.001, until - monotonic()))
            self.sock.sendall(request)
            response = http.client.HTTPResponse(incoming, method=method)  # type: ignore[arg-type]  # only `makefile`
            response.begin()
            body = response.read(most)
        except (http.client.RemoteDisconnected, http.client.IncompleteRead, ConnectionError) as error:
            raise Closed(answering=incoming.raw.begun) from error
        if response.length and len(body) < most:
            raise Closed(answering=True)
        is_whole = response.isclosed() and response.status >= 200
        self._at_rest = is_whole and not response.will_close and incoming.is_empty()
        return Reply(response.status, body, response.headers.get("Location"), response.headers.get("Content-Type"))

    def is_usable(self) -> bool:
        """Whether another request may be sent: it is young, the last answer was read whole, and nothing came since."""
        if not self._at_rest or monotonic() - self._opened_at > KEPT_SECONDS:
            return False
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            return False
        return not wait_for_read(self.sock, timeout=0)  # what can be read now is its end, or no answer to us

    def close(self) -> None:
        """Close it."""
        self._opened.close()


class Kept:
    """Connections between two uses, by where they lead. For any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: The one that came last is last, as among all so in `_by_origin`.
        self._by_origin: dict[Origin, deque[Connection]] = {}
        self._count = 0

    def take(self, origin: Origin) -> Connection | None:
        """A connection to there that may be used; None if there is none."""
        while (connection := self._pop(origin)) is not None:
            if connection.is_usable():
                return connection
            connection.close()
        return None

    def put(self, origin: Origin, connection: Connection) -> None:
        """Keep it for the next one, if it may be used and there is room; close it otherwise."""
        if connection.is_usable():
            with self._lock:
                if self._count < MOST_KEPT:
                    self._by_origin.setdefault(origin, deque()).append(connection)
                    self._count += 1
                    return
        connection.close()

    def tidy(self) -> None:
        """Close those that may not be used any more."""
        with self._lock:
            origins = [origin for origin, kept in self._by_origin.items() for _ in kept]
        for origin in origins:
            if (connection := self._pop(origin, oldest=True)) is not None:
                self.put(origin, connection)

    def __del__(self) -> None:
        """Close them all: nobody can use them any more."""
        for kept in self._by_origin.values():
            for connection in kept:
                connection.close()

    def _pop(self, origin: Origin, *, oldest: bool = False) -> Connection | None:
        with self._lock:
            kept = self._by_origin.get(origin)
            if not kept:
                return None
            connection = kept.popleft() if oldest else kept.pop()
            self._count -= 1
            if not kept:
                del self._by_origin[origin]
            return connection


class _Incoming(io.RawIOBase):
    """What comes in on a socket until a deadline, however slowly it drips: each read has what is left of the time."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock, self._until = sock, until
        self.begun, self.over = False, False

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Wait for bytes; none come once it is `over`."""
        if self.over:
            return None
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        number = self._sock.recv_into(buffer)
        self.begun = self.begun or number > 0
        return number


class _Reader(io.BufferedReader):
    """What `http.client` reads an answer from. It stays open at the answer's end, to see what is behind it."""

    raw: _Incoming

    def makefile(self, _mode: str) -> _Reader:
        """What `http.client` asks a socket for."""
        return self

    def is_empty(self) -> bool:
        """Whether nothing came behind the answer. Nothing can be read afterwards."""
        self.raw.over = True
        return not self.peek(1)

    def close(self) -> None:
        """Leave it open: the socket is closed by its `Connection`."""
