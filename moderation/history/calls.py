"""How calls in the drop-in protocols were answered, by site: how many got a verdict, how many did not, and why.

A client that takes an error for "clean" publishes everything, and nobody sees it. So each call is counted, for
`/metrics`, for the site's page in the console and for `winnow doctor`. Counts are in Redis and may be lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import redis

from moderation import clock, counters

ANSWERED, ARCHIVED = "answered", "archived"
#: Why a call got no verdict -> how that is said of a number of calls.
REFUSED: Mapping[str, str] = {
    "no_key": "came without a key",
    "wrong_key": "came with a key or a signature that is not valid",
    "not_allowed": "came with a key that may not do this",
    "missing_field": "lacked a required field",
    "malformed": "could not be understood",
    "too_large": "were too large",
    "attribute": "asked for an attribute that there is no score for",
    "language": "were about a text in a language that the classifier has not learnt",
    ARCHIVED: "were for a site that is archived",
    "too_many": "went over the site's rate limit",
    "not_scored": "could not be scored",
    "unavailable": "came while the database was away",
    "internal": "failed by a fault of ours, which the log describes",
}
#: How many days are counted, today among them.
DAYS = 7
_KEPT_SECONDS = (DAYS + 1) * 86_400


@dataclass(frozen=True, slots=True)
class Calls:
    """How the calls of a site in one protocol were answered. Calls whose site is not known have the site ""."""

    site_id: str
    protocol: str
    #: `ANSWERED` or one of `REFUSED` -> how many.
    outcomes: Mapping[str, int]

    @property
    def answered(self) -> int:
        """How many calls got a verdict."""
        return self.outcomes.get(ANSWERED, 0)

    @property
    def refused(self) -> dict[str, int]:
        """Why there was no verdict -> how many calls, the most frequent first."""
        refusals = {kind: number for kind, number in self.outcomes.items() if kind != ANSWERED}
        return dict(sorted(refusals.items(), key=lambda item: -item[1]))

    @property
    def all_refused(self) -> bool:
        """Whether there were calls that should get a verdict, and none of them got one."""
        return bool(self.failed) and not self.answered

    @property
    def failed(self) -> int:
        """How many calls should have got a verdict, and did not: those of an archived site never get one."""
        return sum(number for kind, number in self.refused.items() if kind != ARCHIVED)


def record(client: redis.Redis, site_id: str, protocol: str, outcome: str) -> None:
    """Count a call. Raises redis.RedisError."""
    day = _key(0)
    with client.pipeline(transaction=False) as pipeline:
        pipeline.hincrby(counters.KEY, f"calls|{protocol}|{outcome}|{site_id}", 1)
        pipeline.hincrby(day, f"{protocol}|{outcome}|{site_id}", 1)
        pipeline.expire(day, _KEPT_SECONDS)
        pipeline.execute()


def lately(client: redis.Redis, *, days: int = DAYS) -> list[Calls]:
    """The calls of today and the days before, by site and protocol. Raises redis.RedisError."""
    with client.pipeline(transaction=False) as pipeline:
        for back in range(days):
            pipeline.hgetall(_key(back))
        stored = cast("list[dict[bytes, bytes]]", pipeline.execute())
    outcomes_of: dict[tuple[str, str], Counter[str]] = {}
    for day in stored:
        for name, number in day.items():
            protocol, outcome, site_id = name.decode().split("|", 2)
            outcomes_of.setdefault((site_id, protocol), Counter())[outcome] += int(number)
    return [Calls(site_id, protocol, outcomes) for (site_id, protocol), outcomes in sorted(outcomes_of.items())]


def in_words(refused: Mapping[str, int]) -> str:
    """Why calls got no verdict: `12 lacked a required field, 3 could not be scored`."""
    return ", ".join(f"{number:,} {REFUSED.get(kind, kind)}" for kind, number in refused.items())


def _key(days_back: int) -> str:
    return f"winnow:calls:{clock.now() - timedelta(days=days_back):%Y-%m-%d}"
