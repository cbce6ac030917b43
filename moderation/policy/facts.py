"""What a policy wants to know of a comment beside its scores, looked up for a whole batch at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session, aliased

from moderation import clock
from moderation.policy.terms import Facts, Policy
from moderation.tables import Comment
from texts import links, quotations, visibility
from texts.folding import MOST_MARKS, fold, is_stream_safe

#: Within this time the same text on the same site counts as repeated.
REPEAT_WINDOW = timedelta(days=1)


def gather(
    session: Session,
    comments: Sequence[Comment],
    policies: Mapping[str, Policy],
    unknown_languages: Mapping[str, str],
    own_scores: Mapping[str, Mapping[str, float]] | None = None,
) -> dict[str, Facts]:
    """Facts by comment id. Looks up only what a comment's policy asks for; one query for each kind of fact.

    `own_scores` by comment id: those of a text without its quotations, where it has some.
    """
    repeated = _repeated(session, [one for one in comments if policies[one.site_id].flag_repeated])
    first = _first_comments(session, [one for one in comments if policies[one.site_id].flag_first_comment])
    return {
        comment.id: replace(
            of_comment(comment),
            # What a drop-in protocol does not store, it remembers by itself.
            repeated=comment.id in repeated or bool((comment.origin or {}).get("repeated")),
            first_comment=comment.id in first,
            unknown_language=unknown_languages.get(comment.id),
            own_scores=(own_scores or {}).get(comment.id),
        )
        for comment in comments
    }


def of_comment(comment: Comment | Row[*tuple[Any, ...]]) -> Facts:
    """What a comment, or a row with those columns of one, says by itself."""
    own_words = quotations.own_words(comment.comment)
    return Facts(
        text=comment.comment,
        own_words=None if own_words == comment.comment else own_words,
        unreadable=_unreadable(comment.name, comment.comment),
        links=links.count(comment.comment),
        authors=tuple(fold(who) for who in (comment.user_id, comment.email, comment.name) if who),
        ip=comment.ip,
    )


def _unreadable(name: str, text: str) -> str | None:
    if not visibility.can_be_seen(text):
        return "Nothing can be seen in it."
    if name and not visibility.can_be_seen(name):
        return "Nothing can be seen in its author's name."
    if not is_stream_safe(text) or not is_stream_safe(name):
        return f"It has more than {MOST_MARKS} marks on one letter."
    return None


def _repeated(session: Session, comments: Sequence[Comment]) -> set[str]:
    """Which of these have an earlier comment of the same content on their site, within `REPEAT_WINDOW`."""
    keys = {(one.site_id, one.content_hash) for one in comments if one.content_hash}
    if not keys:
        return set()
    # Each column with a list of its own, which both databases look up in the index; pairs SQLite would scan a day for.
    query = (
        select(Comment.site_id, Comment.content_hash, func.min(Comment.id))
        .where(
            Comment.site_id.in_({site_id for site_id, _ in keys}),
            Comment.content_hash.in_({content for _, content in keys}),
            Comment.id >= clock.new_id("c", clock.now() - REPEAT_WINDOW),
        )
        .group_by(Comment.site_id, Comment.content_hash)
    )
    earliest = {(site_id, content): first for site_id, content, first in session.execute(query)}
    return {one.id for one in comments if earliest.get((one.site_id, one.content_hash or ""), one.id) < one.id}


def _first_comments(session: Session, comments: Sequence[Comment]) -> set[str]:
    """Which of these have an author without a published comment on their site so far."""
    if not comments:
        return set()
    other = aliased(Comment)
    published = exists().where(
        other.site_id == Comment.site_id,
        other.author_key == Comment.author_key,
        other.status == "published",
        other.id != Comment.id,
    )
    return set(session.scalars(select(Comment.id).where(Comment.id.in_([one.id for one in comments]), ~published)))
