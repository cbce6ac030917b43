"""Webhooks reach the public internet and nothing else: no private address under any name, no redirect, no long wait."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from moderation.webhooks import sender
from moderation.webhooks.connections import MAX_ANSWER
from moderation.webhooks.sender import Refused, Sender, Unreachable, check_url, is_permitted
from tests.support.certificates import certificate_for
from tests.support.receiver import Receiver
from tests.support.waiting import eventually

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3"),
        *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.9"),
        *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::10.0.0.1"),
        *("64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1"),
        *("2001:0:7f00:1::", "2001:db8::1", "100::1", "3fff::1", "5f00::1", "::ffff:0:10.0.0.1"),
    ],
)
def test_no_address_off_the_public_internet_is_reached(address: str) -> None:
    assert not is_permitted(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_the_public_internet_is_reached(address: str) -> None:
    assert is_permitted(address)


def test_the_operator_may_permit_a_network_also_where_ipv6_wraps_it() -> None:
    allow = (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    assert is_permitted("10.1.2.3", allow)
    assert is_permitted("::ffff:10.1.2.3", allow)
    assert is_permitted("fd00::7", allow)
    assert not is_permitted("10.2.0.1", allow)
    assert not is_permitted("127.0.0.1", allow)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com/", "http"),
        ("file:///etc/passwd", "http"),
        ("gopher://example.com/", "http"),
        ("example.com/hook", "http"),
        ("http://", "host"),
        ("https:///hook", "host"),
        ("http://user@example.com/", "user"),
        ("http://user:secret@example.com/", "user"),
        ("http://:@example.com/", "user"),
        ("http://example.com:99999/", "URL"),
        ("http://example.com:0/", "port"),
        ("http://example.com/\r\nX: 1", "character"),
        ("http://example.com/a b", "character"),
        ("http://exämple.com/", "character"),
        ("http://[::1/", "URL"),
        ("http://[fe80::1%25eth0]/", "host"),
        ("http://[v1.a]/", "host"),
        ("http://1.2.3.999/", "host"),
        ("http://1.2.3.4.5/", "host"),
        ("http://a..example/", "host"),
        ("http://.example/", "host"),
        ("http://./", "host"),
        ("http://-a.example/", "host"),
        (f"http://{'a' * 64}.example/", "host"),
        (f"http://{'a.' * 127}example/", "host"),
        ("http://xn--.example/", "host"),
        ("http://xn--99999999.example/", "host"),
        ("http://ex%61mple.com/", "host"),
        ("http://example.com\\@evil.example/", "user"),
        ("http://example.com\\.evil.example/", "host"),
        ("http://exam\tple.com/", "character"),
        (" http://example.com/", "character"),
        ("http://example.com/\x00", "character"),
        ("http://example.com:80a/", "URL"),
        ("http://example.com:-1/", "URL"),
        (f"http://example.com/{'a' * 2000}", "characters; at most 2,000"),
    ],
)
def test_what_is_no_plain_http_url_is_refused(url: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com", "HTTPS://EXAMPLE.COM:8443/a?b=c", "http://my_service:8000/", "http://localhost/"),
        *("http://example.com./", "http://1.2.3.4/", "http://127.1/", "http://[2001:db8::1]/", "http://a-b.example/"),
        *("http://xn--bcher-kva.example/", "http://xn--fa-hia.de/", "http://xn--n3h.net/", "http://1e100.example/"),
    ],
)
def test_what_can_be_sent_to_is_not_refused(url: str) -> None:
    assert check_url(url).hostname


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_loopback_is_refused_under_every_name(host: str) -> None:
    with pytest.raises((Refused, Unreachable)) as failure:
        Sender().post(f"http://{host}:9/", b"{}", {})
    if isinstance(failure.value, Refused):
        assert "WINNOW_WEBHOOK_ALLOW" in str(failure.value), "it says how the operator may permit it"
        told = f"{host.strip('[]')} is at a private or reserved address. The operator can permit its network with "
        assert str(failure.value).startswith(told), "and not which address a name leads to"


def test_a_name_cannot_change_its_address_between_the_check_and_the_connection(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the second answer would lead inside. There is no second question."""
    port = int(receiver.url.rpartition(":")[2].partition("/")[0])
    answers = iter(["127.0.0.1", "127.0.0.2", "127.0.0.2"])
    asked = []
    real = socket.getaddrinfo

    def rebinding(host: str, *rest: object, **more: object) -> object:
        if host == "rebind.example":
            asked.append(host)
            host = next(answers)
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    answer = Sender(LOOPBACK).post(f"http://rebind.example:{port}/hook?a=1", b"{}", {})
    assert answer.status == 204
    assert asked == ["rebind.example"]
    (request,) = receiver.requests
    assert request.headers["host"] == f"rebind.example:{port}", "the receiver still sees the name"
    assert request.path == "/hook?a=1"


# Connections are kept, and stay with the address that was checked.


@pytest.fixture
def connections(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The addresses of the connections that were opened."""
    opened: list[object] = []
    connect = sender.Sender._connect

    def connecting(one: Sender, *given: object) -> object:
        made = connect(one, *given)  # type: ignore[arg-type]
        opened.append(made.sock.getpeername()[0])
        return made

    monkeypatch.setattr(sender.Sender, "_connect", connecting)
    return opened


def test_a_connection_serves_many_messages_one_after_the_other(receiver: Receiver, connections: list[object]) -> None:
    ours = Sender(LOOPBACK)
    for body in (b"", b"taken", b"x" * (MAX_ANSWER - 1)):
        receiver.answer(200, body=body)
        assert ours.post(receiver.url, b"{}", {}).body == body
    assert len(connections) == 1


def test_a_kept_connection_stays_with_its_address_and_a_new_one_is_checked_anew(
    receiver: Receiver, connections: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = urlsplit(receiver.url).port
    leads_to = ["127.0.0.1"]
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, *rest: object, **more: object) -> object:
        if host == "moving.example":
            asked.append(leads_to[0])
            host = leads_to[0]
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    ours = Sender((ip_network("127.0.0.1/32"),))
    url = f"http://moving.example:{port}/hook"
    ours.post(url, b"{}", {})
    leads_to[0] = "127.0.0.2"  # not permitted
    assert ours.post(url, b"{}", {}).status == 204
    assert (connections, asked) == (["127.0.0.1"], ["127.0.0.1"])
    monkeypatch.setattr("moderation.webhooks.connections.KEPT_SECONDS", 0.0)
    with pytest.raises(Refused):
        ours.post(url, b"{}", {})
    assert asked == ["127.0.0.1", "127.0.0.2"]
    assert len(receiver.requests) == 2


def test_a_connection_is_for_its_own_host_alone(receiver: Receiver, connections: list[object]) -> None:
    ours = Sender(LOOPBACK)
    ours.post(receiver.url, b"{}", {})
    ours.post(receiver.url.replace("127.0.0.1", "localhost"), b"{}", {})
    assert len(connections) == 2


def _close_later(handler: BaseHTTPRequestHandler) -> None:
    """Answer as if the connection were kept, and close it."""
    handler.send_response(204)
    handler.end_headers()
    handler.close_connection = True


def _answer_twice(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" * 2)


def _bring_more_than_it_says(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nfine")


def _bring_much(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000)


def _say_that_it_closes(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")


def _switch(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")


@pytest.mark.parametrize(
    "behaviour",
    [_close_later, _answer_twice, _bring_more_than_it_says, _bring_much, _say_that_it_closes, _switch],
)
def test_a_connection_that_is_not_at_rest_after_its_answer_is_not_used_again(
    receiver: Receiver, connections: list[object], behaviour: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    ours = Sender(LOOPBACK)
    receiver.behave(behaviour)
    ours.post(receiver.url, b"{}", {})
    receiver.answer(418)
    time.sleep(0.05)
    assert ours.post(receiver.url, b"{}", {}).status == 418, "the answer to this request and to no other"
    assert len(connections) == 2


def test_a_kept_connection_that_is_closed_at_the_next_message_costs_no_attempt(
    receiver: Receiver, connections: list[object]
) -> None:
    """The other end may close it in the moment in which we send: then it is sent on a new one."""
    ours = Sender(LOOPBACK)
    ours.post(receiver.url, b"{}", {})

    def disconnect_once(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        receiver.answer(204)

    receiver.behave(disconnect_once)
    assert ours.post(receiver.url, b"{}", {}).status == 204
    assert (len(connections), len(receiver.requests)) == (2, 3)


def test_a_connection_closed_in_the_middle_of_an_answer_is_a_sentence_and_is_not_tried_again_at_once(
    receiver: Receiver,
) -> None:
    def break_off(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        handler.close_connection = True

    ours = Sender(LOOPBACK)
    ours.post(receiver.url, b"{}", {})
    receiver.behave(break_off)
    with pytest.raises(Unreachable, match="in the middle of its answer") as failure:
        ours.post(receiver.url, b"{}", {})
    assert failure.value.kind == "disconnected"
    assert len(receiver.requests) == 2


def test_two_gigabytes_are_not_read(receiver: Receiver) -> None:
    def pour(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Length: {2 << 30}\r\n\r\n".encode())
        poured.append(0)
        while True:
            poured[0] += handler.wfile.write(b"x" * 65536)

    poured: list[int] = []
    receiver.behave(pour)
    answer = Sender(LOOPBACK).post(receiver.url, b"{}", {})
    assert (answer.status, len(answer.body)) == (200, MAX_ANSWER)
    eventually(lambda: receiver.in_flight == 0)
    assert poured[0] < 32 << 20, "what the kernel had taken on before we hung up"


def test_connections_that_nobody_uses_are_closed(
    receiver: Receiver, connections: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Sender(LOOPBACK)
    ours.post(receiver.url, b"{}", {})
    ours.tidy()
    assert sum(map(len, ours._kept._by_origin.values())) == 1
    monkeypatch.setattr("moderation.webhooks.connections.KEPT_SECONDS", 0.0)
    ours.tidy()
    assert not ours._kept._by_origin


def test_of_several_addresses_only_permitted_ones_are_tried(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(receiver.url.rpartition(":")[2].partition("/")[0])
    entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    found = [(*entry, ("10.0.0.1", port)), (*entry, ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: found if host == "two.example" else [])
    assert sender.permitted(check_url(f"http://two.example:{port}/"), LOOPBACK) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://blog.example/winnow/", "https://blog.example/winnow/"),
        ("/winnow/", "{origin}/winnow/"),
        ("https://ada:hidden@blog.example/", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_redirects_are_answers_that_say_where_to_and_are_not_followed(
    receiver: Receiver, location: str, target: str | None
) -> None:
    receiver.answer(302, headers={"Location": location})
    answer = Sender(LOOPBACK).post(receiver.url, b"{}", {})
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(receiver.url))
    assert (answer.status, answer.location) == (302, target and target.format(origin=origin))
    assert len(receiver.requests) == 1


def test_a_few_kibibytes_of_an_answer_are_read_and_no_more(receiver: Receiver) -> None:
    receiver.answer(200, body=b"x" * 10_000_000)
    answer = Sender(LOOPBACK).post(receiver.url, b"{}", {})
    assert (answer.status, len(answer.body)) == (200, MAX_ANSWER)


def test_the_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert Sender(LOOPBACK).post(receiver.url, b"{}", {}).status == 204


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(sender, "TOTAL_SECONDS", 0.5)
    return 8.0  # less than without it: nobody would wait for less than ten


def test_a_server_that_says_nothing_is_given_up(receiver: Receiver, soon: float) -> None:
    receiver.hang()
    began = time.monotonic()
    with pytest.raises(Unreachable) as failure:
        Sender(LOOPBACK).post(receiver.url, b"{}", {})
    assert time.monotonic() - began < soon
    assert failure.value.kind == "timed_out"


def test_a_server_that_drips_its_body_is_cut_off(receiver: Receiver, soon: float) -> None:
    receiver.drip()
    began = time.monotonic()
    with pytest.raises(Unreachable, match="longer than"):
        Sender(LOOPBACK).post(receiver.url, b"{}", {})
    assert time.monotonic() - began < soon


def test_a_server_that_drips_its_headers_is_cut_off(soon: float) -> None:
    with _server(b"HTTP/1.1 200 OK\r\nX-Slow: ", drip=b"y") as port:
        began = time.monotonic()
        with pytest.raises(Unreachable, match="longer than"):
            Sender(LOOPBACK).post(f"http://127.0.0.1:{port}/", b"{}", {})
        assert time.monotonic() - began < soon


def test_an_answer_may_take_longer_than_a_connection(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    def think(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.6)
        handler.send_response(204)
        handler.end_headers()

    monkeypatch.setattr(sender, "CONNECT_SECONDS", 0.2)
    receiver.behave(think)
    assert Sender(LOOPBACK).post(receiver.url, b"{}", {}).status == 204


def test_once_broken_off_also_what_was_still_connecting_ends_at_once(receiver: Receiver) -> None:
    receiver.hang()
    broken_off = Sender(LOOPBACK)
    broken_off.break_off()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        broken_off.post(receiver.url, b"{}", {})
    assert time.monotonic() - began < 8, "not the ten seconds that an answer has"


def test_a_server_that_does_not_speak_http_is_no_answer(receiver: Receiver) -> None:

    def greet(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"220 mail.example ESMTP\r\n")

    receiver.behave(greet)
    with pytest.raises(Unreachable) as failure:
        Sender(LOOPBACK).post(receiver.url, b"{}", {})
    assert failure.value.kind == "not_http"


def test_a_server_that_speaks_no_tls_is_told_from_one_that_never_answers_its_greeting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with _server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port, pytest.raises(Unreachable) as failure:
        Sender(LOOPBACK).post(f"https://127.0.0.1:{port}/", b"{}", {})
    assert failure.value.kind == "tls"
    monkeypatch.setattr(sender, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unreachable) as failure:
        Sender(LOOPBACK).post(f"https://127.0.0.1:{silent.getsockname()[1]}/", b"{}", {})
    assert (failure.value.kind, str(failure.value)) == ("timed_out", "It did not answer in time.")


@pytest.mark.parametrize(
    ("code", "kind"),
    [(errno.ETIMEDOUT, "timed_out"), (errno.EHOSTUNREACH, "no_connection"), (errno.ENETUNREACH, "no_connection")],
)
def test_a_network_that_cannot_be_reached_is_told_from_one_that_is_slow(
    monkeypatch: pytest.MonkeyPatch, code: int, kind: str
) -> None:
    """What the kernel says of a host that is not there; in a test, nothing is there to be asked."""

    def fail(*_: object, **__: object) -> socket.socket:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("urllib3.util.connection.create_connection", fail)
    with pytest.raises(Unreachable) as failure:
        Sender(LOOPBACK).post("http://127.0.0.1:9/", b"{}", {})
    assert failure.value.kind == kind
    assert os.strerror(code) in str(failure.value) or kind == "timed_out"


def test_a_closed_port_and_an_unknown_name_are_sentences() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unreachable, match="refuses connections") as failure:
        Sender(LOOPBACK).post(f"http://127.0.0.1:{port}/", b"{}", {})
    assert failure.value.kind == "no_connection"
    with pytest.raises(Unreachable, match="has no address") as failure:
        Sender(LOOPBACK).post("http://nothing.invalid/", b"{}", {})
    assert failure.value.kind == "no_address"


def test_a_connection_closed_without_an_answer_is_a_sentence(receiver: Receiver) -> None:
    receiver.disconnect()
    with pytest.raises(Unreachable, match="closed the connection"):
        Sender(LOOPBACK).post(receiver.url, b"{}", {})


def test_a_certificate_has_to_be_for_the_name_and_not_for_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes to a checked address; name and certificate belong together all the same."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: real("127.0.0.1" if host.endswith(".example") else host, *rest, **more),
    )
    certificate = certificate_for(tmp_path, "hooks.example")
    context = ssl.create_default_context(cafile=str(certificate))
    with _tls_server(certificate) as (port, names):
        answer = Sender(LOOPBACK, context=context).post(f"https://hooks.example:{port}/", b"{}", {})
        assert answer.status == 200
        assert names == ["hooks.example"], "SNI names the host"
        with pytest.raises(Unreachable, match="certificate was refused"):
            Sender(LOOPBACK, context=context).post(f"https://other.example:{port}/", b"{}", {})
        with pytest.raises(Unreachable, match="certificate was refused"):
            Sender(LOOPBACK, context=context).post(f"https://127.0.0.1:{port}/", b"{}", {})
        with pytest.raises(Unreachable, match="certificate was refused"):
            Sender(LOOPBACK).post(f"https://hooks.example:{port}/", b"{}", {})


class _server:
    """Says `greeting` to each connection, then `drip` every 50 ms."""

    def __init__(self, greeting: bytes, *, drip: bytes = b"") -> None:
        self._greeting, self._drip = greeting, drip
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()

    def __enter__(self) -> int:
        threading.Thread(target=self._serve, daemon=True).start()
        port: int = self._listener.getsockname()[1]
        return port

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            try:
                connection.sendall(self._greeting)
                while self._drip and not self._over.wait(0.05):
                    connection.sendall(self._drip)
            except OSError:
                return


class _tls_server:
    """Answers 200 over TLS, and notes the names that were asked for."""

    def __init__(self, certificate: Path) -> None:
        self._names: list[str] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._context.sni_callback = lambda _socket, name, _context: self._names.append(name) if name else None
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> tuple[int, list[str]]:
        threading.Thread(target=self._serve, daemon=True).start()
        return self._listener.getsockname()[1], self._names

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(connection, server_side=True) as secure:
                    self._read(secure)
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                continue

    def _read(self, secure: ssl.SSLSocket) -> None:
        """The whole request: whoever closes with a part of it unread resets the connection, and the answer is lost."""
        with secure.makefile("rb") as file:
            if file.readline():
                headers = http.client.parse_headers(file)
                file.read(int(headers.get("Content-Length", "0")))
