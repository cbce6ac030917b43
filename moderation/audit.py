"""The audit: what was done, by whom and why. Written beside what it tells of, never changed, in nobody's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from moderation import clock
from moderation.tables import AuditEvent

#: Not the class: the ORM's own insert takes half as long again for each row.
_TABLE = cast("Table", AuditEvent.__table__)
_COLUMNS = tuple(_TABLE.columns.keys())


def row(action: str, *, actor: str, **known: Any) -> dict[str, Any]:
    """An audit event as a row for `record`; `known` are further columns of `audit_events`."""
    moment = clock.now()
    empty: dict[str, Any] = dict.fromkeys(_COLUMNS)
    return empty | {"id": clock.new_id("a", moment), "action": action, "actor": actor, "created_at": moment} | known


def record(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Write audit events in the caller's transaction."""
    if rows:
        session.execute(_TABLE.insert(), rows)
