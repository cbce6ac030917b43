"""submit-spam and submit-ham: a person's word becomes a labelled example, and decides a comment that is held."""

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
from moderation.webhooks.protocols import AKISMET
from service.compat import callers
from service.compat.akismet import answers, fields, usage
from service.compat.akismet.fields import Fields
from service.context import context

_DETAILS = ("comment_ID", "comment_post_ID", "comment_type", "comment_check_response")


def submit_spam() -> Response:
    """Take the report that a comment is spam."""
    return _receive("missed_spam", spam=1.0, action="reject")


def submit_ham() -> Response:
    """Take the report that a comment is not spam."""
    return _receive("false_positives", spam=0.0, action="publish")


def _receive(kind: str, *, spam: float, action: Literal["publish", "reject"]) -> Response:
    form = fields.read()
    site_id = callers.require_server(fields.key_of(form))
    blog = fields.blog_of(form)
    text = fields.text_of(form)[: fields.LONGEST_TEXT]
    if not fields.is_set(form, "is_test"):
        if text:
            detail: dict[str, Any] = {name: form[name][: fields.LONGEST_ID] for name in _DETAILS if form.get(name)}
            labels = {"spam": spam}
            feedback.record(context().store, site_id, source=AKISMET.name, text=text, labels=labels, detail=detail)
            _settle(site_id, form, text, action)
        usage.count(site_id, blog, kind)
    return answers.plain(answers.THANKS)


def _settle(site_id: str, form: Fields, text: str, action: Literal["publish", "reject"]) -> None:
    """Decide on the comment if it is stored, because somebody on the site has decided.

    Their decision replaces the policy's and any earlier one, also their own.
    """
    with context().store.read() as session:
        stored = _find(session, site_id, form, text)
        if stored is None or stored.status == "pending" or _says_so_already(session, stored, action):
            return
    reason = "It was marked as spam on the site." if action == "reject" else "It was marked as not spam on the site."
    try:
        with context().write() as session:
            comments.decide(
                session, site_id, stored.id, action, actor=actors.SITE, reason=reason, version=stored.version
            )
    except CommentError:
        return  # a moderator was faster


def _find(session: Session, site_id: str, form: Fields, text: str) -> Comment | None:
    """The stored comment. Some clients ask before it has a page, as phpBB of a new post, and name the page later."""
    for names in (form, {name: value for name, value in form.items() if name != "permalink"}):
        submission = fields.submission_of(names, text)
        comment = checked.new_comment(site_id, submission, origin={})
        stored = checked.find_again(session, comment, by_time=submission.created_at is not None)
        if stored is not None or "permalink" not in form:
            return stored
    return None


def _says_so_already(session: Session, stored: Comment, action: Literal["publish", "reject"]) -> bool:
    """Whether a person has made this decision already, and the comment has no open item."""
    status = "published" if action == "publish" else "rejected"
    return (
        stored.status == status
        and stored.decided_by != actors.POLICY
        and not review_items.open_kinds(session, stored.id)
    )
