"""Which language the console speaks: that of the person who is signed in."""

from __future__ import annotations

from flask import Response, request

from service import languages
from service.context import context
from texts import translation

#: The cookie with the language that somebody chose in this browser.
COOKIE = "winnow_language"


def chosen() -> str:
    """The language of the person: by `?lang=`, by what they chose before in this browser, or by the browser's own."""
    return languages.asked_for(COOKIE) or translation.SOURCE


def speak() -> None:
    """Speak it; for `before_request`."""
    translation.speak(chosen())


def remember(response: Response) -> Response:
    """Keep a language that was chosen by `?lang=`; for `after_request`."""
    if request.method == "GET":
        asked = request.args.get("lang", "")
        languages.remember(response, context().settings, COOKIE, asked, below="console.show_queue")
    return response
