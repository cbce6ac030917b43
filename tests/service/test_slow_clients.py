"""Clients that send or read slowly, or never, on a real server: they keep nobody from being served."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
import requests

from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.people import accounts
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from service import asgi
from service.answering import bodies
from service.console import exports
from tests.support.comments import submission
from tests.support.processes import forks
from tests.support.processes.parts import environment
from tests.support.processes.ports import free_port
from tests.support.signed_in import PASSWORD
from tests.support.waiting import eventually

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

THREADS = 4
IDLE = 40
#: Every way to make the server wait for a body without a key that it knows: what is sent, and then nothing.
UNFINISHED = {
    "Coral": "POST /coral/phase?site=x",
    "Akismet": "POST /1.1/comment-check",
    "signing in": "POST /console/sign-in",
    "demo": "POST /demo/",
    "API": "POST /api/v1/comments",
    "what is nowhere": "POST /nowhere",
    "with a health check": "GET /healthz",
}


class Server:
    """`winnow serve` with one process and few threads."""

    def __init__(self, settings: Settings, log: Path, **environ: str) -> None:
        self._connections: list[socket.socket] = []
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        arguments = ["serve", "--port", str(self.port), "--processes", "1", "--threads", str(THREADS)]
        with log.open("ab") as written, open(os.devnull, "rb") as nothing:
            self.process = forks.start(
                arguments, env=environment(settings) | environ, files=(nothing, written, written)
            )
        eventually(self._answers, within=60, what=f"it serves; its log is {log}")

    @property
    def memory(self) -> int:
        """Bytes that its web process holds."""
        return sum(child.memory_info().rss for child in psutil.Process(self.process.pid).children(recursive=True))

    def connect(self, *, receive: int | None = None) -> socket.socket:
        connection = socket.socket()
        if receive is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self._connections.append(connection)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def close(self) -> None:
        """Stop it, and close what was opened to it."""
        if self.process.poll() is None:
            self.stop()
        for connection in self._connections:
            connection.close()

    def stop(self) -> float:
        """SIGTERM; how long it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        return time.monotonic() - began

    def _answers(self) -> bool:
        assert self.process.poll() is None
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        except requests.RequestException:
            return False


@pytest.fixture
def serve(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    opened: list[Server] = []

    def start(**environ: str) -> Server:
        opened.append(Server(settings, tmp_path / "serve.log", **environ))
        return opened[-1]

    yield start
    for server in opened:
        server.close()


def begin(server: Server, line: str, *, chunked: bool = False) -> socket.socket:
    """Send the headers of a request and the first byte of its body."""
    connection = server.connect()
    body = "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n" if chunked else "Content-Length: 60000\r\n\r\n{"
    connection.sendall(f"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{body}".encode())
    return connection


def read(connection: socket.socket, *, within: float) -> bytes:
    """All that comes until the server closes the connection."""
    connection.settimeout(within)
    text = b""
    while piece := connection.recv(65536):
        text += piece
    return text


def test_forty_unfinished_bodies_hold_up_nobody_and_are_answered_408(
    serve: Callable[..., Server], site: CreatedSite
) -> None:
    server = serve()
    idle = [
        begin(server, list(UNFINISHED.values())[number % len(UNFINISHED)], chunked=number % 2 == 0)
        for number in range(IDLE)
    ]
    time.sleep(1)
    for _ in range(5 * THREADS):
        assert requests.get(f"{server.url}/healthz", timeout=30).status_code == 200
        sent = {"name": "Ada", "comment": "A thoughtful remark."}
        key = {"Authorization": f"Bearer {site.api_key}"}
        assert requests.post(f"{server.url}/api/v1/comments", json=sent, headers=key, timeout=30).status_code == 202
    for connection in idle:
        answer = read(connection, within=bodies.SILENT_SECONDS + 10)
        assert answer.startswith(b"HTTP/1.1 408 "), answer
        assert b'"status":408' in answer


def test_a_connection_whose_answer_nobody_takes_is_closed_by_the_kernel(serve: Callable[..., Server]) -> None:
    server = serve()

    def giving_up_after() -> list[int]:
        found = []
        for process in psutil.Process(server.process.pid).children(recursive=True):
            for connection in process.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    with copied(process.pid, connection.fd) as listener:
                        found.append(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))
        return found

    eventually(lambda: giving_up_after() == [1000 * asgi.UNREAD_SECONDS], what="each connection inherits it")


def copied(process: int, number: int) -> socket.socket:
    """A copy of a socket of another process, by pidfd_getfd(2)."""
    pidfd = os.pidfd_open(process)
    try:
        copy = ctypes.CDLL(None, use_errno=True).syscall(438, pidfd, number, 0)
    finally:
        os.close(pidfd)
    if copy < 0:
        pytest.skip(f"the kernel gives no copy of another process's socket: {os.strerror(ctypes.get_errno())}")
    return socket.socket(fileno=copy)


def test_a_body_that_comes_slowly_but_comes_is_taken(serve: Callable[..., Server], site: CreatedSite) -> None:
    server = serve()
    body = b'{"name": "Ada", "comment": "Slow but steady."}'
    head = f"POST /api/v1/comments HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {site.api_key}\r\n"
    with server.connect() as connection:
        connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        for number in range(len(body)):
            connection.sendall(body[number : number + 1])
            time.sleep(0.05)
        assert read(connection, within=30).startswith(b"HTTP/1.1 202 ")


def test_a_body_in_chunks_and_one_in_a_file_are_read_as_any_other(
    serve: Callable[..., Server], site: CreatedSite
) -> None:
    server = serve()
    key = {"Authorization": f"Bearer {site.api_key}", "Content-Type": "application/json"}
    pieces = iter([b'{"name": "Ada", ', b'"comment": "In pieces."}'])
    assert requests.post(f"{server.url}/api/v1/comments", data=pieces, headers=key, timeout=30).status_code == 202
    many = [{"name": "Ada", "comment": "Word " * 400} for _ in range(90)]
    answer = requests.post(f"{server.url}/api/v1/comments/batch", json=many, headers=key, timeout=20)
    assert [one["code"] for one in answer.json()["outcomes"]] == [202] * 90
    for data in (b"x" * 9_000_000, iter([b"x" * 1_000_000] * 9), iter([b"x" * 400_000])):
        refused = requests.post(f"{server.url}/api/v1/comments", data=data, headers=key, timeout=20)
        assert refused.status_code == 413


def test_a_drop_in_route_has_its_whole_body_where_batches_may_be_small(
    serve: Callable[..., Server], site: CreatedSite
) -> None:
    server = serve(WINNOW_MAX_BATCH_BYTES="1000")
    body = '{"input": "Thank you for this article."' + " " * (1200 * 1024) + "}"
    headers = {"Authorization": f"Bearer {site.api_key}", "Content-Type": "application/json"}
    assert requests.post(f"{server.url}/v1/moderations", data=body, headers=headers, timeout=20).status_code == 200


def sign_in(server: Server, store: Store, name: str = "mo") -> requests.Session:
    """A moderator's browser."""
    accounts.create_user(store, name, "moderator", PASSWORD)
    user = accounts.check_password(store, name, PASSWORD)
    assert user is not None
    browser = requests.Session()
    browser.cookies.set("winnow_session", accounts.start_session(store, user), path="/console")
    return browser


def begin_export(server: Server, browser: requests.Session, *, receive: int | None = 4096) -> socket.socket:
    """Ask for all comments and read nothing of them yet."""
    page = browser.get(f"{server.url}/console/comments", timeout=10).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token, page[:500]
    cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies)
    body = f"csrf_token={token[1]}&format=ndjson"
    connection = server.connect(receive=receive)
    connection.sendall(
        f"POST /console/comments/export HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nCookie: {cookies}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    return connection


def settled_memory(server: Server) -> int:
    """What its process holds, once it has loaded in the background what tells languages."""
    held = server.memory
    while True:
        time.sleep(2)
        earlier, held = held, server.memory
        if held - earlier < 1_000_000:
            return held


def test_an_export_that_nobody_reads_takes_little_memory_and_keeps_its_place(
    serve: Callable[..., Server], store: Store, queues: Queues, site: CreatedSite
) -> None:
    for _ in range(8):
        submissions.submit(store, queues, site.id, [submission("x" * 20_000) for _ in range(250)])  # 40 MB in all
    server = serve()
    browser = sign_in(server, store)
    with begin_export(server, browser, receive=None) as connection:  # what a page of rows takes is taken once
        connection.settimeout(20)
        while not connection.recv(1_000_000).endswith(b"0\r\n\r\n"):
            pass
    before = settled_memory(server)
    people = [sign_in(server, store, f"mo {number}") for number in range(exports.AT_ONCE)]
    unread = [begin_export(server, one) for one in people]
    for connection in unread:
        connection.settimeout(20)
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
    time.sleep(3)
    assert server.memory - before < 30_000_000, "bytes that two unread exports of 40 MB take"
    refused = begin_export(server, browser)
    refused.settimeout(20)
    assert refused.recv(12) == b"HTTP/1.1 503", "a place is taken for as long as its reader takes"
    for connection in unread:
        connection.close()

    def exported() -> bool:
        again = begin_export(server, browser)
        again.settimeout(20)
        with again:
            return again.recv(12) == b"HTTP/1.1 200"

    eventually(exported, what="who leaves gives the place back")


def test_headers_with_underscores_do_not_stand_for_those_of_the_proxy(serve: Callable[..., Server]) -> None:
    server = serve(WINNOW_TRUSTED_PROXIES="1")
    pairs = ("X-Forwarded-Host: comments.example.com", "X_Forwarded_Host: evil.example")
    for first, second in (pairs, pairs[::-1]):
        with server.connect() as connection:
            head = (
                f"GET /$discovery/rest HTTP/1.1\r\nHost: x\r\n{first}\r\n{second}\r\nX-Forwarded-For: 203.0.113.7\r\n"
            )
            connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
            answer = read(connection, within=30)
        assert b"comments.example.com" in answer
        assert b"evil.example" not in answer


def test_it_stops_soon_also_while_bodies_are_unfinished_and_a_page_listens(
    serve: Callable[..., Server], store: Store, site: CreatedSite
) -> None:
    server = serve()
    for _ in range(5):
        begin(server, "POST /demo/")
    browser = sign_in(server, store)
    cookie = "; ".join(f"{one.name}={one.value}" for one in browser.cookies)
    listening = server.connect()
    listening.sendall(f"GET /console/events HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    listening.settimeout(10)
    assert listening.recv(15) == b"HTTP/1.1 200 OK"
    assert server.stop() < 12


def test_a_server_that_stops_asks_for_a_new_connection_before_it_closes_the_kept_one(
    serve: Callable[..., Server],
) -> None:
    server = serve()
    with contextlib.closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:

        def answer() -> tuple[int, str | None]:
            connection.request("GET", "/healthz")
            with connection.getresponse() as response:
                response.read()
                return response.status, response.headers["Connection"]

        assert answer() == (200, None)
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: answer() == (200, "close"), what="each answer is its connection's last")
    assert server.process.wait(60) == 0
