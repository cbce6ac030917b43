"""Tallies: the sums by day that the statistics show, added up from the audit as it grows, so that the page costs the
same however much was decided. The audit is the truth: `rebuild` adds everything up again.

Each step reads the audit events after a watermark, and in one transaction writes their sums and moves the watermark,
so only one of several clock processes counts them. Events of the last minute are left for later: an event's id is made
a moment before its transaction commits, and an event that committed behind the watermark would never be counted.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from moderation import actors, clock
from moderation.history import outcomes, watermarks
from moderation.history.outcomes import Event, is_persons, takes_back
from moderation.store import Store
from moderation.tables import DONE_BY_PEOPLE, AuditEvent, ReviewItem, Site, Tally, Watermark

WATERMARK = "tallies"
#: The last event that was counted before the last `rebuild`. Up to it, days whose audit is no longer whole are not
#: counted again.
_RECOUNTED = "tallies recounted"
#: Before a site's id: the last of its events that retention deleted.
_REMOVED = "audit"
#: Longer than a transaction takes and than the clocks of an installation differ.
LAG = timedelta(minutes=1)
#: Audit events read in a step.
STEP = 1000
#: The parts that a score's range is cut into: for its distribution, and to compare with what people decided.
BINS, BANDS = 20, 10
#: Seconds between two decisions of one person that count as pace: less is a bulk decision, more is a break.
PACE = (0.3, 600.0)
#: A site's open items are counted up to this.
MOST_COUNTED = 10_000

_EVENT = (
    AuditEvent.id,
    AuditEvent.site_id,
    AuditEvent.comment_id,
    AuditEvent.action,
    AuditEvent.actor,
    AuditEvent.created_at,
    AuditEvent.status,
    AuditEvent.scores,
    AuditEvent.reasons,
)


@dataclass(frozen=True, slots=True)
class Key:
    """What a tally counts: see `keys`."""

    site_id: str
    day: str
    what: str
    key: str


def roll_up(store: Store, *, seconds: float = 1.0) -> int:
    """Add up the audit events that are old enough, for about `seconds`. Returns how many were counted."""
    counted, until = 0, time.monotonic() + seconds
    while True:
        with store.read() as session:
            position = watermarks.position(session, WATERMARK)
            events = _next_events(session, position or "")
            sums = _sum(session, events)
        if not events or not _advance(store, position, events[-1].id, sums):
            return counted
        counted += len(events)
        if time.monotonic() >= until:
            return counted


def rebuild(store: Store) -> int:
    """Delete the tallies and add everything up again. Returns how many events there were.

    Samples of the queue stay, and so do the days of which retention has deleted audit events: nothing could add these
    up again.
    """
    with store.write() as session:
        counted = max(_position(session, WATERMARK), _position(session, _RECOUNTED))
        session.execute(delete(Watermark).where(Watermark.name == WATERMARK))
        watermarks.put(session, _RECOUNTED, counted)
        whole = last_days_removed(session)
        doubtful = [
            Tally.site_id.not_in(whole),
            *(and_(Tally.site_id == site, Tally.day > day) for site, day in whole.items()),
        ]
        old = delete(Tally).where(Tally.what != "queue", or_(*doubtful))
        session.execute(old.execution_options(synchronize_session=False))
    counted_anew = 0
    while step := roll_up(store):
        counted_anew += step
    return counted_anew


def counted_up_to(session: Session) -> str:
    """The last event that was added up, so that those before it may be deleted; "" while they are added up anew."""
    position = _position(session, WATERMARK)
    return position if position >= _position(session, _RECOUNTED) else ""


def note_removed(session: Session, site_id: str, event_id: str) -> None:
    """Note, in the caller's transaction, that a site's audit is not whole any more up to this event."""
    name = f"{_REMOVED} {site_id}"
    watermarks.put(session, name, max(event_id, _position(session, name)))


def last_days_removed(session: Session) -> dict[str, str]:
    """Site -> the last day of which audit events were deleted."""
    query = select(Watermark.name, Watermark.position).where(Watermark.name.startswith(f"{_REMOVED} "))
    rows = session.execute(query).all()
    return {row.name.partition(" ")[2]: clock.moment_of(row.position).date().isoformat() for row in rows}


def _position(session: Session, name: str) -> str:
    return watermarks.position(session, name) or ""


def sample_queue(store: Store) -> None:
    """Note for each site in use how many items wait, and the oldest's age in seconds. Each hour keeps its largest."""
    moment = clock.now()
    waiting = ReviewItem.is_open
    samples: dict[Key, int] = {}
    with store.read() as session:
        for site_id in session.scalars(select(Site.id).where(Site.archived_at.is_(None))).all():
            of_site = select(ReviewItem.opened_at).where(ReviewItem.site_id == site_id, waiting)
            bounded = of_site.order_by(ReviewItem.opened_at).limit(MOST_COUNTED).subquery()
            number = session.scalar(select(func.count()).select_from(bounded)) or 0
            for_a_person = of_site.where(ReviewItem.kind != "second_look")  # no author waits for a second look
            oldest = session.scalar(for_a_person.order_by(ReviewItem.opened_at).limit(1))
            age = 0 if oldest is None else max(0, round((moment - oldest).total_seconds()))
            for name, value in (("size", number), ("age", age)):
                samples[Key(site_id, moment.date().isoformat(), "queue", f"{moment:%H} {name}")] = value
    if samples:
        with store.write() as session:
            _put(session, samples, largest=True)


def keys(event: Event, earlier: Sequence[Event], previous: datetime | None) -> Iterator[tuple[Key, int]]:
    """What an audit event adds to the tallies.

    For a person's event `earlier` are the comment's events before it, oldest first, and `previous` is when that person
    last decided before.

    `decided`   `published policy`         decisions by outcome, automatic and by people
    `person`    `user:<id>`                decisions of each person
    `pace`      `user:<id> 12`             time between two decisions of a person, in `bucket`s
    `wait`      `40`                       how long a comment waited for a person's decision, in `bucket`s
    `score`     `insult 13`                the classifier's scores, in `BINS` parts
    `agree`     `insult 6 rejected`        what people decided, by the label with the highest score, in `BANDS` parts
    `list`      `l_01jq… 12`               how often an entry of a shared list was a reason of the policy's decision

    What became of decisions and appeals is in `outcomes`.
    """
    if event.site_id is None:
        return
    for outcome in outcomes.of_event(event, earlier):
        yield Key(event.site_id, outcome.of.created_at.date().isoformat(), outcome.what, outcome.key), outcome.number
    site_id, day, kind = event.site_id, event.created_at.date().isoformat(), actors.kind(event.actor)

    if takes_back(event):
        yield Key(site_id, day, "decided", f"undone {kind}"), 1
        undone = outcomes.last_decision(earlier)
        yield from ((key, -1) for key in (() if undone is None else _agreement(earlier[undone])))
        return
    if event.action != "comment.decided":
        return
    yield Key(site_id, day, "decided", f"{event.status} {kind}"), 1
    if kind == "policy":
        for what, part in _of_policys_own(event):
            yield Key(site_id, day, what, part), 1
    if kind == "user":
        yield from _of_person(event, earlier, previous)


def _of_person(event: Event, earlier: Sequence[Event], previous: datetime | None) -> Iterator[tuple[Key, int]]:
    """What a person's decision adds to the tallies."""
    site_id, day = event.site_id, event.created_at.date().isoformat()
    yield Key(site_id, day, "person", event.actor), 1
    if previous is not None:
        seconds = (event.created_at - previous).total_seconds()
        if PACE[0] <= seconds <= PACE[1]:
            yield Key(site_id, day, "pace", f"{event.actor} {bucket(seconds)}"), 1
    waiting_since = _waiting_since(earlier)
    if waiting_since is not None:
        yield Key(site_id, day, "wait", str(bucket((event.created_at - waiting_since).total_seconds()))), 1
    for key in _agreement(event):
        yield key, 1


def bucket(seconds: float) -> int:
    """The bucket of a duration: each is about a fifth longer than the one before, so that counts give a median."""
    return round(4 * math.log2(max(seconds, 0.25)))


def duration(number: float) -> float:
    """The seconds that a bucket stands for."""
    return float(2 ** (number / 4))


def median(buckets: Iterable[tuple[int, int]]) -> float | None:
    """The median in seconds of durations counted as pairs of bucket and number; None where there are none."""
    return quantile(buckets, 0.5)


def quantile(buckets: Iterable[tuple[int, int]], share: float) -> float | None:
    """The seconds that this share of the durations does not exceed, as for `median`."""
    counts = sorted(buckets)
    left = sum(number for _, number in counts) * share
    for bucket_number, number in counts:
        left -= number
        if left <= 0 and number:
            return duration(bucket_number)
    return None


def _waiting_since(earlier: Sequence[Event]) -> datetime | None:
    """Since when a comment has waited for a person: its first flag or report after the last person's decision."""
    since: datetime | None = None
    for event in earlier:
        if event.action == "comment.edited" or is_persons(event):
            since = None
        elif since is None and (event.status == "flagged" or event.action == "comment.reported"):
            since = event.created_at
    return since


def _of_policys_own(event: Event) -> Iterator[tuple[str, str]]:
    """The scores of a decision by the policy, and the entries of shared lists in its reasons."""
    for label, score in (event.scores or {}).items():
        yield "score", f"{label} {min(BINS - 1, int(score * BINS))}"
    for reason in event.reasons or ():
        if reason.get("list"):
            yield "list", f"{reason['list']} {reason.get('entry')}"


def _agreement(event: Event) -> Iterator[Key]:
    if event.site_id and event.scores and event.status in {"published", "rejected"}:
        label, score = max(event.scores.items(), key=lambda item: (item[1], item[0]))
        band = min(BANDS - 1, int(score * BANDS))
        yield Key(event.site_id, event.created_at.date().isoformat(), "agree", f"{label} {band} {event.status}")


def _next_events(session: Session, position: str) -> Sequence[Event]:
    query = select(*_EVENT).where(AuditEvent.id > position, AuditEvent.id < clock.first_id("a", clock.now() - LAG))
    return session.execute(query.order_by(AuditEvent.id).limit(STEP)).all()


def _sum(session: Session, events: Sequence[Event]) -> dict[Key, int]:
    by_people = [event for event in events if actors.is_person(event.actor) and event.comment_id]
    histories = _histories(session, by_people)
    last_decision = _last_decisions(session, by_people)
    recounted = _position(session, _RECOUNTED)
    kept = last_days_removed(session) if events and events[0].id <= recounted else {}
    sums: Counter[Key] = Counter()
    for event in events:
        earlier_events = [past for past in histories.get(event.comment_id, ()) if past.id < event.id]
        for key, number in keys(event, earlier_events, last_decision.get(event.actor)):
            if event.id > recounted or key.day > kept.get(key.site_id, ""):
                sums[key] += number
        if is_persons(event):
            last_decision[event.actor] = event.created_at
    return {key: number for key, number in sums.items() if number}


def _histories(session: Session, events: Sequence[Event]) -> dict[str, list[Event]]:
    """All that happened to the comments of these events, oldest first."""
    histories: dict[str, list[Event]] = {event.comment_id: [] for event in events}
    if histories:
        query = (
            select(*_EVENT).where(AuditEvent.comment_id.in_(histories)).order_by(AuditEvent.comment_id, AuditEvent.id)
        )
        for event in session.execute(query):
            histories[event.comment_id].append(event)
    return histories


def _last_decisions(session: Session, events: Sequence[Event]) -> dict[str, datetime]:
    """When each person of these events last decided before them."""
    decided_at: dict[str, datetime] = {}
    for actor in {event.actor for event in events}:
        before = (
            select(*_EVENT)
            .where(AuditEvent.actor == actor, text(DONE_BY_PEOPLE), AuditEvent.id < events[0].id)
            .where(AuditEvent.action == "comment.decided")
            .order_by(AuditEvent.id.desc())
            .limit(100)
        )
        decision = next((event for event in session.execute(before) if is_persons(event)), None)
        if decision is not None:
            decided_at[actor] = decision.created_at
    return decided_at


def _advance(store: Store, position: str | None, next_position: str, sums: dict[Key, int]) -> bool:
    """Write a step; False when another process was quicker or a site was removed meanwhile."""
    try:
        with store.write() as session:
            if not watermarks.advance(session, WATERMARK, position, next_position):
                return False
            _put(session, sums)
    except IntegrityError:
        return False
    return True


def _put(session: Session, numbers: dict[Key, int], *, largest: bool = False) -> None:
    """Add numbers to the stored ones, or keep the larger of each."""
    rows = [
        {"site_id": key.site_id, "day": key.day, "what": key.what, "key": key.key, "number": number}
        for key, number in sorted(numbers.items(), key=lambda item: (item[0].site_id, item[0].day, item[0].key))
    ]
    if not rows:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(Tally)
    added = insert.excluded.number
    number = case((added > Tally.number, added), else_=Tally.number) if largest else Tally.number + added
    session.execute(
        insert.on_conflict_do_update(index_elements=["site_id", "day", "what", "key"], set_={"number": number}), rows
    )


def of_days(
    site_ids: Collection[str], what: str, since: str, before: str | None = None
) -> Sequence[ColumnElement[bool]]:
    """The conditions on tallies of kind `what`, of these sites, from the day `since` on, before the day `before`.

    They name each day, so that the key leads to what is asked for: of a range of days it would be read past all kinds.
    """
    first, end = date.fromisoformat(since), clock.now().date() + timedelta(days=2)  # clocks differ
    if before is not None:
        end = min(end, date.fromisoformat(before))
    days = [(first + timedelta(days=number)).isoformat() for number in range((end - first).days)]
    return Tally.site_id.in_(site_ids), Tally.day.in_(days), Tally.what == what


def by_day(session: Session, site_ids: Collection[str], what: str, since: str) -> list[tuple[str, str, int]]:
    """Day, key and number of the tallies of kind `what`, of these sites together, from the day `since` on."""
    query = (
        select(Tally.day, Tally.key, func.sum(Tally.number))
        .where(*of_days(site_ids, what, since))
        .group_by(Tally.day, Tally.key)
    )
    return [(day, key, int(number)) for day, key, number in session.execute(query)]


def in_all(
    session: Session, site_ids: Collection[str], what: str, since: str, before: str | None = None
) -> dict[str, int]:
    """Key -> number of the tallies of kind `what`, of these sites and days (before the day `before`) together."""
    query = select(Tally.key, func.sum(Tally.number)).where(*of_days(site_ids, what, since, before)).group_by(Tally.key)
    return {key: int(number) for key, number in session.execute(query)}


def queue_samples(session: Session, site_ids: Collection[str], since: str) -> dict[str, tuple[int, int]]:
    """`2026-11-24 09` -> the most items that waited in that hour on these sites together, and the oldest's age."""
    size, age = Tally.key.endswith("size"), Tally.key.endswith("age")
    hour = func.substr(Tally.key, 1, 2)
    query = (
        select(
            Tally.day,
            hour,
            func.sum(case((size, Tally.number), else_=0)),
            func.max(case((age, Tally.number), else_=0)),
        )
        .where(*of_days(site_ids, "queue", since))
        .group_by(Tally.day, hour)
    )
    return {f"{day} {at}": (int(most), int(oldest)) for day, at, most, oldest in session.execute(query)}
