"""A comment's page: the comment, its whole history, and the thread around it."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from moderation.history import histories
from moderation.policy.policy_tests import OF_STATUS
from moderation.tables import ReviewItem
from service.console import access, names
from service.console.card import cards, second_look
from service.console.comments import timeline
from service.context import context


def show_comment(comment_id: str) -> ResponseReturnValue:
    with context().store.read() as session:
        comment = access.require_comment(session, comment_id)
        open_items = session.scalars(
            select(ReviewItem).where(ReviewItem.comment_id == comment.id, ReviewItem.is_open)
        ).all()
        around = histories.around(session, comment)
        hidden = second_look.hidden(session, [comment, *around.before, around.parent, *around.answers, *around.after])
        if comment.id not in hidden:
            open_items = [item for item in open_items if item.kind != "second_look"]
        history = histories.history(session, comment.id)
        actors = [event.actor for event in history.events] + [item.closed_by for item in history.second_looks]
        may_decide = access.may(comment.site_id, "moderator")
        return render_template(
            "console/comments/comment.html",
            card=cards.build(session, [(comment, open_items)])[0],
            hidden=hidden,
            history=timeline.tell(comment, history, names.of_people(session, actors)),
            around=around,
            may_decide=may_decide,
            expected=OF_STATUS.get(comment.status) if comment.comment else None,
            outcomes=names.OUTCOMES,
            back=request.path,
        )


ROUTES = (("/comments/<comment_id>", "GET", show_comment),)
