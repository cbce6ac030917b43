"""Reminders in the queue, for who wants them: that it is time for a break, and that it is enough for the day."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation.people import wellbeing
from service import forms
from service.console import access
from service.context import context
from texts import wording


@dataclass(frozen=True, slots=True)
class Said:
    """A reminder in words: `break` or `cap`."""

    kind: str
    text: str


def read(session: Session) -> Said | None:
    """What the person signed in wants to be reminded of now."""
    reminder = wellbeing.reminder(session, access.user())
    if reminder is None:
        return None
    decisions = wording.counted(reminder.decisions, "{} decision", "{} decisions")
    if reminder.kind == "cap":
        return Said(
            "cap",
            f"You have made {decisions} today, as many as you had set yourself. "
            "What waits can wait until tomorrow, or is for others.",
        )
    minutes = f" in {wording.counted(reminder.minutes, '{} minute', '{} minutes')}" if reminder.minutes else ""
    return Said("break", f"{decisions}{minutes} without a break: it is time for one.")


def go_on() -> ResponseReturnValue:
    """Work on all the same."""
    kind = forms.choice("kind", ("break", "cap"), "Choose whether to go on without a break, or for today.")
    with context().store.write() as session:
        wellbeing.go_on(session, access.user().id, kind)
    if access.wants_json():
        return "", 204
    return redirect(access.own_address(forms.text("back")), 303)


ROUTES = (("/you/go-on", "POST", go_on),)
