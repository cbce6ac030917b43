"""Taking a person's decision back: what held before holds again, and who has not heard of the decision never will."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import audit, clock, news
from moderation.decisions import appeals, second_looks
from moderation.decisions.comments import CommentError, audit_event, find, require_version
from moderation.decisions.decision import Decision
from moderation.review import review_items
from moderation.sites import site_settings
from moderation.tables import AuditEvent, Comment, ReviewItem
from moderation.webhooks import events, withdrawal


class NotUndoable(CommentError):
    """What made this version was no person's decision, or it was made before decisions could be undone."""

    def __init__(self, why: str = "Only a person's decision can be undone.") -> None:
        super().__init__(why)


class NotWhoDecided(CommentError):
    """Only whoever decided, or agreed, can take it back."""

    def __init__(self) -> None:
        super().__init__("Only whoever decided can take it back. You can decide anew.")


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo came to."""

    comment: Comment
    #: Whether anybody outside may have heard of the decision.
    told: bool
    #: Whether somebody who has heard of it cannot be told what holds now: Akismet has no word for what waits again.
    uncorrected: bool = False
    #: The questions that wait again, where what was taken back only agreed with the decision in force.
    asked_again: frozenset[str] = frozenset()


def undo(session: Session, comment_id: str, version: int, *, actor: str) -> Undone:
    """Take back the person's decision that made `version`, or their agreement with it, in the caller's transaction.

    The comment is what it was before, at a new version, and waits for a person again if it did; an appeal or a second
    look that the decision had answered is open again, and one that asked about the decision itself is closed. Who has
    not been told of the decision never will be; who may have been is told what holds now. A comment that was `pending`
    then is so again.

    Raises:
        NotFound, Erased, Stale: as for `comments.decide`.
        NotUndoable: no person's decision made this version, or how an appeal ended was told already.
    """
    comment = find(session, None, comment_id, lock=True)
    require_version(session, comment, version)
    agreed = review_items.agreements(session, comment, actor)
    if agreed:
        return _ask_again(session, comment, agreed, actor)
    was = _what_was(session, comment)
    told = withdrawal.take_back(session, comment.id, version, comment.decided_at)
    second_looks.withdraw(session, comment.id, version, actor=actor)
    reopened = review_items.reopen(session, comment.id, version)
    appeals.carry_over(session, comment.id, version - 1, to=version + 1, reopened="appeal" in reopened)
    decided_at = datetime.fromisoformat(was["decided_at"]) if was["decided_at"] else None
    comment.status, comment.reasons = was["status"], was["reasons"]
    comment.decided_by, comment.decided_at = was["decided_by"], decided_at
    comment.version, comment.updated_at = version + 1, clock.now()
    session.flush()
    event = audit_event(comment, "comment.undone", actor, undoes=version)
    audit.record(session, [event | {"status": comment.status, "reasons": comment.reasons}])
    noted = news.of(session)
    noted.happened("opened", comment.site_id, [comment.id])
    noted.sites.add(comment.site_id)  # what the decision had withdrawn is due again
    if comment.status == "pending":  # its decision is still to come, and is told then
        noted.pending[comment.id] = (comment.site_id, comment.updated_at)
        return Undone(comment, told=bool(told))
    now = Decision.of(comment, status=comment.status, actor=comment.decided_by or "", reasons=comment.reasons or [])
    corrected = events.notify(session, [now.event()], only=told)
    return Undone(comment, told=bool(told), uncorrected=bool(told - corrected))


def undo_own(session: Session, comment_id: str, version: int, *, actor: str) -> Undone:
    """`undo`, for somebody who may take back only what they themselves decided or agreed with.

    Raises:
        NotWhoDecided: somebody else made this version, and this person did not say that they agree.
    """
    comment = find(session, None, comment_id, lock=True)
    made = comment.version != version or comment.decided_by == actor  # another version is `Stale`
    if not made and not review_items.agreements(session, comment, actor):
        raise NotWhoDecided
    return undo(session, comment_id, version, actor=actor)


def _ask_again(session: Session, comment: Comment, agreed: Sequence[ReviewItem], actor: str) -> Undone:
    """Take back that somebody agreed: at a second look whenever they like, on appeal until the author is told."""
    if any(item.kind == "appeal" for item in agreed):
        grace = site_settings.of_sites(session, {comment.site_id})[comment.site_id].grace
        answered = max(item.closed_at for item in agreed if item.closed_at is not None)
        try:
            appeals.reopen(session, comment, told_at=answered + grace)
        except appeals.TooLate:
            raise NotUndoable(
                "The time to take it back is over: the author has been told that the decision stands."
            ) from None
    asked = review_items.ask_again(session, comment, agreed)
    audit.record(session, [audit_event(comment, "comment.agreement_undone", actor)])
    return Undone(comment, told=False, asked_again=frozenset(asked))


def _what_was(session: Session, comment: Comment) -> dict[str, Any]:
    """What the decision that made the comment's version put an end to."""
    detail = session.scalar(
        select(AuditEvent.detail).where(
            AuditEvent.comment_id == comment.id,
            AuditEvent.version == comment.version,
            AuditEvent.action == "comment.decided",
        )
    )
    was: dict[str, Any] | None = (detail or {}).get("was")
    if was is None:
        raise NotUndoable
    return was
