"""Comments that were decided within their request. They are stored only where a person has to look."""

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

#: How far a client's time of writing may be from ours: less than an author needs for the next comment.
_CLOCKS_DIFFER = timedelta(seconds=10)
#: How many of an author's latest comments are looked at.
_LOOKED_AT = 50


def new_comment(site_id: str, submission: Submission, *, origin: dict[str, Any]) -> Comment:
    """A comment to decide on, `pending` and not in the database."""
    row = Request(site_id, submission).row
    return Comment(**(row | {"origin": (row["origin"] or {}) | origin}))


def keep(session: Session, comment: Comment, decision: Decision) -> None:
    """Store a comment with what was decided about it, in the caller's transaction.

    The client gets the decision as its answer, so only the site's webhooks are told of this one.
    """
    session.add(comment)
    session.flush()
    writing.record(session, [replace(decision, origin=None)])


def change(session: Session, earlier: Comment, to: Comment, decision: Decision) -> None:
    """Store the new text of a kept comment with the decision about it, in the caller's transaction."""
    texts = {"comment": to.comment, "name": to.name, "url": to.url}
    comment, changed = comments.edit(session, earlier.site_id, earlier.id, texts)
    if changed:
        session.flush()
        current = replace(decision, comment_id=comment.id, external_id=comment.external_id, thread=comment.thread)
        writing.record(session, [replace(current, revision=comment.revision, version=comment.version, origin=None)])


def find_again(session: Session, comment: Comment, *, by_time: bool) -> Comment | None:
    """The kept comment that this one repeats: by the same author, with the same words, on the same page.

    A client that asks again may have changed the text, such as a link's attributes. With `by_time`, when the client
    says when the comment was written, that moment is compared too. The moment alone is not enough: the author must be
    known by more than a name, or write from the same address.
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
    candidates = session.scalars(query.order_by(Comment.id.desc()).limit(_LOOKED_AT)).all()
    # A comment from the API may have an origin too, but not the id of a check.
    checked_before = [stored for stored in candidates if "guid" in (stored.origin or {})]
    match = next((stored for stored in checked_before if have_the_same_words(stored.comment, comment.comment)), None)
    if match is None and by_time:
        match = next((stored for stored in checked_before if _was_written_then(stored, comment)), None)
    return match


def says_the_same(first: Comment, second: Comment) -> bool:
    """Whether readers see the same words, addresses, name and web site, whatever the markup."""
    return (
        have_the_same_words(first.comment, second.comment)
        and fold(first.name) == fold(second.name)
        and _site(first.url) == _site(second.url)
    )


def have_the_same_words(first: str, second: str) -> bool:
    """Whether two texts have the same words and addresses, whatever their markup."""
    return first == second or _gist(first) == _gist(second)


def _was_written_then(earlier: Comment, comment: Comment) -> bool:
    """Whether both were written at one moment, by somebody known by more than a name or from the same address."""
    is_identified = comment.user_id or comment.email or (comment.author_key and comment.ip and earlier.ip == comment.ip)
    return bool(is_identified) and abs(earlier.created_at - comment.created_at) <= _CLOCKS_DIFFER


def _site(url: str | None) -> str:
    return (url or "").partition("//")[2].casefold().rstrip("/")


def _gist(text: str) -> tuple[str, list[str]]:
    plain = markup.unescape(text)
    return submissions.content_hash(markup.without_tags(plain)), sorted(links.addresses(plain))
