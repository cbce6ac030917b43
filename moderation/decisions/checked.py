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
from texts.folding import fold

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


def change(session: Session, earlier: Comment, to: Comment, decision: Decision) -> None:
    """Store what a kept comment says now, with what was decided about that, in the caller's transaction."""
    seen = {"comment": to.comment, "name": to.name, "url": to.url}
    comment, changed = comments.edit(session, earlier.site_id, earlier.id, seen)
    if changed:
        session.flush()
        now = replace(decision, comment_id=comment.id, external_id=comment.external_id, thread=comment.thread)
        writing.record(session, [replace(now, revision=comment.revision, version=comment.version, origin=None)])


def find_again(session: Session, comment: Comment, *, by_time: bool) -> Comment | None:
    """The kept comment that this one is again: its author's, of the same words on the same page.

    A client that asks again may have changed the text since, such as a link's attributes. Where it says when that was
    written (`by_time`), this tells. Nobody's comment is known by the time alone, nor is a mere name's from elsewhere.
    """
    query = select(Comment).where(
        Comment.site_id == comment.site_id,
        Comment.thread == comment.thread,
        Comment.status != "erased",
        Comment.origin.is_not(None),
    )
    if comment.author_key is not None:
        query = query.where(Comment.author_key == comment.author_key)
    else:
        query = query.where(
            Comment.author_key.is_(None), Comment.content_hash == comment.content_hash, Comment.ip == comment.ip
        )
    found = session.scalars(query.order_by(Comment.id.desc()).limit(_LOOKED_AT)).all()
    # One that came by the API may have an origin, too, but no id of a check.
    same = [one for one in found if "guid" in (one.origin or {})]
    again = next((one for one in same if have_the_same_words(one.comment, comment.comment)), None)
    if again is None and by_time:
        again = next((one for one in same if _was_written_then(one, comment)), None)
    return again


def says_the_same(one: Comment, other: Comment) -> bool:
    """Whether readers would see the same: the words and addresses, whatever their markup, the name and the web site."""
    return (
        have_the_same_words(one.comment, other.comment)
        and fold(one.name) == fold(other.name)
        and _site(one.url) == _site(other.url)
    )


def have_the_same_words(one: str, other: str) -> bool:
    """Whether two texts have the same words and addresses, whatever their markup."""
    return one == other or _gist(one) == _gist(other)


def _was_written_then(one: Comment, other: Comment) -> bool:
    """Whether both are of one moment, and of somebody known by more than a name or writing from one address."""
    known = other.user_id or other.email or (other.author_key and other.ip and one.ip == other.ip)
    return bool(known) and abs(one.created_at - other.created_at) <= _CLOCKS_DIFFER


def _site(url: str | None) -> str:
    return (url or "").partition("//")[2].casefold().rstrip("/")


def _gist(text: str) -> tuple[str, list[str]]:
    plain = markup.unescape(text)
    return submissions.content_hash(markup.without_tags(plain)), sorted(links.addresses(plain))
