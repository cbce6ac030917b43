"""Whom a search means: the authors of a name that somebody typed, and the people who decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from moderation.finding import search as searches
from moderation.finding.search import BY_PEOPLE, PEOPLE, Search
from moderation.tables import Comment
from texts.folding import begun, fold_accents

#: Authors of one name that are told apart, in so many of the last comments under it on a site.
MOST_AUTHORS, LOOKED_AT = 8, 200
#: The same where one query asks every site.
LOOKED_AT_OF_EACH = 20
#: Whoever wrote one of so many last comments, in all, is found by the beginning of a name.
WRITTEN_LATELY = 4000
#: More people than this are not read one by one.
MOST_PEOPLE = 32


@dataclass(frozen=True, slots=True)
class FoundAuthor:
    """An author whom a name may mean, and the name as they write it."""

    site_id: str
    key: str
    name: str


def resolve(session: Session, search: Search) -> Search:
    """The search, after looking up whom it means: the people who decided, and whether `author` is a part of a name.

    A user id, e-mail address or name that somebody has is meant exactly. Else, and between asterisks, it is a part of a
    name. In quotation marks it is never a part.
    """
    if search.whom == PEOPLE and search.people is None:
        people = tuple(_who_decided(session))
        search = replace(search, people=people if len(people) <= MOST_PEOPLE else None)
    if search.author is None or search.part_of_name or search.author_at is not None:
        return search
    typed = search.author.strip()
    bare = typed.strip("*").strip()
    if bare != typed and bare:
        return replace(search, author=bare, part_of_name=True)
    quoted = len(typed) > 2 and typed[0] in '"“„' and typed[-1] in '"”“'
    exact = replace(search, author=typed[1:-1].strip() if quoted else typed)
    streams = exact.by_author()
    if len(streams) > searches.MOST_SHORT_STREAMS:
        return exact if quoted else replace(search, author=typed, part_of_name=True)
    # In the order of the index: without one, the database may look for a frequent author from the first comment on.
    last_first = select(Comment.id).order_by(Comment.id.desc()).limit(1)
    there = [session.scalar(last_first.where(*stream)) is not None for stream in streams]
    if not quoted and not any(there):
        return replace(search, author=typed, part_of_name=True)
    return replace(exact, author_at=tuple(at for at, is_there in enumerate(there) if is_there))


def authors_of(session: Session, search: Search) -> list[FoundAuthor]:
    """The authors whom a search means exactly, in their last comments."""
    if search.author is None or search.part_of_name:
        return []
    found: dict[tuple[str, str], FoundAuthor] = {}
    for stream in search.by_author()[: searches.MOST_STREAMS]:
        columns = select(Comment.site_id, Comment.author_key, Comment.name, Comment.id).where(*stream)
        last = columns.order_by(Comment.id.desc()).limit(LOOKED_AT).subquery()
        grouped = select(last.c.site_id, last.c.author_key, func.max(last.c.name)).group_by(
            last.c.site_id, last.c.author_key
        )
        for site_id, key, name in session.execute(grouped.limit(MOST_AUTHORS)):
            found.setdefault((site_id, key), FoundAuthor(site_id, key, name))
    return list(found.values())[:MOST_AUTHORS]


def known_as(session: Session, site_ids: Sequence[str], typed: str) -> list[FoundAuthor]:
    """The authors with this user id, e-mail address or name, in one query; none where there are very many sites."""
    streams = Search(site_ids=tuple(site_ids), author=typed).by_author()
    if not 0 < len(streams) <= searches.MOST_SHORT_STREAMS:
        return []
    columns = select(Comment.site_id, Comment.author_key, Comment.name)
    last = [
        columns.where(*stream).order_by(Comment.id.desc()).limit(LOOKED_AT_OF_EACH).subquery() for stream in streams
    ]
    found: dict[tuple[str, str], FoundAuthor] = {}
    for site_id, key, name in session.execute(union_all(*(select(one) for one in last))):
        found.setdefault((site_id, key), FoundAuthor(site_id, key, name))
    return list(found.values())[:MOST_AUTHORS]


def beginning_so(session: Session, site_ids: Sequence[str], typed: str) -> list[FoundAuthor]:
    """The authors of lately written comments in whose name words begin with the words typed, in any order.

    First come those whose name itself begins so, and of them who wrote last. None where there are very many sites.
    """
    whole, words = fold_accents(typed), fold_accents(typed).split()
    if not words or not 0 < len(site_ids) <= searches.MOST_SHORT_STREAMS:
        return []
    columns = select(Comment.site_id, Comment.author_key, Comment.name, Comment.created_at)
    each = max(LOOKED_AT, WRITTEN_LATELY // len(site_ids))
    lately = union_all(
        *(
            select(columns.where(Comment.site_id == one).order_by(Comment.created_at.desc()).limit(each).subquery())
            for one in site_ids
        )
    ).subquery()
    written = func.max(lately.c.created_at)
    by_name = select(lately.c.site_id, lately.c.author_key, lately.c.name)
    grouped = by_name.where(lately.c.author_key.is_not(None)).group_by(*lately.c[:3]).order_by(written.desc())
    found: dict[tuple[str, str], FoundAuthor] = {}
    for site_id, key, name in session.execute(grouped):
        if all(begun(name, words)):
            found.setdefault((site_id, key), FoundAuthor(site_id, key, name))
    return sorted(found.values(), key=lambda one: not fold_accents(one.name).startswith(whole))[:MOST_AUTHORS]


def _who_decided(session: Session) -> Iterator[str]:
    """The people who decided on any comment, each found by one step through the index; at most one too many."""
    last = ""
    for _ in range(MOST_PEOPLE + 1):
        query = select(Comment.decided_by).where(BY_PEOPLE, Comment.decided_by > last)
        who = session.scalar(query.order_by(Comment.decided_by).limit(1))
        if who is None:
            return
        yield who
        last = who
