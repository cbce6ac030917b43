"""Rows of the list of all comments: what each says of its decision, and which decisions there are to make."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import actors
from moderation.decisions import appeals
from moderation.sites import site_settings
from moderation.tables import Comment, ReviewItem
from service.console import access, names, retold
from service.console.card import second_look, verbs
from service.console.card.stencils import form_fields
from service.console.card.verbs import Verb
from service.context import context
from texts.translation import gettext

_SOON = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Row:
    """A comment as a line of a list."""

    comment: Comment
    site_name: str
    #: Whether the person is asked for a second look at it, so that what was decided stays unsaid.
    hidden: bool
    #: Whether a person has to decide.
    waits: bool
    #: Who decided, by name.
    decided_by: str | None
    #: The decisions that would change something, in words; none for who may not decide.
    choices: tuple[tuple[str, Verb], ...]
    #: The site's list of reasons for rejecting: code, and what it says.
    reasons: tuple[tuple[str, str], ...]
    reason_required: bool

    def own(self, back: str) -> dict[str, str]:
        """What is its own in its form, as HTML; `back` is the page that it leads back to."""
        return form_fields(self.comment, back)

    @property
    def decided_later(self) -> bool:
        """Whether when it was decided is worth saying: the policy decides at once."""
        at = self.comment.decided_at
        return at is not None and (actors.is_person(self.comment.decided_by) or at - self.comment.accepted_at > _SOON)


def build(session: Session, comments: Sequence[Comment], hidden: Collection[str]) -> list[Row]:
    """Rows for these comments, in order, with one query for each kind of data."""
    ids, site_ids = [comment.id for comment in comments], {comment.site_id for comment in comments}
    site_names, settings = names.of_sites(session, site_ids), site_settings.of_sites(session, site_ids)
    reasons = {site_id: retold.reasons(one.reasons) for site_id, one in settings.items()}
    people = names.of_people(session, [comment.decided_by for comment in comments]) | {
        actors.POLICY: gettext("the policy")
    }
    open_items = select(ReviewItem.comment_id).where(ReviewItem.comment_id.in_(ids), ReviewItem.is_open)
    waiting, appealed = set(session.scalars(open_items)), set(appeals.waiting(session, ids))
    return [
        Row(
            comment,
            site_names[comment.site_id],
            comment.id in hidden,
            comment.id in waiting,
            None if comment.id in hidden else people.get(comment.decided_by or ""),
            _verbs(comment, comment.id in waiting, comment.id in appealed, comment.id in hidden),
            reasons[comment.site_id],
            settings[comment.site_id].require_reason,
        )
        for comment in comments
    ]


def show_row(comment_id: str) -> ResponseReturnValue:
    """One row alone, as it is now, for the list's script."""
    with context().store.read() as session:
        comment = access.require_comment(session, comment_id)
        [row] = build(session, [comment], second_look.hidden(session, [comment]))
        back = access.own_address(request.args.get("back"))
        return render_template("console/comments/one_row.html", row=row, back=back)


def _verbs(comment: Comment, waits: bool, appealed: bool, hidden: bool) -> tuple[tuple[str, Verb], ...]:
    """Of a comment that waits both; of one that is decided, the other: a correction."""
    if comment.status not in {"published", "flagged", "rejected"} or not access.may(comment.site_id, "moderator"):
        return ()
    words = verbs.of(comment.status, appealed=appealed, blind=hidden)
    in_force = {"published": "publish", "rejected": "reject"}.get(comment.status)
    return tuple((action, verb) for action, verb in words.items() if waits or hidden or action != in_force)


ROUTES = (("/comments/<comment_id>/row", "GET", show_row),)
