"""What the console says when it cannot do as it was asked: a page for people, a sentence for the page's script."""

from __future__ import annotations

from flask import Response, jsonify, make_response, render_template, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as NotFoundPage

from moderation.errors import NotFound
from service.console import access

_TITLES = {
    400: "That could not be understood",
    403: "You may not do that",
    404: "There is no such page",
    405: "That cannot be done here",
    409: "Somebody was quicker",
    410: "It is gone",
    413: "That is too much at once",
    429: "Too many attempts",
    503: "Not now",
}


def show(error: HTTPException) -> Response:
    """Any refusal that a view raised or that Flask did."""
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    message = "The address may be mistyped, or the comment is gone." if status == 404 else error.description
    return refuse(status, message or "")


def show_missing(_error: NotFound) -> Response:
    """What the address or the form names is not there: a view lets the domain say so."""
    return show(NotFoundPage())


def show_forged(_error: CSRFError) -> Response:
    """A form without its token: made elsewhere, or left open too long."""
    return refuse(
        400,
        "This form had been open for too long, or it came from another page, so nothing was done. "
        "Go back, load the page again, and send it once more.",
    )


def show_unavailable(_error: OperationalError) -> Response:
    """The database cannot be asked now."""
    response = refuse(503, "The database is not available now, so nothing was changed. Try again in a moment.")
    response.headers["Retry-After"] = "2"
    return response


def refuse(status: int, message: str, *, back: str | None = None) -> Response:
    """The refusal as a page, or as `{message}` for the script."""
    if access.wants_json():
        return make_response(jsonify(message=message), status)
    page = render_template(
        "console/refusal.html",
        title=_TITLES.get(status, "Something went wrong"),
        message=message,
        back=back or url_for("console.show_queue"),
    )
    return make_response(page, status)
