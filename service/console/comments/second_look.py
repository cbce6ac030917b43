"""What stays unsaid: the first decision on a comment, to whoever is asked for a second look at it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from moderation.decisions import second_looks
from moderation.tables import Comment
from service.console import access


def hidden(session: Session, comments: Iterable[Comment | None]) -> set[str]:
    """Of these comments, those of which the person signed in is to see no decision, reason, mark or score.

    They wait for a second look that this person may take, and are shown in full once it was taken.
    """
    mine = [one.id for one in comments if one is not None and access.may(one.site_id, "moderator")]
    return second_looks.awaited(session, mine, access.actor())
