"""A person's actions on a comment: publish, reject with a reason, undo, claim and release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from flask import Response, abort, flash, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from moderation.decisions import appeals, comments, second_looks, undoing
from moderation.review import claims
from moderation.sites import site_settings
from moderation.sites.site_settings import SiteSettings
from moderation.tables import Comment
from service import forms
from service.console import access, names, refusals, retold
from service.console.card import verbs
from service.console.card.verbs import Verb
from service.console.queue import latest_change, pausing
from service.context import context
from texts.translation import gettext
from texts.wording import too_long

MAX_REASON = 500


def decide(comment_id: str) -> ResponseReturnValue:
    """Publish or reject, if the comment is still at the version that the moderator saw."""
    comment, words = _asked(comment_id)
    reject_for, version = forms.text("reject_for"), forms.number(forms.text("version"))
    action = "reject" if reject_for else forms.text("action")
    note = forms.text("reason")
    code = (reject_for or forms.text("code")) if action == "reject" else ""
    if action not in words or version is None:
        abort(400, gettext("Choose to publish or to reject the comment, from a page that shows it."))
    if len(note) > MAX_REASON:
        abort(422, too_long(len(note), MAX_REASON, "reason"))
    settings = _settings_of(comment.site_id)
    if code and code not in {reason.code for reason in settings.reasons}:
        abort(422, gettext("This reason is no longer on the site's list. Load the page again and choose another."))
    try:
        with context().write(by=access.user().name) as session:
            decided = comments.decide(
                session,
                comment.site_id,
                comment_id,
                cast("Literal['publish', 'reject']", action),
                actor=access.actor(),
                reason=note or None,
                code=code or None,
                version=version,
                grace=settings.grace,
            )
    except comments.CommentError as error:
        return _refuse(comment_id, error, gettext("Your decision was not recorded."))
    verb = words[action]
    if decided.version == version:
        return _decided(decided, gettext(verb.unchanged))
    reason = f": {retold.reason(settings.reason_of(code))}" if code else ""
    return _decided(decided, f"{gettext(verb.done)}{reason}.", gettext(verb.sentence, name=comment.name[:60]))


def undo(comment_id: str) -> ResponseReturnValue:
    """Undo one's own decision, while it is the latest."""
    _require_site(comment_id)
    version = forms.number(forms.text("version"))
    if version is None:
        abort(400, gettext("Say which decision, from the page on which you made it."))
    try:
        with context().write(by=access.user().name) as session:
            undone = undoing.undo_own(session, comment_id, version, actor=access.actor())
    except comments.CommentError as error:
        return _refuse(comment_id, error, gettext("So nothing was undone."))
    comment = undone.comment
    message = _what_an_undo_did(undone)
    if access.wants_json():
        return jsonify(status=comment.status, version=comment.version, message=message)
    flash(message, "good")
    return redirect(access.own_address(forms.text("back")), 303)


def claim(comment_id: str) -> ResponseReturnValue:
    """Claim a comment, or renew the claim. The answer names another person who has claimed it."""
    _require_site(comment_id)
    with context().write(by=access.user().name) as session:
        result = claims.take(session, comment_id, by=access.actor())
        other = names.of_people(session, [result.other]).get(result.other or "")
    return jsonify(by=other)


def release(comment_id: str) -> ResponseReturnValue:
    """Release one's claim of a comment."""
    _require_site(comment_id)
    with context().write(by=access.user().name) as session:
        claims.release(session, comment_id, by=access.actor())
    return "", 204


def _require_site(comment_id: str) -> str:
    """The site of a comment on which the person signed in may decide."""
    with context().store.read() as session:
        return access.require_comment(session, comment_id, "moderator").site_id


def _asked(comment_id: str) -> tuple[Comment, Mapping[str, Verb]]:
    """A comment on which the person signed in may decide, and what the two decisions on it are called."""
    with context().store.read() as session:
        comment = access.require_comment(session, comment_id, "moderator")
        blind = second_looks.awaited(session, [comment_id], access.actor())
        appealed = appeals.waiting(session, [comment_id])
        return comment, verbs.of(comment.status, appealed=bool(appealed), blind=bool(blind))


def _settings_of(site_id: str) -> SiteSettings:
    with context().store.read() as session:
        return site_settings.of_sites(session, {site_id})[site_id]


def _decided(comment: Comment, message: str, sentence: str | None = None) -> ResponseReturnValue:
    """The answer. Where no card is there to show it, the `sentence` says whose comment it was."""
    address = url_for("console.undo", comment_id=comment.id)
    if access.wants_json():
        with context().store.read() as session:
            reminder = pausing.read(session)
        beside = {"reminder": reminder} if reminder is not None else {}
        return jsonify(status=comment.status, version=comment.version, message=message, undo=address, **beside)
    flash({"text": sentence or message, "address": address, "version": comment.version}, "undo")  # type: ignore[arg-type]
    return redirect(access.own_address(forms.text("back")), 303)


def _what_an_undo_did(undone: undoing.UndoResult) -> str:
    if undone.asked_again:
        if "appeal" in undone.asked_again:
            return gettext("Undone: the appeal waits again. Nobody was told.")
        return gettext("Undone: the second look is wanted again. Nobody was told.")
    if undone.comment.status == "pending":
        return gettext("Undone. The comment is being scored.")
    if undone.uncorrected:
        return gettext(
            "Undone here. But the site has been told already, and cannot be told that the comment waits again."
        )
    if undone.told:
        return gettext("Undone. The site had been told already, and is now told of this too.")
    return gettext("Undone. The site was never told.")


def _refuse(comment_id: str, error: comments.CommentError, outcome: str) -> Response:
    """The answer when nothing was done: the reason and, for a moderator who was too late, whose decision stands."""
    if isinstance(error, comments.NotFound):
        abort(404)
    if isinstance(error, comments.Erased):
        abort(410, gettext("The comment was erased meanwhile, so there is nothing to decide."))
    if isinstance(error, comments.ReasonMissing):
        abort(422, retold.retold(str(error)))
    if isinstance(error, comments.NotYours | undoing.NotWhoDecided):
        abort(403, retold.retold(str(error)))
    if not isinstance(error, comments.Stale):
        return refusals.refuse(409, retold.retold(str(error)))
    with context().store.read() as session:
        comment = session.get(Comment, comment_id)
        if comment is None:
            abort(404)
        change = latest_change.tell(session, comment, since_loaded=True)
    return refusals.refuse(
        409,
        f"{change} {outcome}",
        back=url_for("console.show_comment", comment_id=comment_id),
    )


ROUTES = (
    ("/comments/<comment_id>/decision", "POST", decide),
    ("/comments/<comment_id>/undo", "POST", undo),
    ("/comments/<comment_id>/claim", "POST", claim),
    ("/comments/<comment_id>/release", "POST", release),
)
