"""The facts that a policy needs of a comment beside its scores, looked up for a whole batch at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import Row, Select, Table, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from moderation import authors, clock
from moderation.identities import keyring
from moderation.policy import campaign_authors, standings
from moderation.policy.standings import NO_STANDING
from moderation.policy.terms import Facts, Policy
from moderation.review.lookalikes import Fingerprints, Owners
from moderation.tables import Comment
from texts import comparison, links, lookalikes, quotations, visibility
from texts.folding import MOST_MARKS, is_stream_safe

#: Texts written on the same site within this time of each other count as repeated.
REPEAT_WINDOW = timedelta(days=1)
#: Texts with fewer letters than this and no link, such as "Thank you!", are written by many people. They count as
#: repeated only from the same author or address. A character of a dense script (Chinese, say) counts for three letters.
SHORT = 30
_DENSE_FROM = "\u2e80"
_COMMENTS = cast("Table", Comment.__table__)


def gather(
    session: Session,
    comments: Sequence[Comment],
    policies: Mapping[str, Policy],
    languages: Mapping[str, tuple[str, bool]],
    *,
    fingerprints: Fingerprints,
    owners: Owners,
) -> dict[str, Facts]:
    """Facts by comment id. Looks up only what a comment's policy asks for; one query for each kind of fact.

    `languages` has each comment's language, and whether the classifier judges it. `fingerprints` has each comment's
    fingerprint, and `owners` the owners of the fingerprints' bands (`lookalikes.owners`).
    """
    repeated = _repeated(session, [comment for comment in comments if policies[comment.site_id].flag_repeated])
    standing = standings.read(session, comments, policies)
    authors_alike = campaign_authors.read(session, comments, policies, fingerprints, owners)
    first = _first_comments(session, [comment for comment in comments if policies[comment.site_id].flag_first_comment])
    now = clock.now()
    return {
        comment.id: of_comment(
            comment,
            # A drop-in protocol that does not store comments remembers repeated ones itself.
            repeated=comment.id in repeated or bool((comment.origin or {}).get("repeated")),
            authors_alike=authors_alike.get(comment.id, 0),
            first_comment=comment.id in first,
            standing=standing.get(comment.id, NO_STANDING),
            moment=now,
            language=languages[comment.id][0],
            language_judged=languages[comment.id][1],
        )
        for comment in comments
    }


def of_comment(comment: Comment | Row[*tuple[Any, ...]], **looked_up: Any) -> Facts:
    """The facts that a comment itself holds, or a row with these columns of one, and those that were looked up."""
    name, url = comment.name or "", comment.url or ""
    own_words = quotations.own_words(comment.comment)
    return Facts(
        text=comment.comment,
        own_words=None if own_words == comment.comment else own_words,
        unreadable=_unreadable(name, comment.comment, url),
        name=name,
        url=url,
        links=links.count(comment.comment) + links.count(name) + bool(url),
        author=authors.of_comment(comment),
        ip=comment.ip,
        turned_down=bool((comment.origin or {}).get("turned_down")),
        **looked_up,
    )


def says_little(text: str) -> bool:
    """Whether a text is so short that many people write the same by chance."""
    letters = comparison.letters(text)
    return sum(3 if letter >= _DENSE_FROM else 1 for letter in letters[:SHORT]) < SHORT and not links.count(text)


def _unreadable(name: str, text: str, url: str) -> str | None:
    if not visibility.can_be_seen(text):
        return "Nothing can be seen in it."
    if name and not visibility.can_be_seen(name):
        return "Nothing can be seen in its author's name."
    if not is_stream_safe(text) or not is_stream_safe(name):
        return f"It has more than {MOST_MARKS} marks on one letter."
    if visibility.is_turned_round(text) or visibility.is_turned_round(name):
        return "Hidden characters have it read in another order than it is written in."
    if any(_has_false_host(part) for part in (text, name, url)):
        return "The host of a link has letters that only look like Latin ones."
    return None


def _has_false_host(text: str) -> bool:
    may_have = not text.isascii() or "xn--" in text.lower()
    return may_have and any(map(lookalikes.is_false_host, links.hosts(text)))


def _repeated(session: Session, comments: Sequence[Comment]) -> set[str]:
    """The ids of those of these comments that repeat an earlier comment of `REPEAT_WINDOW` on their site."""
    candidates = _said_before(session, [comment for comment in comments if comment.content_hash])
    return {comment.id for comment in candidates if _is_repeated(session, comment)}


def _said_before(session: Session, comments: Sequence[Comment]) -> list[Comment]:
    """Those of these comments that may repeat others: for most, one look at the index tells that they do not."""
    if not comments:
        return []
    moments = [comment.created_at for comment in comments]
    values = {
        "sites": list({comment.site_id for comment in comments}),
        "hashes": list({comment.content_hash for comment in comments}),
        "after": min(moments) - REPEAT_WINDOW,
        "until": max(moments),
    }
    rows = session.execute(_same_texts(), values)
    ids_of_text = {(site_id, text_hash): {first, last} for site_id, text_hash, first, last in rows}
    return [
        comment
        for comment in comments
        if ids_of_text.get((comment.site_id, comment.content_hash or ""), {comment.id}) != {comment.id}
    ]


@cache
def _same_texts() -> Select[Any]:
    """Built once, because building it takes longer than running it.

    A list for each column, because both databases use the index then; for pairs SQLite would read a whole day.
    """
    columns = _COMMENTS.c.site_id, _COMMENTS.c.content_hash
    return (
        select(*columns, func.min(_COMMENTS.c.id), func.max(_COMMENTS.c.id))
        .where(
            _COMMENTS.c.site_id.in_(bindparam("sites", expanding=True)),
            _COMMENTS.c.content_hash.in_(bindparam("hashes", expanding=True)),
            _COMMENTS.c.created_at > bindparam("after"),
            _COMMENTS.c.created_at <= bindparam("until"),
        )
        .group_by(*columns)
    )


def _is_repeated(session: Session, comment: Comment) -> bool:
    earlier = and_(Comment.created_at == comment.created_at, Comment.id < comment.id)
    query = select(Comment.id).where(
        Comment.site_id == comment.site_id,
        Comment.content_hash == comment.content_hash,
        Comment.created_at > comment.created_at - REPEAT_WINDOW,
        or_(Comment.created_at < comment.created_at, earlier),
    )
    if says_little(comment.comment):
        same_author = [Comment.author_key == comment.author_key] if comment.author_key is not None else []
        same_author += [Comment.ip == comment.ip] if comment.ip is not None else []
        if not same_author:
            return False
        query = query.where(or_(*same_author))
    return session.scalar(query.limit(1)) is not None


def _first_comments(session: Session, comments: Sequence[Comment]) -> set[str]:
    """The ids of those of these comments whose author has no other published comment on the site.

    An author with no more than a name may be anybody, so it always counts as a first comment.
    """
    if not comments:
        return set()
    if keyring.current().is_mixed:  # columns of one author may differ, so each is compared with a value
        return {comment.id for comment in comments if not _was_published_before(session, comment)}
    other = aliased(Comment)
    published = exists().where(
        other.site_id == Comment.site_id,
        other.author_key == Comment.author_key,
        other.status == "published",
        other.id != Comment.id,
    )
    is_identified = or_(Comment.user_id.is_not(None), Comment.email.is_not(None))
    query = select(Comment.id).where(
        Comment.id.in_([comment.id for comment in comments]), ~and_(is_identified, published)
    )
    return set(session.scalars(query))


def _was_published_before(session: Session, comment: Comment) -> bool:
    if comment.author_key is None or (comment.user_id is None and comment.email is None):
        return False
    others = Comment.site_id == comment.site_id, Comment.author_key == comment.author_key, Comment.id != comment.id
    return session.scalar(select(Comment.id).where(*others, Comment.status == "published").limit(1)) is not None
