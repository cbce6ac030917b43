"""comment-check: is it spam? What a person has to look at is held, kept for the review queue, and told of later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import structlog
from flask import Response, g
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation import sealing
from moderation.decisions import checked
from moderation.decisions.decision import Decision
from moderation.news import News
from moderation.tables import Comment
from moderation.webhooks import afterwards, endpoints
from moderation.webhooks.endpoints import EndpointRefused
from moderation.webhooks.protocols import AKISMET
from service.compat import shared
from service.compat.akismet import answers, fields, usage
from service.compat.akismet.answers import plain
from service.compat.akismet.fields import Fields
from service.compat.shared import Refusal
from service.context import context
from texts import links

log = structlog.get_logger(__name__)

#: Akismet's own for trying an integration out.
_ALWAYS_SPAM = {"akismet-guaranteed-spam", "akismet-guaranteed-spam@example.com", "viagra-test-123"}
#: A spam score from here on, and a sign beside the words, is beyond doubt: sites may drop the comment unseen.
BLATANT = 0.999


def check_comment() -> Response:
    """`true`, `false`, or an answer that has the client hold the comment."""
    sent = fields.read()
    key = fields.key_of(sent)
    site_id = shared.require_site(key)
    for name in ("blog", "user_ip"):
        if name not in sent or (name == "blog" and not sent[name].strip()):
            return answers.missing(name)
    text = fields.text_of(sent)
    answer = _ruled(sent) or _verdict(site_id, key, sent, text)
    if not _keeps_nothing(sent):
        usage.count(site_id, sent["blog"], answer.counts_as)
    return answer.response


def _keeps_nothing(sent: Fields) -> bool:
    """A test leaves nothing behind, nor does a page whose key anybody may use."""
    return fields.is_set(sent, "is_test") or shared.only_scores()


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the client is sent, and as which verdict it is counted: as none where a person has to look."""

    response: Response
    counts_as: Literal["spam", "ham"] | None = None


def _spam(**headers: str) -> _Answer:
    return _Answer(plain("true", **headers), "spam")


def _ham() -> _Answer:
    return _Answer(plain("false"), "ham")


def _ruled(sent: Fields) -> _Answer | None:
    """What needs no judging: the values that Akismet documents for tests, and a site's own administrators."""
    if {sent.get("comment_author"), sent.get("comment_author_email")} & _ALWAYS_SPAM:
        return _spam()
    return _ham() if "administrator" in fields.roles(sent) else None


def _require_fit(text: str) -> None:
    if not text:
        raise Refusal("no_text", status=400)
    if len(text) > fields.LONGEST_TEXT:
        raise Refusal("too_long", status=413)


def _verdict(site_id: str, key: str, sent: Fields, text: str) -> _Answer:
    _require_fit(text)
    submission = fields.submission_of(sent, text)
    origin: dict[str, Any] = {
        "protocol": AKISMET.name,
        "guid": g.akismet_guid,
        "post": sent.get("comment_post_ID", "")[:40] or None,
        "signals": fields.signals_of(sent),
        "languages": fields.languages_of(sent),
    }
    if not submission.user_id:  # a visitor typed their e-mail address, and may type a trusted one
        origin["email_was_typed"] = True
    comment = checked.new_comment(site_id, submission, origin=origin)
    comment.external_id = g.akismet_guid
    recheck = bool(sent.get("recheck_reason"))
    earlier = None
    if not shared.only_scores():
        with context().store.read() as session:
            earlier = checked.find_again(session, comment, by_time=recheck and submission.created_at is not None)
    if earlier is not None and (recheck or checked.says_the_same(earlier, comment)):
        return _again(earlier, comment, sent, recheck=recheck)
    keeps_nothing = _keeps_nothing(sent)
    origin["repeated"] = not recheck and not keeps_nothing and usage.is_repeated(comment)
    decision = shared.decide(comment)
    kept = decision.priority is not None and not keeps_nothing and _keep(key, sent, comment, decision)
    if not kept:
        unwritten = News(decisions=[(decision.status, decision.actor)])
        afterwards.tell(context().queues, unwritten)
    return _show(comment, decision, can_call_back=bool(origin.get("endpoint_id")))


def _again(earlier: Comment, comment: Comment, sent: Fields, *, recheck: bool) -> _Answer:
    """A comment that a moderator has, or had, before them: their decision, if readers would still see the same.

    Asked anew, as a client does that lost our answer, it is known by the first answer's name from here on.
    """
    origin = earlier.origin or {}
    if not recheck:
        g.akismet_guid = origin["guid"]
    if checked.says_the_same(earlier, comment):
        if earlier.status in {"flagged", "pending"}:
            return _hold("None has decided yet.", can_call_back=not recheck and bool(origin.get("endpoint_id")))
        return _spam() if earlier.status == "rejected" else _ham()
    decision = shared.decide(comment)
    if not _keeps_nothing(sent):
        with context().write() as session:
            checked.change(session, earlier, comment, decision)
    return _show(comment, decision, can_call_back=False)


def _keep(key: str, sent: Fields, comment: Comment, decision: Decision) -> bool:
    """Store it for the review queue, and where its decision goes. False when the request came again: it is there."""
    sealed_key = sealing.seal(context().settings, key)
    url = _callback(sent)
    try:
        with context().write() as session:
            return _keep_once(session, comment, decision, url, sealed_key)
    except IntegrityError:  # PostgreSQL: another request made the same endpoint meanwhile; now it can be seen
        with context().write() as session:
            return _keep_once(session, comment, decision, url, sealed_key)


def _keep_once(session: Session, comment: Comment, decision: Decision, url: str | None, sealed_key: str) -> bool:
    origin = comment.origin or {}
    earlier = checked.find_again(session, comment, by_time=False)
    if earlier is not None and earlier.origin is not None and checked.says_the_same(earlier, comment):
        g.akismet_guid = earlier.origin["guid"]
        origin["endpoint_id"] = earlier.origin.get("endpoint_id")
        return False
    if url is not None:
        origin["endpoint_id"] = endpoints.open_callback(session, comment.site_id, url, AKISMET, sealed_key=sealed_key)
    checked.keep(session, comment, decision)
    return True


def _callback(sent: Fields) -> str | None:
    """Where this comment's decision may be posted, if anywhere."""
    url = sent.get("callback", "").strip()
    if not url or not fields.asks_again():
        return None
    try:
        endpoints.require_callback(url, sent["blog"])
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
    """Whether it is spam by its words, and advertises an address, filled in the honeypot or was sent by many."""
    about_spam = any(reason.get("label") == "spam" for reason in decision.reasons)
    if not about_spam or (decision.scores or {}).get("spam", 0.0) < BLATANT:
        return False
    origin = comment.origin or {}
    return bool(
        links.count(comment.comment) or comment.url or origin["signals"].get("honeypot") or origin.get("repeated")
    )


def _hold(why: str, *, can_call_back: bool) -> _Answer:
    """Have the client keep the comment for a person, each in the way that it knows.

    `false` with an error is kept pending by WordPress until we call back. Where we cannot, a body that is no verdict
    has it ask again. Everybody else would publish on either: to them it is `true`, and no header says that we failed.
    """
    why = f"A moderator has to look. {why}"
    if not fields.asks_again():
        return _Answer(answers.held("true", why))
    body = "false" if can_call_back else answers.HELD
    return _Answer(answers.held(body, why, error="held-for-moderation"))
