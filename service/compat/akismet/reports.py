"""submit-spam and submit-ham: what people say of a comment becomes a labelled example, and settles what is held."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response
from sqlalchemy.orm import Session

from moderation import actors
from moderation.decisions import checked, comments
from moderation.decisions.comments import CommentError
from moderation.history import feedback
from moderation.review import review_items
from moderation.tables import Comment
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
    """Decide on the comment if a moderator has, or had, it before them here: somebody has, over there, and later.

    Their word takes the place of the policy's and of any earlier one, also of their own.
    """
    submission = fields.submission_of(sent, text)
    comment = checked.new_comment(site_id, submission, origin={})
    with context().store.read() as session:
        kept = checked.find_again(session, comment, by_time=submission.created_at is not None)
        if kept is None or kept.status == "pending" or _says_so_already(session, kept, action):
            return
    reason = "It was marked as spam on the site." if action == "reject" else "It was marked as not spam on the site."
    try:
        with context().write() as session:
            comments.decide(session, site_id, kept.id, action, actor=actors.SITE, reason=reason, version=kept.version)
    except CommentError:
        return  # a moderator was faster


def _says_so_already(session: Session, kept: Comment, action: Literal["publish", "reject"]) -> bool:
    """Whether a person has decided so, and nothing about it waits."""
    wanted = "published" if action == "publish" else "rejected"
    return kept.status == wanted and kept.decided_by != actors.POLICY and not review_items.open_kinds(session, kept.id)
