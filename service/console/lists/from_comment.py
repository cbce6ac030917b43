"""Adding to a shared list what a comment shows: its author, address, a domain in its text, or a word of it."""

from __future__ import annotations

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from moderation import authors
from moderation.policy import shared_lists
from moderation.policy.list_kinds import KINDS
from moderation.tables import Comment
from service import forms
from service.console import access
from service.context import context
from texts import links
from texts.translation import gettext

#: Characters of an entry, and domains of a text that are offered.
LONGEST, MOST_DOMAINS = 200, 10


def offer_lists(comment_id: str) -> ResponseReturnValue:
    """Each shared list with a form that adds to it. The list's own page then offers to take it out again."""
    access.require_everywhere("admin")
    with context().store.read() as session:
        comment = access.require_comment(session, comment_id)
        if comment.status == "erased":
            abort(410, gettext("The comment was erased meanwhile, and its author with it."))
        lists = shared_lists.in_order(session)
        suggested = _suggested(comment, " ".join(forms.argument("word", most=LONGEST).split()))
        return render_template(
            "console/lists/from_comment.html",
            comment=comment,
            lists=[(row, KINDS[row.kind], suggested.get(row.kind, [])) for row in lists],
            longest=LONGEST,
        )


def _suggested(comment: Comment, word: str) -> dict[str, list[str]]:
    """What of the comment fits into a list, by the list's kind."""
    author = authors.entry_for(authors.of_comment(comment), longest=LONGEST)
    hosts = sorted(links.hosts(f"{comment.comment} {comment.url or ''}"))[:MOST_DOMAINS]
    found = {"words": word, "authors": author, "addresses": comment.ip}
    return {kind: [entry] for kind, entry in found.items() if entry} | {"domains": hosts}


ROUTES = (("/comments/<comment_id>/lists", "GET", offer_lists),)
