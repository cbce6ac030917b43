"""Measures how much of its regular work the clock does in a second on a large installation: what falls behind first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from benchmarks.installation import Installation
from moderation import actors, clock
from moderation.history import retention, site_retention, tallies
from moderation.history.tallies import WATERMARK
from moderation.sites import site_settings
from moderation.sites.site_settings import KINDS, Retention
from moderation.store import Store
from moderation.tables import AuditEvent, Site, Watermark
from tools.newspaper import own_clock

SECONDS = 8.0
#: Events that are added up again.
AGAIN = 200_000


def rates(installation: Installation) -> Iterator[tuple[str, float]]:
    """What is done, and how many of it in a second. It deletes a little of what is there."""
    store = installation.store
    _set_back(store)
    yield "audit events added up", _rate(lambda: tallies.roll_up(store, seconds=SECONDS))
    with own_clock(clock.now() + timedelta(days=12)):
        yield "deliveries, look-alikes and groups deleted", _rate(lambda: retention.purge(store, seconds=SECONDS))
    with store.read() as session:
        site_id = session.scalars(select(Site.id).where(Site.settings.is_not(None)).limit(1)).one()
    for kind in KINDS:
        with store.write() as session:
            before = site_settings.of_sites(session, {site_id})[site_id]
            chosen = replace(before, retention=Retention(**{kind: 60}))
            site_settings.save(session, site_id, chosen, actor=actors.OPERATOR)
        yield (
            f"retention: {kind}",
            _rate(lambda: sum(site_retention.run(store, seconds=SECONDS, site_id=site_id).values())),
        )
    with store.write() as session:
        site_settings.save(session, site_id, before, actor=actors.OPERATOR)


def _rate(do: Callable[[], int]) -> float:
    began = time.perf_counter()
    done = do()
    return done / max(time.perf_counter() - began, 0.001)


def _set_back(store: Store) -> None:
    """As if the last events had not been added up yet."""
    with store.read() as session:
        last = session.scalars(select(AuditEvent.id).order_by(AuditEvent.id.desc()).offset(AGAIN).limit(1)).first()
    with store.write() as session:
        session.merge(Watermark(name=WATERMARK, position=last or ""))
