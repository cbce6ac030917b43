"""Which comments a bulk job is about: what a moderator chose, read in pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.review import groups, review_pages
from moderation.review.review_pages import Filters, Position
from moderation.tables import BulkChange, Comment, ReviewItem

#: What can be decided: not what is being scored, nor what was erased.
DECIDABLE = ("published", "flagged", "rejected")
#: What a search of the queue may name, beside `site`, `text`, `opened_since` and `opened_before`.
SEARCHED = ("label", "rule", "kind", "language", "author_key", "thread")
#: What can be done with all of them.
ACTIONS: tuple[Literal["publish"], Literal["reject"]] = ("publish", "reject")
_AFTER = {"publish": "published", "reject": "rejected"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A comment that a job is about, and the version of it that is to be decided, or undone."""

    comment_id: str
    version: int
    comment: Comment
    #: Whether there is anything to do: it changed since it was seen, or it may not be decided by this person.
    free: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the comments, and where to go on; None: there is no more."""

    chosen: list[Chosen]
    next: str | None


def read(
    session: Session,
    criteria: Mapping[str, Any],
    action: str,
    site_ids: Collection[str],
    *,
    actor: str,
    after: str = "",
    limit: int = 100,
) -> Page:
    """The next comments that the criteria mean, on these sites, after where a page ended.

    One of

        {"ids": [[id, version], …]}             those, if they are still at these versions
        {"group": id, "copies": […]}            the open ones of a group of look-alikes, and copies of them that readers
                                                see, as `[id, version]`; see `review/copies.py`
        {"author": key, "site": id}             everything by an author
        {"address": ip, "site": id}             everything from an address
        {"search": {"site": id, "label": …}}    what is open in the review queue and matches; see `SEARCHED`
        {"undoes": id}                          what a job decided

    and `seen_at`, the moment of the preview: what has changed since then is not `free`. What is as wanted already, and
    waits for nobody, is left out.
    """
    if "search" in criteria:
        found, last = _searched(session, criteria["search"], site_ids, actor=actor, after=after, limit=limit)
        ids: dict[str, int | None] = dict.fromkeys(found)
    else:
        ids, last = _ids(session, criteria, site_ids, after, limit)
        # By their ids alone: with the sites in it, a database may choose to look through all of a site.
        found = {one.id: one for one in session.scalars(select(Comment).where(Comment.id.in_(ids)))}
    comments = [found[one] for one in ids if one in found and found[one].site_id in site_ids]
    if "undoes" in criteria:
        return Page([Chosen(one.id, ids[one.id] or 0, one) for one in comments], last)
    comments = [one for one in comments if one.status in DECIDABLE]
    waiting = _open_items(session, [one.id for one in comments])
    seen_at = datetime.fromisoformat(criteria["seen_at"])

    def choose(comment: Comment) -> Chosen:
        version = ids[comment.id]
        unchanged = version is not None or comment.updated_at <= seen_at
        free = unchanged and actor not in waiting.get(comment.id, ())
        return Chosen(comment.id, version or comment.version, comment, free=free)

    return Page([choose(one) for one in comments if one.status != _AFTER[action] or one.id in waiting], last)


def count(session: Session, criteria: Mapping[str, Any], site_ids: Collection[str]) -> int:
    """How many comments the criteria name, decided already or not; 0 where only looking through them would tell."""
    if "ids" in criteria or "search" in criteria:
        return 0
    query = _query(criteria, site_ids, "").order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(query)) or 0


def _ids(
    session: Session, criteria: Mapping[str, Any], site_ids: Collection[str], after: str, limit: int
) -> tuple[dict[str, int | None], str | None]:
    """The next ids, with the version that was seen where that is known, and after which id to go on."""
    if "ids" in criteria:
        ahead = sorted((comment_id, version) for comment_id, version in criteria["ids"] if comment_id > after)
        return dict(ahead[:limit]), ahead[limit - 1][0] if len(ahead) > limit else None
    rows = session.execute(_query(criteria, site_ids, after).limit(limit)).all()
    if criteria.get("copies"):
        both: dict[str, int | None] = {row.comment_id: None for row in rows}
        both |= {comment_id: version for comment_id, version in criteria["copies"] if comment_id > after}
        first = sorted(both)[:limit]
        return {one: both[one] for one in first}, first[-1] if len(first) == limit else None
    found: dict[str, int | None] = {row.comment_id: getattr(row, "version", None) for row in rows}
    return found, rows[-1].comment_id if len(rows) == limit else None


def _query(criteria: Mapping[str, Any], site_ids: Collection[str], after: str) -> Any:
    if "group" in criteria:
        return groups.members(criteria["group"], site_ids, after=after)
    if "undoes" in criteria:
        changes = select(BulkChange.comment_id, BulkChange.version).where(
            BulkChange.job_id == criteria["undoes"], BulkChange.comment_id > after
        )
        return changes.order_by(BulkChange.comment_id)
    who = Comment.author_key == criteria["author"] if "author" in criteria else Comment.ip == criteria["address"]
    mine = select(Comment.id.label("comment_id")).where(Comment.site_id == criteria["site"], who, Comment.id > after)
    return mine.order_by(Comment.id)


def _searched(
    session: Session, search: Mapping[str, Any], site_ids: Collection[str], *, actor: str, after: str, limit: int
) -> tuple[dict[str, Comment], str | None]:
    """The next comments of the queue that match, by when they were put there: that order stays while others go."""
    sites = {search["site"]} & set(site_ids) if search.get("site") else set(site_ids)
    since, before = (search.get(name) for name in ("opened_since", "opened_before"))
    filters = Filters(
        **{name: search.get(name) for name in (*SEARCHED, "text")},
        opened_since=datetime.fromisoformat(since) if since else None,
        opened_before=datetime.fromisoformat(before) if before else None,
        not_for=actor,
    )
    at, _, item_id = after.partition("-")
    start = Position(int(at), item_id) if after else None
    page = review_pages.page(session, sites, filters, "oldest", after=start, limit=limit)
    found = {comment.id: comment for _, comment in page.rows}
    return found, None if page.next is None else f"{page.next.at}-{page.next.item_id}"


def _open_items(session: Session, comment_ids: Collection[str]) -> dict[str, set[str | None]]:
    """For each comment that waits for a person, who may not take it."""
    query = select(ReviewItem.comment_id, ReviewItem.not_for).where(
        ReviewItem.comment_id.in_(comment_ids), ReviewItem.is_open
    )
    waiting: dict[str, set[str | None]] = {}
    for comment_id, not_for in session.execute(query):
        waiting.setdefault(comment_id, set()).add(not_for)
    return waiting
