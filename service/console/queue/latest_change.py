"""The latest change of a comment, in words: who did what, and why."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.review import cases
from moderation.tables import AuditEvent, Comment
from service import pages
from service.console import names
from texts import wording

_VERBS = {"published": "published", "rejected": "rejected"}
_ACTIONS = ("comment.decided", "comment.undone", "comment.edited")


def tell(session: Session, comment: Comment, *, and_then: str = "") -> str:
    """The latest change in one or two sentences. `and_then` continues the first sentence."""
    if comment.status == "erased":
        return f"The comment was erased{and_then}."
    event = session.scalar(
        select(AuditEvent)
        .where(AuditEvent.comment_id == comment.id, AuditEvent.action.in_(_ACTIONS))
        .order_by(AuditEvent.version.desc())
        .limit(1)
    )
    if event is None or event.action == "comment.edited":
        return f"Its author changed the comment{and_then}, and it is being scored again."
    who = names.of_people(session, [event.actor]).get(event.actor, "Somebody")
    done = "undid the last decision on" if event.action == "comment.undone" else _VERBS.get(comment.status, "flagged")
    sentence = f"{who[0].upper()}{who[1:]} {done} this comment {pages.age(event.created_at)}{and_then}."
    reason = messages(event.reasons)
    return f"{sentence} Reason: {reason}" if reason and event.action == "comment.decided" else sentence


def put_off(session: Session, comment_ids: Collection[str]) -> dict[str, str]:
    """Comment id -> a sentence, for those of these comments that are put off."""
    found = [case for case in cases.of_comments(session, comment_ids).values() if case.put_off_until is not None]
    people = names.of_people(session, [case.put_off_by for case in found])
    return {
        case.comment_id: f"{people.get(case.put_off_by or '', 'Somebody')} put this off until "
        f"{wording.exact(case.put_off_until, seconds=False)}."
        for case in found
        if case.put_off_until is not None
    }


def messages(reasons: list[dict[str, Any]] | None) -> str:
    """The messages of reasons, as one text."""
    return " ".join(str(reason.get("message", "")) for reason in reasons or ())
