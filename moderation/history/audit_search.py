"""Finding audit events, latest first, by site, actor, action and day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, or_, text
from sqlalchemy.orm import Session

from moderation import actors, clock
from moderation.finding.scans import Part, Scan, Stream
from moderation.finding.search import LOOK, MOST_STREAMS
from moderation.store import Store
from moderation.tables import DONE_BY_PEOPLE, AuditEvent


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditSearch:
    """Which audit events; None: any."""

    #: The sites that the person may choose from, and those chosen.
    all_sites: frozenset[str]
    site_ids: tuple[str, ...]
    #: `site_ids` are all sites that there are, and events of no site are asked for as well.
    everywhere: bool = False
    #: Also events of no site, such as a sign-in.
    without_site: bool = False
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def scan(self) -> Scan[AuditEvent]:
        """The list that this asks for."""
        streams, conditions = self._streams()
        if self.action is not None:
            conditions.append(AuditEvent.action == self.action)
        return Scan(entity=AuditEvent, order=(AuditEvent.id,), streams=streams, conditions=conditions)

    def _streams(self) -> tuple[list[Stream], list[ColumnElement[bool]]]:
        period = self._period()
        of_sites: ColumnElement[bool] = AuditEvent.site_id.in_(self.site_ids)
        if self.without_site:
            of_sites = or_(of_sites, AuditEvent.site_id.is_(None))
        conditions = [] if self.everywhere else [of_sites]
        if actors.is_person(self.actor):
            return [[AuditEvent.actor == self.actor, text(DONE_BY_PEOPLE), *period]], conditions  # type: ignore[list-item]
        by_actor = [] if self.actor is None else [AuditEvent.actor == self.actor]
        if self.everywhere or len(self.site_ids) >= MOST_STREAMS:
            return [period], [*conditions, *by_actor]
        streams: list[Stream] = [[AuditEvent.site_id == site_id, *period] for site_id in self.site_ids]
        if self.without_site:
            streams.append([AuditEvent.site_id.is_(None), *period])
        return streams, by_actor

    def _period(self) -> list[ColumnElement[bool]]:
        period = []
        if self.since is not None:
            period.append(AuditEvent.id >= clock.first_id("a", self.since))
        if self.until is not None:
            period.append(AuditEvent.id < clock.first_id("a", self.until))
        return period


def find(
    session: Session, search: AuditSearch, *, before: str | None = None, limit: int, look: int = LOOK
) -> Part[AuditEvent]:
    """A page of the events asked for, after the event `before`."""
    if not search.site_ids and not search.without_site:
        return Part([], None, None)
    place = None if before is None else (before,)
    return search.scan().page(session, before=place, limit=limit, look=look)


def count(session: Session, search: AuditSearch, *, most: int, look: int = LOOK) -> tuple[int, bool]:
    """How many events there are, counted up to `most`, and whether the number is exact."""
    if not search.site_ids and not search.without_site:
        return 0, True
    return search.scan().count(session, most=most, look=look)


def read_all(store: Store, search: AuditSearch, *, before: str, step: int = 500) -> Iterator[list[AuditEvent]]:
    """All events asked for that are older than `before`, in pages, each read in a transaction of its own."""
    place: str | None = before
    while place is not None:
        part = store.read_behind(partial(find, search=search, before=place, limit=step))
        yield part.rows
        place = part.next[-1] if part.next else None
