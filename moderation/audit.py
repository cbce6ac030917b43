"""The audit log: what was done, by whom and why. Written in the same transaction, never changed, without texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from moderation import clock
from moderation.tables import AuditEvent, Comment

#: The table, not the class: the ORM's own insert takes half as long again for each row.
_TABLE = cast("Table", AuditEvent.__table__)
_INSERT = _TABLE.insert()
_COLUMNS = tuple(_TABLE.columns.keys())


def row(action: str, *, actor: str, **columns: Any) -> dict[str, Any]:
    """An audit event as a row for `record`; `columns` are further columns of `audit_events`."""
    moment = clock.now()
    empty: dict[str, Any] = dict.fromkeys(_COLUMNS)
    return empty | {"id": clock.new_id("a", moment), "action": action, "actor": actor, "created_at": moment} | columns


def row_about(comment: Comment, action: str, actor: str, **detail: Any) -> dict[str, Any]:
    """An audit event about a comment as it is now, as a row for `record`."""
    return row(
        action,
        actor=actor,
        site_id=comment.site_id,
        comment_id=comment.id,
        revision=comment.revision,
        version=comment.version,
        detail=detail or None,
    )


def record(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write audit events in the caller's transaction."""
    if rows:
        session.execute(_INSERT, rows)
