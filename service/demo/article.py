"""The demo's article with its comments. A browser also sees its own comments that wait for a decision."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, ValidationError
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from moderation.decisions import comments
from moderation.intake import submissions
from moderation.intake.submissions import Submission
from moderation.sites import archive, author_sentences, site_settings
from moderation.tables import Comment
from service import languages, scoring
from service.api.schemas import SubmissionSchema
from service.context import Context, context
from service.demo import authorship, site
from service.limits import Buckets, client_key
from texts import translation, wording
from texts.translation import gettext, later

#: Comments shown under the article: the newest.
SHOWN = 100

#: The rate limit, for each address and web process.
RATE = "20 per minute"
#: The cookie with the language that a reader chose.
LANGUAGE_COOKIE = "winnow_demo_language"


#: The form is checked as the API checks a submission, with the same sentences.
_FORM = SubmissionSchema(only=("name", "comment", "parent_id", "user_agent"), unknown=EXCLUDE)
#: The status that a comment would have -> what its author is told before it is posted, and as what kind of note.
_ADVICE = {
    "published": (later("This would be published as it stands."), "good"),
    "flagged": (later("Please rewrite this: as it stands, a moderator would have to read it first."), "wait"),
    "rejected": (later("Please rewrite this: as it stands, it would be rejected."), "bad"),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A comment to try, and what becomes of it."""

    title: str
    text: str
    outcome: str

    def in_words(self) -> Example:
        """The same in the language of now."""
        return Example(gettext(self.title), gettext(self.text), gettext(self.outcome))


#: Examples to try. Each catalogue has a text of which the same becomes.
EXAMPLES = {
    "friendly": Example(
        later("A friendly comment"),
        later("Thank you for this article. I run a small forum and this is helpful."),
        later("is published"),
    ),
    "insult": Example(
        later("An insult"),
        later("You are a stupid idiot, and so is everybody who reads this."),
        later("is held for a moderator"),
    ),
    "advertisement": Example(
        later("An advertisement"),
        later("Buy cheap followers now!!! Best prices, 100% guaranteed, visit http://followers.example/buy today"),
        later("is held as well"),
    ),
    "banned": Example(
        later("A banned word"),
        later("I feel so much better since I take moonshot-pills every day."),
        later("is rejected at once"),
    ),
}


@dataclass(frozen=True, slots=True)
class ShownComment:
    """A comment on the page, with the replies below it."""

    comment: Comment
    is_own: bool
    replies: list[ShownComment]


def refuse_other_sites() -> None:
    """Refuse forms on other sites, by the header in which browsers say so. For `before_request`."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        abort(403, "Comment on the page itself.")


def speak_as_asked() -> None:
    """Speak the reader's language; for `before_request`."""
    translation.speak(languages.asked_for(LANGUAGE_COOKIE) or translation.SOURCE)


def show() -> ResponseReturnValue:
    chosen = EXAMPLES.get(request.args.get("try", ""))
    form = {"name": gettext("A visitor"), "comment": gettext(chosen.text)} if chosen else {}
    response = make_response(_page(200, form | {"parent_id": request.args.get("reply")}))
    chosen_language = request.args.get("lang", "")
    languages.remember(response, context().settings, LANGUAGE_COOKIE, chosen_language, below="demo.show")
    return response


def comment() -> ResponseReturnValue:
    """Take the form. Answers with the page again, or gives the page's script the comment as HTML."""
    form = {name: request.form.get(name, "").replace("\r\n", "\n") for name in ("name", "comment", "parent_id")}
    try:
        valid = _FORM.load(form | {"user_agent": request.user_agent.string})
    except ValidationError as error:
        errors = {name: gettext(sentences[0]) for name, sentences in error.messages_dict.items()}
        if errors.pop("parent_id", None):
            errors["form"] = _parent_gone()
        return _refuse(422, form, errors)
    if wait := _buckets().take(client_key()):
        seconds = math.ceil(wait)
        answer = _refuse(
            429,
            form,
            {"form": gettext("That was a lot of comments. Try again in %(time)s.", time=wording.seconds(seconds))},
        )
        answer.headers["Retry-After"] = str(seconds)
        return answer
    app_context = context()
    site_id = site.find_or_create(app_context)
    with app_context.store.read() as session:
        if archive.is_archived(session, site_id):
            return _refuse(403, form, {"form": gettext("Comments are closed here.")})
    submission = Submission(**valid, thread=site.THREAD, ip=request.remote_addr)
    if request.form.get("check"):
        return _advise(form, site_id, submission)
    [outcome] = submissions.submit(app_context.store, app_context.queues, site_id, [submission])
    if outcome.comment is None:
        return _refuse(422, form, {"form": _parent_gone()})
    return _accepted(outcome.comment)


def status(comment_id: str) -> ResponseReturnValue:
    """The state of one of the browser's own comments, for the page's script."""
    if comment_id not in authorship.own_ids():
        abort(404)
    with context().store.read() as session:
        try:
            own_comment = comments.find(session, None, comment_id)
        except comments.CommentError:
            abort(404)
    return jsonify(_as_json(own_comment))


def _advise(form: dict[str, Any], site_id: str, submission: Submission) -> ResponseReturnValue:
    """Tell an author before the comment is posted what would become of it. Nothing is stored."""
    try:
        decision = scoring.decide(scoring.unstored(site_id, submission))
        sentence, kind = _ADVICE[decision.status]
    except scoring.NotScored:
        sentence, kind = later("It cannot be checked at the moment."), "wait"
    advice = gettext(sentence)
    if _wants_json():
        return jsonify(advice=advice, kind=kind)
    return _page(200, form, advice=(advice, kind))


def _accepted(comment: Comment) -> Response:
    if _wants_json():
        response = make_response(jsonify(_as_json(comment)), 202)
    else:
        response = make_response(redirect(url_for("demo.show", _anchor=comment.id), 303))
    authorship.remember(response, comment.id)
    return response


def _refuse(code: int, form: dict[str, Any], errors: dict[str, str]) -> Response:
    if _wants_json():
        return make_response(jsonify(errors=errors), code)
    return make_response(_page(code, form, errors))


def _as_json(comment: Comment) -> dict[str, Any]:
    item = ShownComment(comment, True, [])
    html = render_template("demo/comment_alone.html", item=item, told=_told())
    return {"id": comment.id, "status": comment.status, "parent_id": comment.parent_id, "html": html}


def _page(
    code: int, form: dict[str, Any], errors: dict[str, str] | None = None, *, advice: tuple[str, str] | None = None
) -> ResponseReturnValue:
    app_context = context()
    own_ids = authorship.own_ids()
    with app_context.store.read() as session:
        rows = _comments(session, app_context, own_ids)
    replied = next((row for row in rows if row.id == form.get("parent_id")), None)
    page = render_template(
        "demo/article.html",
        items=_threaded(rows, set(own_ids)),
        published=sum(row.status == "published" for row in rows),
        form=form,
        errors=errors or {},
        advice=advice,
        replied=replied,
        examples={name: example.in_words() for name, example in EXAMPLES.items()},
        told=_told(),
        said=_said(),
    )
    return page, code


def _told() -> Callable[[Mapping[str, Any]], str]:
    """What the page says of a reason: in English, what the API says; in other languages, what it says to authors."""
    app_context = context()
    with app_context.store.read() as session:
        site_id = site.find_or_create(app_context)
        settings = site_settings.of_sites(session, {site_id})[site_id]
    if translation.current() == translation.SOURCE:
        return lambda reason: str(reason.get("message", ""))
    return lambda reason: author_sentences.of(reason, settings)


def _said() -> dict[str, str]:
    """What the page's script says."""
    return {
        "pending": gettext("Your comment is waiting to be read."),
        "published": gettext("Your comment was published."),
        "flagged": gettext("Your comment is held for review by a moderator."),
        "rejected": gettext("Your comment was rejected."),
        "unsent": gettext("The comment could not be sent. Try again in a moment."),
        "visitor": gettext("A visitor"),
    }


def _parent_gone() -> str:
    return gettext("The comment that you reply to is gone. Send yours without it.")


def _comments(session: Session, app_context: Context, own_ids: list[str]) -> list[Comment]:
    """The newest published comments, and the browser's own whatever their status; oldest first."""
    site_id = site.find_or_create(app_context)
    visible = or_(Comment.status == "published", Comment.id.in_(own_ids) & (Comment.status != "erased"))
    query = (
        select(Comment)
        .where(Comment.site_id == site_id, Comment.thread == site.THREAD, visible)
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(SHOWN)
    )
    return list(session.scalars(query))[::-1]


def _threaded(rows: list[Comment], own_ids: set[str]) -> list[ShownComment]:
    """Comments with replies below them, one level deep. A reply to a comment that is not shown stands by itself."""
    items = {row.id: ShownComment(row, row.id in own_ids, []) for row in rows}
    top: list[ShownComment] = []
    home: dict[str, ShownComment] = {}
    for row in rows:
        under = home.get(row.parent_id or "")
        home[row.id] = under or items[row.id]
        (under.replies if under else top).append(items[row.id])
    return top


def _buckets() -> Buckets:
    buckets: Buckets = current_app.extensions["winnow_demo"]
    return buckets


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
