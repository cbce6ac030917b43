"""Which language the console speaks: the person's in its frame, and on the pages whose sentences are translated."""

from __future__ import annotations

from flask import Response, request

from service import languages
from service.context import context
from texts import translation

#: The cookie with the language that somebody chose in this browser.
COOKIE = "winnow_language"
#: The pages whose sentences are in the catalogues. All others are in English, within a frame that is translated.
TRANSLATED = frozenset(f"console.{name}" for name in ("show_sign_in", "check_sign_in", "sign_out"))


def chosen() -> str:
    """The language of the person: by `?lang=`, by what they chose before in this browser, or by the browser's own."""
    return languages.asked_for(COOKIE) or translation.SOURCE


def speak() -> None:
    """Speak it on the pages that are translated; for `before_request`."""
    if request.endpoint in TRANSLATED:
        translation.speak(chosen())


def remember(response: Response) -> Response:
    """Keep a language that was chosen by `?lang=`; for `after_request`."""
    if request.method == "GET":
        asked = request.args.get("lang", "")
        languages.remember(response, context().settings, COOKIE, asked, below="console.show_queue")
    return response
