"""The one place where a decision becomes a status, with all that follows from it.

The policy's decisions come here in batches (`record`), a person's one by one, from `comments.decide`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from moderation import actors, audit, clock
from moderation.decisions import second_looks
from moderation.review import lookalikes, review_items
from moderation.tables import Comment
from moderation.webhooks import events


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A decision about to be written, or just written: what becomes of a comment, by whom and why."""

    comment_id: str
    site_id: str
    external_id: str | None
    thread: str | None
    author_key: str | None
    language: str | None
    revision: int
    version: int
    status: str
    actor: str
    reasons: list[dict[str, Any]]
    scores: dict[str, Any] | None
    spans: dict[str, Any] | None
    model_version: str | None
    policy_version: int | None
    decided_at: datetime
    #: Ask a moderator, this urgently (0 the most, 1000 the least); None asks nobody.
    priority: int | None = None
    #: Of a comment that asks for a moderator: by this it is grouped with those that say nearly the same.
    fingerprint: tuple[int, ...] = ()
    #: What it shares with them; see `ReviewItem`. `record` finds it.
    group_id: str | None = None
    #: The comment's: whom else to tell.
    origin: dict[str, Any] | None = None
    #: For a person's decision: what it put an end to, which an undo restores.
    was: dict[str, Any] | None = None

    @classmethod
    def of(cls, comment: Comment, **known: Any) -> Change:
        """A change of `comment` as it is, but for what is `known`."""
        kept = {name: getattr(comment, name) for name in _CARRIED if name not in known}
        return cls(comment_id=comment.id, decided_at=clock.now(), **kept, **known)


_CARRIED = (
    "site_id",
    "external_id",
    "thread",
    "author_key",
    "language",
    "revision",
    "version",
    "scores",
    "spans",
    "model_version",
    "policy_version",
    "origin",
)


#: Not the class: the ORM's own insert takes half as long again for each row, and so does its update.
_TABLE = cast("Table", Comment.__table__)
_UPDATE = _TABLE.update().where(_TABLE.c.id == bindparam("which"))


def record(
    session: Session, changes: Sequence[Change], *, known: Mapping[int, str] = MappingProxyType({})
) -> list[Change]:
    """Write a batch's decisions: status, scores, audit, review items and deliveries, in the caller's transaction.

    A comment is written only while it is `pending` at the revision that was scored, so that running twice changes
    nothing and an edit made meanwhile is scored again. Returns what was written. `known` is what `lookalikes.known`
    says of their fingerprints, to be quicker.
    """
    by_id = {change.comment_id: change for change in changes}
    columns = (Comment.id, Comment.status, Comment.revision, Comment.version)
    rows = session.execute(select(*columns).where(Comment.id.in_(by_id)).order_by(Comment.id).with_for_update())
    current = [
        replace(by_id[row.id], version=row.version + 1)
        for row in rows
        if row.status == "pending" and row.revision == by_id[row.id].revision
    ]
    groups = lookalikes.assign(session, {one.comment_id: one.fingerprint for one in current}, known)
    current = [replace(one, group_id=groups.get(one.comment_id)) for one in current]
    write(session, current)
    return current


def write(session: Session, changes: Sequence[Change], *, grace: timedelta = timedelta(0)) -> None:
    """Write decisions that are known to be due, in the caller's transaction: status, audit, review items, deliveries.

    The site is told once the `grace` is over.
    """
    if not changes:
        return
    session.execute(
        _UPDATE,
        [
            {
                "which": change.comment_id,
                "status": change.status,
                "version": change.version,
                "scores": change.scores,
                "spans": change.spans,
                "reasons": change.reasons,
                "decided_by": change.actor,
                "decided_at": change.decided_at,
                "updated_at": change.decided_at,
                "model_version": change.model_version,
                "policy_version": change.policy_version,
            }
            for change in changes
        ],
    )
    audit.record(session, [audit_row(change) for change in changes])
    review_items.open_items(
        session,
        [wanted(change, change.priority) for change in changes if change.priority is not None],
        kind="flag",
    )
    second_looks.open_drawn(session, changes)
    events.notify(session, [event(change, grace) for change in changes])


def wanted(source: Comment | Change, priority: int) -> review_items.Wanted:
    """A review item for a comment, with what speaks most against it: its first reason."""
    [first, *_] = source.reasons or [{}]
    return review_items.Wanted(
        site_id=source.site_id,
        comment_id=source.id if isinstance(source, Comment) else source.comment_id,
        priority=priority,
        label=first.get("label"),
        rule=first.get("rule"),
        language=source.language,
        author_key=source.author_key,
        thread=source.thread,
        group_id=None if isinstance(source, Comment) else source.group_id,
    )


def audit_row(change: Change) -> dict[str, Any]:
    return audit.row(
        "comment.decided",
        actor=change.actor,
        site_id=change.site_id,
        comment_id=change.comment_id,
        status=change.status,
        revision=change.revision,
        version=change.version,
        reasons=change.reasons,
        scores=change.scores,
        model_version=change.model_version,
        policy_version=change.policy_version,
        detail={"was": change.was} if change.was else None,
    )


def event(change: Change, grace: timedelta = timedelta(0)) -> events.Event:
    return events.Event(
        type=f"comment.{change.status}",
        site_id=change.site_id,
        comment_id=change.comment_id,
        at=change.decided_at,
        data={
            "id": change.comment_id,
            "external_id": change.external_id,
            "thread": change.thread,
            "status": change.status,
            "version": change.version,
            "revision": change.revision,
            "decided_by": actors.kind(change.actor),
            "reasons": change.reasons,
            "scores": change.scores,
        },
        origin=change.origin,
        version=change.version,
        grace=grace,
    )
