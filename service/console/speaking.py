"""Which language the console speaks, and by which clock it tells moments: those of the person who is signed in."""

from __future__ import annotations

from flask import Response, request

from moderation.people import zones
from moderation.tables import User
from service import languages
from service.context import context
from texts import translation

#: The cookie with the language that somebody chose in this browser.
COOKIE = "winnow_language"
#: The cookie with the browser's time zone; its script `times.js` sets it.
ZONE_COOKIE = "winnow_zone"


def chosen() -> str:
    """The language of the person: by `?lang=`, by what they chose before in this browser, or by the browser's own."""
    return languages.asked_for(COOKIE) or translation.SOURCE


def speak() -> None:
    """Speak it; for `before_request`."""
    translation.speak(chosen())


def tell_times(person: User | None) -> None:
    """Tell moments by the browser's clock, or, where it does not say which that is, by that of the person's zone."""
    own = None if person is None else person.zone
    translation.speak(translation.current(), zones.named(request.cookies.get(ZONE_COOKIE) or own))


def remember(response: Response) -> Response:
    """Keep a language that was chosen by `?lang=`; for `after_request`."""
    if request.method == "GET":
        asked = request.args.get("lang", "")
        languages.remember(response, context().settings, COOKIE, asked, below="console.show_queue")
    return response
