"""A mail server of our own on loopback, for what is sent by e-mail."""

from __future__ import annotations

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage


class Mailbox:
    """An SMTP server of our own on loopback, which keeps what it is given. It offers no TLS."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refuses = False
        mailbox = self

        class Conversation(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                mailbox.converse(self)

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
                case b"EHLO":
                    say("250 mailbox")
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

    def _take(self, handler: socketserver.StreamRequestHandler) -> None:
        lines = []
        while (line := handler.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.messages.append(message_from_bytes(b"".join(lines), policy=policy.default))
