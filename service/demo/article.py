"""The article with its comments: shown to everybody, with the author's own waiting ones shown to the author."""

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
from service.api.schemas import SubmissionSchema
from service.context import Context, context
from service.demo import authorship, site
from service.limits import Buckets

#: Comments shown under the article: the newest.
SHOWN = 100

#: For each address and web process; a person needs a minute for a comment.
RATE = "20 per minute"


#: The form is checked as the API checks a submission, with the same sentences.
_FORM = SubmissionSchema(only=("name", "comment", "parent_id", "user_agent"), unknown=EXCLUDE)
_PARENT_GONE = "The comment that you reply to is gone. Send yours without it."

#: What a newcomer may try, and what comes of it.
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
class Shown:
    """A comment on the page, with the replies below it."""

    comment: Comment
    own: bool
    replies: list[Shown]


def refuse_other_sites() -> None:
    """For `before_request`: browsers say which site a form is on. No account is used here, so this is enough."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        abort(403, "Comment on the page itself.")


def show() -> ResponseReturnValue:
    chosen = EXAMPLES.get(request.args.get("try", ""))
    form = {"name": "A visitor", "comment": chosen[1]} if chosen else {}
    return _page(200, form | {"parent_id": request.args.get("reply")})


def comment() -> ResponseReturnValue:
    """Take the form. The page answers with itself, the script with the comment as the page would show it."""
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
        answer = _refuse(429, form, {"form": f"That was a lot of comments. Try again in {seconds} seconds."})
        answer.headers["Retry-After"] = str(seconds)
        return answer
    found = context()
    submission = Submission(**valid, thread=site.THREAD, ip=request.remote_addr)
    [outcome] = submissions.submit(found.store, found.queues, site.find_or_create(found), [submission])
    if outcome.comment is None:
        return _refuse(422, form, {"form": _PARENT_GONE})
    return _accepted(outcome.comment)


def status(comment_id: str) -> ResponseReturnValue:
    """For the page's script: what became of the browser's own comment."""
    if comment_id not in authorship.own_ids():
        abort(404)
    with context().store.read() as session:
        try:
            found = comments.find(session, None, comment_id)
        except comments.CommentError:
            abort(404)
    return jsonify(_as_json(found))


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
    item = Shown(comment, True, [])
    html = render_template("demo/comment_alone.html", item=item)
    return {"id": comment.id, "status": comment.status, "parent_id": comment.parent_id, "html": html}


def _page(code: int, form: dict[str, Any], errors: dict[str, str] | None = None) -> ResponseReturnValue:
    found = context()
    own = authorship.own_ids()
    with found.store.read() as session:
        rows = _comments(session, found, own)
    replied = next((row for row in rows if row.id == form.get("parent_id")), None)
    page = render_template(
        "demo/article.html",
        items=_threaded(rows, set(own)),
        published=sum(row.status == "published" for row in rows),
        form=form,
        errors=errors or {},
        replied=replied,
        examples=EXAMPLES,
    )
    return page, code


def _comments(session: Session, found: Context, own: list[str]) -> list[Comment]:
    """The newest published comments, and the browser's own whatever their status; oldest first."""
    site_id = site.find_or_create(found)
    visible = or_(Comment.status == "published", Comment.id.in_(own) & (Comment.status != "erased"))
    query = (
        select(Comment)
        .where(Comment.site_id == site_id, Comment.thread == site.THREAD, visible)
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(SHOWN)
    )
    return list(session.scalars(query))[::-1]


def _threaded(rows: list[Comment], own: set[str]) -> list[Shown]:
    """Replies under what they reply to, one level deep; a reply to what is not shown stands by itself."""
    items = {row.id: Shown(row, row.id in own, []) for row in rows}
    top: list[Shown] = []
    home: dict[str, Shown] = {}
    for row in rows:
        under = home.get(row.parent_id or "")
        home[row.id] = under or items[row.id]
        (under.replies if under else top).append(items[row.id])
    return top


def _buckets() -> Buckets:
    found: Buckets = current_app.extensions["winnow_demo"]
    return found


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
