"""Bulk jobs: one decision on many comments, done step by step, or the undoing of such a job.

A step is a transaction: it decides some comments and writes into the job's row how far it has come. So a killed worker
loses nothing, and two workers with the same job do each comment once: the second sees that the job has moved on.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import Select, event, select, update
from sqlalchemy.orm import ORMExecuteState, Session, load_only

from moderation import actors, audit, clock, news, tracing
from moderation.decisions import bulk_criteria, comments, standing, undoing
from moderation.decisions.bulk_criteria import Chosen
from moderation.decisions.comments import CommentError
from moderation.errors import found
from moderation.intake.queues import Queues
from moderation.news import News, Progress
from moderation.people import roles
from moderation.sites import site_settings
from moderation.store import Store
from moderation.tables import BulkChange, BulkJob, Comment, User
from moderation.tracing import Cause

#: Comments that one transaction decides. Other writers wait meanwhile, on SQLite some 5 ms for each comment.
STEP = 25
#: A preview stops counting here, so that it costs no more in the largest attack.
COUNT_UP_TO = 1_000
_COUNTED_AT_ONCE = 500
#: A preview also stops when it has read so many comments, because a decision may change only few of them.
_READ_UP_TO = 2_000
#: A preview reads at most so many pages, because a search may find its first match late: each looks at 5,000 items.
_MOST_PAGES = 10
#: The same for a search of all comments, in which each page may look at thousands.
_MOST_PAGES_FOUND = 4
#: A job without progress for this long is queued again.
LEFT_ALONE = timedelta(seconds=30)
_EXAMPLES = 3
#: What a preview reads of a comment.
_COUNTED = (
    Comment.site_id,
    Comment.status,
    Comment.version,
    Comment.name,
    Comment.author_key,
    Comment.thread,
    Comment.accepted_at,
    Comment.updated_at,
)

Action = Literal["publish", "reject", "undo"]


class NotAllowed(Exception):
    """This cannot be done with this job; the message says why."""


@dataclass(slots=True)
class Preview:
    """What a job would do. `total` stops above `COUNT_UP_TO`; then there are `more`."""

    total: int = 0
    more: bool = False
    statuses: Counter[str] = field(default_factory=Counter)
    sites: Counter[str] = field(default_factory=Counter)
    authors: set[tuple[str, str | None]] = field(default_factory=set)
    threads: set[tuple[str, str | None]] = field(default_factory=set)
    #: Of published comments, each with its site: the authors' names, and the pages.
    seen_authors: Counter[tuple[str, str]] = field(default_factory=Counter)
    seen_threads: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    #: One of the comments on each of those pages, by its id.
    on_threads: dict[tuple[str, str | None], str] = field(default_factory=dict)
    example_ids: list[str] = field(default_factory=list)
    examples: list[Comment] = field(default_factory=list)

    def add(self, comment: Comment) -> None:
        """Count one more comment."""
        self.total += 1
        self.statuses[comment.status] += 1
        self.sites[comment.site_id] += 1
        self.authors.add((comment.site_id, comment.author_key))
        self.threads.add((comment.site_id, comment.thread))
        if comment.status == "published":
            self.seen_authors[comment.site_id, comment.name] += 1
            self.seen_threads[comment.site_id, comment.thread] += 1
            self.on_threads[comment.site_id, comment.thread] = comment.id
        if len(self.example_ids) < _EXAMPLES:
            self.example_ids.append(comment.id)


@dataclass(frozen=True, slots=True)
class Step:
    """The result of a step: whether there is more to do, and the news for `afterwards.tell`."""

    more: bool
    news: News = field(default_factory=News)
    #: The name of the person whose job it is.
    by: str | None = None


def preview(
    session: Session, criteria: Mapping[str, Any], action: Action, site_ids: Collection[str], *, actor: str
) -> Preview:
    """What deciding all these comments would do: how many they are, on which sites, by which authors."""
    return previews(session, criteria, site_ids, actor=actor)[action]


def previews(
    session: Session, criteria: Mapping[str, Any], site_ids: Collection[str], *, actor: str
) -> dict[Action, Preview]:
    """What each decision on all these comments would do, read once for both."""
    with _counting(session):
        counts = _counts(session, criteria, site_ids, actor=actor)
    for preview in counts.values():
        examples = session.scalars(select(Comment).where(Comment.id.in_(preview.example_ids))).all()
        preview.examples = sorted(examples, key=lambda comment: preview.example_ids.index(comment.id))
    session.expunge_all()
    return counts


@contextmanager
def _counting(session: Session) -> Iterator[None]:
    """Within the block, read only the columns of comments that a preview counts: most of a row is texts and scores."""

    def count_only(state: ORMExecuteState) -> None:
        if isinstance(state.statement, Select) and any(
            described["expr"] is Comment for described in state.statement.column_descriptions
        ):
            state.statement = state.statement.options(load_only(*_COUNTED, raiseload=True))

    event.listen(session, "do_orm_execute", count_only)
    try:
        yield
    finally:
        event.remove(session, "do_orm_execute", count_only)


def _counts(
    session: Session, criteria: Mapping[str, Any], site_ids: Collection[str], *, actor: str
) -> dict[Action, Preview]:
    counts: dict[Action, Preview] = {action: Preview() for action in bulk_criteria.ACTIONS}
    after, counted = "", set()
    for _ in range(_MOST_PAGES_FOUND if "found" in criteria else _MOST_PAGES):
        page = bulk_criteria.read(
            session, criteria, None, site_ids, actor=actor, after=after, limit=_COUNTED_AT_ONCE, order="due"
        )
        for chosen in page.chosen:
            if not chosen.free or chosen.comment_id in counted:
                continue
            counted.add(chosen.comment_id)
            for action, preview in counts.items():
                if not preview.more and chosen.is_changed_by(action):
                    preview.add(chosen.comment)
        session.expunge_all()
        if page.next is None:
            return counts
        for preview in counts.values():
            preview.more = preview.total >= COUNT_UP_TO
        if all(preview.more for preview in counts.values()):
            return counts
        if len(counted) >= _READ_UP_TO:
            break
        after = page.next
    for preview in counts.values():
        preview.more = True
    return counts


def count(session: Session, criteria: Mapping[str, Any], counts: Preview, site_ids: Collection[str]) -> int:
    """How many comments a job is about, for its progress bar; about how many where the preview stopped counting."""
    return max(counts.total, bulk_criteria.count(session, criteria, site_ids)) if counts.more else counts.total


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
    """Create a job in state `waiting`, in the caller's transaction.

    With `block` among the criteria of an author's comments, their author is blocked at once: `{"entry", "until"}`.

    Raises:
        ListError, PatternError: the author cannot be blocked.
    """
    reason = {name: value for name, value in (("code", code), ("note", note)) if value}
    moment, cause = clock.now(), tracing.current()
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
        request_id=cause.request_id,
        traceparent=cause.traceparent,
    )
    session.add(job)
    session.flush()
    if block := criteria.get("block"):
        until = blocked_until(block)
        standing.block(session, criteria["site"], criteria["author"], block["entry"], until=until, actor=actor)
    detail = {"job": job.id, "action": action, "comments": total}
    audit.record(session, [audit.row("bulk.started", actor=actor, detail=detail)])
    news.of(session).started.append(job.id)
    _note(session, job)
    return job


def undo(session: Session, job_id: str, *, actor: str) -> BulkJob:
    """Create a job that undoes the decisions of another job, and stop that one, in the caller's transaction.

    Where that one blocked an author, the author is no longer blocked, unless somebody has changed the block meanwhile.
    Undoing a job twice is the same as undoing it once.

    Raises:
        NotFound: there is no such job.
        NotAllowed: the job is an undo itself.
    """
    job = _lock(session, job_id)
    if job.action == "undo":
        raise NotAllowed("An undo cannot be undone: decide again instead.")
    earlier = session.scalar(select(BulkJob).where(BulkJob.undoes == job.id, BulkJob.state != "cancelled").limit(1))
    if earlier is not None:
        return earlier
    _finish(session, job, "cancelled")
    if block := job.criteria.get("block"):  # None where the author was erased
        site_id, until = job.criteria["site"], blocked_until(block)
        standing.unblock(session, site_id, job.criteria["author"], block["entry"], until=until, actor=actor)
    return create(session, {"undoes": job.id}, "undo", actor=actor, total=job.done)


def blocked_until(block: Mapping[str, Any]) -> datetime | None:
    """When a job's block ends; None: never."""
    return None if block["until"] is None else datetime.fromisoformat(block["until"])


def cancel(session: Session, job_id: str, *, actor: str) -> BulkJob:
    """Stop a job, in the caller's transaction. What it has decided stays.

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
    """Do the next comments of a job. From then on this thread works for the request that began it."""
    with store.read() as session:
        job = session.get(BulkJob, job_id)
        if job is None or job.finished_at is not None:
            return Step(more=False)
        tracing.work_for(Cause(job.request_id, job.traceparent))
        user = session.get(User, actors.user_id(job.created_by))
        sites = _sites_of(session, user)
        page = bulk_criteria.read(
            session, job.criteria, job.action, sites, actor=job.created_by, after=job.position or "", limit=STEP
        )
        grace = {site_id: settings.grace for site_id, settings in site_settings.of_sites(session, sites).items()}
    with store.write() as session:
        locked = _lock(session, job_id)
        if locked.finished_at is not None or locked.position != job.position:
            return Step(more=locked.finished_at is None)  # the job was cancelled, or another worker was quicker
        decided = sum(_do(session, locked, chosen, grace) for chosen in page.chosen)
        locked.done += decided
        locked.skipped += len(page.chosen) - decided
        locked.total = max(locked.total, locked.done + locked.skipped)
        locked.state, locked.touched_at = "running", clock.now()
        if page.next is None:
            locked.total = locked.done + locked.skipped
            _finish(session, locked, "done")
        else:
            locked.position = page.next
        _note(session, locked)
    return Step(page.next is not None, news.of(session), by=user.name if user is not None else None)


def fail(session: Session, job_id: str, error: str) -> None:
    """End a job that hit a fault of Winnow's own, in the caller's transaction. What it has decided can be undone."""
    job = _lock(session, job_id)
    if job.finished_at is None:
        job.error = error[:300]
        _finish(session, job, "failed")


def queue_again(store: Store, queues: Queues) -> int:
    """Queue jobs without progress: their worker died, or Redis forgot them. Returns how many there were."""
    with store.read() as session:
        untouched = BulkJob.touched_at < clock.now() - LEFT_ALONE
        query = select(BulkJob.id).where(BulkJob.finished_at.is_(None), untouched)
        ids = session.scalars(query.order_by(BulkJob.touched_at).limit(100)).all()
    if not ids:
        return 0
    with store.write() as session:  # so that a job is not queued again and again while no worker runs
        session.execute(
            update(BulkJob)
            .where(BulkJob.id.in_(ids))
            .values(touched_at=clock.now())
            .execution_options(synchronize_session=False)
        )
    for job_id in ids:
        queues.start_bulk_job(job_id)
    return len(ids)


def _do(session: Session, job: BulkJob, chosen: Chosen, grace: Mapping[str, timedelta]) -> bool:
    """Decide one comment, or undo a decision on it; False where somebody else was quicker."""
    if not chosen.free:
        return False
    reason = job.reason or {}
    try:
        if job.action == "undo":
            comment = undoing.undo(session, chosen.comment_id, chosen.version, actor=job.created_by).comment
        else:
            comment = comments.decide(
                session,
                chosen.comment.site_id,
                chosen.comment_id,
                cast("Literal['publish', 'reject']", job.action),
                actor=job.created_by,
                reason=reason.get("note"),
                code=reason.get("code"),
                version=chosen.version,
                grace=grace.get(chosen.comment.site_id, timedelta(0)),
            )
    except CommentError:
        return False
    if comment.version != chosen.version:  # otherwise it agreed with another's decision, which the job must not undo
        session.add(BulkChange(job_id=job.id, comment_id=comment.id, version=comment.version))
    return True


def _sites_of(session: Session, user: User | None) -> set[str]:
    """The sites where this person may decide now; none for somebody who is disabled."""
    if user is None or user.disabled_at is not None:
        return set()
    return {site_id for site_id, role in roles.by_site(session, user).items() if roles.includes(role, "moderator")}


def _lock(session: Session, job_id: str) -> BulkJob:
    query = select(BulkJob).where(BulkJob.id == job_id).with_for_update()
    return found(session.scalar(query), f"bulk job {job_id}")


def _finish(session: Session, job: BulkJob, state: str) -> None:
    if job.finished_at is None:
        job.state, job.finished_at = state, clock.now()
        job.touched_at = job.finished_at
        _note(session, job)


def _note(session: Session, job: BulkJob) -> None:
    fields = {field.name: getattr(job, field.name) for field in dataclasses.fields(Progress)}
    news.of(session).progress[job.id] = Progress(**fields)
