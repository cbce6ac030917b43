"""Retention: takes away what a site does not want to keep any longer, kind by kind, in small steps.

Of comments only what was written, or who wrote them, is taken: the row, its decision and what it counts for stay. They
are walked in the order of their last change, behind a watermark for each site and kind. So each is looked at once, and
of two workers only one does a step. A comment that waits for somebody (open in review, under appeal, with a message on
its way) is passed and noted in `kept_longer`, which every run looks through. One that is held or pending needs no note:
its decision puts it ahead of the watermark again.

Everything else is deleted, and found by its id, which sorts by time.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, load_only

from moderation import actors, audit, clock
from moderation.decisions import bulk_criteria, erasing
from moderation.history import tallies, watermarks
from moderation.intake.submissions import content_hash
from moderation.sites import site_settings
from moderation.sites.site_settings import KINDS, SiteSettings
from moderation.store import Store
from moderation.tables import (
    Appeal,
    AuditEvent,
    BulkChange,
    BulkJob,
    Comment,
    Feedback,
    KeptLonger,
    ReviewItem,
    Site,
    Watermark,
    WebhookDelivery,
    WebhookEndpoint,
)

#: Rows that one transaction changes: few, because on SQLite every other writer waits meanwhile.
STEP = 50
#: Only of decided comments anything is taken away.
_DECIDED = ("published", "rejected")
_COMMENT_KINDS = ("text", "identity")
#: Kind -> the condition that a comment still holds something of it.
_HOLDS: dict[str, ColumnElement[bool]] = {
    "text": Comment.comment != "",
    "identity": or_(*(getattr(Comment, name).is_not(None) for name in erasing.IDENTITY)),
}


@dataclass(frozen=True, slots=True)
class Count:
    """How much a kind has that is too old; `more`: counting stopped there."""

    number: int
    more: bool = False


def run(store: Store, *, seconds: float, site_id: str | None = None) -> Counter[str]:
    """Take away what is too old, of every site or of one, for about `seconds`. Returns how much of each kind.

    Each site's audit says how much it was. What is left over is done by the next run.
    """
    until, total = time.monotonic() + seconds, Counter[str]()
    sites = _sites_that_chose(store, site_id)
    random.shuffle(sites)  # so that one site with much to do does not come first each time
    for this, settings in sites:
        done: Counter[str] = Counter()
        try:
            for kind, number in _steps(store, this, settings):
                done[kind] += number
                if time.monotonic() >= until:
                    return total + done
        finally:
            if +done:
                with store.write() as session:
                    audit.record(session, [_told(this, done)])
        total += done
    return total


def counts(session: Session, site_id: str, settings: SiteSettings, *, most: int | None = None) -> dict[str, Count]:
    """How much a run would take away, by kind, of the kinds that the site does not keep for ever.

    `most` bounds the rows that are looked at, so that a page costs the same on a large site.
    """
    found = {}
    for kind in KINDS:
        before = _limit(settings, kind)
        if before is not None:
            found[kind] = _count(session, kind, site_id, before, most)
    return found


def start_over(session: Session, site_id: str) -> None:
    """Look at every comment of a site again, since some came with an earlier date, in the caller's transaction."""
    names = [_mark(kind, site_id) for kind in _COMMENT_KINDS]
    session.execute(delete(Watermark).where(Watermark.name.in_(names)).execution_options(synchronize_session=False))


def _sites_that_chose(store: Store, site_id: str | None) -> list[tuple[str, SiteSettings]]:
    query = select(Site.id, Site.settings).order_by(Site.id)
    with store.read() as session:
        rows = session.execute(query if site_id is None else query.where(Site.id == site_id)).all()
    read = [(row.id, site_settings.read(row.settings)) for row in rows if row.settings.get("retention")]
    return [(this, settings) for this, settings in read if any(settings.days_kept(kind) for kind in KINDS)]


def _steps(store: Store, site_id: str, settings: SiteSettings) -> Iterator[tuple[str, int]]:
    for kind in KINDS:
        before = _limit(settings, kind)
        if before is None:
            continue
        if kind in _COMMENT_KINDS:
            steps = _of_comments(store, site_id, kind, before)
        elif kind == "jobs":
            steps = _of_jobs(store, site_id, before)
        else:
            steps = _of_rows(store, kind, site_id, before)
        for number in steps:
            yield kind, number


def _limit(settings: SiteSettings, kind: str) -> datetime | None:
    """The moment before which this is too old; None: it is kept."""
    days = settings.days_kept(kind)
    return None if days is None else clock.now() - timedelta(days=days)


def _told(site_id: str, done: Counter[str]) -> dict[str, Any]:
    return audit.row("retention.ran", actor=actors.POLICY, site_id=site_id, detail=dict(sorted((+done).items())))


# Comments.


def _of_comments(store: Store, site_id: str, kind: str, before: datetime) -> Iterator[int]:
    yield from _kept_longer(store, site_id, kind, before)
    while True:
        with store.read() as session:
            position = watermarks.position(session, _mark(kind, site_id))
            rows = session.execute(_next_comments(site_id, position, before).limit(STEP)).all()
        if not rows:
            return
        ids = [row.id for row in rows if row.status in _DECIDED]
        hashes = _hashes(store, kind, ids)
        try:
            with store.write() as session:
                if not watermarks.advance(session, _mark(kind, site_id), position, _position(rows[-1])):
                    number = 0  # another worker was quicker
                else:
                    number = _take(session, site_id, kind, ids, before=before, hashes=hashes)
        except IntegrityError:  # another worker began at the same moment
            number = 0
        yield number


def _kept_longer(store: Store, site_id: str, kind: str, before: datetime) -> Iterator[int]:
    """Those that an earlier run passed because they waited for somebody."""
    after = ""
    of_kind = KeptLonger.site_id == site_id, KeptLonger.kind == kind
    while True:
        query = select(KeptLonger.comment_id).where(*of_kind, KeptLonger.comment_id > after)
        with store.read() as session:
            ids = session.scalars(query.order_by(KeptLonger.comment_id).limit(STEP)).all()
            waiting = set(session.scalars(select(Comment.id).where(Comment.id.in_(ids), _waits(Comment.id))))
        free = [comment_id for comment_id in ids if comment_id not in waiting]
        if free:
            hashes = _hashes(store, kind, free)
            with store.write() as session:
                noted = delete(KeptLonger).where(*of_kind, KeptLonger.comment_id.in_(free))
                session.execute(noted.execution_options(synchronize_session=False))
                number = _take(session, site_id, kind, free, before=before, hashes=hashes)
            yield number
        if len(ids) < STEP:
            return
        after = ids[-1]


def _hashes(store: Store, kind: str, ids: Sequence[str]) -> set[str]:
    """By what the examples of these comments' texts are found: computed before the transaction that writes."""
    if kind != "text" or not ids:
        return set()
    with store.read() as session:
        texts = session.scalars(select(Comment.comment).where(Comment.id.in_(ids), _HOLDS["text"])).all()
    return {content_hash(text) for text in texts}


def _take(session: Session, site_id: str, kind: str, ids: Sequence[str], *, before: datetime, hashes: set[str]) -> int:
    """Take away what these comments hold, but for those that changed meanwhile, and note those that wait."""
    still = Comment.id.in_(ids), Comment.status.in_(_DECIDED), Comment.updated_at < before, _HOLDS[kind]
    needed = load_only(Comment.site_id, Comment.reasons, Comment.email, Comment.user_id)
    query = select(Comment, _waits(Comment.id).label("waits")).where(*still).options(needed)
    found = session.execute(query.order_by(Comment.id).with_for_update(of=Comment))
    rows = [(row.Comment, row.waits) for row in found]
    if waiting := [comment.id for comment, waits in rows if waits]:
        _note(session, site_id, kind, waiting)
    if free := [comment for comment, waits in rows if not waits]:
        if kind == "text":
            erasing.take_words(session, free, hashes)
        else:
            erasing.take_identity(session, free)
    return len(free)


def _note(session: Session, site_id: str, kind: str, comment_ids: Sequence[str]) -> None:
    noted = select(KeptLonger.comment_id).where(KeptLonger.site_id == site_id, KeptLonger.kind == kind)
    noted_already = set(session.scalars(noted.where(KeptLonger.comment_id.in_(comment_ids))))
    rows = [{"site_id": site_id, "kind": kind, "comment_id": this} for this in comment_ids if this not in noted_already]
    if rows:
        session.execute(insert(KeptLonger), rows)


def _waits(comment_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """A condition: somebody has still to look at this comment, to answer its author, or to be told of it.

    On an archived site nobody looks, so what is open there keeps nothing for longer.
    """
    open_item = ReviewItem.comment_id == comment_id, ReviewItem.is_open, Site.id == ReviewItem.site_id
    appeal = Appeal.comment_id == comment_id, Appeal.outcome.is_(None), Appeal.text != "", Site.id == Appeal.site_id
    return or_(
        exists().where(*open_item, Site.archived_at.is_(None)),
        exists().where(*appeal, Site.archived_at.is_(None)),
        exists().where(WebhookDelivery.comment_id == comment_id, WebhookDelivery.next_attempt_at.is_not(None)),
    )


def _next_comments(site_id: str, position: str | None, before: datetime) -> Select[Any]:
    columns: list[Any] = [Comment.id, Comment.updated_at, Comment.status]
    query = select(*columns).where(Comment.site_id == site_id, Comment.updated_at < before)
    if position is not None:
        moment, _, last = position.partition(" ")
        at = datetime.fromisoformat(moment)
        later = or_(Comment.updated_at > at, and_(Comment.updated_at == at, Comment.id > last))
        query = query.where(Comment.updated_at >= at, later)
    return query.order_by(Comment.updated_at, Comment.id)


def _mark(kind: str, site_id: str) -> str:
    return f"{kind} {site_id}"


def _position(row: Any) -> str:
    return f"{row.updated_at.isoformat()} {row.id}"


# What is deleted.


def _of_rows(store: Store, kind: str, site_id: str, before: datetime) -> Iterator[int]:
    """Delete old rows in the order of their ids. Those that must stay are passed."""
    for key, scope in _scopes(store, kind, site_id, before):
        after = ""
        while True:
            with store.read() as session:
                ids = session.scalars(select(key).where(*scope, key > after).order_by(key).limit(STEP)).all()
            if not ids:
                break
            with store.write() as session:
                gone = session.execute(
                    delete(key.class_).where(key.in_(ids), *_may_go(kind)).execution_options(synchronize_session=False)
                )
                if kind == "audit" and gone.rowcount:  # type: ignore[attr-defined]
                    tallies.note_removed(session, site_id, ids[-1])
            yield int(gone.rowcount)  # type: ignore[attr-defined]
            after = ids[-1]


_Scope = tuple[InstrumentedAttribute[Any], Sequence[ColumnElement[bool]]]


def _scopes(store: Store, kind: str, site_id: str, before: datetime) -> list[_Scope]:
    """Where a site's old rows of a kind are found by an index: for deliveries, an endpoint after the other."""
    with store.read() as session:
        return _scopes_in(session, kind, site_id, before)


def _scopes_in(session: Session, kind: str, site_id: str, before: datetime) -> list[_Scope]:
    if kind == "audit":
        counted = tallies.counted_up_to(session)
        old = AuditEvent.id < clock.first_id("a", before)
        return [(AuditEvent.id, (AuditEvent.site_id == site_id, old, AuditEvent.id <= counted))]
    if kind == "feedback":
        old = Feedback.id < clock.first_id("f", before)
        return [(Feedback.id, (Feedback.site_id == site_id, old))]
    old = WebhookDelivery.id < clock.first_id("msg", before)
    endpoints = session.scalars(select(WebhookEndpoint.id).where(WebhookEndpoint.site_id == site_id)).all()
    return [(WebhookDelivery.id, (WebhookDelivery.endpoint_id == endpoint, old)) for endpoint in endpoints]


def _may_go(kind: str) -> tuple[ColumnElement[bool], ...]:
    """Conditions for rows that nobody needs any more."""
    if kind == "deliveries":
        return (WebhookDelivery.next_attempt_at.is_(None),)
    if kind == "audit":
        undecided = exists().where(Comment.id == AuditEvent.comment_id, Comment.status.in_(("pending", "flagged")))
        return (or_(AuditEvent.comment_id.is_(None), ~or_(undecided, _waits(AuditEvent.comment_id))),)
    return ()


def _of_jobs(store: Store, site_id: str, before: datetime) -> Iterator[int]:
    """Delete old bulk jobs of the site; what they changed first, in steps, the last of it with the job itself.

    Who undoes a job meanwhile undoes what is left of it.
    """
    with store.read() as session:
        ids = _old_jobs(session, site_id, before)
    for job_id in ids:
        changes: Sequence[str] = ("",)
        while changes:
            with store.read() as session:
                of_job = select(BulkChange.comment_id).where(BulkChange.job_id == job_id)
                changes = session.scalars(of_job.order_by(BulkChange.comment_id).limit(STEP)).all()
            with store.write() as session:
                if changes:
                    gone: Any = delete(BulkChange).where(
                        BulkChange.job_id == job_id, BulkChange.comment_id.in_(changes)
                    )
                else:
                    gone = delete(BulkJob).where(BulkJob.id == job_id)
                session.execute(gone.execution_options(synchronize_session=False))
            yield 0 if changes else 1


def _old_jobs(session: Session, site_id: str, before: datetime, most: int | None = None) -> list[str]:
    """The ended jobs of a site that are too old. One without a site of its own belongs to its first comment's."""
    job_ids = []
    undoing = aliased(BulkJob)
    undone_now = exists().where(undoing.undoes == BulkJob.id, undoing.finished_at.is_(None))
    query = select(BulkJob).where(BulkJob.id < clock.first_id("b", before), BulkJob.finished_at < before, ~undone_now)
    for job in session.scalars(query.order_by(BulkJob.id).limit(most)):
        named = bulk_criteria.site_of(job.criteria)
        if named is None:
            first = select(Comment.site_id).join(BulkChange, BulkChange.comment_id == Comment.id)
            named = session.scalar(first.where(BulkChange.job_id == job.id).limit(1))
        if named in {site_id, None}:
            job_ids.append(job.id)
    return job_ids


# Counting.


def _count(session: Session, kind: str, site_id: str, before: datetime, most: int | None) -> Count:
    if kind == "jobs":
        number = len(_old_jobs(session, site_id, before, most))
        return Count(number, more=number == most)
    if kind in _COMMENT_KINDS:
        position = watermarks.position(session, _mark(kind, site_id))
        ahead = _next_comments(site_id, position, before).with_only_columns(Comment.id)
        noted = select(KeptLonger.comment_id).where(KeptLonger.site_id == site_id, KeptLonger.kind == kind)
        still = Comment.status.in_(_DECIDED), Comment.updated_at < before, _HOLDS[kind], ~_waits(Comment.id)
        parts = [_number(session, Comment.id, part, still, most) for part in (ahead, noted)]
    else:
        parts = [
            _number(session, key, select(key).where(*scope).order_by(key), _may_go(kind), most)
            for key, scope in _scopes_in(session, kind, site_id, before)
        ]
    return Count(sum(part.number for part in parts), more=any(part.more for part in parts))


def _number(
    session: Session,
    key: InstrumentedAttribute[Any],
    candidates: Select[Any],
    conditions: Sequence[ColumnElement[bool]],
    most: int | None,
) -> Count:
    """How many of the first `most` candidates may go."""
    ids = candidates.limit(most).subquery()
    looked = session.scalar(select(func.count()).select_from(ids)) or 0
    number = session.scalar(select(func.count()).where(key.in_(select(ids.c[0])), *conditions)) or 0
    return Count(number, more=looked == most)
