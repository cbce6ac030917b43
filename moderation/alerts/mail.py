"""E-mail, through the server that the operator names in WINNOW_SMTP_URL."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

_SMTP_SECONDS = 10


def send_mail(url: str, to: str, subject: str, text: str) -> None:
    """Send a message through `smtp://[user:password@]host[:port][?from=address]`, or `smtps://` for TLS from the start.

    STARTTLS is used where it is offered. A password is sent only over TLS, to a server whose certificate is right.

    Raises:
        OSError, smtplib.SMTPException: it did not leave.
        ValueError: the URL or an address cannot be used.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("give a URL that starts with smtp:// or smtps://")
    message = EmailMessage()
    message["Subject"], message["To"] = subject, to
    message["From"] = parse_qs(parts.query).get("from", [to])[0]
    message.set_content(text)
    with _connect(parts.scheme, parts.hostname, parts.port) as server:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=_context(checked=bool(parts.password)))
            server.ehlo()
        elif parts.scheme == "smtp" and parts.password:
            raise ValueError("the server offers no TLS")
        if parts.username and parts.password:
            server.login(unquote(parts.username), unquote(parts.password))
        server.send_message(message)


def _connect(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=_SMTP_SECONDS, context=_context(checked=True))
    return smtplib.SMTP(host, port or 587, timeout=_SMTP_SECONDS)


def _context(*, checked: bool) -> ssl.SSLContext:
    """Of a relay without a password, often on this machine, the certificate is not checked: else there were no TLS."""
    if checked:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
