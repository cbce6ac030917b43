"""What all HTML pages share: security headers, cookies, the form of times, and signing keys."""

from __future__ import annotations

from datetime import datetime

from flask import Response, url_for

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
    """Set the security headers of a page; for `after_request`."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    # Flask-WTF needs a Referer on https; other sites are not told which page a moderator was on.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if response.mimetype in {"text/html", "application/json"}:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def set_cookie(response: Response, settings: Settings, name: str, value: str, *, seconds: int, below: str) -> None:
    """Set a cookie for the pages below that of the endpoint `below`; neither scripts nor other sites can use it."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=url_for(below).rstrip("/"),
        secure=settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def age(moment: datetime) -> str:
    """How long ago, in words: `3 minutes ago`."""
    return wording.ago((clock.now() - moment).total_seconds())


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
