"""The console's refusals: a page for people, a sentence for the page's script."""

from __future__ import annotations

from typing import NoReturn

from flask import Response, jsonify, make_response, render_template, url_for
from flask_wtf.csrf import CSRFError, generate_csrf
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as NotFoundPage

from moderation.errors import NotFound
from service.console import access
from texts.translation import gettext, later

_TITLES = {
    400: later("That could not be understood"),
    403: later("You may not do that"),
    404: later("There is no such page"),
    405: later("That cannot be done here"),
    409: later("Somebody was quicker"),
    410: later("It is gone"),
    413: later("That is too much at once"),
    429: later("Too many attempts"),
    503: later("Not now"),
}


def show(error: HTTPException) -> Response:
    """The answer for an HTTP error of a view or of Flask."""
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    message = gettext("The address may be mistyped, or the comment is gone.") if status == 404 else error.description
    return refuse(status, message or "")


def show_nothing(address: str) -> NoReturn:
    """The page at any other address below the console, so that even there people find their way on."""
    raise NotFoundPage(address)


def show_missing(_error: NotFound) -> Response:
    """The answer for `NotFound`: the address or the form names something that does not exist."""
    return show(NotFoundPage())


def show_forged(_error: CSRFError) -> Response:
    """The answer to a form without a valid token: of another session, or made by another site. Nothing was done.

    The page's script gets a new token and the name of the person signed in. It tries once more if the page is still
    theirs. No other site's page can read this answer.
    """
    user = access.user_or_none()
    if access.wants_json() and user is not None:
        message = gettext("You are signed in as %(name)s now. Load the page again.", name=user.name)
        return make_response(jsonify(message=message, csrf_token=generate_csrf(), me=user.name), 400)
    return refuse(
        400,
        gettext(
            "This page was loaded before you last signed in, or more than twelve hours ago, so nothing was done. "
            "Load it again, and do it once more."
        ),
        back=access.referring_page(),
    )


def show_unavailable(_error: OperationalError) -> Response:
    """The answer while the database is away."""
    response = refuse(503, gettext("The database is not available now, so nothing was changed. Try again in a moment."))
    response.headers["Retry-After"] = "2"
    return response


def refuse(status: int, message: str, *, back: str | None = None) -> Response:
    """A refusal as a page, or as `{message}` for the script."""
    if access.wants_json():
        return make_response(jsonify(message=message), status)
    page = render_template(
        "console/refusal.html",
        title=gettext(_TITLES.get(status, later("Something went wrong"))),
        message=message,
        back=back or url_for("console.show_queue"),
    )
    return make_response(page, status)
