"""Reminders in the queue, for who wants them: that it is time for a break, and that it is enough for the day."""

from __future__ import annotations

from dataclasses import dataclass

from babel.units import format_unit
from flask import redirect
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation.people import wellbeing
from service import forms
from service.console import access
from service.context import context
from texts import translation
from texts.translation import forms_later, gettext, ngettext


@dataclass(frozen=True, slots=True)
class Said:
    """A reminder in words: `break` or `cap`."""

    kind: str
    text: str


_ENOUGH = forms_later(
    "You have made %(number)s decision today, as many as you had set yourself. "
    "What waits can wait until tomorrow, or is for others.",
    "You have made %(number)s decisions today, as many as you had set yourself. "
    "What waits can wait until tomorrow, or is for others.",
)
_BREAK = forms_later(
    "%(number)s decision without a break: it is time for one.",
    "%(number)s decisions without a break: it is time for one.",
)
_BREAK_AFTER = forms_later(
    "%(number)s decision in %(minutes)s without a break: it is time for one.",
    "%(number)s decisions in %(minutes)s without a break: it is time for one.",
)


def read(session: Session) -> Said | None:
    """What the person signed in wants to be reminded of now."""
    reminder = wellbeing.reminder(session, access.user())
    if reminder is None:
        return None
    if reminder.kind == "cap":
        return Said("cap", ngettext(*_ENOUGH, reminder.decisions))
    if not reminder.minutes:
        return Said("break", ngettext(*_BREAK, reminder.decisions))
    minutes = format_unit(reminder.minutes, "minute", "long", locale=translation.current())
    return Said("break", ngettext(*_BREAK_AFTER, reminder.decisions, minutes=minutes))


def go_on() -> ResponseReturnValue:
    """Work on all the same."""
    kind = forms.choice("kind", ("break", "cap"), gettext("Choose whether to go on without a break, or for today."))
    with context().store.write() as session:
        wellbeing.go_on(session, access.user().id, kind)
    if access.wants_json():
        return "", 204
    return redirect(access.own_address(forms.text("back")), 303)


ROUTES = (("/you/go-on", "POST", go_on),)
