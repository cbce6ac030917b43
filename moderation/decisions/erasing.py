"""Erases the traces that a comment and its author left elsewhere: in notes, messages, bulk jobs and old policies.

Also takes away what a site does not want to keep of comments that stay: their words, or who wrote them.

Names and addresses are looked for as they stood in the comment. The policy in force stays as it is: a blocked author
stays blocked until somebody, or the clock, takes the entry out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from moderation.decisions import standing
from moderation.intake.submissions import content_hash
from moderation.policy import policy_lists
from moderation.policy.policy_lists import mentions
from moderation.policy.rules import MODERATOR
from moderation.review import notes, saved_filters
from moderation.tables import (
    Appeal,
    AuditEvent,
    AuthorWarning,
    BulkChange,
    BulkJob,
    Comment,
    Feedback,
    Note,
    PolicyTest,
    Report,
    ReviewItem,
    WebhookDelivery,
)

#: Stands in place of a sentence that may quote the comment.
GONE = "This was erased with the comment."
#: The same, where the comment stays.
NOT_KEPT = "This is not kept any longer."
#: The columns that say who wrote a comment, beside the name and the user id, which belong to the decision.
IDENTITY = ("email", "ip", "url", "user_agent")


def forget(session: Session, comment: Comment) -> None:
    """Erase the traces of a comment, in the caller's transaction, before the comment's own columns are emptied."""
    identifiers = {value for value in (comment.email, comment.ip, comment.user_id, comment.author_key) if value}
    for event in session.scalars(select(AuditEvent).where(AuditEvent.comment_id == comment.id)):
        event.reasons, event.detail = wordless(event.reasons), wordless(event.detail)
    comment.reasons = wordless(comment.reasons)
    for delivery in session.scalars(select(WebhookDelivery).where(WebhookDelivery.comment_id == comment.id)):
        delivery.payload = _without_words(delivery)
    is_last = _is_last_of_author(session, comment)
    standing.forget(session, comment, author_too=is_last)
    _forget_bulk_jobs(session, comment.id, identifiers)
    notes.erase(session, comment, author_too=is_last)
    _forget_tests(session, comment.site_id, [comment.id], {content_hash(comment.comment)})
    if is_last and comment.author_key is not None:
        saved_filters.forget_author(session, comment.site_id, comment.author_key)
    policy_lists.forget(session, comment.site_id, identifiers | ({comment.name} if comment.name else set()))


def _is_last_of_author(session: Session, comment: Comment) -> bool:
    """Whether nothing else is there by a comment's author, whom one can tell from others.

    Only then goes what is known of the author: else they could be rid of it by erasing any one comment.
    """
    another = select(Comment.id).where(
        Comment.site_id == comment.site_id, Comment.author_key == comment.author_key, Comment.id != comment.id
    )
    return comment.author_key is not None and session.scalar(another.limit(1)) is None


def take_words(session: Session, comments: Sequence[Comment], text_hashes: Collection[str]) -> None:
    """Take away what was written in decided comments of one site and about them, in the caller's transaction.

    The rows, their authors and their decisions stay. Examples of the same texts (`text_hashes`) go, since nothing would
    find them any more when the comment is erased.
    """
    ids = [comment.id for comment in comments]
    gone = {"comment": "", "content_hash": None, "request_hash": None, "spans": None, "group_id": None}
    _change(session, update(Comment).where(Comment.id.in_(ids)).values(gone))
    _change(session, update(Appeal).where(Appeal.comment_id.in_(ids)).values(text="", answer=None))
    _change(session, update(Report).where(Report.comment_id.in_(ids)).values(note=None))
    _change(session, delete(AuthorWarning).where(AuthorWarning.comment_id.in_(ids)))
    _change(session, delete(Note).where(Note.comment_id.in_(ids)))
    same_texts = Feedback.site_id == comments[0].site_id, Feedback.text_hash.in_(text_hashes)
    _change(session, delete(Feedback).where(*same_texts))
    _forget_tests(session, comments[0].site_id, ids, text_hashes)
    _clean_reasons(session, comments)


def _forget_tests(session: Session, site_id: str, ids: Collection[str], text_hashes: Collection[str]) -> None:
    """Remove the policy tests that were taken from these comments, and those of the same texts."""
    same = PolicyTest.comment_id.in_(ids) | ((PolicyTest.site_id == site_id) & PolicyTest.text_hash.in_(text_hashes))
    _change(session, delete(PolicyTest).where(same))


def take_identity(session: Session, comments: Sequence[Comment]) -> None:
    """Take away who wrote these comments, but for name and user id, in the caller's transaction.

    An author who is known by the e-mail address alone cannot be told from others afterwards.
    """
    _change(
        session, update(Comment).where(Comment.id.in_([row.id for row in comments])).values(dict.fromkeys(IDENTITY))
    )
    by_address = [comment.id for comment in comments if comment.email and not comment.user_id]
    _change(session, update(Comment).where(Comment.id.in_(by_address)).values(author_key=None))
    _change(session, update(ReviewItem).where(ReviewItem.comment_id.in_(by_address)).values(author_key=None))


def _change(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))


def _clean_reasons(session: Session, comments: Sequence[Comment]) -> None:
    """Clean the reasons of decisions wherever they were written down: most hold nothing, and are not written again."""
    clean = partial(wordless, message=NOT_KEPT)
    ids = [comment.id for comment in comments]
    for comment in comments:
        if (reasons := clean(comment.reasons)) != comment.reasons:
            _change(session, update(Comment).where(Comment.id == comment.id).values(reasons=reasons))
    written = select(AuditEvent.id, AuditEvent.reasons, AuditEvent.detail).where(AuditEvent.comment_id.in_(ids))
    for event in session.execute(written).all():
        if (cleaned := (clean(event.reasons), clean(event.detail))) != (event.reasons, event.detail):
            values = dict(zip(("reasons", "detail"), cleaned, strict=True))
            _change(session, update(AuditEvent).where(AuditEvent.id == event.id).values(values))
    sent = select(WebhookDelivery.id, WebhookDelivery.payload).where(WebhookDelivery.comment_id.in_(ids))
    for delivery in session.execute(sent).all():
        if (payload := clean(delivery.payload)) != delivery.payload:
            of_delivery = update(WebhookDelivery).where(WebhookDelivery.id == delivery.id)
            _change(session, of_delivery.values(payload=payload))


def wordless(document: Any, *, message: str = GONE) -> Any:
    """A document whose reasons hold neither a person's words nor the entry that a list found."""
    if isinstance(document, list):
        return [wordless(item, message=message) for item in document]
    if not isinstance(document, dict):
        return document
    cleaned = {name: wordless(value, message=message) for name, value in document.items()}
    if document.get("rule") == MODERATOR.name or "entry" in document:
        cleaned.pop("note", None)
        cleaned.pop("for_author", None)
        cleaned["message"] = message
    if "warning" in cleaned and "message" in cleaned:  # a moderator's warning, which may quote the comment
        cleaned["message"] = message
    return cleaned


def _without_words(delivery: WebhookDelivery) -> dict[str, Any]:
    """A message as it may be kept. A message that is still to be sent keeps the site's own id for the comment."""
    payload: dict[str, Any] = wordless(delivery.payload)
    data = payload.get("data")
    if isinstance(data, dict) and delivery.next_attempt_at is None:
        payload["data"] = data | dict.fromkeys(("external_id", "thread") & data.keys())
    return payload


def _forget_bulk_jobs(session: Session, comment_id: str, identifiers: Collection[str]) -> None:
    """Erase the criteria and the note of finished jobs that had to do with the comment or its author."""
    jobs_of_comment = select(BulkChange.job_id).where(BulkChange.comment_id == comment_id)
    forget_jobs(session, or_(BulkJob.id.in_(jobs_of_comment), mentions(BulkJob.criteria, identifiers)))


def forget_jobs(session: Session, condition: ColumnElement[bool]) -> None:
    """Erase the criteria and the note of the finished jobs that meet a condition, in the caller's transaction."""
    for job in session.scalars(select(BulkJob).where(BulkJob.finished_at.is_not(None), condition)):
        job.criteria = dict.fromkeys(job.criteria)
        job.reason = {"code": job.reason["code"]} if job.reason and "code" in job.reason else None
