"""The page that a statement's link opens, and the appeal that is sent from it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from flask import Response, current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from moderation.decisions import appeals, comments
from moderation.decisions.appeals import LONGEST, AppealRefused
from moderation.webhooks import statement_links
from service import forms, languages
from service.context import context
from service.limits import Buckets, client_key
from service.statements import statement
from service.statements.statement import Ended
from texts import translation, wording
from texts.translation import gettext

#: The rate limits, for each address and web process.
LOOKS, APPEALS = "60 per minute", "6 per minute"


def speak_as_asked() -> None:
    """Speak the reader's language until it is known which site the page is about; for `before_request`."""
    translation.speak(languages.asked_for() or translation.SOURCE)


def show(token: str) -> ResponseReturnValue:
    if wait := _wait("look"):
        return _too_many(wait)
    return _page(token)


def appeal(token: str) -> ResponseReturnValue:
    """Take the appeal. Whoever has the link may appeal: no other site can know it, so it also prevents forged forms."""
    if wait := _wait("appeal"):
        return _too_many(wait)
    text = forms.text("text")
    if not text:
        return _page(token, 422, lambda: gettext("Please write why the decision is wrong."))
    if len(text) > LONGEST:
        return _page(token, 422, lambda: wording.too_long(len(text), LONGEST), text=text)
    try:
        _lodge(token, text)
    except AppealRefused as refusal:
        why = str(refusal)
        return _page(token, 409, lambda: why)
    except Ended as ended:
        return _ended(str(ended))
    return redirect(url_for("statements.show", token=token, lang=request.args.get("lang")), 303)


def _lodge(token: str, text: str) -> None:
    link = statement_links.read(context().settings, token)
    if link is None:
        raise AppealRefused(gettext("This is not a link of ours."))
    with context().write() as session:
        try:
            comment = comments.find(session, None, link.comment_id, lock=True)
        except comments.CommentError:
            raise Ended(gettext("The comment was erased.")) from None
        statement.build(session, link)  # raises Ended for a link that has ended
        appeals.lodge(session, comment, text)


def _page(token: str, code: int = 200, error: Callable[[], str] = str, *, text: str = "") -> Response:
    """The page. `error` is asked once the language is known."""
    link = statement_links.read(context().settings, token)
    if link is None:
        return _unknown()
    with context().store.read() as session:
        try:
            content = statement.build(session, link)
        except Ended as ended:
            return _ended(str(ended))
        page = render_template("statements/statement.html", statement=content, error=error(), text=text, most=LONGEST)
    return make_response(page, code)


def _unknown() -> Response:
    return _closed(
        404,
        gettext("This is not a link of ours"),
        gettext("It may have been cut short. Open it from where you got it."),
    )


def _ended(why: str) -> Response:
    return _closed(410, gettext("This link no longer works"), why)


def _too_many(seconds: int) -> Response:
    response = _closed(
        429,
        gettext("Not so fast"),
        gettext("That was a lot at once. Try again in %(time)s.", time=wording.seconds(seconds)),
    )
    response.headers["Retry-After"] = str(seconds)
    return response


def _closed(code: int, title: str, why: str) -> Response:
    return make_response(render_template("statements/closed.html", title=title, why=why), code)


def _wait(action: Literal["look", "appeal"]) -> int:
    buckets: dict[str, Buckets] = current_app.extensions["winnow_statements"]
    return math.ceil(buckets[action].take(client_key()))
