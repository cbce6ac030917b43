"""What a policy wants to know of a comment beside its scores, looked up for a whole batch at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from moderation import authors
from moderation.policy.terms import Facts, Policy
from moderation.tables import Comment
from texts import comparison, links, quotations, visibility
from texts.folding import MOST_MARKS, is_stream_safe

#: Texts written on the same site within this time of each other count as repeated.
REPEAT_WINDOW = timedelta(days=1)
#: What has fewer letters than this and no link is what many people write, such as "Thank you!": it is repeated only
#: where the same author or address writes it. A character of a script that needs fewer of them counts for three.
SHORT = 30
_DENSE_FROM = "\u2e80"


def gather(
    session: Session,
    comments: Sequence[Comment],
    policies: Mapping[str, Policy],
    languages: Mapping[str, tuple[str, bool]],
) -> dict[str, Facts]:
    """Facts by comment id. Looks up only what a comment's policy asks for; one query for each kind of fact.

    `languages` has each comment's language, and whether the classifier judges it.
    """
    repeated = _repeated(session, [one for one in comments if policies[one.site_id].flag_repeated])
    first = _first_comments(session, [one for one in comments if policies[one.site_id].flag_first_comment])
    return {
        comment.id: replace(
            of_comment(comment),
            # What a drop-in protocol does not store, it remembers by itself.
            repeated=comment.id in repeated or bool((comment.origin or {}).get("repeated")),
            first_comment=comment.id in first,
            language=languages[comment.id][0],
            language_judged=languages[comment.id][1],
        )
        for comment in comments
    }


def of_comment(comment: Comment | Row[*tuple[Any, ...]]) -> Facts:
    """What a comment, or a row with those columns of one, says by itself."""
    name, url = comment.name or "", comment.url or ""
    own_words = quotations.own_words(comment.comment)
    return Facts(
        text=comment.comment,
        own_words=None if own_words == comment.comment else own_words,
        unreadable=_unreadable(name, comment.comment),
        name=name,
        url=url,
        links=links.count(comment.comment) + links.count(name) + bool(url),
        author=authors.of_comment(comment),
        ip=comment.ip,
    )


def says_little(text: str) -> bool:
    """Whether a text is so short that people write it without having read each other."""
    said = comparison.letters(text)
    return sum(3 if one >= _DENSE_FROM else 1 for one in said[:SHORT]) < SHORT and not links.count(text)


def _unreadable(name: str, text: str) -> str | None:
    if not visibility.can_be_seen(text):
        return "Nothing can be seen in it."
    if name and not visibility.can_be_seen(name):
        return "Nothing can be seen in its author's name."
    if not is_stream_safe(text) or not is_stream_safe(name):
        return f"It has more than {MOST_MARKS} marks on one letter."
    return None


def _repeated(session: Session, comments: Sequence[Comment]) -> set[str]:
    """Which of these say what an earlier comment on their site does, written within `REPEAT_WINDOW` before."""
    several = _said_before(session, [one for one in comments if one.content_hash])
    return {one.id for one in several if _is_repeated(session, one)}


def _said_before(session: Session, comments: Sequence[Comment]) -> list[Comment]:
    """Those of these that others may have said before; of most, one look at the index tells that nobody has."""
    if not comments:
        return []
    moments = [one.created_at for one in comments]
    # Each column with a list of its own, which both databases look up in the index; pairs SQLite would scan a day for.
    query = (
        select(Comment.site_id, Comment.content_hash, func.min(Comment.id), func.max(Comment.id))
        .where(
            Comment.site_id.in_({one.site_id for one in comments}),
            Comment.content_hash.in_({one.content_hash for one in comments}),
            Comment.created_at > min(moments) - REPEAT_WINDOW,
            Comment.created_at <= max(moments),
        )
        .group_by(Comment.site_id, Comment.content_hash)
    )
    found = {(site_id, said): {first, last} for site_id, said, first, last in session.execute(query)}
    return [one for one in comments if found.get((one.site_id, one.content_hash or ""), {one.id}) != {one.id}]


def _is_repeated(session: Session, comment: Comment) -> bool:
    earlier = and_(Comment.created_at == comment.created_at, Comment.id < comment.id)
    query = select(Comment.id).where(
        Comment.site_id == comment.site_id,
        Comment.content_hash == comment.content_hash,
        Comment.created_at > comment.created_at - REPEAT_WINDOW,
        or_(Comment.created_at < comment.created_at, earlier),
    )
    if says_little(comment.comment):
        same = [Comment.author_key == comment.author_key] if comment.author_key is not None else []
        same += [Comment.ip == comment.ip] if comment.ip is not None else []
        if not same:
            return False
        query = query.where(or_(*same))
    return session.scalar(query.limit(1)) is not None


def _first_comments(session: Session, comments: Sequence[Comment]) -> set[str]:
    """Which of these have an author without a published comment on their site so far.

    Who gives no more than a name may be anybody: it is always their first.
    """
    if not comments:
        return set()
    other = aliased(Comment)
    published = exists().where(
        other.site_id == Comment.site_id,
        other.author_key == Comment.author_key,
        other.status == "published",
        other.id != Comment.id,
    )
    known = or_(Comment.user_id.is_not(None), Comment.email.is_not(None))
    query = select(Comment.id).where(Comment.id.in_([one.id for one in comments]), ~and_(known, published))
    return set(session.scalars(query))
