"""The demo's article with its comments. A browser also sees its own comments that wait for a decision."""

from __future__ import annotations

import math
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
from moderation.tables import Comment
from service import scoring
from service.api.schemas import SubmissionSchema
from service.context import Context, context
from service.demo import authorship, site
from service.limits import Buckets
from texts import wording

#: Comments shown under the article: the newest.
SHOWN = 100

#: The rate limit, for each address and web process.
RATE = "20 per minute"


#: The form is checked as the API checks a submission, with the same sentences.
_FORM = SubmissionSchema(only=("name", "comment", "parent_id", "user_agent"), unknown=EXCLUDE)
_PARENT_GONE = "The comment that you reply to is gone. Send yours without it."

#: The status that a comment would have -> what its author is told before it is posted, and as what kind of note.
_ADVICE = {
    "published": ("This would be published as it stands.", "good"),
    "flagged": ("Please rewrite this: as it stands, a moderator would have to read it first.", "wait"),
    "rejected": ("Please rewrite this: as it stands, it would be rejected.", "bad"),
}

#: Examples to try: name -> (the link's text, the comment).
EXAMPLES = {
    "friendly": ("A friendly comment", "Thank you for this article. I run a small forum and this is helpful."),
    "insult": ("An insult", "You are a stupid idiot, and so is everybody who reads this."),
    "advertisement": (
        "An advertisement",
        "Buy cheap followers now!!! Best prices, 100% guaranteed, visit http://followers.example/buy today",
    ),
    "banned": ("A banned word", "I feel so much better since I take moonshot-pills every day."),
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


def show() -> ResponseReturnValue:
    chosen = EXAMPLES.get(request.args.get("try", ""))
    form = {"name": "A visitor", "comment": chosen[1]} if chosen else {}
    return _page(200, form | {"parent_id": request.args.get("reply")})


def comment() -> ResponseReturnValue:
    """Take the form. Answers with the page again, or gives the page's script the comment as HTML."""
    form = {name: request.form.get(name, "").replace("\r\n", "\n") for name in ("name", "comment", "parent_id")}
    try:
        valid = _FORM.load(form | {"user_agent": request.user_agent.string})
    except ValidationError as error:
        errors = {name: sentences[0] for name, sentences in error.messages_dict.items()}
        if errors.pop("parent_id", None):
            errors["form"] = _PARENT_GONE
        return _refuse(422, form, errors)
    if wait := _buckets().take(request.remote_addr or ""):
        seconds = math.ceil(wait)
        answer = _refuse(
            429,
            form,
            {"form": f"That was a lot of comments. Try again in {wording.seconds(seconds)}."},
        )
        answer.headers["Retry-After"] = str(seconds)
        return answer
    app_context = context()
    submission = Submission(**valid, thread=site.THREAD, ip=request.remote_addr)
    if request.form.get("check"):
        return _advise(form, site.find_or_create(app_context), submission)
    [outcome] = submissions.submit(
        app_context.store, app_context.queues, site.find_or_create(app_context), [submission]
    )
    if outcome.comment is None:
        return _refuse(422, form, {"form": _PARENT_GONE})
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
        advice, kind = _ADVICE[decision.status]
    except scoring.NotScored:
        advice, kind = "It cannot be checked at the moment.", "wait"
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
    html = render_template("demo/comment_alone.html", item=item)
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
        examples=EXAMPLES,
    )
    return page, code


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
