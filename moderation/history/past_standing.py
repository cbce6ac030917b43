"""Counts what people decided in the past, on a site that has begun to ask for the standing of authors.

It goes through the comments that moderators decided, a page at a time, and notes how far it has come. Whatever they
decide meanwhile is counted at once, by `decisions.standing`.
"""

from __future__ import annotations

from sqlalchemy import Select, Text, cast, delete, or_, select, text
from sqlalchemy.orm import Session

from moderation.decisions import standing
from moderation.policy import policies
from moderation.store import Store, insert_missing
from moderation.tables import DECIDED_BY_PEOPLE, Comment, PolicyVersion, Site, Watermark

#: Comments that one transaction goes through.
PAGE = 100
_DONE = "~"  # after every id


def count(store: Store) -> int:
    """Count the next page of each site that asks. Returns how many authors were counted."""
    with store.read() as session:
        asking = set(session.scalars(_asking()))
        positions = {row.name: row.position for row in session.scalars(_marks())}
    due = [site_id for site_id in sorted(asking) if positions.get(_name(site_id)) != _DONE]
    dropped = positions.keys() - {_name(site_id) for site_id in asking}
    if dropped:  # so that the past is counted again when the site asks again
        with store.write() as session:
            session.execute(delete(Watermark).where(Watermark.name.in_(dropped)))
    counted = 0
    for site_id in due:
        with store.write() as session:
            counted += _count_page(session, site_id)
    return counted


def _count_page(session: Session, site_id: str) -> int:
    insert_missing(session, Watermark, [{"name": _name(site_id), "position": ""}])  # another may begin just now
    mark = session.get_one(Watermark, _name(site_id), with_for_update=True)
    if mark.position == _DONE:
        return 0
    position = mark.position
    query = select(Comment).where(Comment.site_id == site_id, text(DECIDED_BY_PEOPLE), Comment.id > position)
    page = session.scalars(query.order_by(Comment.id).limit(PAGE)).all()
    latest = {comment.author_key: comment for comment in page}
    for comment in latest.values():
        standing.weigh(session, comment)
    mark.position = page[-1].id if len(page) == PAGE else _DONE
    return len(latest)


def _asking() -> Select[str]:
    document = PolicyVersion.document
    asked = [cast(document[name], Text).not_in(("null", "")) for name in ("trust_after", "hold_after")]
    return policies.in_force().with_only_columns(Site.id).where(or_(*asked))


def _marks() -> Select[Watermark]:
    return select(Watermark).where(Watermark.name.startswith("standing:", autoescape=True))


def _name(site_id: str) -> str:
    return f"standing:{site_id}"
