"""What helps a person to keep well at this work: comments hidden until asked for, breaks, and enough for a day.

All of it is the person's own choice and their own affair: nobody else is told, and the audit does not hold it. Nothing
is ever forbidden by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, literal, select, text, update
from sqlalchemy.orm import Session

from moderation import actors, clock
from moderation.people import zones
from moderation.people.accounts import PersonError
from moderation.tables import DONE_BY_PEOPLE, AuditEvent, BulkChange, BulkJob, User

#: How comments are hidden -> what that is.
HIDES = {"grey": "Grey, without marks", "blur": "Blurred", "cover": "Covered"}
#: The largest numbers that may be chosen.
MOST_MINUTES, MOST_DECISIONS, MOST_A_DAY = 600, 1_000, 5_000
#: Who decides on nothing for so long has had a break.
BREAK = timedelta(minutes=5)
#: Nobody works for longer without one; it bounds how far is looked back.
LONGEST_RUN = timedelta(hours=12)

_DECIDED = ("comment.decided", "comment.confirmed")


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chooses; None: nothing of that kind."""

    hides: str | None = None
    break_minutes: int | None = None
    break_decisions: int | None = None
    day_cap: int | None = None
    zone: str | None = None

    def require(self) -> None:
        """Raises PersonError for what cannot be chosen."""
        if self.hides is not None and self.hides not in HIDES:
            raise PersonError("Choose whether comments are grey, blurred or covered.")
        if self.zone is not None and self.zone not in zones.names():
            raise PersonError("This time zone is not known here.")
        for number, most, what in (
            (self.break_minutes, MOST_MINUTES, "minutes to a break"),
            (self.break_decisions, MOST_DECISIONS, "decisions to a break"),
            (self.day_cap, MOST_A_DAY, "decisions a day"),
        ):
            if number is not None and not 1 <= number <= most:
                raise PersonError(f"Choose 1 to {most:,} {what}, or leave the field empty.")


@dataclass(frozen=True, slots=True)
class Reminder:
    """That it is time for a break, or that it is enough for the day (`cap`); after so many decisions and minutes."""

    kind: str
    decisions: int
    minutes: int = 0


def choose(session: Session, user_id: str, choices: Choices) -> None:
    """Keep what a person chose.

    Raises:
        PersonError: something cannot be chosen.
    """
    choices.require()
    values = {
        "hides": choices.hides,
        "break_minutes": choices.break_minutes,
        "break_decisions": choices.break_decisions,
        "day_cap": choices.day_cap,
        "zone": choices.zone,
    }
    session.execute(update(User).where(User.id == user_id).values(values))


def go_on(session: Session, user_id: str, kind: str) -> None:
    """Work on although a reminder (`break` or `cap`) came: until the next break is due, or the day is over."""
    column = "cap_lifted_at" if kind == "cap" else "no_break_at"
    session.execute(update(User).where(User.id == user_id).values({column: clock.now()}))


def reminder(session: Session, user: User) -> Reminder | None:
    """What the person wants to be reminded of now; None for nothing. It asks the database only of who chose it."""
    moment = clock.now()
    if user.day_cap is not None:
        today = zones.day_began(user, moment)
        lifted = user.cap_lifted_at is not None and user.cap_lifted_at >= today
        if not lifted and _count(session, user, today, user.day_cap) >= user.day_cap:
            return Reminder("cap", user.day_cap)
    if user.break_minutes is None and user.break_decisions is None:
        return None
    decisions, began = _run(session, user, moment)
    minutes = int((moment - began).total_seconds() // 60)
    if decisions and (
        minutes >= (user.break_minutes or MOST_MINUTES + 1) or decisions >= (user.break_decisions or MOST_DECISIONS + 1)
    ):
        return Reminder("break", decisions, minutes)
    return None


def _run(session: Session, user: User, moment: datetime) -> tuple[int, datetime]:
    """How many decisions the person has made without a break, and when they began."""
    since = max(moment - LONGEST_RUN, user.no_break_at or moment - LONGEST_RUN)
    query = select(AuditEvent.created_at).where(*_by(user, since), AuditEvent.created_at > since)
    decisions, began = 0, moment
    for at in session.scalars(query.order_by(AuditEvent.id.desc()).limit(MOST_DECISIONS)):
        if began - at > BREAK:
            break
        decisions, began = decisions + 1, at
    return decisions, began


def _count(session: Session, user: User, since: datetime, most: int) -> int:
    counted = select(literal(1)).where(*_by(user, since)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def _by(user: User, since: datetime) -> list[ColumnElement[bool]]:
    """The person's decisions, each of them: of those that a bulk job made they have read none."""
    actor = actors.of_user(user.id)
    jobs = select(BulkJob.id).where(
        BulkJob.id >= clock.first_id("b", since - timedelta(days=1)), BulkJob.created_by == actor
    )
    in_bulk = select(BulkChange.comment_id).where(
        BulkChange.job_id.in_(jobs), BulkChange.comment_id == AuditEvent.comment_id
    )
    return [
        AuditEvent.actor == actor,
        text(DONE_BY_PEOPLE),  # type: ignore[list-item]
        AuditEvent.id >= clock.first_id("a", since),
        AuditEvent.action.in_(_DECIDED),
        ~in_bulk.exists(),
    ]
