"""Accepting comments: submissions become `pending` rows in one transaction, and are then queued in Redis."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal, cast

from sqlalchemy import Table, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation import authors, clock, tracing
from moderation.intake.queues import Queues, Waiting
from moderation.intake.steps import Steps
from moderation.store import Store
from moderation.tables import Comment
from moderation.tracing import Cause
from texts.comparison import as_read
from texts.folding import fold


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """What a site's back end sends."""

    name: str
    comment: str
    thread: str | None = None
    parent_id: str | None = None
    external_id: str | None = None
    email: str | None = None
    url: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    user_id: str | None = None
    language: str | None = None
    created_at: datetime | None = None
    #: Whether a field that people do not see was filled in, and how long the form was open.
    honeypot: bool | None = None
    seconds_on_page: float | None = None
    #: For moderators: the title and the URL of the page that the comment stands on, and the comment's own URL there.
    thread_title: str | None = None
    thread_url: str | None = None
    comment_url: str | None = None


#: Signals for the classifier alone, by the names that it knows. They are kept in `Comment.origin`.
_SIGNALS = ("honeypot", "seconds_on_page")
#: Where the comment stands: kept in `Comment.origin`, too. Not compared when a submission is sent again, because the
#: title of a page may have changed since.
PLACE = ("thread_title", "thread_url", "comment_url")
_FIELDS = tuple(name for name in Submission.__slots__ if name not in _SIGNALS + PLACE)
_read_fields = attrgetter(*_FIELDS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a submission: `accepted`, `replayed` (the first comment again), `conflict` or `unknown_parent`."""

    kind: Literal["accepted", "replayed", "conflict", "unknown_parent"]
    comment: Comment | None


#: The columns of a comment.
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """A submission to a site, and the key under which the site may send it again."""

    site_id: str
    submission: Submission
    idempotency_key: str | None = None
    cause: Cause = field(default_factory=tracing.current)
    #: The columns of its comment, `pending`; those not here are empty. Made at once, and not in a turn to write, for
    #: which others wait.
    row: _Row = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "row", _new_row(self))


def submit(
    store: Store,
    queues: Queues,
    site_id: str,
    submissions: Sequence[Submission],
    *,
    idempotency_key: str | None = None,
) -> list[Outcome]:
    """Store submissions as `pending` in one transaction, then queue them. An outcome for each, in order.

    Once this returns, they are safe: the sweep finds what Redis did not take. `idempotency_key` is for one submission.
    """
    return submit_all(store, queues, [Request(site_id, submission, idempotency_key) for submission in submissions])


def submit_all(store: Store, queues: Queues, requests: Sequence[Request]) -> list[Outcome]:
    """Like `submit`, for submissions to several sites in one transaction."""
    steps = Steps()
    outcomes = insert_all(store, requests)
    announce_all(queues, outcomes, steps)
    return outcomes


def insert_all(store: Store, requests: Sequence[Request]) -> list[Outcome]:
    """The first half of `submit_all`: store them in one transaction."""
    try:
        if all(request.submission.parent_id is None for request in requests):
            return _insert_as_new(store, requests)
    except IntegrityError:
        pass  # one of them was sent before
    try:
        return _insert(store, requests)
    except IntegrityError:  # PostgreSQL: another request inserted the same external_id meanwhile; now it can be seen
        return _insert(store, requests)


def announce_all(queues: Queues, outcomes: Sequence[Outcome], steps: Steps) -> None:
    """The second half of `submit_all`: queue the accepted comments, which are committed by now."""
    steps.stored()
    accepted = [outcome.comment for outcome in outcomes if outcome.kind == "accepted" and outcome.comment is not None]
    reached = queues.announce(Waiting(comment.site_id, comment.id, comment.accepted_at) for comment in accepted)
    steps.queued(accepted, reached=reached)


#: Made once, because `json.dumps` with options makes an encoder for each call.
_sorted_json = json.JSONEncoder(sort_keys=True, default=str).encode

_TABLE = cast("Table", Comment.__table__)


def _insert_as_new(store: Store, requests: Sequence[Request]) -> list[Outcome]:
    """Store submissions without looking for earlier ones. Most are new, and the unique indexes refuse the others.

    Raises:
        IntegrityError: a submission is not new, and none of them was stored.
    """
    rows = [request.row for request in requests]
    store.insert(_TABLE, sorted(rows, key=_identities))
    return [Outcome("accepted", _comment_of(row)) for row in rows]


def _insert(store: Store, requests: Sequence[Request]) -> list[Outcome]:
    rows = [request.row for request in requests]
    comments = [_comment_of(row) for row in rows]
    with store.write() as session:
        earlier = _earlier(session, rows)
        parents = _known_parents(session, rows)
        outcomes, accepted_rows = [], []
        for row, comment in zip(rows, comments, strict=True):
            outcomes.append(outcome := _outcome(row, comment, earlier, parents))
            if outcome.kind == "accepted":
                accepted_rows.append(row)
                earlier.update(dict.fromkeys(_identities(row), comment))
        if accepted_rows:  # in one order, so that two batches with the same external ids cannot deadlock on PostgreSQL
            session.execute(_TABLE.insert(), sorted(accepted_rows, key=_identities))
    return outcomes


_NOTHING: dict[str, Any] = dict.fromkeys(Comment.__table__.columns.keys())


def _comment_of(row: Mapping[str, Any]) -> Comment:
    """The comment of a new row, built as SQLAlchemy's loader does it: the constructor takes ten times as long."""
    comment: Comment = Comment.__mapper__.class_manager.new_instance()
    vars(comment).update(_NOTHING)
    vars(comment).update(row)
    return comment


def place_of(comment: Comment) -> dict[str, str | None]:
    """Where a comment stands, as its site sent it: the fields of `PLACE`. All are None once the comment was erased."""
    sent = {} if comment.status == "erased" else (comment.origin or {}).get("place") or {}
    return {name: sent.get(name) for name in PLACE}


def _new_row(request: Request) -> _Row:
    moment = clock.now()
    submission = request.submission
    fields = dict(zip(_FIELDS, _read_fields(submission), strict=True))
    signals = {name: value for name in _SIGNALS if (value := getattr(submission, name)) is not None}
    place = {name: value for name in PLACE if (value := getattr(submission, name)) is not None}
    origin = ({"signals": signals} if signals else {}) | ({"place": place} if place else {})
    return fields | {
        "origin": origin or None,
        "id": clock.new_id("c", moment),
        "site_id": request.site_id,
        "idempotency_key": request.idempotency_key,
        "request_hash": _hash(_sorted_json(fields)),
        "content_hash": reading_hash(submission.comment),
        "author_key": authors.key_of(submission.user_id, submission.email, submission.name),
        "created_at": submission.created_at or moment,
        "accepted_at": moment,
        "updated_at": moment,
        "status": "pending",
        "revision": 1,
        "version": 1,
        "request_id": request.cause.request_id,
        "traceparent": request.cause.traceparent,
    }


def _earlier(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[_Identity, Comment]:
    """Earlier comments that these submissions may repeat, by identity."""
    repeatable: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["external_id"] is not None or row["idempotency_key"] is not None:
            repeatable[row["site_id"]].append(row)
    earlier: dict[_Identity, Comment] = {}
    for site_id, site_rows in repeatable.items():
        external_ids = {row["external_id"] for row in site_rows if row["external_id"] is not None}
        keys = {row["idempotency_key"] for row in site_rows if row["idempotency_key"] is not None}
        query = select(Comment).where(
            Comment.site_id == site_id,
            or_(Comment.external_id.in_(external_ids), Comment.idempotency_key.in_(keys)),
        )
        for comment in session.scalars(query):
            names = {"site_id": site_id, "external_id": comment.external_id, "idempotency_key": comment.idempotency_key}
            earlier.update(dict.fromkeys(_identities(names), comment))
    return earlier


#: How a site identifies a comment: the site's id, `external_id` or `idempotency_key`, and its value.
_Identity = tuple[str, str, str]


def _identities(row: Mapping[str, Any]) -> list[_Identity]:
    return [(row["site_id"], name, row[name]) for name in ("external_id", "idempotency_key") if row[name] is not None]


def _known_parents(session: Session, rows: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """The parents named by these rows that exist, as `(site id, comment id)`."""
    parent_ids = {row["parent_id"] for row in rows if row["parent_id"] is not None}
    if not parent_ids:
        return set()
    rows_found = session.execute(select(Comment.site_id, Comment.id).where(Comment.id.in_(parent_ids)))
    return {(site_id, comment_id) for site_id, comment_id in rows_found}


def _outcome(
    row: Mapping[str, Any],
    comment: Comment,
    earlier: Mapping[_Identity, Comment],
    parents: set[tuple[str, str]],
) -> Outcome:
    for identity in _identities(row):
        first = earlier.get(identity)
        if first is not None:
            return Outcome("replayed" if first.request_hash == row["request_hash"] else "conflict", first)
    if row["parent_id"] is not None and (row["site_id"], row["parent_id"]) not in parents:
        return Outcome("unknown_parent", None)
    return Outcome("accepted", comment)


def content_hash(text: str) -> str:
    """A hash that is equal for texts that differ only in case, width and spacing."""
    return _hash(fold(text))


def reading_hash(text: str) -> str:
    """A hash that is equal for texts that look alike to a reader, whatever their markup and disguises."""
    return _hash(as_read(text))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
