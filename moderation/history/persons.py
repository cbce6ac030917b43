"""All that is kept of one author: found, written out, erased. What a person may ask of whoever runs a site.

An author is named as in the lists: `id:…`, `email:…`, `name:…`, or `ip:…` for an address; without a kind it is an id,
an e-mail address or a name. A name finds only authors who are known by nothing else, because anybody could type it.

Of other people nothing is written out: a moderator is `user`, and who reported a comment is left out.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, false, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation import actors, addresses, audit, authors, sealing
from moderation.decisions import bulk_criteria, comments, erasing
from moderation.decisions.comments import CommentError
from moderation.identities import columns
from moderation.intake.submissions import content_hash
from moderation.policy import policies, policy_lists, shared_lists
from moderation.policy.list_kinds import KINDS
from moderation.policy.policy_lists import mentions
from moderation.settings import Settings
from moderation.store import Store
from moderation.tables import (
    BulkJob,
    Comment,
    Feedback,
    KeptLonger,
    Note,
    PolicyVersion,
    Report,
    Reporter,
    SavedFilter,
    SharedList,
    SharedListEntry,
    Site,
)
from moderation.tables import Table as Tables
from texts.folding import fold

#: Comments erased in one transaction, and rows read at a time.
STEP, PAGE = 25, 500
#: Characters of what names an author: as many as the longest e-mail address has.
LONGEST = 320
_KINDS = ("id", "email", "name", "ip")
_LISTS = ("blocked_authors", "suspended_authors", "trusted_authors", "blocked_ips", "trusted_ips")
#: Other ids and addresses of the same comments that are named to the operator.
_MOST_NAMED = 10


class NotNamed(ValueError):
    """This names no author; the message says why."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is meant. `kind` is one of `_KINDS`, or None."""

    kind: str | None
    value: str

    @property
    def forms(self) -> frozenset[str]:
        """How lists, searches and reports may have written it, folded."""
        value = fold(self.value)
        return frozenset({value, *authors.keys_meant(self.value)})

    def is_named(self, text: Any) -> bool:
        """Whether this text, as a whole, is this person."""
        if not isinstance(text, str):
            return False
        return fold(text) in self.forms or fold(authors.without_kind(text)) in self.forms


@dataclass(slots=True)
class Held:
    """What there is on a person, counted; and what else their comments carry, by which there may be more."""

    counts: Counter[str] = field(default_factory=Counter)
    also: dict[str, set[str]] = field(default_factory=dict)
    #: Bulk decisions that look for this author and have not ended: they cannot be erased yet.
    running: int = 0


def read(text: str) -> Person:
    """The person whom an operator named.

    Raises:
        NotNamed: it is empty, too long, or no address.
    """
    kind, colon, value = text.partition(":")
    kind = kind.strip().lower()
    person = Person(kind, value.strip()) if colon and kind in _KINDS else Person(None, text.strip())
    if person.kind is None and _is_address(person.value):
        person = Person("ip", person.value)
    if person.kind == "ip":
        if not _is_address(person.value):
            raise NotNamed(f"{person.value!r} is no IP address.")
        person = Person("ip", addresses.read(person.value) or person.value)
    if not fold(person.value) or len(person.value) > LONGEST:
        raise NotNamed(f"Name an author by 1 to {LONGEST} characters: id:…, email:…, name:… or ip:….")
    return person


def export(store: Store, person: Person, site_id: str | None) -> Iterator[dict[str, Any]]:
    """A document for each row that holds something of this person, with the name of its table."""
    by_address = _by_address(store, person, site_id)
    for site in _sites(store, site_id):
        keys: set[str | None] = set()
        for ids in _comments(store, person, site, by_address):
            with store.read() as session:
                yield from _about_comments(session, ids)
                keys.update(session.scalars(select(Comment.author_key).where(Comment.id.in_(ids))))
        with store.read() as session:
            on_author = select(Note).where(Note.site_id == site, Note.author_key.in_(keys - {None}))
            yield from (_shown(note, "notes") for note in session.scalars(on_author.order_by(Note.id)))
            for version, name, entry, until in _entries(session, person, site):
                yield {"table": "policies", "site_id": site, "version": version, "list": name, "entry": entry} | (
                    {"until": until} if until else {}
                )
    for reports in _reports(store, person, site_id):
        yield from (_shown(report, "reports") for report in reports)
    with store.read() as session:
        yield from (_shown(record, "reporters") for record in session.scalars(_as_reporter(person, site_id)))
    for job in _jobs(store, person, site_id):
        yield _shown(job, "bulk_jobs")
    with store.read() as session:
        yield from (_shown(saved, "saved_filters") for saved in _views(session, person, site_id))
        yield from (_shown(entry, "list_entries") for entry in _shared(session, person, site_id))


def count(store: Store, person: Person, site_id: str | None) -> Held:
    """What there is on this person."""
    held, by_address = Held(), _by_address(store, person, site_id)
    for site in _sites(store, site_id):
        for ids in _comments(store, person, site, by_address):
            held.counts["comments"] += len(ids)
            with store.read() as session:
                _note_also(session, held, ids)
        with store.read() as session:
            held.counts["entries"] += len({(name, entry) for _, name, entry, _ in _entries(session, person, site)})
    held.counts["reports"] += sum(map(len, _reports(store, person, site_id)))
    with store.read() as session:
        held.counts["readers"] += len(session.scalars(_as_reporter(person, site_id)).all())
        held.counts["entries"] += len(_shared(session, person, site_id))
    for job in _jobs(store, person, site_id):
        held.counts["jobs"] += 1
        held.running += job.finished_at is None
    with store.read() as session:
        held.counts["filters"] += len(_views(session, person, site_id))
    return held


def erase(store: Store, person: Person, site_id: str | None) -> Iterator[Counter[str]]:
    """Erase everything on this person in small transactions. Yields how much is erased after each.

    Each comment goes whole, and its site is told (`comment.erased`). `finish` belongs behind it; who is interrupted
    runs it again.
    """
    done: Counter[str] = Counter()
    by_address = _by_address(store, person, site_id)
    for site in _sites(store, site_id):
        for ids in _comments(store, person, site, by_address, limit=STEP):
            with store.write() as session:
                done["comments"] += _erase_comments(session, site, ids)
            yield done
        with store.write() as session:
            done["entries"] += _erase_entries(session, person, site)
    for reports in _reports(store, person, site_id):
        with store.write() as session:
            of_person = update(Report).where(Report.id.in_([report.id for report in reports]))
            session.execute(of_person.values(note=None, reporter=None).execution_options(synchronize_session=False))
        done["reports"] += len(reports)
        yield done
    with store.write() as session:
        for record in session.scalars(_as_reporter(person, site_id)):
            session.delete(record)
            done["readers"] += 1
        done["entries"] += _erase_shared(session, person, site_id)
    ended = [job.id for job in _jobs(store, person, site_id) if job.finished_at is not None]
    with store.write() as session:
        erasing.forget_jobs(session, BulkJob.id.in_(ended))
    done["jobs"] += len(ended)
    with store.write() as session:
        for saved in _views(session, person, site_id):
            session.delete(saved)
            done["filters"] += 1
    yield done


def finish(store: Store, settings: Settings, person: Person, site_id: str | None, done: Counter[str]) -> Held:
    """What is left after an erasure. That it is done is written into the audit only where that is nothing."""
    left = count(store, person, site_id)
    if +done and not +left.counts:
        detail = {"digest": digest(settings, person)} | dict(+done)
        with store.write() as session:
            audit.record(session, [audit.row("author.erased", actor=actors.OPERATOR, site_id=site_id, detail=detail)])
    return left


def digest(settings: Settings, person: Person) -> str | None:
    """What stands in the audit for a person, so that who knows the secret key can find them; None without a key."""
    keys = sealing.signing_keys(settings, "person")
    return hmac.new(keys[0].encode(), fold(person.value).encode(), hashlib.sha256).hexdigest()[:32] if keys else None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _sites(store: Store, site_id: str | None) -> Sequence[str]:
    if site_id is not None:
        return [site_id]
    with store.read() as session:
        return session.scalars(select(Site.id).order_by(Site.id)).all()


# Comments, and all that belongs to them.


def _conditions(person: Person) -> list[ColumnElement[bool]]:
    """The conditions that find a person's comments. Each has an index, but for an e-mail address beside a user id."""
    if person.kind == "ip":
        return [Comment.ip == person.value]
    by_value, by_name = authors.keys_meant(person.value)[0], authors.keys_meant(f"name:{person.value}")[0]
    has_id = func.coalesce(Comment.user_id, "") != ""
    conditions: list[ColumnElement[bool]] = []
    if person.kind in {None, "id"}:
        conditions.append(and_(Comment.author_key == by_value, has_id))
    if person.kind in {None, "email"}:
        conditions.append(and_(Comment.author_key == by_value, ~has_id))
    if person.kind in {None, "name"}:
        conditions.append(Comment.author_key == by_name)
    return conditions


def _by_address(store: Store, person: Person, site_id: str | None) -> Mapping[str, list[str]]:
    """Site -> the comments with this e-mail address, beside a user id, too.

    No index finds them: all comments are read, so it is done once for all sites.
    """
    ids: dict[str, list[str]] = {}
    if person.kind not in {None, "email"} or "@" not in person.value:
        return ids
    address = columns.is_same(Comment.email, {person.value.lower(), fold(person.value)})
    query = select(Comment.site_id, Comment.id).where(address, Comment.status != "erased").order_by(Comment.id)
    if site_id is not None:
        query = query.where(Comment.site_id == site_id)
    with store.read() as session:
        for row in session.execute(query):
            ids.setdefault(row.site_id, []).append(row.id)
    return ids


def _comments(
    store: Store, person: Person, site_id: str, by_address: Mapping[str, list[str]], *, limit: int = PAGE
) -> Iterator[list[str]]:
    """The ids of the person's comments on a site, in pages, each once."""
    seen: set[str] = set()
    for condition in _conditions(person):
        after = ""
        while True:
            query = select(Comment.id).where(
                Comment.site_id == site_id, condition, Comment.status != "erased", Comment.id > after
            )
            with store.read() as session:
                ids = session.scalars(query.order_by(Comment.id).limit(limit)).all()
            if new := [comment_id for comment_id in ids if comment_id not in seen]:
                seen.update(new)
                yield new
            if len(ids) < limit:
                break
            after = ids[-1]
    further = [comment_id for comment_id in by_address.get(site_id, ()) if comment_id not in seen]
    for start in range(0, len(further), limit):
        yield further[start : start + limit]


def _about_comments(session: Session, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of these comments in every table that knows comments, and the examples of their texts."""
    hashes = set()
    for comment in session.scalars(select(Comment).where(Comment.id.in_(ids)).order_by(Comment.id)):
        hashes.add((comment.site_id, content_hash(comment.comment)))
        yield _shown(comment, "comments")
    for table in Tables.metadata.sorted_tables:
        if "comment_id" in table.c and table.name != KeptLonger.__tablename__:
            query = select(table).where(table.c.comment_id.in_(ids)).order_by(*table.primary_key)
            yield from (_document(table, dict(row)) for row in session.execute(query).mappings())
    for site_id, text_hash in sorted(hashes):
        examples = select(Feedback).where(Feedback.site_id == site_id, Feedback.text_hash == text_hash)
        yield from (_shown(example, "feedback") for example in session.scalars(examples))


def _erase_comments(session: Session, site_id: str, ids: Sequence[str]) -> int:
    erased = 0
    for comment_id in ids:
        try:
            comments.erase(session, site_id, comment_id, actor=actors.OPERATOR)
            session.flush()
        except CommentError:
            continue  # somebody else erased it meanwhile
        erased += 1
    return erased


def _note_also(session: Session, held: Held, ids: Sequence[str]) -> None:
    known_by = {"id": Comment.user_id, "email": Comment.email, "name": Comment.name, "ip": Comment.ip}
    for row in session.execute(select(*known_by.values()).where(Comment.id.in_(ids))):
        for kind, value in zip(known_by, row, strict=True):
            values = held.also.setdefault(kind, set())
            if value and len(values) < _MOST_NAMED:
                values.add(value)


# What names the person elsewhere.


def _entries(session: Session, person: Person, site_id: str) -> list[tuple[int, str, str, str | None]]:
    """Version, list, entry and end of each entry of the site's policies that is this person."""
    query = select(PolicyVersion).where(
        PolicyVersion.site_id == site_id, mentions(PolicyVersion.document, {person.value, fold(person.value)})
    )
    found = []
    for policy in session.scalars(query.order_by(PolicyVersion.version)):
        for name in _LISTS:
            ends = policy.document.get("expires", {}).get(name, {})
            entries = [entry for entry in policy.document.get(name, ()) if person.is_named(entry)]
            found += [(policy.version, name, entry, ends.get(entry)) for entry in entries]
    return found


def _erase_entries(session: Session, person: Person, site_id: str) -> int:
    """Take the person out of the policy in force, as a new version, and out of the old ones."""
    entries = {(name, entry) for _, name, entry, _ in _entries(session, person, site_id)}
    if not entries:
        return 0
    document = policies.to_change(session, site_id)
    remaining = {name: [entry for entry in document[name] if (name, entry) not in entries] for name in _LISTS}
    if any(remaining[name] != document[name] for name in _LISTS):
        policies.save(session, site_id, document | remaining, actor=actors.OPERATOR)
        session.flush()
    policy_lists.forget(session, site_id, {entry for _, entry in entries} | {person.value})
    return len(entries)


def _shared(session: Session, person: Person, site_id: str | None) -> Sequence[SharedListEntry]:
    """The entries of the team's lists that are this person. They belong to no single site."""
    if site_id is not None:
        return []
    kinds = [
        kind for kind in KINDS.values() if kind.about_people and (kind.name == "addresses") == (person.kind == "ip")
    ]
    value = fold(person.value)
    spellings = {value, *(f"{kind}:{value}" for kind in ("id", "email", "name"))}
    keys = {kind.key(spelling) for kind in kinds for spelling in spellings}
    query = select(SharedListEntry).join(SharedList, SharedList.id == SharedListEntry.list_id)
    query = query.where(SharedList.kind.in_([kind.name for kind in kinds]), SharedListEntry.key.in_(keys))
    return session.scalars(query.order_by(SharedListEntry.list_id, SharedListEntry.number)).all()


def _erase_shared(session: Session, person: Person, site_id: str | None) -> int:
    entries = _shared(session, person, site_id)
    for list_id in sorted({entry.list_id for entry in entries}):
        numbers = [entry.number for entry in entries if entry.list_id == list_id]
        shared_lists.remove(session, list_id, numbers, actor=actors.OPERATOR)
    return len(entries)


def _reports(store: Store, person: Person, site_id: str | None) -> Iterator[Sequence[Report]]:
    """The reports that this person made of others' comments, in pages."""
    after = ""
    while True:
        query = select(Report).where(_is_reader(Report.reporter, person), Report.id > after)
        if site_id is not None:
            query = query.where(Report.site_id == site_id)
        with store.read() as session:
            reports = session.scalars(query.order_by(Report.id).limit(PAGE)).all()
        if reports:
            yield reports
        if len(reports) < PAGE:
            return
        after = reports[-1].id


def _as_reporter(person: Person, site_id: str | None) -> Select[Reporter]:
    """How often people agreed with what this person reported, a row for each site."""
    query = select(Reporter).where(_is_reader(Reporter.reporter, person))
    return query.order_by(Reporter.site_id) if site_id is None else query.where(Reporter.site_id == site_id)


def _is_reader(column: InstrumentedAttribute[Any], person: Person) -> ColumnElement[bool]:
    if person.kind == "ip":
        return false()
    return columns.is_same(column, {person.value.lower(), fold(person.value)})


def _jobs(store: Store, person: Person, site_id: str | None) -> Iterator[BulkJob]:
    """The bulk decisions that looked for this person."""
    after = ""
    while True:
        query = select(BulkJob).where(
            BulkJob.id > after, mentions(BulkJob.criteria, {person.value, fold(person.value)})
        )
        with store.read() as session:
            jobs = session.scalars(query.order_by(BulkJob.id).limit(PAGE)).all()
        for job in jobs:
            is_there = site_id in {None, bulk_criteria.site_of(job.criteria)}
            if is_there and any(map(person.is_named, _leaves(job.criteria))):
                yield job
        if len(jobs) < PAGE:
            return
        after = jobs[-1].id


def _views(session: Session, person: Person, site_id: str | None) -> list[SavedFilter]:
    """The saved filters of the queue that look for this person, or are called like them. There are few in all."""
    saved = session.scalars(select(SavedFilter).order_by(SavedFilter.id))
    texts = ((one, [one.name, *_leaves(one.query)]) for one in saved if site_id in {None, one.site_id})
    return [one for one, named in texts if any(map(person.is_named, named))]


def _leaves(document: Any) -> Iterator[Any]:
    if isinstance(document, Mapping):
        document = list(document.values())
    if not isinstance(document, list):
        yield document
        return
    for item in document:
        yield from _leaves(item)


# As it is written out.


def _shown(row: Tables, name: str) -> dict[str, Any]:
    table = Tables.metadata.tables[name]
    return _document(table, {column.key: getattr(row, column.key) for column in table.columns})


def _document(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without what is empty, and without other people."""
    hidden = {"reporter"} if table.name == "reports" else set()
    values = {name: _impersonal(value) for name, value in row.items() if value is not None and name not in hidden}
    return {"table": table.name} | values


def _impersonal(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _impersonal(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_impersonal(item) for item in value]
    if isinstance(value, str) and actors.is_person(value):
        return actors.kind(value)
    return value
