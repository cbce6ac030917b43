"""nginx as docs/operations.md has it: the path, the headers, a batch and a stream come through as they are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from tests.support.processes.ports import free_port
from tests.support.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
DOCS = Path(__file__).parents[2] / "docs" / "operations.md"


class Upstream(BaseHTTPRequestHandler):
    """Answers with what it was sent; on `/stream`, one line at once and another once that is read."""

    protocol_version = "HTTP/1.1"
    #: Whether the first line of the stream has arrived.
    read = threading.Event()

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, body: bytes) -> None:
        said = f"{self.path}\n{len(body)}\n{self.headers}"
        pieces = [said.encode()] if self.path != "/stream" else [b"first\n", b"second\n"]
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        if self.path == "/stream":
            self.send_header("X-Accel-Buffering", "no")  # as Winnow marks what it streams
        self.end_headers()
        for piece in pieces:
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.flush()
            if len(pieces) > 1 and not self.read.wait(60):
                return
        self.wfile.write(b"0\r\n\r\n")


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[str]:
    """The address of nginx in front of the upstream."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    found = re.search(r"```nginx\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    location = found[1].replace("127.0.0.1:8000", f"127.0.0.1:{upstream.server_address[1]}")
    port = free_port()
    paths = "".join(
        f"{name}_temp_path {tmp_path}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.getuid() == 0 else ""  # its workers write to the test's directory
    written = user + (
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log;\nevents {{}}\n"
        f"http {{ access_log off;\n{paths} server {{ listen 127.0.0.1:{port};\n{location} }} }}\n"
    )
    (tmp_path / "nginx.conf").write_text(written, encoding="utf-8")
    process = subprocess.Popen([NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")])
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: _answers(url), what="nginx answers")
        yield url
    finally:
        process.terminate()
        process.wait(60)
        upstream.shutdown()
        upstream.server_close()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def test_what_is_sent_through_nginx_arrives_as_it_is(proxied: str) -> None:
    path = "/api/v1/threads/%2F2026%2F%2Fbridge/comments?x=%2F"
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "Host": "comments.example.com"}
    said = requests.get(proxied + path, headers=forged, timeout=10).text
    assert said.startswith(f"{path}\n")
    assert "X-Forwarded-For: 127.0.0.1\n" in said
    assert "203.0.113.9" not in said
    assert "X-Forwarded-Proto: http\n" in said
    assert "Host: comments.example.com\n" in said
    assert requests.post(proxied, data=b"x" * (8 * 1024 * 1024), timeout=30).text.splitlines()[1] == str(
        8 * 1024 * 1024
    )


def test_a_stream_through_nginx_is_not_held_back(proxied: str) -> None:
    Upstream.read.clear()
    with requests.get(f"{proxied}/stream", stream=True, timeout=30) as answer:
        lines = answer.iter_lines(chunk_size=1)
        assert next(lines) == b"first", "it does not wait for the second, which is not yet sent"
        Upstream.read.set()
        assert next(lines) == b"second"
