"""A person's decision on a comment."""

from __future__ import annotations

import re
from typing import Any, Literal, cast

from flask import Response, abort, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from moderation import comments
from moderation.tables import Comment
from service import pages
from service.console import access, cards, refusals
from service.context import context

MAX_REASON = 500

_DONE: dict[str, str] = {"publish": "Published", "reject": "Rejected"}
_ID = re.compile(r"c_[0-9a-z]{26}")


def decide(comment_id: str) -> ResponseReturnValue:
    """Publish or reject, if the comment is still what the moderator saw."""
    moderator = access.user()
    _require_id(comment_id)
    with context().store.read() as session:
        site_id = session.scalar(select(Comment.site_id).where(Comment.id == comment_id))
    access.require(site_id or "", "moderator")
    action, version = request.form.get("action", ""), request.form.get("version", "")
    reason = request.form.get("reason", "").replace("\0", "").strip()
    if action not in _DONE or not re.fullmatch(r"[0-9]{1,9}", version):
        abort(400, "Choose to publish or to reject the comment, from a page that shows it.")
    if len(reason) > MAX_REASON:
        abort(422, f"The reason has {len(reason):,} characters; at most {MAX_REASON} fit.")
    try:
        with context().store.write() as session:
            decided = comments.decide(
                session,
                None,
                comment_id,
                cast("Literal['publish', 'reject']", action),
                actor=f"user:{moderator.id}",
                reason=reason or None,
                version=int(version),
            )
    except comments.NotFound:
        abort(404)
    except comments.Erased:
        abort(410, "The comment was erased meanwhile, so there is nothing to decide.")
    except comments.Stale:
        return _stale(comment_id)
    context().asides.nudge(decided.site_id)
    context().asides.count_decisions([(decided.status, "user")])
    return _decided(decided, action)


def _require_id(comment_id: str) -> None:
    """404 for what cannot be an id: PostgreSQL does not take every string."""
    if not _ID.fullmatch(comment_id):
        abort(404)


def _decided(comment: Comment, action: str) -> ResponseReturnValue:
    if access.wants_json():
        return jsonify(status=comment.status, version=comment.version, message=f"{_DONE[action]}.")
    flash(f"{_DONE[action]} the comment by {comment.name[:60]}.", "good")
    return redirect(access.own_address(request.form.get("back")), 303)


def _stale(comment_id: str) -> Response:
    """409, and what happened meanwhile: a moderator should know whose decision stands."""
    with context().store.read() as session:
        comment = session.get(Comment, comment_id)
        if comment is None:
            abort(404)
        who = cards.people_names(session, [comment.decided_by]).get(comment.decided_by or "", "nobody")
    if comment.decided_at is None:
        happened = "Its author changed the comment after you loaded the page, and it is being scored again."
    else:
        verb = {"published": "published", "rejected": "rejected"}.get(comment.status, "flagged")
        name = who[0].upper() + who[1:]
        happened = f"{name} {verb} this comment {pages.age(comment.decided_at)}, after you loaded the page."
    reason = _reason(comment.reasons)
    told = f"{happened} Reason: {reason}" if reason else happened
    return refusals.refuse(
        409,
        f"{told} Your decision was not recorded.",
        back=url_for("console.show_comment", comment_id=comment_id),
    )


def _reason(reasons: list[dict[str, Any]] | None) -> str:
    return " ".join(str(reason.get("message", "")) for reason in reasons or ())


ROUTES = (("/comments/<comment_id>/decision", "POST", decide),)
