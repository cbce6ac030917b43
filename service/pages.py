"""What all HTML pages share: security headers, cookies, the form of times, and signing keys."""

from __future__ import annotations

from datetime import datetime

from flask import Response, request, url_for

from moderation import clock, sealing
from moderation.settings import Settings, SettingsError
from service.context import context
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

#: For a year. Only for this host, which has no other pages: neighbouring names are somebody else's business.
_ONLY_HTTPS = f"max-age={365 * 24 * 3600}"


def set_headers(response: Response) -> Response:
    """Set the security headers of a page; for `after_request`."""
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("X-Frame-Options", "DENY")
    # Flask-WTF needs a Referer on https; other sites are not told which page a moderator was on.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if context().settings.secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", _ONLY_HTTPS)
    if response.mimetype in {"text/html", "application/json"}:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def cookie_name(settings: Settings, name: str) -> str:
    """What a cookie is called. Behind https a browser takes one of such a name from this very host only.

    Else a page under a neighbouring name (`other.example.com`) could set it for `comments.example.com`, and with it
    the token of forms.
    """
    return f"__Host-{name}" if settings.secure_cookies else name


def cookie_path(settings: Settings, path: str) -> str:
    """For which pages a cookie is: those below `path`, or all, as a name with `__Host-` needs it."""
    return "/" if settings.secure_cookies else path.rstrip("/")


def read_cookie(name: str) -> str:
    """The value of the request's cookie; "" where there is none."""
    return request.cookies.get(cookie_name(context().settings, name), "")


def set_cookie(response: Response, settings: Settings, name: str, value: str, *, seconds: int, below: str) -> None:
    """Set a cookie for the pages below that of the endpoint `below`; neither scripts nor other sites can use it.

    With no `seconds` it is deleted.
    """
    response.set_cookie(
        cookie_name(settings, name),
        value,
        max_age=seconds,
        expires=None if seconds else 0,
        path=cookie_path(settings, url_for(below)),
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
