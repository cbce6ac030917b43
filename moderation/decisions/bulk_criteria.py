"""The comments that a bulk job is about, as a moderator chose them, read in pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.decisions import second_looks
from moderation.finding import documents, names
from moderation.finding import search as finding
from moderation.people import roles
from moderation.review import campaigns, groups, review_pages
from moderation.review.review_pages import Filters, Order, Position
from moderation.tables import BulkChange, Comment, ReviewItem

#: The statuses in which a comment can be decided: not `pending`, nor `erased`.
DECIDABLE = ("published", "flagged", "rejected")
#: The filters of a search of the queue, beside `site`, `text`, `opened_since` and `opened_before`.
SEARCHED = ("label", "rule", "kind", "language", "author_key", "thread")
#: The decisions that a job can make.
ACTIONS: tuple[Literal["publish"], Literal["reject"]] = ("publish", "reject")
_AFTER = {"publish": "published", "reject": "rejected"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A comment that a job is about, and the version of it that is to be decided or undone."""

    comment_id: str
    version: int
    comment: Comment
    #: False for a comment that changed since the moderator saw it, or that this person may not decide.
    free: bool = True
    #: Whether a person is asked about it.
    waits: bool = False

    def is_changed_by(self, action: str) -> bool:
        """Whether the decision would do anything: give it another status, or answer what it waits for."""
        return self.waits or self.comment.status != _AFTER[action]


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the comments, and where the next page begins; None: there is none."""

    chosen: list[Chosen]
    next: str | None


def site_of(criteria: Mapping[str, Any]) -> str | None:
    """The site that the criteria are limited to; None: they name comments, or go over several sites."""
    site: str | None = criteria.get("site") or (criteria.get("search") or {}).get("site")
    return site


class _Part(NamedTuple):
    """Which part of what matches is read: after which place, how many, and the queue in which order."""

    after: str
    limit: int
    order: Order


def read(
    session: Session,
    criteria: Mapping[str, Any],
    action: str | None,
    site_ids: Collection[str],
    *,
    actor: str,
    after: str = "",
    limit: int = 100,
    order: Order = "oldest",
) -> Page:
    """The next comments of the criteria on these sites, after the place where the last page ended.

    The criteria are one of

        {"ids": [[id, version], …]}             these comments, if they are still at these versions
        {"group": id}                           of a group of look-alikes what waits and what readers see; with
                                                `"waiting": True` what waits
        {"author": key, "site": id}             everything by an author
        {"address": ip, "site": id}             everything from an address
        {"search": {"site": id, "label": …}}    the matching items of the review queue; see `SEARCHED`
        {"found": {…}}                          what a search of all comments finds; see `finding/documents.py`
        {"undoes": id}                          the comments that a job decided

    and `seen_at`, the moment of the preview: a comment that has changed since then is not `free`. Comments that came in
    since then are left out. With an `action`, so are those that it would not change, because they have its status
    already and no open item.

    The queue is read in `order`. A job needs `oldest`, which stays the same while items are closed or become more
    urgent. A preview asks for `due`: each filter has an index in this order, which finds a rare label at once.
    """
    site_ids = _meant(session, criteria, site_ids)
    ids, matching, next_place = _matching(session, criteria, site_ids, _Part(after, limit, order), actor=actor)
    comments = [matching[key] for key in ids if key in matching and matching[key].site_id in site_ids]
    if "undoes" in criteria:
        return Page([Chosen(comment.id, ids[comment.id] or 0, comment) for comment in comments], next_place)
    seen_at = datetime.fromisoformat(criteria["seen_at"])
    was_there = (comment for comment in comments if ids[comment.id] is not None or comment.accepted_at <= seen_at)
    comments = [comment for comment in was_there if comment.status in DECIDABLE]
    waiting = _open_items(session, [comment.id for comment in comments])
    # A search by what was decided must not answer a second look, which is not to know that.
    blind = second_looks.awaited(session, list(waiting), actor) if "found" in criteria else set()

    def choose(comment: Comment) -> Chosen:
        version = ids[comment.id]
        unchanged = version is not None or comment.updated_at <= seen_at
        free = unchanged and actor not in waiting.get(comment.id, ()) and comment.id not in blind
        return Chosen(comment.id, version or comment.version, comment, free=free, waits=comment.id in waiting)

    return Page([item for item in map(choose, comments) if action is None or item.is_changed_by(action)], next_place)


def count(session: Session, criteria: Mapping[str, Any], site_ids: Collection[str]) -> int:
    """How many comments the criteria name, decided or not; 0 where they would have to be read one by one."""
    if {"ids", "search", "found"} & criteria.keys():
        return 0
    site_ids = _meant(session, criteria, site_ids)
    query = _query(criteria, site_ids, "").order_by(None).subquery()
    seen = 0
    if "group" in criteria and not criteria.get("waiting"):
        seen = campaigns.count(session, criteria["group"], site_ids, "published")
    return seen + (session.scalar(select(func.count()).select_from(query)) or 0)


def _meant(session: Session, criteria: Mapping[str, Any], site_ids: Collection[str]) -> Collection[str]:
    """Those of these sites that the criteria are about: the queue and campaigns are those of sites that are in use."""
    if not {"search", "group"} & criteria.keys():
        return site_ids
    return set(site_ids) - roles.archived(session)


def _matching(
    session: Session,
    criteria: Mapping[str, Any],
    site_ids: Collection[str],
    part: _Part,
    *,
    actor: str,
) -> tuple[dict[str, int | None], dict[str, Comment], str | None]:
    """The next ids with the version that was seen, if known; their comments; where the next page begins."""
    if "search" in criteria:
        matching, next_place = _searched(session, criteria["search"], site_ids, part, actor=actor)
        return dict.fromkeys(matching), matching, next_place
    if "found" in criteria:
        matching, next_place = _found(session, criteria["found"], site_ids, part)
        return dict.fromkeys(matching), matching, next_place
    ids, next_place = _ids(session, criteria, site_ids, part.after, part.limit)
    # By their ids alone: with the sites in the query, a database may choose to read all comments of a site.
    matching = {comment.id: comment for comment in session.scalars(select(Comment).where(Comment.id.in_(ids)))}
    return ids, matching, next_place


def _ids(
    session: Session, criteria: Mapping[str, Any], site_ids: Collection[str], after: str, limit: int
) -> tuple[dict[str, int | None], str | None]:
    """The next ids with the version that was seen, if known, and the id after which the next page begins."""
    if "ids" in criteria:
        ahead = sorted((comment_id, version) for comment_id, version in criteria["ids"] if comment_id > after)
        return dict(ahead[:limit]), ahead[limit - 1][0] if len(ahead) > limit else None
    rows = session.execute(_query(criteria, site_ids, after).limit(limit)).all()
    if "group" in criteria:
        group_ids = {row.comment_id for row in rows}
        if not criteria.get("waiting"):
            group_ids.update(
                campaigns.members(session, criteria["group"], site_ids, ("published",), after=after, limit=limit)
            )
        page_ids = sorted(group_ids)[:limit]
        return dict.fromkeys(page_ids), page_ids[-1] if len(page_ids) == limit else None
    versions_by_id: dict[str, int | None] = {row.comment_id: getattr(row, "version", None) for row in rows}
    return versions_by_id, rows[-1].comment_id if len(rows) == limit else None


def _query(criteria: Mapping[str, Any], site_ids: Collection[str], after: str) -> Any:
    if "group" in criteria:
        return groups.members(criteria["group"], site_ids, after=after)
    if "undoes" in criteria:
        changes = select(BulkChange.comment_id, BulkChange.version).where(
            BulkChange.job_id == criteria["undoes"], BulkChange.comment_id > after
        )
        return changes.order_by(BulkChange.comment_id)
    condition = Comment.author_key == criteria["author"] if "author" in criteria else Comment.ip == criteria["address"]
    query = select(Comment.id.label("comment_id"))
    return query.where(Comment.site_id == criteria["site"], condition, Comment.id > after).order_by(Comment.id)


def _searched(
    session: Session, search: Mapping[str, Any], site_ids: Collection[str], part: _Part, *, actor: str
) -> tuple[dict[str, Comment], str | None]:
    """The next matching comments of the queue, in this order."""
    sites = {search["site"]} & set(site_ids) if search.get("site") else set(site_ids)
    since, before = (search.get(name) for name in ("opened_since", "opened_before"))
    filters = Filters(
        **{name: search.get(name) for name in (*SEARCHED, "text")},
        opened_since=datetime.fromisoformat(since) if since else None,
        opened_before=datetime.fromisoformat(before) if before else None,
        not_for=actor,
    )
    at, _, item_id = part.after.partition("-")
    start = Position(int(at), item_id) if part.after else None
    page = review_pages.page(session, sites, filters, part.order, after=start, limit=part.limit)
    comments = {comment.id: comment for _, comment in page.rows}
    return comments, None if page.next is None else f"{page.next.at}-{page.next.item_id}"


def _found(
    session: Session, document: Mapping[str, Any], site_ids: Collection[str], part: _Part
) -> tuple[dict[str, Comment], str | None]:
    """The next comments that a search finds, the latest first; none, and a next page, where it has looked for long."""
    search = names.resolve(session, documents.read(document, site_ids))
    found = finding.find(session, search, before=part.after or None, limit=part.limit)
    following = None if found.next is None else finding.as_text(found.next)
    return {comment.id: comment for comment in found.rows}, following


def _open_items(session: Session, comment_ids: Collection[str]) -> dict[str, set[str | None]]:
    """Comment id -> the people who may not decide it, for each comment that has an open item."""
    query = select(ReviewItem.comment_id, ReviewItem.not_for).where(
        ReviewItem.comment_id.in_(comment_ids), ReviewItem.is_open
    )
    waiting: dict[str, set[str | None]] = {}
    for comment_id, not_for in session.execute(query):
        waiting.setdefault(comment_id, set()).add(not_for)
    return waiting
