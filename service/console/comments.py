"""Single comments: looking at one with its history, listing them, and deciding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, cast

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import comments
from moderation.tables import AuditEvent, Comment, ReviewItem
from service import pages
from service.console import access, cards, refusals
from service.console.review_queue import site_names
from service.context import context

PAGE = 50
STATUSES = ("published", "flagged", "rejected", "pending", "erased")
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
    except comments.NotYours as refusal:
        abort(403, str(refusal))
    except comments.Stale:
        return _stale(comment_id)
    context().asides.nudge(decided.site_id)
    context().asides.count_decisions([(decided.status, "user")])
    return _decided(decided, action)


def show_comment(comment_id: str) -> ResponseReturnValue:
    _require_id(comment_id)
    with context().store.read() as session:
        comment = session.get(Comment, comment_id)
        if comment is None:
            abort(404)
        access.require(comment.site_id, "viewer")
        open_items = session.scalars(
            select(ReviewItem).where(ReviewItem.comment_id == comment.id, ReviewItem.closed_at.is_(None))
        ).all()
        return render_template(
            "console/comment.html",
            card=cards.build(session, [(comment, open_items)])[0],
            history=_history(session, comment.id),
            may_decide=access.may(comment.site_id, "moderator"),
        )


def list_comments() -> ResponseReturnValue:
    """One site's comments, newest first: an index serves that, however many there are."""
    with context().store.read() as session:
        sites = site_names(session)
        known = {site_id for site_id, _ in sites}
        chosen = request.args.get("site")
        site_id = chosen if chosen in known else (sites[0][0] if sites else None)
        status = request.args.get("status") if request.args.get("status") in STATUSES else None
        before = request.args.get("before", "")
        found = _newest(session, site_id, (status,) if status else STATUSES, before=before)
        return render_template(
            "console/comments.html",
            comments=found[:PAGE],
            next=found[PAGE - 1].id if len(found) > PAGE else None,
            sites=sites,
            site_id=site_id,
            status=status,
            statuses=STATUSES,
        )


def _require_id(comment_id: str) -> None:
    """404 for what cannot be an id: PostgreSQL does not take every string."""
    if not _ID.fullmatch(comment_id):
        abort(404)


def _newest(session: Session, site_id: str | None, statuses: Sequence[str], *, before: str) -> list[Comment]:
    """Up to `PAGE` + 1 comments. Asked status by status, since that is how the index has them in order."""
    found: list[Comment] = []
    for status in statuses:
        query = select(Comment).where(Comment.site_id == site_id, Comment.status == status)
        if _ID.fullmatch(before):
            query = query.where(Comment.id < before)
        found += session.scalars(query.order_by(Comment.id.desc()).limit(PAGE + 1))
    return sorted(found, key=lambda comment: comment.id, reverse=True)[: PAGE + 1]


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


def _history(session: Session, comment_id: str) -> list[dict[str, Any]]:
    """What was done with a comment, oldest first."""
    query = select(AuditEvent).where(AuditEvent.comment_id == comment_id).order_by(AuditEvent.id).limit(200)
    events = session.scalars(query).all()
    names = cards.people_names(session, [event.actor for event in events])
    return [
        {
            "what": event.status or event.action.removeprefix("comment."),
            "who": names.get(event.actor, event.actor),
            "why": _reason(event.reasons),
            "at": event.created_at,
        }
        for event in events
    ]


ROUTES = (
    ("/comments", "GET", list_comments),
    ("/comments/<comment_id>", "GET", show_comment),
    ("/comments/<comment_id>/decision", "POST", decide),
)
