"""Finding comments on several sites at once, for the console's search and its list of all comments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation import addresses, authors, clock
from moderation.history.scans import Part, Place, Scan, Stream
from moderation.store import Store
from moderation.tables import Comment
from texts.terms import terms

#: The statuses that are shown when none is chosen: all but `erased`, where nothing is left to see.
STATUSES = ("published", "flagged", "rejected", "pending")
#: Rows that are looked at, where no index can answer, before the page asks whether to go on.
LOOK = 20_000
#: More streams than this are not read one by one: all comments are read by time, and filtered.
MOST_STREAMS = 32
#: Comments of a site, the last that changed, whose authors' names are looked at.
NAMES_LOOKED_AT = 20_000
#: Authors of one name that are looked for together.
MOST_OF_A_NAME = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """Which comments; None: any."""

    site_ids: tuple[str, ...]
    #: Whether `site_ids` are all sites that there are.
    everywhere: bool = False
    status: str | None = None
    #: A user id, else e-mail, else name.
    author: str | None = None
    #: The keys of authors who go by this name, beside those that `author` itself stands for. See `with_names`.
    author_keys: tuple[str, ...] = ()
    thread: str | None = None
    ip: str | None = None
    #: Words and "phrases", all of which the comment or its author's name holds; or a comment's id, ours or the site's.
    text: str | None = None
    label: str | None = None
    least_score: float = 0.5
    #: Accepted from `since` on and before `until`.
    since: datetime | None = None
    until: datetime | None = None

    def scan(self) -> Scan[Comment]:
        """The list of these comments."""
        order: tuple[InstrumentedAttribute[object], ...] = (Comment.id,)
        if self.thread is not None:
            order = (Comment.created_at, Comment.id)
        streams, conditions = self._streams()
        return Scan(entity=Comment, order=order, streams=streams, conditions=[*conditions, *self._asked_of_rows()])

    def _streams(self) -> tuple[list[Stream], list[ColumnElement[bool]]]:
        """The streams that indexes hold in order, and the conditions on site and status that are left for each row."""
        period = [] if self.thread is not None else self._period()
        by_status = STATUSES if self.status is None else (self.status,)
        statuses = Comment.status.in_(by_status)
        keys = [] if self.author is None else list(dict.fromkeys([*authors.keys_meant(self.author), *self.author_keys]))
        by_key: list[list[ColumnElement[bool]]] = [[Comment.author_key == key] for key in keys] or [[]]
        indexed: list[ColumnElement[bool]] = []
        if self.ip is not None:
            indexed.append(Comment.ip == (addresses.read(self.ip) or self.ip))
        if self.thread is not None:
            indexed = [Comment.thread == self.thread, *indexed]
        if len(self.site_ids) * (len(by_key) if indexed or keys else len(by_status)) > MOST_STREAMS:
            return [[*indexed, *key, *period] for key in by_key], [Comment.site_id.in_(self.site_ids), statuses]
        if indexed or keys:
            pairs = [(site_id, key) for site_id in self.site_ids for key in by_key]
            return [[Comment.site_id == site_id, *indexed, *key, *period] for site_id, key in pairs], [statuses]
        if self.everywhere and self.status is None:
            return [period], [statuses]
        return [
            [Comment.site_id == site_id, Comment.status == status, *period]
            for site_id in self.site_ids
            for status in by_status
        ], []

    def _period(self) -> list[ColumnElement[bool]]:
        """Ids sort by the time of acceptance."""
        period = []
        if self.since is not None:
            period.append(Comment.id >= clock.first_id("c", self.since))
        if self.until is not None:
            period.append(Comment.id < clock.first_id("c", self.until))
        return period

    def _asked_of_rows(self) -> list[ColumnElement[bool]]:
        conditions = [] if self.thread is None else self._period()
        conditions += [_holds(term) for term in terms(self.text or "")]
        if self.label is not None:
            conditions.append(Comment.scores[self.label].as_float() >= self.least_score)
        return conditions


def with_names(session: Session, search: Search) -> Search:
    """The search with the keys of authors whose name `author` is, where the site knows them by an id or an e-mail.

    No index has names: the last comments that changed are looked at, so who has written nothing for long is not found
    by name.
    """
    if search.author is None:
        return search
    keys: list[str] = []
    name = search.author.strip()
    look = max(1, NAMES_LOOKED_AT // max(1, len(search.site_ids)))
    for site_id in search.site_ids:
        last = select(Comment.author_key, Comment.name).where(Comment.site_id == site_id)
        seen = last.order_by(Comment.updated_at.desc(), Comment.id.desc()).limit(look).subquery()
        same = seen.c.name.icontains(name, autoescape=True) & (func.length(seen.c.name) <= len(name))
        keys += session.scalars(select(seen.c.author_key).where(same).distinct().limit(MOST_OF_A_NAME))
    return replace(search, author_keys=tuple(key for key in dict.fromkeys(keys) if key)[:MOST_OF_A_NAME])


def find(session: Session, search: Search, *, before: str | None = None, limit: int, look: int = LOOK) -> Part[Comment]:
    """A page of the comments asked for, latest first, after the comment `before`."""
    if not search.site_ids:
        return Part([], None, None)
    if search.text and (named := _named(session, search)) is not None:
        return Part([named], None, None)
    scan = search.scan()
    return scan.page(session, before=_place(session, scan, before), limit=limit, look=look)


def count(session: Session, search: Search, *, most: int, look: int = LOOK) -> tuple[int, bool]:
    """How many comments there are, counted up to `most`, and whether the number is exact."""
    if not search.site_ids:
        return 0, True
    if search.text and _named(session, search) is not None:
        return 1, True
    return search.scan().count(session, most=most, look=look)


def read_all(store: Store, search: Search, *, step: int = 500, look: int = LOOK) -> Iterator[list[Comment]]:
    """All comments asked for, in pages, each read in a transaction of its own; a page may be empty.

    Comments accepted meanwhile are left out; a comment that changes meanwhile is given as it is when its page is read.
    """
    before: str | None = None
    while True:
        with store.read() as session:
            part = find(session, search, before=before, limit=step, look=look)
        yield part.rows
        if part.next is None:
            return
        before = part.next[-1]


def _holds(term: str) -> ColumnElement[bool]:
    """SQLite folds the case of ASCII letters only, so other words are looked for in their usual spellings."""
    spellings = {term} if term.isascii() else {term, term.lower(), term.upper(), term.capitalize()}
    return or_(
        *(
            column.icontains(spelling, autoescape=True)
            for column in (Comment.comment, Comment.name)
            for spelling in spellings
        )
    )


def _named(session: Session, search: Search) -> Comment | None:
    """The comment whose id the search's text is: Winnow's id or the site's own."""
    text = (search.text or "").strip()
    has_id = Comment.id == text if clock.is_id("c", text) else Comment.external_id == text
    return session.scalar(select(Comment).where(Comment.site_id.in_(search.site_ids), has_id).limit(1))


def _place(session: Session, scan: Scan[Comment], before: str | None) -> Place | None:
    if before is None or len(scan.order) == 1:
        return None if before is None else (before,)
    row = session.execute(select(*scan.order).where(Comment.id == before)).first()
    return None if row is None else tuple(row)
