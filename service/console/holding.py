"""Which sites hold every comment now: all that comes in waits, and the queue says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from moderation import clock
from moderation.policy.terms import Policy
from service import scoring

#: On an installation with more sites, nobody would read a line for each.
MOST_SITES = 50


@dataclass(frozen=True, slots=True)
class Holding:
    """That a site holds every comment: `until` a moment, as its own clocks show it, or until somebody changes that."""

    until: str | None = None


def told(session: Session, sites: Sequence[tuple[str, str]]) -> list[tuple[str, str, Holding]]:
    """Id, name and until when, for each of these sites that holds every comment now."""
    if len(sites) > MOST_SITES:
        return []
    try:
        policies = scoring.scorer().policies.get(session, {site_id for site_id, _ in sites})
    except scoring.NotScored:
        return []
    return [(site_id, name, why) for site_id, name in sites if (why := _why(policies[site_id])) is not None]


def told_of(session: Session, site_ids: Sequence[str]) -> set[str]:
    """Those of these sites of which `told` tells."""
    return {site_id for site_id, _, _ in told(session, [(site_id, "") for site_id in site_ids])}


def _why(policy: Policy) -> Holding | None:
    if policy.mode == "hold":
        return Holding()
    end = policy.hold_times.until(clock.now())
    if end is None or policy.mode == "observe":
        return None
    return Holding(policy.hold_times.told(end))
