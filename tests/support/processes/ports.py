"""Ports for servers that are told where to listen: nobody else is given one between its choice and its use."""

from __future__ import annotations

import random
import socket

#: Below what systems give to connections that go out, and to servers that listen on any port.
_FROM, _TO = 10_000, 16_000
#: Descriptors: a port is ours while a socket of its name is open, which also other runs of the tests see.
_reserved: list[int] = []


def free_port() -> int:
    """A port of loopback that nobody listens on, and that no other test is given while this process lives."""
    while True:
        port = random.randrange(_FROM, _TO)
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0winnow-tests-port-{port}")
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            name.close()
            continue
        _reserved.append(name.detach())
        return port
