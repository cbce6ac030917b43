"""Undoing a person's decision: the earlier decision is in force again, and a message not yet sent is never sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import audit, clock, news
from moderation.decisions import appeals, reports, second_looks, standing
from moderation.decisions.comments import CommentError, find, require_version
from moderation.decisions.decision import Decision
from moderation.review import review_items
from moderation.sites import site_settings
from moderation.tables import AuditEvent, Comment, ReviewItem
from moderation.webhooks import events, withdrawal


class NotUndoable(CommentError):
    """This version was not made by a person's decision, or was made before decisions could be undone."""

    def __init__(self, why: str = "Only a person's decision can be undone.") -> None:
        super().__init__(why)


class NotWhoDecided(CommentError):
    """Only the person who decided, or agreed, can undo it."""

    def __init__(self) -> None:
        super().__init__("Only whoever decided can take it back. You can decide anew.")


@dataclass(frozen=True, slots=True)
class UndoResult:
    """The result of an undo."""

    comment: Comment
    #: Whether the site may have heard of the decision.
    told: bool
    #: Whether an endpoint that heard of it cannot be told of the undo: Akismet's protocol cannot say "waits again".
    uncorrected: bool = False
    #: The kinds of review items that are open again, where an agreement with the decision in force was undone.
    asked_again: frozenset[str] = frozenset()


def undo(session: Session, comment_id: str, version: int, *, actor: str) -> UndoResult:
    """Undo the person's decision that made `version`, or their agreement with it, in the caller's transaction.

    The comment gets its earlier status at a new version, and waits for a person again if it did before. An appeal or a
    second look that the decision had answered is open again; one about the decision itself is closed. Endpoints that
    have not been told of the decision never will be; those that may have been told get the earlier decision. A comment
    that was `pending` before is pending again.

    Raises:
        NotFound, Erased, Stale: as for `comments.decide`.
        NotUndoable: no person's decision made this version, or the site was already told the outcome of the appeal.
    """
    comment = find(session, None, comment_id, lock=True)
    require_version(session, comment, version)
    agreed = review_items.agreements(session, comment, actor)
    if agreed:
        return _ask_again(session, comment, agreed, actor)
    was = _what_was(session, comment)
    may_have_heard = withdrawal.take_back(session, comment.id, version, comment.decided_at)
    second_looks.withdraw(session, comment.id, version, actor=actor)
    reopened = review_items.reopen(session, comment.id, version)
    appeals.carry_over(session, comment.id, version - 1, to=version + 1, reopened="appeal" in reopened)
    decided_at = datetime.fromisoformat(was["decided_at"]) if was["decided_at"] else None
    comment.status, comment.reasons = was["status"], was["reasons"]
    comment.decided_by, comment.decided_at = was["decided_by"], decided_at
    comment.version, comment.updated_at = version + 1, clock.now()
    session.flush()
    reports.unsettle(session, comment, version)
    standing.weigh(session, comment)
    event = audit.row_about(comment, "comment.undone", actor, undoes=version)
    audit.record(session, [event | {"status": comment.status, "reasons": comment.reasons}])
    noted = news.of(session)
    noted.happened("opened", comment.site_id, [comment.id])
    noted.sites.add(comment.site_id)  # deliveries that the decision had withdrawn are due again
    if comment.status == "pending":  # the site is told its decision, which is still to come
        noted.pending[comment.id] = (comment.site_id, comment.updated_at)
        return UndoResult(comment, told=bool(may_have_heard))
    restored = Decision.of(
        comment, status=comment.status, actor=comment.decided_by or "", reasons=comment.reasons or []
    )
    settings = site_settings.of_sites(session, {comment.site_id})[comment.site_id]
    corrected = events.notify(session, [restored.event(settings)], only=may_have_heard)
    return UndoResult(comment, told=bool(may_have_heard), uncorrected=bool(may_have_heard - corrected))


def undo_own(session: Session, comment_id: str, version: int, *, actor: str) -> UndoResult:
    """`undo`, for somebody who may undo only their own decision or agreement.

    Raises:
        NotWhoDecided: somebody else made this version, and this person did not say that they agree.
    """
    comment = find(session, None, comment_id, lock=True)
    is_own = comment.version != version or comment.decided_by == actor  # another version is `Stale`
    if not is_own and not review_items.agreements(session, comment, actor):
        raise NotWhoDecided
    return undo(session, comment_id, version, actor=actor)


def _ask_again(session: Session, comment: Comment, agreed: Sequence[ReviewItem], actor: str) -> UndoResult:
    """Undo an agreement: at a second look at any time, on an appeal until the author is told."""
    if any(item.kind == "appeal" for item in agreed):
        grace = site_settings.of_sites(session, {comment.site_id})[comment.site_id].grace
        answered = max(item.closed_at for item in agreed if item.closed_at is not None)
        try:
            appeals.reopen(session, comment, told_at=answered + grace)
        except appeals.TooLate:
            raise NotUndoable(
                "The time to take it back is over: the author has been told that the decision stands."
            ) from None
    kinds = review_items.ask_again(session, comment, agreed)
    audit.record(session, [audit.row_about(comment, "comment.agreement_undone", actor)])
    return UndoResult(comment, told=False, asked_again=frozenset(kinds))


def _what_was(session: Session, comment: Comment) -> dict[str, Any]:
    """The decision before the one that made the comment's version."""
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
