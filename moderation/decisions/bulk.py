"""Bulk jobs: one decision on many comments, done step by step, or the undoing of one.

A step is a transaction: it decides some comments and says in the job's row how far it has come. So a worker that is
killed loses nothing, and two workers with the same job do each comment once: whoever writes second sees that the job
has moved on, and does nothing.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from moderation import actors, audit, clock, news
from moderation.decisions import bulk_criteria, comments, undoing
from moderation.decisions.bulk_criteria import Chosen
from moderation.decisions.comments import CommentError
from moderation.errors import NotFound
from moderation.intake.queues import Queues
from moderation.news import News, Progress
from moderation.people import roles
from moderation.sites import site_settings
from moderation.store import Store
from moderation.tables import BulkChange, BulkJob, Comment, User

#: Comments that one transaction decides: other writers wait that long, on SQLite some 5 ms for each.
STEP = 25
#: A preview counts no further, so that it costs the same in the largest attack.
COUNT_UP_TO = 2_000
_COUNTED_AT_ONCE = 500
#: Nor does it look further than this: a search may find its first match late.
_MOST_PAGES = 50
#: A job that nobody has touched for so long is queued again.
LEFT_ALONE = timedelta(seconds=30)
_EXAMPLES = 3

Action = Literal["publish", "reject", "undo"]


class NotAllowed(Exception):
    """This person may not do that with this job; the message says why."""


@dataclass(slots=True)
class Preview:
    """What a job would do. `total` stops above `COUNT_UP_TO`."""

    total: int = 0
    more: bool = False
    statuses: Counter[str] = field(default_factory=Counter)
    sites: Counter[str] = field(default_factory=Counter)
    authors: set[tuple[str, str | None]] = field(default_factory=set)
    threads: set[tuple[str, str | None]] = field(default_factory=set)
    examples: list[Comment] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Step:
    """What a step came to: whether there is more to do, and what is to be told of it (`afterwards.tell`)."""

    more: bool
    news: News = field(default_factory=News)
    #: The name of whose job it is.
    by: str | None = None


def preview(
    session: Session, criteria: Mapping[str, Any], action: Action, site_ids: Collection[str], *, actor: str
) -> Preview:
    """What deciding all these comments would mean: how many, on which sites, by whom."""
    found, after, counted = Preview(), "", set()
    for _ in range(_MOST_PAGES):
        page = bulk_criteria.read(session, criteria, action, site_ids, actor=actor, after=after, limit=_COUNTED_AT_ONCE)
        for one in page.chosen:
            if not one.free or one.comment_id in counted:
                continue
            counted.add(one.comment_id)
            found.total += 1
            found.statuses[one.comment.status] += 1
            found.sites[one.comment.site_id] += 1
            found.authors.add((one.comment.site_id, one.comment.author_key))
            found.threads.add((one.comment.site_id, one.comment.thread))
            if len(found.examples) < _EXAMPLES:
                found.examples.append(one.comment)
        session.expunge_all()
        if page.next is None:
            return found
        if found.total >= COUNT_UP_TO:
            break
        after = page.next
    found.more = True
    return found


def count(session: Session, criteria: Mapping[str, Any], found: Preview, site_ids: Collection[str]) -> int:
    """How many comments a job is about, for its progress bar; where the preview stopped counting, about how many."""
    return max(found.total, bulk_criteria.count(session, criteria, site_ids)) if found.more else found.total


def create(
    session: Session,
    criteria: Mapping[str, Any],
    action: Action,
    *,
    actor: str,
    total: int,
    code: str | None = None,
    note: str | None = None,
) -> BulkJob:
    """A job, `waiting`, in the caller's transaction."""
    reason = {name: value for name, value in (("code", code), ("note", note)) if value}
    moment = clock.now()
    job = BulkJob(
        id=clock.new_id("b", moment),
        created_by=actor,
        created_at=moment,
        action=action,
        reason=reason or None,
        criteria=dict(criteria),
        undoes=criteria.get("undoes"),
        state="waiting",
        total=total,
        done=0,
        skipped=0,
        touched_at=moment,
    )
    session.add(job)
    session.flush()
    detail = {"job": job.id, "action": action, "comments": total}
    audit.record(session, [audit.row("bulk.started", actor=actor, detail=detail)])
    news.of(session).started.append(job.id)
    _note(session, job)
    return job


def undo(session: Session, job_id: str, *, actor: str) -> BulkJob:
    """A job that takes back what another one decided, in the caller's transaction; that one goes on no further.

    Undoing it twice is the same as once.

    Raises:
        NotFound: there is no such job.
        NotAllowed: it is an undo itself.
    """
    job = _lock(session, job_id)
    if job.action == "undo":
        raise NotAllowed("An undo cannot be undone: decide again instead.")
    earlier = session.scalar(select(BulkJob).where(BulkJob.undoes == job.id, BulkJob.state != "cancelled").limit(1))
    if earlier is not None:
        return earlier
    _finish(session, job, "cancelled")
    return create(session, {"undoes": job.id}, "undo", actor=actor, total=job.done)


def cancel(session: Session, job_id: str, *, actor: str) -> BulkJob:
    """Let a job go on no further, in the caller's transaction. What it has decided stays.

    Raises:
        NotFound: there is no such job.
    """
    job = _lock(session, job_id)
    if job.finished_at is None:
        _finish(session, job, "cancelled")
        detail = {"job": job.id, "done": job.done}
        audit.record(session, [audit.row("bulk.cancelled", actor=actor, detail=detail)])
    return job


def run_step(store: Store, job_id: str) -> Step:
    """Do the next comments of a job."""
    with store.read() as session:
        job = session.get(BulkJob, job_id)
        if job is None or job.finished_at is not None:
            return Step(more=False)
        user = session.get(User, actors.user_id(job.created_by))
        sites = _sites_of(session, user)
        page = bulk_criteria.read(
            session, job.criteria, job.action, sites, actor=job.created_by, after=job.position or "", limit=STEP
        )
        grace = {one: found.grace for one, found in site_settings.of_sites(session, sites).items()}
    with store.write() as session:
        now = _lock(session, job_id)
        if now.finished_at is not None or now.position != job.position:
            return Step(more=now.finished_at is None)  # it was cancelled, or another worker was quicker
        done = sum(_do(session, now, one, grace) for one in page.chosen)
        now.done += done
        now.skipped += len(page.chosen) - done
        now.total = max(now.total, now.done + now.skipped)
        now.state, now.touched_at = "running", clock.now()
        if page.next is None:
            now.total = now.done + now.skipped
            _finish(session, now, "done")
        else:
            now.position = page.next
        _note(session, now)
    return Step(page.next is not None, news.of(session), by=user.name if user is not None else None)


def fail(session: Session, job_id: str, error: str) -> None:
    """A fault of ours ended a job, in the caller's transaction; what it has decided can be undone."""
    job = _lock(session, job_id)
    if job.finished_at is None:
        job.error = error[:300]
        _finish(session, job, "failed")


def queue_again(store: Store, queues: Queues) -> int:
    """Queue the jobs that nobody has touched for a while: their worker died, or Redis forgot them. Returns how many."""
    with store.read() as session:
        left = BulkJob.touched_at < clock.now() - LEFT_ALONE
        query = select(BulkJob.id).where(BulkJob.finished_at.is_(None), left)
        ids = session.scalars(query.order_by(BulkJob.touched_at).limit(100)).all()
    if not ids:
        return 0
    with store.write() as session:  # else a job would be queued again and again while no worker runs
        session.execute(
            update(BulkJob)
            .where(BulkJob.id.in_(ids))
            .values(touched_at=clock.now())
            .execution_options(synchronize_session=False)
        )
    for job_id in ids:
        queues.start_bulk_job(job_id)
    return len(ids)


def _do(session: Session, job: BulkJob, one: Chosen, grace: Mapping[str, timedelta]) -> bool:
    """Decide one comment, or undo a decision on it; False where somebody else was quicker."""
    if not one.free:
        return False
    reason = job.reason or {}
    try:
        if job.action == "undo":
            comment = undoing.undo(session, one.comment_id, one.version, actor=job.created_by).comment
        else:
            comment = comments.decide(
                session,
                one.comment.site_id,
                one.comment_id,
                cast("Literal['publish', 'reject']", job.action),
                actor=job.created_by,
                reason=reason.get("note"),
                code=reason.get("code"),
                version=one.version,
                grace=grace.get(one.comment.site_id, timedelta(0)),
            )
    except CommentError:
        return False
    if comment.version != one.version:  # else it agreed with another's decision, which is not the job's to undo
        session.add(BulkChange(job_id=job.id, comment_id=comment.id, version=comment.version))
    return True


def _sites_of(session: Session, user: User | None) -> set[str]:
    """Where this person may decide now; nowhere once they were shut out."""
    if user is None or user.disabled_at is not None:
        return set()
    return {site_id for site_id, role in roles.by_site(session, user).items() if roles.includes(role, "moderator")}


def _lock(session: Session, job_id: str) -> BulkJob:
    job = session.scalar(select(BulkJob).where(BulkJob.id == job_id).with_for_update())
    if job is None:
        raise NotFound(f"There is no bulk job {job_id}.")
    return job


def _finish(session: Session, job: BulkJob, state: str) -> None:
    if job.finished_at is None:
        job.state, job.finished_at = state, clock.now()
        job.touched_at = job.finished_at
        _note(session, job)


def _note(session: Session, job: BulkJob) -> None:
    fields = {one.name: getattr(job, one.name) for one in dataclasses.fields(Progress)}
    news.of(session).progress[job.id] = Progress(**fields)
