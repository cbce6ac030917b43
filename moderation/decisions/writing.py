"""The only place where a decision is written: the comment's status and everything that follows from it.

The policy's decisions come here in batches (`record`), people's decisions one by one, from `comments.decide`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from moderation import actors, audit, news
from moderation.decisions import second_looks
from moderation.decisions.decision import Decision
from moderation.review import campaigns, lookalikes, review_items
from moderation.review.campaigns import Arrival
from moderation.review.review_items import NewItem
from moderation.tables import Comment
from moderation.webhooks import events

#: The table, not the class: the ORM's own insert and update take half as long again for each row.
_TABLE = cast("Table", Comment.__table__)
_UPDATE = _TABLE.update().where(_TABLE.c.id == bindparam("which"))
#: Built once, because building it takes longer than running it.
_LOCK = (
    select(_TABLE.c.id, _TABLE.c.status, _TABLE.c.revision, _TABLE.c.version, _TABLE.c.group_id)
    .where(_TABLE.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_TABLE.c.id)
    .with_for_update()
)


def record(session: Session, decisions: Sequence[Decision]) -> list[Decision]:
    """Write a batch's decisions: status, scores, audit, review items and deliveries, in the caller's transaction.

    A comment is written only while it is `pending` at the revision that was scored, so that running twice changes
    nothing and an edited comment is scored again. Returns the decisions that were written.
    """
    by_id = {decision.comment_id: decision for decision in decisions}
    rows = session.execute(_LOCK, {"ids": list(by_id)}).all()
    due = [row for row in rows if row.status == "pending" and row.revision == by_id[row.id].revision]
    before = {row.id: row.group_id for row in due}
    groups, joined = _group(session, [by_id[row.id] for row in due], before)
    written = [replace(by_id[row.id], version=row.version + 1, group_id=groups.get(row.id)) for row in due]
    write(session, written, groups=before | joined)
    _ask_about_reported(session, written)
    return written


def _ask_about_reported(session: Session, decisions: Sequence[Decision]) -> None:
    """Have a person look at what was edited while a reader's report waited: an edit does not answer a report."""
    edited = [decision for decision in decisions if decision.revision > 1 and decision.status != "rejected"]
    if not edited:
        return
    ids = [decision.comment_id for decision in edited]
    for comment, priority in review_items.reported_before_edit(session, ids):
        second_looks.give_way(session, comment.id)
        item = NewItem.of(comment, priority, group_id=comment.group_id)
        review_items.open_items(session, [item], kind="report")


def _group(
    session: Session, decisions: Sequence[Decision], before: Mapping[str, str | None]
) -> tuple[dict[str, str], dict[str, str]]:
    """Comment id -> its group; and the same for those comments alone that are now in a group with others.

    `before` has the group that each comment was in. Groups are written before review items, because a person who
    decides locks the comment first and then its items.
    """
    fingerprints = {decision.comment_id: decision.fingerprint for decision in decisions}
    owners = {band: owner for decision in decisions for band, owner in decision.owners.items()}
    groups = lookalikes.assign(session, fingerprints, owners)
    joined = campaigns.join(
        session,
        [
            Arrival(
                *(decision.comment_id, decision.site_id, group, before[decision.comment_id]),
                decision.fingerprint.says_little,
            )
            for decision in decisions
            if (group := groups.get(decision.comment_id)) is not None
        ],
        writes_comments=False,
    )
    return groups, joined


def write(
    session: Session,
    decisions: Sequence[Decision],
    *,
    grace: timedelta = timedelta(0),
    groups: Mapping[str, str | None] | None = None,
) -> None:
    """Write decisions without a check, in the caller's transaction: status, audit, review items, deliveries.

    The site is told when the `grace` is over. `groups`, if given, has the group of each comment, to be written too.
    """
    if not decisions:
        return
    rows = [{"which": decision.comment_id} | decision.columns() for decision in decisions]
    if groups is not None:
        rows = [row | {"group_id": groups[row["which"]]} for row in rows]
    session.execute(_UPDATE, rows)
    _note(session, decisions)
    audit.record(session, [decision.audit_row() for decision in decisions])
    items = [item for decision in decisions if (item := decision.review_item()) is not None]
    review_items.open_items(session, items, kind="flag")
    sites = second_looks.read_sites(session, {decision.site_id for decision in decisions})
    second_looks.open_drawn(session, decisions, sites)
    events.notify(session, [decision.event(sites[decision.site_id].settings, grace) for decision in decisions])


def _note(session: Session, decisions: Sequence[Decision]) -> None:
    """Note the news. `review_items.open_items` tells consoles of the policy's decisions, where a person is asked."""
    session_news = news.of(session)
    for decision in decisions:
        session_news.decisions.append((decision.status, decision.actor))
        session_news.pending.pop(decision.comment_id, None)
        if decision.actor != actors.POLICY:
            session_news.happened("decided", decision.site_id, [decision.comment_id])
