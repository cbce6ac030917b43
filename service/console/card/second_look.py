"""Hides the first decision on a comment from a person who is asked for a second look at it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from moderation.decisions import second_looks
from moderation.tables import Comment
from service.console import access


def hidden(session: Session, comments: Iterable[Comment | None]) -> set[str]:
    """The ids of those of these comments of which the person must see no decision, reason, mark or score.

    They wait for a second look that this person may take, and are shown in full after it.
    """
    ids = [comment.id for comment in comments if comment is not None and access.may(comment.site_id, "moderator")]
    return second_looks.awaited(session, ids, access.actor())
