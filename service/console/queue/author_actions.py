"""What a moderator does about people, from a card or an author's page: warn an author, dismiss a reader's reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import abort, url_for
from flask.typing import ResponseReturnValue

from moderation import clock
from moderation.decisions import reports, standing
from moderation.sites import site_settings
from moderation.tables import AuditEvent, Comment, Report
from service import forms
from service.console import access
from service.console.done import done
from service.console.retold import retold
from service.context import context
from texts import wording
from texts.translation import gettext, ngettext


def warn_author(comment_id: str) -> ResponseReturnValue:
    """Warn the comment's author, or take one's own warning back while the site has not heard of it."""
    with context().store.read() as session:
        comment = access.require_comment(session, comment_id, "moderator")
        grace = site_settings.of_sites(session, {comment.site_id})[comment.site_id].grace
    if comment.status == "erased":
        abort(410, gettext("The comment was erased meanwhile, and its author with it."))
    if forms.text("action") == "take_back":
        return _take_back(comment)
    try:
        with context().write(by=access.user().name) as session:
            message = forms.text("message")
            warning = standing.warn(session, comment, message, actor=access.actor(), grace=grace).id
    except ValueError as error:
        abort(422, retold(str(error)))
    told = (
        gettext("The author is warned: the site is told in %(time)s.", time=wording.seconds(grace.seconds))
        if grace
        else gettext("The author is warned: the site is told now.")
    )
    return _done(told, undo={"action": "take_back", "warning": warning})


def _take_back(comment: Comment) -> ResponseReturnValue:
    with context().write(by=access.user().name) as session:
        warning = forms.text("warning", most=40)
        if not standing.take_back_warning(session, comment, warning, actor=access.actor()):
            abort(409, gettext("The site has been told of the warning already, so it stays."))
    return _done(gettext("The warning is taken back. The site was never told."))


def dismiss_reports(report_id: str) -> ResponseReturnValue:
    """Dismiss all waiting reports of the reader who made this one."""
    with context().store.read() as session:
        report = session.get(Report, report_id) if clock.is_id("r", report_id) else None
        if report is None:
            abort(404)
        access.require_comment(session, report.comment_id, "moderator")
    if report.reporter is None:
        abort(422, gettext("Nobody knows who reported this, so there are no others by them."))
    with context().write(by=access.user().name) as session:
        dismissal = reports.dismiss_all(session, report.site_id, report.reporter, actor=access.actor())
    if dismissal.id is None:
        return _done(gettext("None of this reader's reports waits any more."))
    message = ngettext(
        "Dismissed %(number)s report by this reader.",
        "Dismissed %(number)s reports by this reader.",
        dismissal.dismissed,
    )
    if dismissal.waiting:
        message += " " + ngettext(
            "%(number)s comment waits on, for other reasons.",
            "%(number)s comments wait on, for other reasons.",
            dismissal.waiting,
        )
    if dismissal.more:
        message += " " + gettext("There are more: dismiss them again.")
    address = url_for("console.undo_dismissal", dismissal_id=dismissal.id)
    return _done(message, undo={}, address=address, left=dismissal.left)


def undo_dismissal(dismissal_id: str) -> ResponseReturnValue:
    """Let the reports wait again that one has dismissed."""
    with context().store.read() as session:
        event = session.get(AuditEvent, dismissal_id) if clock.is_id("a", dismissal_id) else None
    if event is None or event.site_id is None:
        abort(404)
    access.require(event.site_id, "moderator")
    with context().write(by=access.user().name) as session:
        number = reports.undo_dismissal(session, dismissal_id, actor=access.actor())
    return _done(ngettext("Undone: %(number)s report waits again.", "Undone: %(number)s reports wait again.", number))


def _done(
    message: str, *, undo: Mapping[str, str] | None = None, address: str | None = None, left: Sequence[str] = ()
) -> ResponseReturnValue:
    """The answer. `undo` is what the page's script sends to undo it, to another `address` where there is one; `left`
    are the comments that do not wait any more."""
    flashed = None if address is None else ({"text": message, "address": address, "version": 1}, "undo")
    return done(message, flashed=flashed, undo=undo, undo_at=address, left=left)


ROUTES = (
    ("/comments/<comment_id>/warning", "POST", warn_author),
    ("/reports/<report_id>/dismiss", "POST", dismiss_reports),
    ("/reports/dismissals/<dismissal_id>/undo", "POST", undo_dismissal),
)
