"""Finding comments on several sites at once: for the page of all comments, its exports, and bulk decisions on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

from sqlalchemy import ColumnElement, String, and_, cast, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation import addresses, authors, clock
from moderation.finding.scans import Part, Place, Scan, Sorted, Stream
from moderation.store import Store
from moderation.tables import DECIDED_BY_PEOPLE, NAMED_BESIDE_THE_KEY, Comment
from texts.terms import terms

#: The statuses that are shown when none is chosen: all but `erased`, where nothing is left to see.
STATUSES = ("published", "flagged", "rejected", "pending")
#: Rows that are looked at, where no index can answer, before the page asks whether to go on.
LOOK = 20_000
#: More streams than this are not read one by one: all comments are read by time, and filtered.
MOST_STREAMS = 32
#: The same for streams that have few rows each: of an author, an address, a thread or a person's decisions.
MOST_SHORT_STREAMS = 256
#: Where no index has a list's order, so many of its rows are sorted.
MOST_SORTED = 5_000
#: In the place of a person's actor: whoever of the people decided.
PEOPLE = "people"

#: A list's dates, and its order, the latest first: when comments came, were written, or were decided on.
Date = Literal["came", "written", "decided"]
_ORDERS: dict[Date, tuple[InstrumentedAttribute[Any], ...]] = {
    "came": (Comment.id,),
    "written": (Comment.created_at, Comment.id),
    "decided": (Comment.decided_at, Comment.id),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: The conditions of partial indexes, which a query has to repeat.
BY_PEOPLE: ColumnElement[bool] = and_(text(DECIDED_BY_PEOPLE))
_NAMED: ColumnElement[bool] = and_(text(NAMED_BESIDE_THE_KEY))


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """Which comments; None: any."""

    site_ids: tuple[str, ...]
    #: Whether `site_ids` are all sites that there are.
    everywhere: bool = False
    status: str | None = None
    #: A user id, an e-mail address, an author's key, or a name.
    author: str | None = None
    #: Whether any name that holds `author` is meant; see `names.resolve`.
    part_of_name: bool = False
    #: Which of the streams of `author` have any comment, where that is known. See `names.resolve`.
    author_at: tuple[int, ...] | None = None
    thread: str | None = None
    ip: str | None = None
    #: Words and "phrases", all of which the comment or its author's name holds; or a comment's id, ours or the site's.
    text: str | None = None
    label: str | None = None
    least_score: float = 0.5
    #: Whose decision is in force: an actor, or `PEOPLE`.
    by: str | None = None
    #: With `PEOPLE`: who they are, where that is known. See `names.resolve`.
    people: tuple[str, ...] | None = None
    #: The name of a rule that is among the reasons of the decision.
    rule: str | None = None
    #: By `dates`: from `since` on and before `until`.
    since: datetime | None = None
    until: datetime | None = None
    dates: Date = "came"
    #: None: the order that an index has.
    order: Date | None = None

    def scan(self) -> Scan[Comment] | Sorted[Comment]:
        """The list of these comments. Where too many would have to be sorted, it is in another order than `order`."""
        list_ = self._few() or self._many()
        conditions = [*list_.left, *self._asked_of_rows(list_.order)]
        native = _ORDERS[list_.order]
        if self.order in {None, list_.order} or not list_.is_short:
            return Scan(entity=Comment, order=native, streams=list_.streams, conditions=conditions)
        order = _ORDERS[self.order or list_.order]
        conditions.append(order[0].is_not(None))
        return Sorted(
            entity=Comment, order=order, native=native, streams=list_.streams, conditions=conditions, most=MOST_SORTED
        )

    def shown_order(self) -> Date:
        """The order that the list is in."""
        columns = self.scan().order
        return next(name for name, order in _ORDERS.items() if order == columns)

    def _few(self) -> _Streams | None:
        """The streams of the filter that leaves few comments, if there is one with an index."""
        sites = self.site_ids
        if self.thread is not None:
            streams = [[Comment.site_id == one, Comment.thread == self.thread] for one in sites]
            found = _Streams("written", streams, self._left("thread"))
        elif self.author is not None and not self.part_of_name:
            found = _Streams("came", self.by_author(), self._left("author", *self._erased_is_none()))
        elif self.ip is not None:
            of_address = [[Comment.site_id == one, self._from_address()] for one in sites]
            found = _Streams("came", of_address, self._left("ip", *self._erased_is_none()))
        elif (decided := self._by_people()) is not None:
            found = decided
        else:
            return None
        if len(found.streams) > MOST_SHORT_STREAMS:
            return None
        period = self._period(found.order)
        return _Streams(found.order, [[*stream, *period] for stream in found.streams], found.left)

    def _erased_is_none(self) -> tuple[str, ...]:
        """What need not be asked of comments that have an author or an address, so that the index alone can count them:
        where no status is chosen, erased ones are left out, and they have none.
        """
        return ("status",) if self.status is None else ()

    def _by_people(self) -> _Streams | None:
        """The decisions of one person, or of all people, in the order of time; by arrival where that is asked for."""
        if self.whom is None or (self.whom != PEOPLE and not self.whom.startswith("user:")):
            return None
        if self.whom == PEOPLE and (self.order == "came" or self.people is None):
            return _Streams("came", [[Comment.site_id == one, BY_PEOPLE] for one in self.site_ids], self._left())
        who = self.people if self.whom == PEOPLE else (self.whom,)
        streams = [[BY_PEOPLE, Comment.decided_by == one, Comment.decided_at.is_not(None)] for one in who or ("",)]
        return _Streams("decided", streams, self._left("by", on_sites=not self.everywhere))

    def _many(self) -> _Streams:
        """The streams of all comments, of a status or a site: by arrival, or as they were written on few sites."""
        statuses = STATUSES if self.status is None else (self.status,)
        if self.order == "written" and len(self.site_ids) <= MOST_STREAMS:
            period = self._period("written")
            sites = [[Comment.site_id == one, *period] for one in self.site_ids]
            return _Streams("written", sites, self._left(), is_short=False)
        period = self._period("came")
        if (self.everywhere and self.status is None) or len(self.site_ids) * len(statuses) > MOST_STREAMS:
            return _Streams("came", [period], self._left(on_sites=not self.everywhere), is_short=False)
        each = [
            [Comment.site_id == one, Comment.status == status, *period] for one in self.site_ids for status in statuses
        ]
        return _Streams("came", each, self._left("status"), is_short=False)

    @property
    def whom(self) -> str | None:
        """Whose decisions are meant: `by`; and where dates or the order are those of decisions, people's."""
        return self.by or (PEOPLE if "decided" in {self.dates, self.order} else None)

    def by_author(self) -> list[Stream]:
        """The streams of an author's comments, latest first: by the key, and by the name of those with another key."""
        keys, spellings = authors.keys_meant(self.author or ""), _spellings(self.author or "")
        streams: list[Stream] = []
        for site_id in self.site_ids:
            here, first = Comment.site_id == site_id, len(streams)
            streams += [[here, Comment.author_key == key] for key in keys]
            # What was read by its key is not read again by its name. Where there can be nothing, that is not asked, so
            # that the index of names answers alone: it has no keys that are names.
            read = [key for at, key in enumerate(keys, first) if self._is_there(at) and not key.startswith("name:")]
            beside = [Comment.author_key.not_in(read)] if read else []
            streams += [[here, Comment.name == name, _NAMED, *beside] for name in spellings]
        return streams if self.author_at is None else [streams[at] for at in self.author_at]

    def _is_there(self, at: int) -> bool:
        """Whether a stream of `author` may have any comment."""
        return self.author_at is None or at in self.author_at

    def _left(self, *answered: str, on_sites: bool = False) -> list[ColumnElement[bool]]:
        """The conditions on each row, but for those that the streams have `answered`."""
        asked: dict[str, Sequence[ColumnElement[bool]]] = {
            "sites": [Comment.site_id.in_(self.site_ids)]
            if on_sites or len(self.site_ids) > MOST_SHORT_STREAMS
            else [],
            "status": [Comment.status.in_(STATUSES if self.status is None else (self.status,))],
            "thread": [] if self.thread is None else [Comment.thread == self.thread],
            "author": self._author_of_row(),
            "ip": [] if self.ip is None else [self._from_address()],
            "by": self._decided_by(),
        }
        return [one for name, conditions in asked.items() if name not in answered for one in conditions]

    def _author_of_row(self) -> list[ColumnElement[bool]]:
        if self.author is None:
            return []
        if self.part_of_name:
            return [or_(*(Comment.name.icontains(one, autoescape=True) for one in _cases(self.author)))]
        return [or_(Comment.author_key.in_(authors.keys_meant(self.author)), Comment.name.in_(_spellings(self.author)))]

    def _decided_by(self) -> list[ColumnElement[bool]]:
        if self.whom is None:
            return []
        return [BY_PEOPLE] if self.whom == PEOPLE else [Comment.decided_by == self.whom]

    def _from_address(self) -> ColumnElement[bool]:
        return Comment.ip == (addresses.read(self.ip or "") or self.ip)

    def _period(self, order: Date) -> list[ColumnElement[bool]]:
        """The condition on a list's dates, where they are what it is ordered by."""
        if self.dates != order:
            return []
        column = _ORDERS[order][0]
        # Ids sort by the time of acceptance.
        since, until = (
            clock.first_id("c", one) if one is not None and order == "came" else one for one in (self.since, self.until)
        )
        return [*([] if since is None else [column >= since]), *([] if until is None else [column < until])]

    def _asked_of_rows(self, order: Date) -> list[ColumnElement[bool]]:
        conditions = [] if self.dates == order else self._period(self.dates)
        conditions += [_holds(term) for term in terms(self.text or "")]
        if self.label is not None:
            conditions.append(Comment.scores[self.label].as_float() >= self.least_score)
        if self.rule is not None:  # both databases write JSON so, and a quote within a text has a `\` before it
            conditions.append(cast(Comment.reasons, String).contains(f'"rule": "{self.rule}"', autoescape=True))
        return conditions


@dataclass(frozen=True, slots=True)
class _Streams:
    """Streams, the order that they are in, and the conditions on each of their rows."""

    order: Date
    streams: Sequence[Stream]
    left: list[ColumnElement[bool]]
    #: Whether they have so few rows that they may be sorted anew.
    is_short: bool = True


def find(session: Session, search: Search, *, before: str | None = None, limit: int, look: int = LOOK) -> Part[Comment]:
    """A page of the comments asked for, latest first, after the place `before`: see `as_text`."""
    if not search.site_ids:
        return Part([], None, None)
    if search.text and (named := _named(session, search)) is not None:
        return Part([named], None, None)
    scan = search.scan()
    return scan.page(session, before=_place(session, scan.order, before), limit=limit, look=look)


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
        part = store.read_behind(partial(find, search=search, before=before, limit=step, look=look))
        yield part.rows
        if part.next is None:
            return
        before = as_text(part.next)


def as_text(place: Place) -> str:
    """A place in a list, for an address: an id, and before it a moment (microseconds since 1970) that comes first."""
    if len(place) == 1:
        return str(place[0])
    return f"{(place[0] - _EPOCH) // timedelta(microseconds=1)}-{place[1]}"


def moment_of(place: Place) -> datetime:
    """The moment of a place in a list."""
    moment: datetime = clock.moment_of(place[0]) if len(place) == 1 else place[0]
    return moment


def _cases(term: str) -> set[str]:
    """SQLite folds the case of ASCII letters only, so other words are looked for in their usual spellings."""
    return {term} if term.isascii() else {term, term.lower(), term.upper(), term.capitalize()}


def _spellings(name: str) -> list[str]:
    """A name as it was typed, and in the usual cases: the index of names tells cases apart."""
    name = name.strip()
    return list(dict.fromkeys([name, name.lower(), name.upper(), name.capitalize(), name.title()]))


def _holds(term: str) -> ColumnElement[bool]:
    return or_(
        *(
            column.icontains(spelling, autoescape=True)
            for column in (Comment.comment, Comment.name)
            for spelling in _cases(term)
        )
    )


def _named(session: Session, search: Search) -> Comment | None:
    """The comment whose id the search's text is: Winnow's id or the site's own."""
    text_ = (search.text or "").strip()
    has_id = Comment.id == text_ if clock.is_id("c", text_) else Comment.external_id == text_
    return session.scalar(select(Comment).where(Comment.site_id.in_(search.site_ids), has_id).limit(1))


def _place(session: Session, order: Sequence[InstrumentedAttribute[Any]], before: str | None) -> Place | None:
    """The place that a text names. Of a comment's id alone: where that comment stands now."""
    if before is None:
        return None
    number, _, comment_id = before.rpartition("-")
    if len(order) == 1:
        return (comment_id,)
    if number:
        return _EPOCH + timedelta(microseconds=int(number)), comment_id
    row = session.execute(select(*order).where(Comment.id == comment_id)).first()
    return None if row is None else tuple(row)
