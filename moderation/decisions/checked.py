"""Comments that were decided in the request that brought them. They are stored only where a person has to look."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.decisions import comments, writing
from moderation.decisions.decision import Decision
from moderation.intake import submissions
from moderation.intake.submissions import Request, Submission
from moderation.tables import Comment
from texts import links, markup

#: Within this time the same comment from the same author is taken for the same request, made again.
RETRY_WINDOW = timedelta(minutes=5)
#: How far a client's record of when a comment was written may be from ours: less than an author takes for the next.
_CLOCKS_DIFFER = timedelta(seconds=10)
#: An author's latest comments that are looked through.
_LOOKED_AT = 50


def new_comment(site_id: str, submission: Submission, *, origin: dict[str, Any]) -> Comment:
    """A comment to decide on, `pending` and in no database."""
    return Comment(**(submissions.new_row(Request(site_id, submission)) | {"origin": origin}))


def keep(session: Session, comment: Comment, decision: Decision) -> None:
    """Store a comment with what was decided about it, in the caller's transaction.

    Whoever brought it has the decision as the answer, so only the site's webhooks are told of this one.
    """
    session.add(comment)
    session.flush()
    writing.record(session, [replace(decision, origin=None)])


def change_text(session: Session, earlier: Comment, text: str, decision: Decision) -> None:
    """Store what a kept comment says now, with what was decided about that, in the caller's transaction."""
    comment, changed = comments.edit(session, earlier.site_id, earlier.id, {"comment": text})
    if changed:
        session.flush()
        now = replace(decision, comment_id=comment.id, external_id=comment.external_id, thread=comment.thread)
        writing.record(session, [replace(now, revision=comment.revision, version=comment.version, origin=None)])


def find_again(session: Session, comment: Comment, *, recheck: bool) -> Comment | None:
    """The kept comment that this one is again: sent a second time, or (`recheck`) asked about again by the client.

    A client may have changed its text since, such as a link's attributes: then the time it was written tells.
    """
    query = select(Comment).where(
        Comment.site_id == comment.site_id,
        Comment.author_key == comment.author_key,
        Comment.status != "erased",
        Comment.origin.is_not(None),
    )
    found = session.scalars(query.order_by(Comment.id.desc()).limit(_LOOKED_AT)).all()
    # One that came by the API may have an origin, too, but no id of a check.
    same = [one for one in found if one.thread == comment.thread and "guid" in (one.origin or {})]
    if not recheck:
        since = comment.accepted_at - RETRY_WINDOW
        same = [one for one in same if one.status == "flagged" and one.accepted_at >= since]
        return next((one for one in same if one.content_hash == comment.content_hash), None)
    return next((one for one in same if says_the_same(one.comment, comment.comment)), None) or next(
        (one for one in same if abs(one.created_at - comment.created_at) <= _CLOCKS_DIFFER), None
    )


def says_the_same(one: str, other: str) -> bool:
    """Whether two texts have the same words and addresses, whatever their markup."""
    return one == other or _gist(one) == _gist(other)


def _gist(text: str) -> tuple[str, list[str]]:
    plain = markup.unescape(text)
    return submissions.content_hash(markup.without_tags(plain)), sorted(links.addresses(plain))
