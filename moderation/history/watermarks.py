"""How far what goes through the rows in order has come, so that each is taken once: a position for each name."""

from __future__ import annotations

from sqlalchemy import literal, select, update
from sqlalchemy.orm import Session

from moderation.store import insert_missing
from moderation.tables import Watermark


def position(session: Session, name: str) -> str | None:
    """The position of this name; None: nothing was taken yet."""
    return session.scalar(select(Watermark.position).where(Watermark.name == name))


def put(session: Session, name: str, position: str) -> None:
    """Set a watermark in the caller's transaction, whether it is there or not."""
    insert_missing(session, Watermark, [{"name": name, "position": position}])
    session.execute(update(Watermark).where(Watermark.name == name).values(position=position))


def advance(session: Session, name: str, before: str | None, after: str) -> bool:
    """Move a watermark in the caller's transaction; False where it is not at `before`: somebody else was quicker.

    Raises:
        IntegrityError: `before` is None, and somebody else began at the same moment.
    """
    if before is None:
        session.add(Watermark(name=name, position=after))
        session.flush()
        return True
    there = Watermark.name == name, Watermark.position == before
    moved = session.execute(update(Watermark).where(*there).values(position=after).returning(literal(1)))
    return moved.first() is not None
