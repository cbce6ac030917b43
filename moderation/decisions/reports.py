"""Readers' reports: what became of them, what that says of who reported, and when reports hide a comment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from moderation import actors, audit, clock, news
from moderation.decisions import writing
from moderation.decisions.decision import Decision
from moderation.errors import NotFound
from moderation.identities import keyring
from moderation.policy import policies
from moderation.policy.rules import REPORTED
from moderation.review import groups
from moderation.store import insert_missing
from moderation.tables import AuditEvent, Comment, Report, Reporter, ReviewItem
from texts import wording

#: Reports that one dismissal answers.
AT_ONCE = 200
#: Reports on which a policy is tried.
_TRIED_ON = 2000
_OUTCOMES = {"published": "dismissed", "rejected": "upheld"}
DISMISS, _EDITED = "dismiss", "edited"


@dataclass(frozen=True, slots=True)
class Dismissal:
    """The result of dismissing a reader's reports."""

    #: By which it is undone; None: there was nothing to dismiss.
    id: str | None
    dismissed: int = 0
    #: Comments that still wait, because others reported them, too, or reports hid them.
    waiting: int = 0
    #: Whether there are more reports than one dismissal answers.
    more: bool = False
    #: The comments that wait for nobody any more, by their ids.
    left: Sequence[str] = ()


def settle(session: Session, comment: Comment, status: str, *, version: int) -> None:
    """Note on a comment's open reports what a decision says of them, in the caller's transaction.

    `version` is the comment's after the decision.
    """
    query = select(Report).where(Report.comment_id == comment.id, _is_waiting())
    open_reports = session.scalars(query.order_by(Report.id)).all()
    if not open_reports:
        return
    outcome = _OUTCOMES[status]
    for report in open_reports:
        report.outcome, report.settled_version = outcome, version
    session.flush()
    _count(session, comment.site_id, open_reports, outcome, by=1)


def unsettle(session: Session, comment: Comment, version: int) -> None:
    """Let the reports wait again that the decision of `version` answered, in the caller's transaction."""
    query = select(Report).where(Report.comment_id == comment.id, Report.settled_version == version)
    settled = session.scalars(query.order_by(Report.id)).all()
    for outcome in _OUTCOMES.values():
        _count(session, comment.site_id, [report for report in settled if report.outcome == outcome], outcome, by=-1)
    for report in settled:
        report.outcome, report.settled_version = "waiting", None
    session.flush()


def set_aside(session: Session, comment: Comment) -> None:
    """Of a comment that its author changes: what was reported is gone, so no reader was right or wrong."""
    session.execute(
        update(Report)
        .where(Report.comment_id == comment.id, _is_waiting())
        .values(outcome=_EDITED)
        .execution_options(synchronize_session=False)
    )


def records(session: Session, site_id: str, reporters: Collection[str]) -> dict[str, Reporter]:
    """Reader -> how often people agreed with them."""
    if not reporters:
        return {}
    query = select(Reporter).where(Reporter.site_id == site_id, Reporter.reporter.in_(reporters))
    return {row.reporter: row for row in session.scalars(query.execution_options(populate_existing=True))}


def counts(record: Reporter | None) -> bool:
    """Whether a reader's report counts towards hiding a comment: people agreed more often than not."""
    return record is not None and record.upheld > record.dismissed


def hide(session: Session, comment: Comment) -> bool:
    """Hide a published comment if enough readers reported it who were right before, in the caller's transaction.

    Its open report then waits in the queue as before. A reader counts once, and an anonymous one never. Nor does who
    wrote the comment: nobody gains by reporting themselves.
    """
    if comment.status != "published":
        return False
    row = policies.current(session, comment.site_id)
    document = policies.DEFAULT | row.document
    needed = document["hide_after_reports"]
    if needed is None or document["mode"] == "observe":  # that mode holds nothing
        return False
    query = select(Report.reporter).where(
        Report.comment_id == comment.id, Report.outcome == "waiting", Report.reporter.is_not(None)
    )
    readers = {reader for reader in session.scalars(query) if reader} - {comment.user_id, comment.email}
    right_before = sum(map(counts, records(session, comment.site_id, readers).values()))
    if right_before < needed:
        return False
    number = wording.counted(right_before, "{} reader", "{} readers")
    reason = REPORTED.reason(f"{number} reported it whose reports were upheld before.", threshold=needed)
    decision = Decision.of(
        comment,
        status="flagged",
        actor=actors.POLICY,
        version=comment.version + 1,
        policy_version=row.version,
        reasons=[reason.as_json()],
    )
    writing.write(session, [decision])
    session.refresh(comment)
    news.of(session).happened("opened", comment.site_id, [comment.id])
    return True


def would_hide(session: Session, site_id: str, needed: int) -> tuple[int, int]:
    """How many comments a policy that hides after `needed` reports would have hidden, and of how many reported ones.

    It looks at the latest `_TRIED_ON` reports of all sites, and counts readers by what is known of them now.
    """
    latest = select(Report.id).order_by(Report.id.desc()).limit(_TRIED_ON).subquery()
    query = select(Report.comment_id, Report.reporter).where(
        Report.id.in_(select(latest.c.id)), Report.site_id == site_id
    )
    readers: dict[str, set[str]] = {}
    for comment_id, reporter in session.execute(query):
        readers.setdefault(comment_id, set()).update({reporter} if reporter else ())
    everybody = set().union(*readers.values())
    right = {reader for reader, record in records(session, site_id, everybody).items() if counts(record)}
    return sum(len(reporters & right) >= needed for reporters in readers.values()), len(readers)


def dismiss_all(session: Session, site_id: str, reporter: str, *, actor: str) -> Dismissal:
    """Dismiss a reader's reports that wait, up to `AT_ONCE` of them, in the caller's transaction.

    What only this reader reported leaves the queue as it is. What others reported, too, stays there, and so does what
    reports have hidden: somebody has to look at that.
    """
    query = select(Report).where(
        Report.site_id == site_id,
        Report.reporter == reporter,
        Report.outcome == "waiting",
        Report.reporter.is_not(None),
    )
    reports = session.scalars(query.order_by(Report.id).limit(AT_ONCE + 1)).all()
    more, mine = len(reports) > AT_ONCE, reports[:AT_ONCE]
    if not mine:
        return Dismissal(None)
    comment_ids = sorted({report.comment_id for report in mine})
    comments = select(Comment).where(Comment.id.in_(comment_ids)).order_by(Comment.id).with_for_update()
    hidden = {comment.id for comment in session.scalars(comments) if comment.status != "published"}
    for report in mine:
        report.outcome = "dismissed"
    session.flush()
    others = select(Report.comment_id).where(Report.comment_id.in_(comment_ids), _is_waiting()).distinct()
    staying = hidden | set(session.scalars(others))
    gone = [comment_id for comment_id in comment_ids if comment_id not in staying]
    closed = _close(session, gone, actor)
    waiting = session.scalars(select(ReviewItem.comment_id).where(ReviewItem.comment_id.in_(gone), ReviewItem.is_open))
    _count(session, site_id, mine, "dismissed", by=1)
    event = audit.row("reports.dismissed", actor=actor, site_id=site_id)
    event["detail"] = {"reports": [report.id for report in mine], "closed": closed}
    audit.record(session, [event])
    news.of(session).happened("decided", site_id, comment_ids)
    return Dismissal(event["id"], len(mine), len(staying), more, sorted(set(gone).difference(waiting)))


def undo_dismissal(session: Session, dismissal_id: str, *, actor: str) -> int:
    """Let the reports wait again that this person dismissed, in the caller's transaction. Returns how many.

    Raises:
        NotFound: this person has dismissed nothing under this id.
    """
    event = session.get(AuditEvent, dismissal_id)
    if event is None or event.action != "reports.dismissed" or event.actor != actor or event.site_id is None:
        raise NotFound("There is no such dismissal of yours.")
    detail = event.detail or {}
    query = select(Report).where(Report.id.in_(detail["reports"]), Report.outcome == "dismissed")
    mine = session.scalars(query.where(Report.settled_version.is_(None)).with_for_update()).all()
    for report in mine:
        report.outcome = "waiting"
    session.flush()
    _count(session, event.site_id, mine, "dismissed", by=-1)
    _open_again(session, detail["closed"], actor)
    audit.record(session, [audit.row("reports.dismissal_undone", actor=actor, site_id=event.site_id)])
    news.of(session).happened("opened", event.site_id, sorted({report.comment_id for report in mine}))
    return len(mine)


def _is_waiting() -> Any:
    return or_(Report.outcome.is_(None), Report.outcome == "waiting")


def _close(session: Session, comment_ids: Sequence[str], actor: str) -> list[str]:
    """Close the open report items of these comments. Returns the items' ids."""
    if not comment_ids:
        return []
    items = select(ReviewItem.id).where(
        ReviewItem.comment_id.in_(comment_ids), ReviewItem.kind == "report", ReviewItem.is_open
    )
    ids = list(session.scalars(items))
    groups_left = groups.without(session, comment_ids)
    session.execute(
        update(ReviewItem)
        .where(ReviewItem.id.in_(ids))
        .values(closed_at=clock.now(), closed_by=actor, outcome=DISMISS, due=groups.own_due())
        .execution_options(synchronize_session=False)
    )
    groups.move_up(session, groups_left)
    return ids


def _open_again(session: Session, item_ids: Sequence[str], actor: str) -> None:
    """Open the items again, but for comments that have another open report by now."""
    query = select(ReviewItem).where(
        ReviewItem.id.in_(item_ids), ReviewItem.outcome == DISMISS, ReviewItem.closed_by == actor
    )
    items = session.scalars(query.execution_options(populate_existing=True)).all()
    taken = select(ReviewItem.comment_id).where(
        ReviewItem.comment_id.in_([item.comment_id for item in items]), ReviewItem.kind == "report", ReviewItem.is_open
    )
    again = set(session.scalars(taken))
    reopened = [item for item in items if item.comment_id not in again]
    for item in reopened:
        item.closed_at = item.closed_by = item.outcome = None
        item.claimed_by = item.claimed_until = None
    session.flush()
    groups.fall_in(session, [item.comment_id for item in reopened])


def _count(session: Session, site_id: str, reports: Sequence[Report], outcome: str, *, by: int) -> None:
    """Count an outcome once for each reader and comment; `by` is 1, or -1 to take it back."""
    pairs = {(report.reporter, report.comment_id) for report in reports if report.reporter}
    numbers: Mapping[str, int] = Counter(reader for reader, _ in pairs)
    if not numbers:
        return
    # While keys change, a reader's row may have their id in another form, with which an insert would not collide.
    there = records(session, site_id, numbers) if keyring.current().is_mixed else {}
    new = sorted(numbers.keys() - there.keys())
    rows = [{"site_id": site_id, "reporter": reader, "upheld": 0, "dismissed": 0} for reader in new]
    if rows:
        insert_missing(session, Reporter, rows)
    column = Reporter.upheld if outcome == "upheld" else Reporter.dismissed
    for number in sorted(set(numbers.values())):
        readers = [reader for reader in sorted(numbers) if numbers[reader] == number]
        session.execute(
            update(Reporter)
            .where(Reporter.site_id == site_id, Reporter.reporter.in_(readers))
            .values({column: column + by * number})
            .execution_options(synchronize_session=False)
        )
