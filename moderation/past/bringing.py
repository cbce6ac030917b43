"""Brings comments of the past into the database: decided as they were, without a queue, a webhook or a new decision.

It goes in small batches, each one transaction with its examples and review items. A comment that is there already is
left as it is, so an import that was interrupted is simply run again. See docs/decisions/0073-bringing-the-past.md.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation import actors, audit, authors, clock
from moderation.history import feedback, site_retention
from moderation.intake.submissions import content_hash, reading_hash
from moderation.past import own_lines
from moderation.past.own_lines import PastExample
from moderation.past.records import LeftOut, PastComment, Read, Unreadable, WrongFile
from moderation.policy.facts import REPEAT_WINDOW
from moderation.policy.rules import IMPORTED
from moderation.policy.terms import Action
from moderation.review import campaigns, lookalikes, review_items, urgency
from moderation.review.campaigns import Arrival
from moderation.review.fingerprints import NONE, Fingerprint
from moderation.review.lookalikes import Owners
from moderation.review.review_items import NewItem
from moderation.sites import archive
from moderation.store import Store, insert_many
from moderation.tables import Comment

#: Comments that are written in one transaction: few, so that nobody waits long to write.
BATCH = 500
#: After so many in a row that cannot be read, the file is taken for something else.
MOST_UNREADABLE = 100_000
_TABLE = cast("Table", Comment.__table__)
_EMPTY: dict[str, Any] = dict.fromkeys(_TABLE.columns.keys())
_ACTIONS: dict[str, Action] = {"published": "publish", "flagged": "flag", "rejected": "reject"}
T = TypeVar("T")
_LINK = _TABLE.update().where(_TABLE.c.id == bindparam("which"), _TABLE.c.parent_id.is_(None))


@dataclass(slots=True)
class Counts:
    """What became of a file's comments."""

    brought: int = 0
    #: They were there before.
    known: int = 0
    unreadable: int = 0
    #: Another comment, of another date, has their id in the other system.
    clashing: int = 0
    #: They answer a comment that is not there.
    unlinked: int = 0
    #: Labelled examples that were new.
    examples: int = 0
    waiting: int = 0
    #: What was left out because it is to be -> how often.
    left_out: Counter[str] = field(default_factory=Counter)
    #: Why the file could be read no further than to here.
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A comment about to be written: its columns, what it answers, and what follows from it."""

    row: dict[str, Any]
    parent: str | None
    #: Whether a person is to look at it.
    waits: bool
    examples: Sequence[dict[str, Any]] = ()
    fingerprint: Fingerprint = NONE


def _none_unlinked() -> sqlite3.Connection:
    unlinked = sqlite3.connect("")
    unlinked.execute("CREATE TABLE answers (comment_id, answers)")
    return unlinked


@dataclass(frozen=True, slots=True)
class _Import:
    """An import under way."""

    store: Store
    site_id: str
    source: str
    #: By which column a comment names the comment that it answers.
    named_by: InstrumentedAttribute[Any]
    counts: Counts = field(default_factory=Counts)
    #: (comment's id, what it answers), where that has not been met yet: on the disk, as there may be millions.
    unlinked: sqlite3.Connection = field(default_factory=_none_unlinked)
    #: The hashes of texts that this site has erased since.
    erased: set[str] = field(default_factory=set)


def bring(
    store: Store,
    site_id: str,
    source: str,
    comments: Iterable[Read],
    *,
    complain: Callable[[Unreadable], object] = lambda _: None,
) -> Iterator[Counts]:
    """Bring another system's comments to a site. Yields the counts after each batch; the last are final.

    `source` is the other system's name, which with its own id is the comment's `external_id`.

    Raises:
        moderation.sites.archive.Archived: the site takes nothing. What came before it was archived has been brought.
    """
    this = _Import(store, site_id, source, Comment.external_id)
    with closing(this.unlinked):
        yield from _run(this, (_arrival(this, comment) for comment in _readable(this, comments, complain)))


def bring_back(
    store: Store,
    site_id: str,
    rows: Iterable[tuple[str, own_lines.Row] | Unreadable],
    *,
    complain: Callable[[Unreadable], object] = lambda _: None,
) -> Iterator[Counts]:
    """Bring the comments and examples of an export of Winnow's own to a site, as they were. Yields as `bring`.

    A comment that was still `pending` is decided here: it was never decided there.
    """
    this = _Import(store, site_id, "ndjson", Comment.id)
    divided = _Divided(this, _readable(this, rows, complain), complain)
    own = (_returned(row) for batch in _batches(divided.comments()) for row in _own(this, batch))
    with closing(this.unlinked):
        yield from _run(this, own, divided.examples())


@dataclass(slots=True)
class _Divided:
    """An export's rows, divided: first the comments, then the examples, but for those of texts erased here."""

    this: _Import
    rows: Iterator[tuple[str, own_lines.Row]]
    complain: Callable[[Unreadable], object]
    first: PastExample | None = None

    def comments(self) -> Iterator[dict[str, Any]]:
        for _, row in self.rows:
            if isinstance(row, PastExample):
                self.first = row
                return
            yield row

    def examples(self) -> Iterator[dict[str, Any]]:
        """Those that stand behind the comments: ask for them once `comments` has come to its end."""
        if self.first is not None:
            yield from self._kept(self.first)
        for place, row in self.rows:
            if isinstance(row, PastExample):
                yield from self._kept(row)
            else:
                self.this.counts.unreadable += 1
                self.complain(Unreadable(place, "It is a comment, and stands behind the examples."))

    def _kept(self, example: PastExample) -> Iterator[dict[str, Any]]:
        if example.row["text_hash"] not in self.this.erased:
            yield example.row


def _readable(
    this: _Import, items: Iterable[T | Unreadable | LeftOut], complain: Callable[[Unreadable], object]
) -> Iterator[T]:
    """The items that could be read. Others are counted and complained of; after very many in a row nothing is read."""
    in_a_row = 0
    for item in _to_its_end(this, items):
        if isinstance(item, LeftOut):
            this.counts.left_out[item.what] += 1
            continue
        if not isinstance(item, Unreadable):
            in_a_row = 0
            yield item
            continue
        this.counts.unreadable += 1
        complain(item)
        in_a_row += 1
        if in_a_row >= MOST_UNREADABLE:
            this.counts.broken = (
                f"None of {MOST_UNREADABLE:,} comments in a row could be read, up to {item.place.lower()}, so nothing "
                "behind it is read. What stands before it was read."
            )
            return


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(items, BATCH)):
        yield batch


def _to_its_end(this: _Import, items: Iterable[T]) -> Iterator[T]:
    """The items of a file, up to where it breaks off: `counts.broken` says why, and what came before is brought.

    Raises:
        WrongFile: nothing of it can be read.
    """
    has_begun = False
    try:
        for item in items:
            has_begun = True
            yield item
    except WrongFile as error:
        if not has_begun:
            raise
        this.counts.broken = str(error)


def _run(this: _Import, arrivals: Iterator[_Arrival], examples: Iterable[dict[str, Any]] = ()) -> Iterator[Counts]:
    with this.store.read() as session:
        archive.refuse_archived(session, this.site_id)
    for batch in _batches(arrivals):
        try:
            _write(this, batch)
        except IntegrityError:  # PostgreSQL: the site sent one of them meanwhile; now it can be seen
            _write(this, batch)
        yield this.counts
    for rows in _batches(iter(examples)):
        with this.store.write() as session:
            kept = feedback.keep_as_they_were(session, this.site_id, rows)
        this.counts.examples += kept
        yield this.counts
    for links in _batches(this.unlinked.execute("SELECT comment_id, answers FROM answers")):
        _link(this, links)
    detail = {"source": this.source, "comments": this.counts.brought, "examples": this.counts.examples}
    with this.store.write() as session:
        audit.record(session, [audit.row("site.imported", actor=actors.OPERATOR, site_id=this.site_id, detail=detail)])
    yield this.counts


def _arrival(this: _Import, past: PastComment) -> _Arrival:
    erased = past.status == "erased"
    decided_at = past.decided_at or past.created_at
    origin = {"imported": this.source} | ({"email_was_typed": True} if past.email_was_typed else {})
    external_id = f"{this.source}:{past.key}"
    row = _EMPTY | {
        # It follows from the other system's id, so that what was erased here meanwhile is not brought again.
        "id": clock.derived_id("c", past.created_at, this.site_id, external_id),
        "site_id": this.site_id,
        "external_id": external_id,
        "name": past.name,
        "comment": past.comment,
        "thread": past.thread,
        "email": past.email,
        "url": past.url,
        "ip": past.ip,
        "user_agent": past.user_agent,
        "user_id": past.user_id,
        "created_at": past.created_at,
        "accepted_at": past.created_at,
        "updated_at": decided_at,
        "status": past.status,
        "revision": 1,
        "version": 1,
        "reasons": None if erased else _reasons(past.why, past.status, past.label),
        "decided_by": None if erased else actors.SITE,
        "decided_at": None if erased else decided_at,
        "origin": None if erased else origin,
    }
    parent = None if past.parent_key is None else f"{this.source}:{past.parent_key}"
    examples = feedback.as_rows(this.site_id, this.source, past.comment, past.examples) if past.examples else ()
    waits = past.waits or past.status == "flagged"
    return _Arrival(_identified(row), parent, waits, examples, _fingerprint(row, waits=waits))


@lru_cache(100)
def _reasons(why: str, status: str, label: str | None) -> Sequence[dict[str, Any]]:
    return [IMPORTED.reason(why, action=_ACTIONS.get(status), label=label).as_json()]


def _returned(row: dict[str, Any]) -> _Arrival:
    waits = row["status"] == "flagged"
    arrived = _identified(row | {"parent_id": None})
    return _Arrival(arrived, row["parent_id"], waits, fingerprint=_fingerprint(row, waits=waits))


def _identified(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its author's key, and with what tells repetitions where it is recent enough to be repeated."""
    erased = row["status"] == "erased"
    is_recent = not erased and row["created_at"] > clock.now() - REPEAT_WINDOW
    row["author_key"] = None if erased else authors.key_of(row["user_id"], row["email"], row["name"])
    row["content_hash"] = reading_hash(row["comment"]) if is_recent else None
    return row


def _fingerprint(row: Mapping[str, Any], *, waits: bool) -> Fingerprint:
    """What groups a comment that waits for a person with those like it."""
    return lookalikes.of_text(row["comment"]) if waits else NONE


def _own(this: _Import, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of an export, for this site: ids that another site has are replaced by others, always the same."""
    ids = {row["id"] for row in rows} | {row["parent_id"] for row in rows if row["parent_id"] is not None}
    elsewhere = select(Comment.id).where(Comment.id.in_(ids), Comment.site_id != this.site_id)
    with this.store.read() as session:
        taken = frozenset(session.scalars(elsewhere))
    for row in rows:
        yield _EMPTY | own_lines.for_site(row, this.site_id, taken) | {"site_id": this.site_id}


def _write(this: _Import, batch: Sequence[_Arrival]) -> None:
    fingerprints = {arrival.row["id"]: arrival.fingerprint for arrival in batch if arrival.waits}
    owners: Owners = {}
    if fingerprints:
        with this.store.read() as session:
            owners = lookalikes.owners(session, fingerprints)
    with this.store.write() as session:
        archive.refuse_archived(session, this.site_id)
        ids_by_name = _known(session, this.site_id, batch)
        linked, erased = _as_they_are(session, set(ids_by_name.values()))
        new = _unknown(batch, ids_by_name)
        parents = _parents(session, this, {arrival.parent for arrival in batch if arrival.parent is not None})
        own_name = this.named_by.key
        parents |= {arrival.row[own_name]: arrival.row["id"] for arrival in new}
        rows = [arrival.row | {"parent_id": parents.get(arrival.parent)} for arrival in new]
        if rows:
            insert_many(session, _TABLE, sorted(rows, key=lambda row: str(row["id"])))
            site_retention.start_over(session, this.site_id)
        waiting = _ask(session, [arrival.row for arrival in new if arrival.waits], fingerprints, owners)
        examples = [example for arrival in new for example in arrival.examples]
        kept = feedback.keep(session, this.site_id, this.source, examples)
    new_ids = {row["id"] for row in rows}
    clashing, unlinked = 0, []
    for arrival in batch:
        if arrival.row["id"] in erased and arrival.row["comment"]:
            this.erased.add(content_hash(arrival.row["comment"]))
        comment_id = next(ids_by_name[name] for name in _names(arrival.row) if name in ids_by_name)
        if comment_id != arrival.row["id"]:  # which follows from its date
            clashing += 1
            continue
        waits = comment_id not in linked and (comment_id not in new_ids or arrival.parent not in parents)
        if arrival.parent is not None and waits:
            unlinked.append((comment_id, arrival.parent))
    this.unlinked.executemany("INSERT INTO answers VALUES (?, ?)", unlinked)
    this.counts.brought += len(new)
    this.counts.known += len(batch) - len(new) - clashing
    this.counts.clashing += clashing
    this.counts.waiting += waiting
    this.counts.examples += kept


_Name = tuple[str, str]


def _names(row: Mapping[str, Any]) -> list[_Name]:
    """By what a site tells that a comment is one that it has."""
    return [(name, row[name]) for name in ("id", "external_id", "idempotency_key") if row[name] is not None]


def _known(session: Session, site_id: str, batch: Sequence[_Arrival]) -> dict[_Name, str]:
    """The names of comments of this batch that the site has already, and their ids."""
    known: dict[_Name, str] = {}
    for name in ("id", "external_id", "idempotency_key"):
        column = getattr(Comment, name)
        values = {arrival.row[name] for arrival in batch if arrival.row[name] is not None}
        if values:
            query = select(column, Comment.id).where(Comment.site_id == site_id, column.in_(values))
            known |= {(name, value): comment_id for value, comment_id in session.execute(query)}
    return known


def _as_they_are(session: Session, comment_ids: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Those of these comments that have what they answer, so that nothing is left to do; and those that are erased."""
    if not comment_ids:
        return frozenset(), frozenset()
    query = select(Comment.id, Comment.parent_id, Comment.status).where(Comment.id.in_(comment_ids))
    rows = session.execute(query).all()
    linked = frozenset(row.id for row in rows if row.parent_id is not None)
    return linked, frozenset(row.id for row in rows if row.status == "erased")


def _unknown(batch: Sequence[_Arrival], known: dict[_Name, str]) -> list[_Arrival]:
    """Those that the site does not have; they are added to what is `known`, since a file may hold one twice."""
    new = []
    for arrival in batch:
        names = _names(arrival.row)
        if not any(name in known for name in names):
            new.append(arrival)
            known.update(dict.fromkeys(names, arrival.row["id"]))
    return new


def _ask(
    session: Session,
    waiting: Sequence[dict[str, Any]],
    fingerprints: lookalikes.Fingerprints,
    owners: Owners,
) -> int:
    """Ask people about comments that waited for one. They come after those of today. Returns how many there are."""
    if not waiting:
        return 0
    groups = lookalikes.assign(session, {row["id"]: fingerprints[row["id"]] for row in waiting}, owners)
    campaigns.join(
        session,
        [
            Arrival(row["id"], row["site_id"], groups[row["id"]], None, fingerprints[row["id"]].says_little)
            for row in waiting
            if row["id"] in groups
        ],
    )
    items = []
    for row in waiting:
        label, rule = review_items.cause(row["reasons"])
        named = {name: row[name] for name in ("site_id", "language", "author_key", "thread")}
        item = NewItem(comment_id=row["id"], priority=urgency.LEAST, label=label, rule=rule, **named)
        items.append(replace(item, group_id=groups.get(row["id"])))
    review_items.open_items(session, items, kind="flag")
    return len(items)


def _parents(session: Session, this: _Import, names: Collection[str]) -> dict[str | None, str]:
    """The name of what is answered -> its comment's id, for those that are there."""
    if not names:
        return {}
    query = select(this.named_by, Comment.id).where(Comment.site_id == this.site_id, this.named_by.in_(names))
    ids: dict[str | None, str] = dict(session.execute(query).all())
    return ids


def _link(this: _Import, links: Sequence[tuple[str, str]]) -> None:
    """Link answers that came before what they answer, or whose import was interrupted."""
    with this.store.write() as session:
        parents = _parents(session, this, {parent for _, parent in links})
        rows = [{"which": child, "parent_id": parents[parent]} for child, parent in links if parent in parents]
        if rows:
            session.execute(_LINK, rows)
    this.counts.unlinked += len(links) - len(rows)
