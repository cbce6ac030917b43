"""A mail server of our own on loopback, for what is sent by e-mail."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path


class Mailbox:
    """An SMTP server of our own on loopback, which keeps what it is given. It offers TLS if it has a certificate."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.messages: list[EmailMessage] = []
        #: The users and passwords that it was told.
        self.passwords: list[bytes] = []
        self._certificate = certificate
        self.refuses = False
        mailbox = self

        class Conversation(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                try:
                    mailbox.converse(self)
                finally:
                    self.connection.close()  # another than the server closes, after STARTTLS

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.server_address[1]}?from=winnow@example.com"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def converse(self, handler: socketserver.StreamRequestHandler) -> None:
        def say(line: str) -> None:
            handler.wfile.write(line.encode() + b"\r\n")

        say("220 mailbox")
        while line := handler.rfile.readline():
            match line[:4].upper():
                case b"EHLO" if self._certificate is None:
                    say("250 mailbox")
                case b"EHLO":
                    say("250-mailbox")
                    say("250 AUTH PLAIN" if isinstance(handler.connection, ssl.SSLSocket) else "250 STARTTLS")
                case b"STAR":
                    say("220 go on")
                    if not self._encrypt(handler):
                        return
                case b"AUTH":
                    self.passwords.append(base64.b64decode(line.split()[2]))
                    say("235 welcome")
                case b"MAIL" if self.refuses:
                    say("451 try again later")
                case b"DATA":
                    say("354 go on")
                    self._take(handler)
                    say("250 taken")
                case b"QUIT":
                    say("221 bye")
                    return
                case _:
                    say("250 ok")

    def _encrypt(self, handler: socketserver.StreamRequestHandler) -> bool:
        assert self._certificate is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate)
        try:
            handler.connection = context.wrap_socket(
                handler.connection, server_side=True, do_handshake_on_connect=False
            )
            handler.connection.do_handshake()
        except OSError:
            return False  # the other side trusts it not
        handler.rfile, handler.wfile = handler.connection.makefile("rb"), handler.connection.makefile("wb", buffering=0)
        return True

    def _take(self, handler: socketserver.StreamRequestHandler) -> None:
        lines = []
        while (line := handler.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.messages.append(message_from_bytes(b"".join(lines), policy=policy.default))
