"""Requests to addresses that somebody else chose: only to the public internet, in few seconds, and a bounded answer.

A connection goes to one of the addresses that were checked, so that a name cannot answer the check with one address
and the connection with another. One that is kept stays with its address; each new one has the name checked anew. The
host's name still goes into `Host`, SNI and the certificate's check.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from time import monotonic
from urllib.parse import SplitResult, urljoin, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as PoolTimeoutError

from moderation.settings import Network
from moderation.webhooks.attempts import Answer, FailureKind
from moderation.webhooks.connections import Closed, Connection, Kept, Origin, Reply

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
#: How long somebody who enters an address waits for its host's name to be looked up.
NAME_SECONDS = 2.0
#: Look-ups for those who enter addresses, at the same time: one whose name server never answers goes on when nobody
#: waits for it any more.
NAMES_AT_ONCE = 8
LONGEST_URL = 2000

_LONGEST_HOST = 253
#: A part of a host's name; names inside a network may have underscores.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
#: The last part of a host's name is a number only in an address.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

_NAT64 = ip_network("64:ff9b::/96")
#: Never sent to, whatever this version of the standard library takes for global.
_NEVER = tuple(
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4"),
        *("::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "2002::/16", "3fff::/20"),
        *("fc00::/7", "fe80::/10", "fec0::/10"),
    )
)


_looking_up = threading.BoundedSemaphore(NAMES_AT_ONCE)


class Refused(Exception):
    """We do not send there; the message says why and what would permit it."""


class Unreachable(Exception):
    """No answer came; the message says what happened instead, and `kind` says it for programs."""

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Sender:
    """Posts to addresses on the public internet, and to networks in `allow`. Any number of threads may share one.

    A connection whose answer was read whole is kept for the next request to the same scheme, host and port.
    """

    def __init__(self, allow: Sequence[Network] = (), *, context: ssl.SSLContext | None = None) -> None:
        self._allow = tuple(allow)
        self._context = context or ssl.create_default_context()
        self._kept = Kept()
        self._sockets: set[socket.socket] = set()  # of the requests on their way
        self._is_broken_off = False

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send `body` and give the first 4 KiB of the answer. Redirects are answers like others.

        Where a kept connection turns out to have been closed before an answer began, the request is sent again on a
        new one: it may arrive twice.

        Raises:
            Refused: we may not post to this URL, or every address of its host is private.
            Unreachable: no answer within `TOTAL_SECONDS`, or something that is not HTTP.
        """
        parts = check_url(url)
        until = monotonic() + TOTAL_SECONDS
        request = _request(parts, body, headers)
        origin = Origin(parts.scheme, parts.hostname or "", parts.port)
        try:
            reply = self._exchange_on_kept(origin, request, until)
            if reply is None:
                connection = self._connect(parts, permitted(parts, self._allow), until)
                reply = self._exchange(origin, connection, request, until)
        except TimeoutError:
            raise _too_long() from None
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise _unreachable(error) from None
        target = _target(url, reply.location) if reply.location else None
        return Answer(reply.status, reply.body, target)

    def get(self, url: str, headers: Mapping[str, str], *, most: int, seconds: float) -> Reply:
        """Ask for a page and give the beginning of it, `most` bytes, over a connection of its own.

        Where it redirects to is whole in the reply; going there is the caller's to decide, and is checked like this.

        Raises:
            Refused, Unreachable: as `post` has them, within `seconds`.
        """
        parts = check_url(url)
        until = monotonic() + seconds
        request = _request(parts, None, headers)
        try:
            connection = self._connect(parts, permitted(parts, self._allow), until)
            try:
                reply = connection.exchange(request, until, method="GET", most=most)
            finally:
                connection.close()
        except TimeoutError:
            raise _too_long(seconds) from None
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise _unreachable(error) from None
        return replace(reply, location=_target(url, reply.location) if reply.location else None)

    def break_off(self) -> None:
        """End the requests on their way, and all that begin from now on: whoever waits for one gets no answer."""
        self._is_broken_off = True
        for sock in list(self._sockets):
            _shut(sock)

    def tidy(self) -> None:
        """Close connections that were kept for too long or closed by the other end. To be called now and then."""
        self._kept.tidy()

    def _exchange_on_kept(self, origin: Origin, request: bytes, until: float) -> Reply | None:
        """The answer on a kept connection; None where there is none, or it had been closed meanwhile."""
        connection = self._kept.take(origin)
        if connection is None:
            return None
        try:
            return self._exchange(origin, connection, request, until)
        except Closed as closed:
            if closed.answering or self._is_broken_off:
                raise
            return None

    def _exchange(self, origin: Origin, connection: Connection, request: bytes, until: float) -> Reply:
        sock = connection.sock
        self._sockets.add(sock)
        if self._is_broken_off:  # while it connected
            _shut(sock)
        try:
            return connection.exchange(request, until)
        finally:
            self._sockets.discard(sock)
            self._kept.put(origin, connection)

    def _connect(self, parts: SplitResult, addresses: Sequence[str], until: float) -> Connection:
        failure: Exception | None = None
        for address in addresses:
            timeout = min(CONNECT_SECONDS, until - monotonic())
            if timeout <= 0:
                break
            connection = self._connection(parts, address, timeout)
            try:
                connection.connect()
                return Connection(connection)
            except (HTTPError, OSError) as error:
                failure = error
                connection.close()
        raise _unreachable(failure or TimeoutError()) from None

    def _connection(self, parts: SplitResult, address: str, timeout: float) -> HTTPConnection:
        if parts.scheme == "http":
            return HTTPConnection(address, parts.port or 80, timeout=timeout)
        return HTTPSConnection(
            address, parts.port or 443, timeout=timeout, ssl_context=self._context, server_hostname=parts.hostname
        )


@lru_cache(maxsize=1024)
def check_url(url: str) -> SplitResult:
    """The parts of a URL that we may post to, as far as its text tells.

    Raises:
        Refused: it is not http or https, is too long, holds a user or password, or names a host or port that cannot
            be sent to.
    """
    if len(url) > LONGEST_URL:
        raise Refused(f"The URL has {len(url):,} characters; at most {LONGEST_URL:,} fit.")
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise Refused(
            "The URL holds a character that cannot be sent. Write a host's name in its ASCII form (xn--…), and "
            "percent-encode the rest."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("This is not a URL: its host or its port cannot be read.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refused("Give a URL that starts with http:// or https:// and names a host.")
    if parts.username is not None or parts.password is not None:
        raise Refused("The URL must not hold a user or a password.")
    if port == 0:
        raise Refused("The URL's port must be from 1 to 65535.")
    if not (_is_ipv6(parts.hostname) if "[" in parts.netloc else _is_host(parts.hostname)):
        raise Refused(f"{parts.hostname[:100]} cannot be the name of a host, nor its address.")
    return parts


def _is_ipv6(host: str) -> bool:
    """Whether this is an IPv6 address without a zone."""
    try:
        return isinstance(ip_address(host), IPv6Address) and "%" not in host
    except ValueError:
        return False


def _is_host(host: str) -> bool:
    """Whether this may be the name of a host, or an IPv4 address in any form that a resolver takes."""
    labels = host.removesuffix(".").split(".")
    if len(host) > _LONGEST_HOST or not all(_LABEL.fullmatch(label) and _is_encoded(label) for label in labels):
        return False
    if not _NUMBER.fullmatch(labels[-1]):
        return True
    try:
        return bool(socket.inet_aton(host.removesuffix(".")))  # 127.1 is one, 1.2.3.999 is none
    except OSError:
        return False


def _is_encoded(label: str) -> bool:
    """Whether the name that an `xn--` label stands for can be read."""
    if not label.startswith("xn--"):
        return True
    try:
        return not label.removeprefix("xn--").encode().decode("punycode").isascii()
    except (UnicodeError, ValueError):
        return False


def permitted(parts: SplitResult, allow: Sequence[Network] = ()) -> list[str]:
    """The addresses of a URL's host that may be connected to.

    Raises:
        Refused: the host has addresses, and none of them is permitted.
        Unreachable: the host has no address.
    """
    assert parts.hostname is not None
    try:
        entries = socket.getaddrinfo(parts.hostname, parts.port or parts.scheme, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("no_address", f"The host {parts.hostname} has no address.") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
    allowed = [address for address in addresses if is_permitted(address, allow)]
    if not allowed:
        raise Refused(
            f"{parts.hostname} is at a private or reserved address. "
            "The operator can permit its network with WINNOW_WEBHOOK_ALLOW."
        )
    return allowed


def require_permitted_text(parts: SplitResult, allow: Sequence[Network] = ()) -> None:
    """Raises Refused for a host that is an address, or this machine's own name, and can never be sent to.

    Asks nobody: `require_permitted_name` does.
    """
    host = (parts.hostname or "").removesuffix(".")
    if host == "localhost" or host.endswith(".localhost"):
        addresses = ["127.0.0.1", "::1"]
    elif ":" in host:  # may end as an address of IPv4 does
        addresses = [host]
    elif _NUMBER.fullmatch(host.rpartition(".")[2]):
        addresses = [socket.inet_ntoa(socket.inet_aton(host))]
    else:
        return
    if not any(is_permitted(address, allow) for address in addresses):
        network = ip_network(addresses[0])
        raise Refused(
            f"{host} is a private or reserved address, so nothing can be sent there. The operator can allow it: set "
            f"WINNOW_WEBHOOK_ALLOW={network} and start Winnow again."
        )


def require_permitted_name(parts: SplitResult, allow: Sequence[Network] = ()) -> None:
    """Raises Refused for a host whose name leads to private addresses alone just now.

    Asks the resolver, for `NAME_SECONDS` at most. What it does not know, or tells too late, is seen at sending; so is
    what it is not asked because it has enough to do.
    """
    if not _looking_up.acquire(blocking=False):
        return
    refused: list[Refused] = []

    def resolve() -> None:
        try:
            permitted(parts, allow)
        except Refused as refusal:
            refused.append(refusal)
        except Unreachable:
            return
        finally:
            _looking_up.release()

    resolving = threading.Thread(target=resolve, daemon=True)  # a resolver has no deadline of its own
    resolving.start()
    resolving.join(NAME_SECONDS)
    if refused:
        raise refused[0]


def is_permitted(text: str, allow: Sequence[Network] = ()) -> bool:
    """Whether this address is on the public internet or in one of these networks, also where IPv6 wraps IPv4."""
    if "%" in text:  # with a zone: link-local
        return False
    address = ip_address(text)
    inner = _unwrapped(address)
    if any(form in network for network in allow for form in (address, inner) if form.version == network.version):
        return True
    return _is_public(inner)


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside a mapped or NAT64 address; any other address as it is."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if any(address in network for network in _NEVER):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _request(parts: SplitResult, body: bytes | None, headers: Mapping[str, str]) -> bytes:
    """The whole request, a GET if there is no body. The headers are ours; the URL's host and path were checked."""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    length = {} if body is None else {"Content-Length": str(len(body))}
    fields = {"Host": parts.netloc, "Accept-Encoding": "identity"} | length | dict(headers)
    lines = [
        f"{'GET' if body is None else 'POST'} {path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in fields.items()),
    ]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("A header must not hold a line break.")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def _target(url: str, location: str) -> str | None:
    """Where a redirect from `url` points to; None where that is no address to register."""
    target = urljoin(url, location)
    try:
        check_url(target)
    except Refused:
        return None
    return target


def _shut(sock: socket.socket) -> None:
    """Wake the thread that reads a socket. Not by `sock.shutdown`: on TLS that breaks the state the reader uses."""
    try:
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return  # closed meanwhile


def _too_long(seconds: float = TOTAL_SECONDS) -> Unreachable:
    return Unreachable("timed_out", f"It took longer than {seconds:g} seconds.")


def _unreachable(error: Exception) -> Unreachable:
    """What went wrong, in short and without our own addresses."""
    if isinstance(error, Closed):
        return Unreachable("disconnected", "It closed the connection " + _WHEN[error.answering])
    cause = error.__cause__ or error.__context__ or error
    # urllib3 reports every failure to connect as a timeout: the cause says what it was.
    if isinstance(cause, TimeoutError) or (
        isinstance(error, PoolTimeoutError) and not isinstance(error, NewConnectionError)
    ):
        return Unreachable("timed_out", "It did not answer in time.")
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Unreachable("tls", f"Its certificate was refused: {cause.verify_message}.")
    for type_, kind, sentence in _FAILURES:
        if isinstance(cause, type_):
            return Unreachable(kind, sentence)
    if isinstance(cause, OSError):
        return Unreachable("no_connection", f"It cannot be reached: {cause.strerror}.")
    return Unreachable("not_http", "Its answer is not HTTP.")


_FAILURES: tuple[tuple[type[Exception], FailureKind, str], ...] = (
    (ssl.SSLError, "tls", "It does not speak TLS as it should."),
    (ConnectionRefusedError, "no_connection", "It refuses connections."),
    (ConnectionError, "disconnected", "It closed the connection without an answer."),
)
#: Whether it had begun its answer.
_WHEN = {False: "without an answer.", True: "in the middle of its answer."}
