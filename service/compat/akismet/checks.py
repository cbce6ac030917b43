"""comment-check: is it spam? A comment for a person is held, stored for the review queue, and answered later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import structlog
from flask import Response, g
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation import sealing
from moderation.decisions import checked, comments
from moderation.decisions.decision import Decision
from moderation.history import feedback
from moderation.intake.submissions import Submission
from moderation.news import News
from moderation.tables import Comment
from moderation.webhooks import afterwards, endpoints
from moderation.webhooks.endpoints import EndpointRefused
from moderation.webhooks.protocols import AKISMET
from service.compat import callers, judging
from service.compat.akismet import answers, fields, usage
from service.compat.akismet.answers import plain
from service.compat.akismet.fields import Fields
from service.compat.refusals import Refusal
from service.context import context
from texts import links

log = structlog.get_logger(__name__)

#: Names and addresses that Akismet documents for testing an integration.
_ALWAYS_SPAM = {"akismet-guaranteed-spam", "akismet-guaranteed-spam@example.com", "viagra-test-123"}
#: With this spam score, and a sign beside the words, a site may drop the comment unseen.
BLATANT = 0.999


def check_comment() -> Response:
    """Answer `true`, `false`, or so that the client holds the comment."""
    form = fields.read()
    fields.require_any()
    key = fields.key_of(form)
    site_id = callers.require_site(key)
    blog = fields.blog_of(form)
    text = fields.text_of(form)
    answer = _ruled(form) or _verdict(site_id, key, form, text)
    if not _keeps_nothing(form):
        usage.count(site_id, blog, answer.counts_as)
    return answer.response


def _keeps_nothing(form: Fields) -> bool:
    """Whether nothing may be stored: for a test, and for a page, whose key anybody may use."""
    return fields.is_set(form, "is_test") or callers.only_scores()


@dataclass(frozen=True, slots=True)
class _Answer:
    """The response, and the verdict as which it is counted: None where a person has to look."""

    response: Response
    counts_as: Literal["spam", "ham"] | None = None


def _spam(**headers: str) -> _Answer:
    return _Answer(plain("true", **headers), "spam")


def _ham() -> _Answer:
    return _Answer(plain("false"), "ham")


def _ruled(form: Fields) -> _Answer | None:
    """The answer where nothing is judged: for the documented test values, and a site's own administrators."""
    if {form.get("comment_author"), form.get("comment_author_email")} & _ALWAYS_SPAM:
        return _spam()
    return _ham() if "administrator" in fields.roles(form) else None


def _require_fit(text: str) -> None:
    if fields.lost_its_letters():
        raise Refusal("unreadable")
    if not text:
        raise Refusal("no_text")
    if len(text) > fields.LONGEST_TEXT:
        raise Refusal("too_long")


def _verdict(site_id: str, key: str, form: Fields, text: str) -> _Answer:
    _require_fit(text)
    submission = fields.submission_of(form, text)
    comment = _comment_of(site_id, form, submission)
    recheck = bool(form.get("recheck_reason"))
    earlier = _find_earlier(comment, by_time=recheck and submission.created_at is not None)
    if earlier is not None and (recheck or checked.says_the_same(earlier, comment)):
        return _check_again(earlier, comment, form, recheck=recheck)
    if (answer := _said_by_the_site(site_id, form, text)) is not None:
        return answer
    keeps_nothing = _keeps_nothing(form)
    _note(comment, repeated=not recheck and not keeps_nothing and usage.is_repeated(comment))
    decision = judging.decide(comment)
    is_stored = decision.priority is not None and not keeps_nothing and _keep(key, form, comment, decision)
    if not is_stored:
        unwritten = News(decisions=[(decision.status, decision.actor)])
        afterwards.tell(context().queues, unwritten)
    return _show(comment, decision, can_call_back=_can_call_back(comment))


def _comment_of(site_id: str, form: Fields, submission: Submission) -> Comment:
    """The comment as it would be stored, under the guid of this answer."""
    origin: dict[str, Any] = {
        "protocol": AKISMET.name,
        "guid": g.akismet_guid,
        "post": form.get("comment_post_ID", "")[: fields.LONGEST_ID] or None,
        "signals": fields.signals_of(form),
        "languages": fields.languages_of(form),
    }
    if not submission.user_id:  # a visitor typed the e-mail address, perhaps a trusted person's
        origin["email_was_typed"] = True
    comment = checked.new_comment(site_id, submission, origin=origin)
    comment.external_id = g.akismet_guid
    return comment


def _find_earlier(comment: Comment, *, by_time: bool) -> Comment | None:
    """The stored comment that this is again; for a page, whose key anybody may use, none."""
    if callers.only_scores():
        return None
    with context().store.read() as session:
        return checked.find_again(session, comment, by_time=by_time)


def _note(comment: Comment, **known: object) -> None:
    """Note what is known of a comment beside its text."""
    comment.origin = (comment.origin or {}) | known


def _can_call_back(comment: Comment) -> bool:
    """Whether the client hears of the decision when a person has made it."""
    return bool((comment.origin or {}).get("endpoint_id"))


def _said_by_the_site(site_id: str, form: Fields, text: str) -> _Answer | None:
    """The answer where somebody on the site has called this very comment spam or not, and it was never kept here.

    WordPress asks again about all that wait there, and its answer would undo what a person did. It names the comment
    by its id; after an edit it is another one.
    """
    about = {name: form[name][: fields.LONGEST_ID] for name in ("comment_ID", "comment_post_ID") if form.get(name)}
    if form.get("recheck_reason", "edit") == "edit" or len(about) < 2 or callers.only_scores():
        return None
    with context().store.read() as session:
        value = feedback.last_word(session, site_id, AKISMET.name, text[: fields.LONGEST_TEXT], "spam", about=about)
    return None if value is None else _spam() if value > 0 else _ham()


def _check_again(earlier: Comment, comment: Comment, form: Fields, *, recheck: bool) -> _Answer:
    """The answer for a comment that is stored: the decision on it, if readers would still see the same.

    A client that lost our answer asks again. Then the answer has the guid of the first answer.
    """
    if not recheck and earlier.origin is not None:
        g.akismet_guid = earlier.origin["guid"]
    if checked.says_the_same(earlier, comment):
        if earlier.status in {"flagged", "pending"}:
            return _hold("None has decided yet.", can_call_back=not recheck and _can_call_back(earlier))
        return _spam() if earlier.status == "rejected" else _ham()
    if comments.was_turned_down(earlier):
        _note(comment, turned_down=True)
    decision = judging.decide(comment)
    if not _keeps_nothing(form):
        with context().write() as session:
            checked.change(session, earlier, comment, decision)
    return _show(comment, decision, can_call_back=False)


def _keep(key: str, form: Fields, comment: Comment, decision: Decision) -> bool:
    """Store the comment for the review queue, with its callback. False when an earlier request has stored it."""
    sealed_key = sealing.seal(context().settings, key)
    url = _callback(form)
    try:
        with context().write() as session:
            return _keep_once(session, comment, decision, url, sealed_key)
    except IntegrityError:  # PostgreSQL: another request inserted the same endpoint meanwhile; now it is visible
        with context().write() as session:
            return _keep_once(session, comment, decision, url, sealed_key)


def _keep_once(session: Session, comment: Comment, decision: Decision, url: str | None, sealed_key: str) -> bool:
    earlier = checked.find_again(session, comment, by_time=False)
    if earlier is not None and earlier.origin is not None and checked.says_the_same(earlier, comment):
        g.akismet_guid = earlier.origin["guid"]
        _note(comment, endpoint_id=earlier.origin.get("endpoint_id"))
        return False
    if url is not None:
        endpoint_id = endpoints.open_callback(session, comment.site_id, url, AKISMET, sealed_key=sealed_key)
        _note(comment, endpoint_id=endpoint_id)
    checked.keep(session, comment, decision)
    return True


def _callback(form: Fields) -> str | None:
    """The address to which this comment's decision may be posted; None when there is none."""
    url = form.get("callback", "").strip()
    if not url or not fields.asks_again():
        return None
    try:
        endpoints.require_callback(url, form["blog"])
    except EndpointRefused as refusal:
        log.warning("akismet.callback_refused", why=str(refusal))
        return None
    return url


def _show(comment: Comment, decision: Decision, *, can_call_back: bool) -> _Answer:
    if decision.status == "published":
        return _ham()
    if decision.status == "flagged":
        return _hold(decision.reasons[0]["message"], can_call_back=can_call_back)
    return _spam(pro_tip="discard") if _is_blatant(comment, decision) else _spam()


def _is_blatant(comment: Comment, decision: Decision) -> bool:
    """Whether it is surely spam by its words, and also has an address, filled in the honeypot, or was repeated."""
    about_spam = any(reason.get("label") == "spam" for reason in decision.reasons)
    if not about_spam or (decision.scores or {}).get("spam", 0.0) < BLATANT:
        return False
    origin = comment.origin or {}
    return bool(
        links.count(comment.comment) or comment.url or origin["signals"].get("honeypot") or origin.get("repeated")
    )


def _hold(why: str, *, can_call_back: bool) -> _Answer:
    """The answer that makes the client keep the comment for a person.

    WordPress keeps a comment pending on `false` with an error, until we call back. If we cannot call back, a body that
    is not a verdict makes it ask again. All other clients would publish on either, so they get `true`.
    """
    why = f"A moderator has to look. {why}"
    if not fields.asks_again():
        return _Answer(answers.held("true", why))
    body = "false" if can_call_back else answers.HELD
    return _Answer(answers.held(body, why, error="held-for-moderation"))
