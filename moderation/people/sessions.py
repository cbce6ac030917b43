"""The browsers in which a person is signed in: listed, and signed out one by one or all at once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import CursorResult, Delete, delete, select
from sqlalchemy.orm import Session

from moderation import audit, clock
from moderation.tables import UserSession


def of_user(session: Session, user_id: str) -> Sequence[UserSession]:
    """A person's sessions that have not ended, the last seen first."""
    query = select(UserSession).where(UserSession.user_id == user_id, UserSession.expires_at > clock.now())
    return session.scalars(query.order_by(UserSession.last_seen_at.desc(), UserSession.digest).limit(200)).all()


def end(session: Session, user_id: str, session_id: str, *, actor: str) -> bool:
    """Sign one of a person's browsers out, in the caller's transaction. False if there was none of this id."""
    query = delete(UserSession).where(UserSession.user_id == user_id, UserSession.id == session_id)
    return _end(session, query, user_id, actor) > 0


def end_all(session: Session, user_id: str, *, keep: str | None = None, actor: str) -> int:
    """Sign all of a person's browsers out, but for the session with the digest `keep`; how many there were."""
    query = delete(UserSession).where(UserSession.user_id == user_id)
    if keep is not None:
        query = query.where(UserSession.digest != keep)
    return _end(session, query, user_id, actor)


def _end(session: Session, query: Delete, user_id: str, actor: str) -> int:
    result = session.execute(query.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    ended = int(result.rowcount)
    if ended:
        detail = {"user": user_id, "sessions": ended}
        audit.record(session, [audit.row("user.sessions_ended", actor=actor, detail=detail)])
    return ended
