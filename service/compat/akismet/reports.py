"""submit-spam and submit-ham: what people say of a comment becomes a labelled example, and settles what is held."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response

from moderation import actors
from moderation.decisions import checked, comments
from moderation.decisions.comments import CommentError
from moderation.history import feedback
from service.compat import shared
from service.compat.akismet import answers, fields, usage
from service.compat.akismet.fields import Fields
from service.context import context

_DETAILS = ("comment_ID", "comment_post_ID", "comment_type", "comment_check_response")


def submit_spam() -> Response:
    """It is spam, whatever we said."""
    return _receive("missed_spam", spam=1.0, action="reject")


def submit_ham() -> Response:
    """It is not."""
    return _receive("false_positives", spam=0.0, action="publish")


def _receive(kind: str, *, spam: float, action: Literal["publish", "reject"]) -> Response:
    sent = fields.read()
    site_id = shared.require_server(fields.key_of(sent))
    for name in ("blog", "user_ip"):
        if name not in sent or (name == "blog" and not sent[name].strip()):
            return answers.missing(name)
    text = fields.text_of(sent)[: fields.LONGEST_TEXT]
    if not fields.is_set(sent, "is_test"):
        if text:
            detail: dict[str, Any] = {name: sent[name][:40] for name in _DETAILS if sent.get(name)}
            feedback.record(context().store, site_id, source="akismet", text=text, labels={"spam": spam}, detail=detail)
            _settle(site_id, sent, text, action)
        usage.count(site_id, sent["blog"], kind)
    return answers.plain(answers.THANKS)


def _settle(site_id: str, sent: Fields, text: str, action: Literal["publish", "reject"]) -> None:
    """Decide on the comment if it waits for a moderator here: somebody has, over there."""
    comment = checked.new_comment(site_id, fields.submission_of(sent, text), origin={})
    with context().store.read() as session:
        waiting = checked.find_again(session, comment, recheck=True)
    if waiting is None or waiting.status != "flagged":
        return
    reason = "It was marked as spam on the site." if action == "reject" else "It was marked as not spam on the site."
    try:
        with context().write() as session:
            comments.decide(
                session, site_id, waiting.id, action, actor=actors.SITE, reason=reason, version=waiting.version
            )
    except CommentError:
        return  # a moderator was faster
