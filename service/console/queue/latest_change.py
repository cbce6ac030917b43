"""The latest change of a comment, in words: who did what, and why."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.decisions import reports
from moderation.review import cases
from moderation.tables import AuditEvent, Comment, ReviewItem
from service import pages
from service.console import names, retold
from texts import wording
from texts.translation import gettext, later

_ACTIONS = ("comment.decided", "comment.undone", "comment.edited")
#: Status, or `undone` -> who did it and when, on its own and where the reader's page was loaded before that.
_SAID = {
    "undone": (
        later("%(name)s undid the last decision on this comment %(ago)s."),
        later("%(name)s undid the last decision on this comment %(ago)s, after you loaded the page."),
    ),
    "published": (
        later("%(name)s published this comment %(ago)s."),
        later("%(name)s published this comment %(ago)s, after you loaded the page."),
    ),
    "rejected": (
        later("%(name)s rejected this comment %(ago)s."),
        later("%(name)s rejected this comment %(ago)s, after you loaded the page."),
    ),
    "flagged": (
        later("%(name)s held this comment %(ago)s."),
        later("%(name)s held this comment %(ago)s, after you loaded the page."),
    ),
    "erased": (
        later("The comment was erased."),
        later("The comment was erased, after you loaded the page."),
    ),
    "edited": (
        later("Its author changed the comment, and it is being scored again."),
        later("Its author changed the comment, after you loaded the page, and it is being scored again."),
    ),
}


def tell(session: Session, comment: Comment, *, since_loaded: bool = False) -> str:
    """The latest change in one or two sentences; `since_loaded`, for whoever loaded the page before it."""
    if comment.status == "erased":
        return gettext(_SAID["erased"][since_loaded])
    event = session.scalar(
        select(AuditEvent)
        .where(AuditEvent.comment_id == comment.id, AuditEvent.action.in_(_ACTIONS))
        .order_by(AuditEvent.version.desc())
        .limit(1)
    )
    dismissed = None if since_loaded else _dismissed(session, comment)
    if dismissed is not None and (event is None or dismissed.closed_at >= event.created_at):
        return gettext(
            "%(name)s dismissed the reports of this comment %(ago)s.",
            name=_person(session, dismissed.closed_by),
            ago=pages.age(dismissed.closed_at),
        )
    if event is None or event.action == "comment.edited":
        return gettext(_SAID["edited"][since_loaded])
    done = "undone" if event.action == "comment.undone" else comment.status
    sentence = gettext(
        _SAID.get(done, _SAID["flagged"])[since_loaded],
        name=_person(session, event.actor),
        ago=pages.age(event.created_at),
    )
    reason = messages(event.reasons)
    if not reason or event.action != "comment.decided":
        return sentence
    why = gettext("Reason: %(reason)s", reason=reason)
    return f"{sentence} {why}"


def _dismissed(session: Session, comment: Comment) -> Any:
    """When, and by whom, the last reports of the comment were dismissed that it waited for; None: never."""
    query = select(ReviewItem.closed_at, ReviewItem.closed_by).where(
        ReviewItem.comment_id == comment.id, ReviewItem.outcome == reports.DISMISS
    )
    return session.execute(query.order_by(ReviewItem.closed_at.desc()).limit(1)).first()


def _person(session: Session, actor: str) -> str:
    """Who did it, at the beginning of a sentence."""
    return names.beginning(names.of_people(session, [actor]).get(actor, gettext("Somebody")))


def put_off(session: Session, comment_ids: Collection[str]) -> dict[str, str]:
    """Comment id -> a sentence, for those of these comments that are put off."""
    found = [case for case in cases.of_comments(session, comment_ids).values() if case.put_off_until is not None]
    people = names.of_people(session, [case.put_off_by for case in found])
    return {
        case.comment_id: gettext(
            "%(name)s put this off until %(moment)s.",
            name=people.get(case.put_off_by or "", gettext("Somebody")),
            moment=wording.exact(case.put_off_until, seconds=False),
        )
        for case in found
        if case.put_off_until is not None
    }


def messages(reasons: list[dict[str, Any]] | None) -> str:
    """The messages of reasons, as one text; of a person's, what they gave as one."""
    given = [one for one in reasons or () if one.get("rule") != "moderator" or one.keys() & {"code", "note"}]
    return " ".join(map(retold.message, given))
