"""Erases the traces that a comment and its author left elsewhere: in notes, messages, bulk jobs and old policies.

Names and addresses are looked for as they stood in the comment. The policy in force stays as it is: a blocked author
stays blocked until somebody, or the clock, takes the entry out.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from moderation.policy import policy_lists
from moderation.policy.policy_lists import mentions
from moderation.policy.rules import MODERATOR
from moderation.review import notes
from moderation.tables import AuditEvent, BulkChange, BulkJob, Comment, WebhookDelivery

#: Stands in place of a sentence that may quote the comment.
GONE = "This was erased with the comment."


def forget(session: Session, comment: Comment) -> None:
    """Erase the traces of a comment, in the caller's transaction, before the comment's own columns are emptied."""
    identifiers = {value for value in (comment.email, comment.ip, comment.user_id, comment.author_key) if value}
    for event in session.scalars(select(AuditEvent).where(AuditEvent.comment_id == comment.id)):
        event.reasons, event.detail = wordless(event.reasons), wordless(event.detail)
    comment.reasons = wordless(comment.reasons)
    for delivery in session.scalars(select(WebhookDelivery).where(WebhookDelivery.comment_id == comment.id)):
        delivery.payload = _without_words(delivery)
    _forget_bulk_jobs(session, comment.id, identifiers)
    notes.erase(session, comment)
    policy_lists.forget(session, comment.site_id, identifiers | ({comment.name} if comment.name else set()))


def wordless(document: Any) -> Any:
    """A document whose reasons hold neither a person's words nor the entry that a list found."""
    if isinstance(document, list):
        return [wordless(item) for item in document]
    if not isinstance(document, dict):
        return document
    cleaned = {name: wordless(value) for name, value in document.items()}
    if document.get("rule") == MODERATOR.name or "entry" in document:
        cleaned.pop("note", None)
        cleaned["message"] = GONE
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
    jobs = select(BulkJob).where(
        BulkJob.finished_at.is_not(None), or_(BulkJob.id.in_(jobs_of_comment), mentions(BulkJob.criteria, identifiers))
    )
    for job in session.scalars(jobs):
        job.criteria = dict.fromkeys(job.criteria)
        job.reason = {"code": job.reason["code"]} if job.reason and "code" in job.reason else None
