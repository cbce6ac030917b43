"""What a moderator does with a hard case: a note for colleagues, whose turn it is, put it off, skip it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import abort
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from moderation import actors, clock
from moderation.decisions import comments
from moderation.people import members
from moderation.review import cases, notes
from moderation.tables import Comment, Note, User
from service import forms
from service.console import access, refusals
from service.console.done import done
from service.context import context
from texts.translation import gettext, later
from texts.wording import too_long

#: How long a comment can be put off: the name in the form -> its words and the time.
SPANS = {
    "hour": (later("Put off for an hour."), timedelta(hours=1)),
    "hours": (later("Put off for 4 hours."), timedelta(hours=4)),
    "day": (later("Put off for a day."), timedelta(days=1)),
    "days": (later("Put off for 3 days."), timedelta(days=3)),
    "week": (later("Put off for a week."), timedelta(days=7)),
    "month": (later("Put off for 30 days."), cases.LONGEST),
}
#: People whose names are offered to assign a comment to.
MOST_COLLEAGUES = 200
_NOTHING_WAITS = later("Nobody is asked about this comment any more, so nothing was done.")


def write_note(comment_id: str) -> ResponseReturnValue:
    """A note for colleagues, on the comment or on its author."""
    text = forms.text("text")
    unknown = gettext("Say whether the note is on the comment or on its author.")
    about = forms.choice("about", ("comment", "author"), unknown)
    if not text:
        abort(422, gettext("Write a note first."))
    if len(text) > notes.LONGEST:
        abort(422, too_long(len(text), notes.LONGEST, "note"))

    def write(session: Session, comment: Comment) -> str:
        if about == "author" and comment.author_key is None:
            abort(422, gettext("Nobody is named here: the comment has no author to write about."))
        try:
            notes.write(session, comment, text, by=access.actor(), on_author=about == "author")
        except notes.TooMany:
            many = gettext(
                "There are %(most)s notes here already. Remove one that is no longer needed.", most=notes.MOST
            )
            abort(422, many)
        return gettext("Your note is on the comment.") if about == "comment" else gettext("Your note is on its author.")

    return _handle(comment_id, write)


def remove_note(note_id: str) -> ResponseReturnValue:
    """Remove a note: one's own, or as an admin of the site."""
    access.require_id("n", note_id)
    with context().write(by=access.user().name) as session:
        note = session.get(Note, note_id)
        if note is None:
            abort(404)
        access.require(note.site_id, "moderator")
        try:
            notes.remove(session, note, by=access.actor(), is_admin=access.may(note.site_id, "admin"))
        except notes.NotYours:
            abort(403, gettext("Only who wrote a note, or an admin of the site, can remove it."))
    return done(gettext("The note is removed."))


def assign(comment_id: str) -> ResponseReturnValue:
    """Say whose turn it is: one's own, a colleague's, an admin's, or everybody's again."""
    unknown = gettext("Say whose turn it is.")
    to = forms.choice("to", ("me", "colleague", "admins", "everybody"), unknown)
    name = forms.text("colleague", most=200)

    def turn(session: Session, comment: Comment) -> str:
        if to == "colleague":
            colleague = _colleague(session, name, comment.site_id)
            cases.assign(session, comment, actors.of_user(colleague.id), by=access.actor())
            return gettext("It is %(name)s’s turn.", name=colleague.name)
        whose = {"me": access.actor(), "admins": cases.ADMINS}.get(to)
        cases.assign(session, comment, whose, by=access.actor())
        said = {"me": gettext("It is your turn."), "admins": gettext("An admin is asked.")}
        return said.get(to, gettext("It is everybody’s again."))

    return _handle(comment_id, turn)


def put_off(comment_id: str) -> ResponseReturnValue:
    """Take a comment out of the queue for some time, or call it back."""
    if forms.text("action") == "call_back":
        return _handle(comment_id, _call_back)
    span = forms.choice("span", SPANS, gettext("Say for how long."))
    until = clock.now() + SPANS[span][1]

    def put(session: Session, comment: Comment) -> str:
        cases.put_off(session, comment, until, by=access.actor())
        return gettext(SPANS[span][0])

    return _handle(comment_id, put)


def skip(comment_id: str) -> ResponseReturnValue:
    """Leave a comment to others."""

    def leave(session: Session, comment: Comment) -> str:
        cases.skip(session, comment, by=access.actor())
        return gettext("Skipped: left to others.")

    return _handle(comment_id, leave)


def colleagues(session: Session) -> list[str]:
    """Names to assign a comment to: people who may decide on one of the sites of the person signed in."""
    site_ids = [site_id for site_id in access.in_use() if access.may(site_id, "moderator")]
    return list(session.scalars(members.moderators(site_ids).with_only_columns(User.name).limit(MOST_COLLEAGUES)))


def _call_back(session: Session, comment: Comment) -> str:
    called = cases.call_back(session, comment, by=access.actor())
    return gettext("It waits in the queue again.") if called else gettext("It waits already.")


def _colleague(session: Session, name: str, site_id: str) -> User:
    person = session.scalar(members.moderators([site_id]).where(User.name == name))
    if person is None:
        abort(422, gettext("Nobody of this name decides on comments of this site."))
    return person


def _handle(comment_id: str, act: Callable[[Session, Comment], str]) -> ResponseReturnValue:
    """Do something about a comment that the person signed in may decide on, with its row locked."""
    with context().store.read() as session:
        access.require_comment(session, comment_id, "moderator")
    try:
        with context().write(by=access.user().name) as session:
            message = act(session, comments.find(session, None, comment_id, lock=True))
    except cases.NothingWaits:
        return refusals.refuse(409, gettext(_NOTHING_WAITS))
    except comments.NotFound:
        abort(404)
    except comments.Erased:
        abort(410, gettext("The comment was erased meanwhile."))
    return done(message)


ROUTES = (
    ("/comments/<comment_id>/notes", "POST", write_note),
    ("/notes/<note_id>/remove", "POST", remove_note),
    ("/comments/<comment_id>/assign", "POST", assign),
    ("/comments/<comment_id>/put-off", "POST", put_off),
    ("/comments/<comment_id>/skip", "POST", skip),
)
