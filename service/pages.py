"""What every HTML page of ours shares: the headers that keep it safe, and how it tells the time."""

from __future__ import annotations

from datetime import datetime

from flask import Response

from moderation import clock, sealing
from moderation.settings import Settings, SettingsError
from texts import wording

#: No inline script, no inline style, nothing from anywhere else. Comments are hostile input.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def set_headers(response: Response) -> Response:
    """For `after_request`: what a browser may do with the page."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    # Flask-WTF wants a Referer on https; nobody else is told where a moderator was.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if response.mimetype in {"text/html", "application/json"}:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def age(moment: datetime) -> str:
    """How long ago, for people: `3 minutes ago`."""
    return wording.ago((clock.now() - moment).total_seconds())


def exact(moment: datetime) -> str:
    """The moment in full: `23 November 2026, 09:05:02 UTC`."""
    return f"{moment.day} {moment:%B %Y, %H:%M:%S} UTC"


def signing_keys(settings: Settings, purpose: str) -> list[str]:
    """Keys to sign cookies and forms for one purpose, in the order of WINNOW_SECRET_KEY: the first signs.

    Raises:
        SettingsError: there is no secret key.
    """
    if not settings.secret_keys:
        raise SettingsError(
            "WINNOW_SECRET_KEY is not set, so the console's cookies and forms cannot be signed. "
            'Make one with `python3 -c "import secrets; print(secrets.token_urlsafe(32))"`'
        )
    return sealing.signing_keys(settings, purpose)
