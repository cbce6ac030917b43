"""What is around a comment: its page, the thread as a tree, and the author's latest comments.

The queue's script opens it in the card; without the script it is a page that leads back to the same card.
"""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from moderation.history import author_records, threads
from moderation.history.author_records import Record
from service.console import access
from service.console.card import links, second_look
from service.context import context


def show_context(comment_id: str) -> ResponseReturnValue:
    with context().store.read() as session:
        comment = access.require_comment(session, comment_id)
        tree = threads.tree(session, comment)
        latest = threads.latest_of_author(session, comment)
        records = author_records.of_authors(session, [comment.id]) if comment.author_key else {}
        hidden = second_look.hidden(session, [*(line.comment for line in tree.lines), *latest])
        return render_template(
            "console/comments/context.html",
            comment=comment,
            place=links.places(session, [comment])[comment.id],
            tree=tree,
            latest=latest,
            record=records.get(comment.id, Record()),
            hidden=hidden,
            back=access.own_address(request.args.get("back")),
        )


ROUTES = (("/comments/<comment_id>/context", "GET", show_context),)
