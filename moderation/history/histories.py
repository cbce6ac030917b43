"""The history of a comment, the thread around it, and the record of an author on a site."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from moderation.tables import (
    Appeal,
    AuditEvent,
    Comment,
    Moment,
    Report,
    ReviewItem,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)

#: At most so many events, reports, second looks and deliveries of a comment are read: the first ones.
MOST = 300
#: A comment's answers are looked for among so many comments after it in its thread.
_ANSWERS_AMONG = 500
#: An author's comments are counted up to this number, and so many of the latest are read.
COUNT_UP_TO, RECENT = 1000, 200


@dataclass(frozen=True, slots=True)
class History:
    """All that happened to a comment, each kind oldest first."""

    events: Sequence[AuditEvent]
    reports: Sequence[Report]
    appeals: Sequence[Appeal]
    second_looks: Sequence[ReviewItem]
    #: Each with the URL that it went to, and its attempts.
    deliveries: Sequence[tuple[WebhookDelivery, str, Sequence[WebhookAttempt]]]


@dataclass(frozen=True, slots=True)
class Around:
    """The thread around a comment, in the order of reading."""

    parent: Comment | None
    before: Sequence[Comment]
    answers: Sequence[Comment]
    after: Sequence[Comment]


@dataclass(frozen=True, slots=True)
class Record:
    """An author on a site."""

    #: Status -> comments, counted up to `COUNT_UP_TO` together.
    counts: dict[str, int]
    first: Comment
    #: The latest comments, newest first.
    recent: Sequence[Comment]

    @property
    def capped(self) -> bool:
        return sum(self.counts.values()) >= COUNT_UP_TO

    def values_of(self, field: str) -> list[tuple[str, int]]:
        """The values of `name`, `email`, … in their latest comments, and how often each was used, most used first."""
        return Counter(value for comment in self.recent if (value := getattr(comment, field))).most_common(20)


def history(session: Session, comment_id: str) -> History:
    """Everything that happened to a comment."""
    second_looks = select(ReviewItem).where(ReviewItem.comment_id == comment_id, ReviewItem.kind == "second_look")
    events = select(AuditEvent).where(AuditEvent.comment_id == comment_id)
    reports = select(Report).where(Report.comment_id == comment_id)
    appeals = select(Appeal).where(Appeal.comment_id == comment_id)
    return History(
        events=session.scalars(events.order_by(AuditEvent.id).limit(MOST)).all(),
        reports=session.scalars(reports.order_by(Report.id).limit(MOST)).all(),
        appeals=session.scalars(appeals.order_by(Appeal.id)).all(),
        second_looks=session.scalars(second_looks.order_by(ReviewItem.id).limit(MOST)).all(),
        deliveries=_deliveries(session, comment_id),
    )


def around(session: Session, comment: Comment, *, near: int = 3) -> Around:
    """What a comment answers, what answers it, and its neighbours in its thread."""
    in_thread, own_place = _in_thread(comment), _place(comment)
    next_ones = _next(comment)
    preceding = select(Comment).where(*in_thread, _placed < own_place)
    preceding = preceding.order_by(Comment.created_at.desc(), Comment.id.desc())
    next_ids = next_ones.with_only_columns(Comment.id, Comment.parent_id).limit(_ANSWERS_AMONG).subquery()
    answers = select(Comment).where(
        Comment.id.in_(select(next_ids.c.id).where(next_ids.c.parent_id == comment.id).limit(20))
    )
    in_a_thread = comment.thread is not None  # comments without a thread have no neighbours
    return Around(
        parent=session.get(Comment, comment.parent_id) if comment.parent_id else None,
        before=session.scalars(preceding.limit(near)).all()[::-1] if in_a_thread else [],
        answers=session.scalars(answers.order_by(Comment.created_at, Comment.id)).all(),
        after=session.scalars(next_ones.limit(near)).all() if in_a_thread else [],
    )


def following(session: Session, comment: Comment) -> list[tuple[str, str | None]]:
    """The ids of the first `_ANSWERS_AMONG` comments after one in its thread, in order, each with its parent's."""
    rows = session.execute(_next(comment).with_only_columns(Comment.id, Comment.parent_id).limit(_ANSWERS_AMONG))
    return [(comment_id, parent_id) for comment_id, parent_id in rows]


def _in_thread(comment: Comment) -> list[ColumnElement[bool]]:
    return [
        Comment.site_id == comment.site_id,
        Comment.thread.is_(None) if comment.thread is None else Comment.thread == comment.thread,
    ]


_placed: Any = tuple_(Comment.created_at, Comment.id)


def _place(comment: Comment) -> Any:
    return tuple_(literal(comment.created_at, Moment), literal(comment.id))


def _next(comment: Comment) -> Select[Comment]:
    """The comments after one in its thread, in order."""
    after = select(Comment).where(*_in_thread(comment), _placed > _place(comment))
    return after.order_by(Comment.created_at, Comment.id)


def author(session: Session, site_id: str, author_key: str) -> Record | None:
    """The author with this key on a site; None when nobody has it."""
    by_author = Comment.site_id == site_id, Comment.author_key == author_key
    recent = session.scalars(select(Comment).where(*by_author).order_by(Comment.id.desc()).limit(RECENT)).all()
    first_comment = session.scalar(select(Comment).where(*by_author).order_by(Comment.id).limit(1))
    if first_comment is None:
        return None
    bounded = select(Comment.status).where(*by_author).order_by(Comment.id.desc()).limit(COUNT_UP_TO).subquery()
    by_status = select(bounded.c.status, func.count()).group_by(bounded.c.status)
    counts: dict[str, int] = dict(session.execute(by_status).all())
    return Record(counts, first_comment, recent)


def _deliveries(session: Session, comment_id: str) -> list[tuple[WebhookDelivery, str, Sequence[WebhookAttempt]]]:
    rows = session.execute(
        select(WebhookDelivery, WebhookEndpoint.url)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookDelivery.comment_id == comment_id)
        .order_by(WebhookDelivery.id)
        .limit(MOST)
    ).all()
    attempts: dict[str, list[WebhookAttempt]] = defaultdict(list)
    of_deliveries = WebhookAttempt.delivery_id.in_([delivery.id for delivery, _ in rows])
    for attempt in session.scalars(select(WebhookAttempt).where(of_deliveries).order_by(WebhookAttempt.id)):
        attempts[attempt.delivery_id].append(attempt)
    return [(delivery, url, attempts[delivery.id]) for delivery, url in rows]
