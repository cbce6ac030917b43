"""Single comments: looking at one with its history, and listing them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.tables import AuditEvent, Comment, ReviewItem
from service.console import access, cards, meanwhile
from service.console.review_queue import site_names
from service.context import context

PAGE = 50
STATUSES = ("published", "flagged", "rejected", "pending", "erased")

_ID = re.compile(r"c_[0-9a-z]{26}")


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


def _history(session: Session, comment_id: str) -> list[dict[str, Any]]:
    """What was done with a comment, oldest first."""
    query = select(AuditEvent).where(AuditEvent.comment_id == comment_id).order_by(AuditEvent.id).limit(200)
    events = session.scalars(query).all()
    names = cards.people_names(session, [event.actor for event in events])
    return [
        {
            "what": "decision undone"
            if event.action == "comment.undone"
            else event.status or event.action.removeprefix("comment."),
            "who": names.get(event.actor, event.actor),
            "why": meanwhile.said(event.reasons),
            "at": event.created_at,
        }
        for event in events
    ]


ROUTES = (
    ("/comments", "GET", list_comments),
    ("/comments/<comment_id>", "GET", show_comment),
)
