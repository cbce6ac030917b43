"""Browsers in which a person has signed in before: who guesses at their name elsewhere does not keep these out."""

from __future__ import annotations

import secrets

from flask import Response
from itsdangerous import BadData, URLSafeTimedSerializer

from service import pages
from service.context import context

_COOKIE = "winnow_known"
_LIFETIME = 180 * 86_400


def remember(response: Response, name: str) -> None:
    """Note, in a signed cookie, that this person has signed in here."""
    token = str(_serializer().dumps([name.casefold(), find(name) or secrets.token_hex(8)]))
    pages.set_cookie(response, context().settings, _COOKIE, token, seconds=_LIFETIME, below="console.show_queue")


def find(name: str) -> str | None:
    """What this browser is called among those of the person with this name; None where they never signed in here."""
    try:
        whose, browser = _serializer().loads(pages.read_cookie(_COOKIE), max_age=_LIFETIME)
    except (BadData, TypeError, ValueError):
        return None
    return str(browser) if whose == name.casefold() else None


def _serializer() -> URLSafeTimedSerializer:
    keys = pages.signing_keys(context().settings, "known browsers")
    return URLSafeTimedSerializer(keys[::-1], salt="known browsers")  # itsdangerous signs with the last
