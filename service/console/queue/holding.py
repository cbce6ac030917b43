"""Which sites hold every comment now: all that comes in waits, and the queue says why."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from moderation import clock
from moderation.policy.terms import Policy
from service import scoring

#: On an installation with more sites, nobody would read a line for each.
_MOST_SITES = 50


def told(session: Session, sites: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Id, name and a sentence that goes on after the name, for each of these sites that holds every comment now."""
    if len(sites) > _MOST_SITES:
        return []
    try:
        policies = scoring.scorer().policies.get(session, {site_id for site_id, _ in sites})
    except scoring.NotScored:
        return []
    return [(site_id, name, why) for site_id, name in sites if (why := _why(policies[site_id])) is not None]


def _why(policy: Policy) -> str | None:
    if policy.mode == "hold":
        return "holds every comment for a person."
    end = policy.hold_times.until(clock.now())
    if end is None or policy.mode == "observe":
        return None
    return f"holds every comment until {policy.hold_times.told(end)}, by the times in its policy."
