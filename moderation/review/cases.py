"""Hard cases: whose turn a comment is, until when it is put off, and who skipped it. Each change is in the audit.

What is put off is out of the queue: its items are closed with the outcome `put_off`, so that no index and no count of
the queue has it. They open again when the time has come, when somebody calls the comment back, or when anything else
happens to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from moderation import actors, audit, clock, news
from moderation.review import groups
from moderation.store import Store
from moderation.tables import Case, Comment, ReviewItem, Skip

PUT_OFF = "put_off"
#: Everybody who is an admin of the comment's site.
ADMINS = "role:admin"
#: The longest time for which a comment can be put off.
LONGEST = timedelta(days=30)
#: Comments that come back in one transaction.
_STEP = 200


class NothingWaits(Exception):
    """The comment has no open item that could be handled like this."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose cases are asked for: those of a person, and those for admins of the sites where the person is one."""

    actor: str
    administered: Collection[str] = ()

    def matching(self, site_ids: Collection[str] | None) -> Select[str]:
        """The ids of the comments that are theirs, on these sites; None: on any."""
        theirs: ColumnElement[bool] = Case.assigned_to == self.actor
        if self.administered:
            theirs = or_(theirs, and_(Case.assigned_to == ADMINS, Case.site_id.in_(self.administered)))
        of_sites = () if site_ids is None else (Case.site_id.in_(site_ids),)
        return select(Case.comment_id).where(theirs, *of_sites)


def assign(session: Session, comment: Comment, to: str | None, *, by: str) -> None:
    """Say whose turn it is, in the caller's transaction: a person, `ADMINS`, or None for everybody again.

    Raises:
        NothingWaits: nobody is asked about the comment.
    """
    _require_waiting(session, comment.id, put_off_too=True)
    case = _case(session, comment)
    if case.assigned_to == to:
        return
    case.assigned_to = to
    session.flush()
    if to is None:
        _tell(session, comment, "comment.unassigned", by)
    elif to == ADMINS:
        _tell(session, comment, "comment.escalated", by, role=to.partition(":")[2])
    else:
        _tell(session, comment, "comment.assigned", by, to=actors.user_id(to))


def put_off(session: Session, comment: Comment, until: datetime, *, by: str) -> None:
    """Take a comment out of the queue until some time, in the caller's transaction.

    Raises:
        NothingWaits: nothing about it waits but a second look, which has no hurry.
    """
    _require_waiting(session, comment.id)
    left = groups.without(session, [comment.id])
    session.execute(
        update(ReviewItem)
        .where(ReviewItem.comment_id == comment.id, ReviewItem.is_open, ReviewItem.kind != "second_look")
        .values(closed_at=clock.now(), closed_by=by, outcome=PUT_OFF, due=groups.own_due(), claimed_by=None)
        .execution_options(synchronize_session=False)
    )
    groups.move_up(session, left)
    case = _case(session, comment)
    case.put_off_until, case.put_off_by = until, by
    session.flush()
    _tell(session, comment, "comment.put_off", by, until=until.isoformat())


def call_back(session: Session, comment: Comment, *, by: str) -> bool:
    """Let a comment wait again that is put off, in the caller's transaction. Returns whether it was."""
    if not bring_back(session, [comment.id]):
        return False
    audit.record(session, [audit.row_about(comment, "comment.called_back", by)])
    news.of(session).happened("opened", comment.site_id, [comment.id])
    return True


def bring_back(session: Session, comment_ids: Sequence[str]) -> set[str]:
    """Open the items again of those of these comments that are put off. Returns the ids of these comments.

    In the caller's transaction; nobody is told. Where another item of the same kind was opened since, that one stays
    open, and the one that was put off stays closed.
    """
    query = select(Case).where(Case.comment_id.in_(comment_ids), Case.put_off_until.is_not(None)).with_for_update()
    cases = {case.comment_id: case for case in session.scalars(query.execution_options(populate_existing=True))}
    if not cases:
        return set()
    of_these = select(ReviewItem).where(ReviewItem.comment_id.in_(cases)).execution_options(populate_existing=True)
    asked = {(item.comment_id, item.kind) for item in session.scalars(of_these.where(ReviewItem.is_open))}
    for item in session.scalars(of_these.where(ReviewItem.outcome == PUT_OFF).order_by(ReviewItem.id)):
        if (item.comment_id, item.kind) in asked:
            item.outcome = "report" if item.kind == "report" else "edit"
        else:
            item.closed_at = item.closed_by = item.outcome = item.claimed_until = None
    for case in cases.values():
        case.put_off_until = case.put_off_by = None
    session.flush()
    groups.fall_in(session, sorted(cases))
    return set(cases)


def bring_back_due(store: Store) -> Iterator[news.News]:
    """Bring back what is put off until now. Gives the news of each transaction, to be told."""
    while True:
        with store.read() as session:
            due = select(Case.comment_id).where(Case.put_off_until <= clock.now()).order_by(Case.put_off_until)
            ids = session.scalars(due.limit(_STEP)).all()
        if not ids:
            return
        with store.write() as session:
            # Somebody may have put one off again meanwhile.
            still = select(Case.comment_id).where(Case.comment_id.in_(ids), Case.put_off_until <= clock.now())
            back = bring_back(session, session.scalars(still).all())
            for comment in session.scalars(select(Comment).where(Comment.id.in_(back)).order_by(Comment.id)):
                audit.record(session, [audit.row_about(comment, "comment.came_back", actors.POLICY)])
                news.of(session).happened("opened", comment.site_id, [comment.id])
        yield news.of(session)


def skip(session: Session, comment: Comment, *, by: str) -> None:
    """Note that somebody left the comment to others, in the caller's transaction; once is enough.

    Raises:
        NothingWaits: nobody is asked about the comment.
    """
    _require_waiting(session, comment.id, second_looks_too=True)
    if session.get(Skip, (comment.id, by)) is not None:
        return
    session.add(Skip(comment_id=comment.id, skipped_by=by))
    session.flush()
    _tell(session, comment, "comment.skipped", by)


def close(session: Session, comment_ids: Sequence[str]) -> None:
    """Forget cases that somebody has settled, in the caller's transaction."""
    for table in (Case, Skip):
        session.execute(
            delete(table).where(table.comment_id.in_(comment_ids)).execution_options(synchronize_session=False)
        )


def of_comments(session: Session, comment_ids: Collection[str]) -> Mapping[str, Case]:
    """Comment id -> its case, for those that have one."""
    return {case.comment_id: case for case in session.scalars(_CASES, {"ids": list(comment_ids)})}


def skipped(session: Session, comment_ids: Collection[str]) -> Mapping[str, int]:
    """Comment id -> how many people skipped it."""
    return dict(session.execute(_SKIPPED, {"ids": list(comment_ids)}).all())


# Built once, because building one takes longer than running it.
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_CASES = select(Case).where(Case.comment_id.in_(_IDS))
_SKIPPED = select(Skip.comment_id, func.count()).where(Skip.comment_id.in_(_IDS)).group_by(Skip.comment_id)


def _require_waiting(
    session: Session, comment_id: str, *, put_off_too: bool = False, second_looks_too: bool = False
) -> None:
    waits: ColumnElement[bool] = and_(ReviewItem.is_open)
    if put_off_too:
        waits = or_(waits, ReviewItem.outcome == PUT_OFF)
    query = select(ReviewItem.id).where(ReviewItem.comment_id == comment_id, waits)
    if not second_looks_too and not put_off_too:
        query = query.where(ReviewItem.kind != "second_look")
    if session.scalar(query.limit(1)) is None:
        raise NothingWaits


def _case(session: Session, comment: Comment) -> Case:
    """The comment's case, new or not. The caller has locked the comment."""
    case = session.get(Case, comment.id, populate_existing=True)
    if case is None:
        session.add(case := Case(comment_id=comment.id, site_id=comment.site_id))
    return case


def _tell(session: Session, comment: Comment, action: str, by: str, **detail: Any) -> None:
    audit.record(session, [audit.row_about(comment, action, by, **detail)])
    news.of(session).happened("handled", comment.site_id, [comment.id])
