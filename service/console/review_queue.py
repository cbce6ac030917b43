"""The review queue: what waits for a person, most urgent first."""

from __future__ import annotations

import re

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation import review
from moderation.tables import Comment, ReviewItem, Site
from service.console import access, cards
from service.context import context

PAGE = 20
#: Counting further would cost more, the longer the queue is, and tell a moderator nothing.
COUNT_UP_TO = 1000

_POSITION = re.compile(r"([0-9]{1,15})-(q_[0-9a-z]{26})")


def show_queue() -> ResponseReturnValue:
    after = read_position(request.args.get("after"))
    with context().store.read() as session:
        sites = site_names(session)
        chosen = request.args.get("site")
        site_id = chosen if chosen in dict(sites) else None
        if site_id is None and access.user().role == "none":  # who works on single sites sees those, one by one
            site_id = sites[0][0] if sites else ""
        found = review.page(session, site_id, after=after, limit=PAGE + 1)
        shown, more = found[:PAGE], len(found) > PAGE
        page = render_template(
            "console/queue.html",
            cards=cards.build(session, _by_comment(shown)),
            waiting=count_waiting(session, site_id),
            most=COUNT_UP_TO,
            sites=sites,
            site_id=site_id,
            is_first=after is None,
            next=write_position(shown[-1][0]) if more else None,
            may_decide=access.may_anywhere("moderator"),
        )
    return page, 200


def count_waiting(session: Session, site_id: str | None) -> int:
    """How many items are open, counted up to `COUNT_UP_TO` + 1."""
    query = select(ReviewItem.id).where(ReviewItem.closed_at.is_(None))
    if site_id is not None:
        query = query.where(ReviewItem.site_id == site_id)
    return session.scalar(select(func.count()).select_from(query.limit(COUNT_UP_TO + 1).subquery())) or 0


def site_names(session: Session) -> list[tuple[str, str]]:
    """The sites that the person signed in may see: id and name, by name."""
    query = select(Site.id, Site.name).where(Site.id.in_(access.roles())).order_by(Site.name, Site.id)
    return [(site_id, name) for site_id, name in session.execute(query)]


def write_position(item: ReviewItem) -> str:
    """Where a page ended, for the address of the next one."""
    return f"{item.due}-{item.id}"


def read_position(text: str | None) -> review.Position | None:
    """What `write_position` wrote; anything else is the beginning."""
    match = _POSITION.fullmatch(text or "")
    return None if match is None else review.Position(int(match[1]), match[2])


def _by_comment(rows: list[tuple[ReviewItem, Comment]]) -> list[tuple[Comment, list[ReviewItem]]]:
    """A comment that was flagged and reported as well is one thing to decide."""
    found: dict[str, tuple[Comment, list[ReviewItem]]] = {}
    for item, comment in rows:
        found.setdefault(comment.id, (comment, []))[1].append(item)
    return list(found.values())


ROUTES = (("/", "GET", show_queue),)
