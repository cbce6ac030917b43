"""What happened between two looks, by the counters that only grow."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from moderation.counters import Counts, Histogram
from operations.watching.overview import Overview

Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True)
class Rates:
    """Each a second; waits in seconds, as bounds of what the histogram tells apart, and None where nothing waited."""

    scored: float = 0.0
    decided: Mapping[str, float] = field(default_factory=dict)
    attempts: Mapping[str, float] = field(default_factory=dict)
    #: Requests answered 503.
    unavailable: float = 0.0
    half_within: float | None = None
    most_within: float | None = None


def between(before: Overview, after: Overview) -> Rates | None:
    """The rates from one look to the next; None where one did not reach Redis, or Redis was emptied meanwhile."""
    if isinstance(before.redis, str) or isinstance(after.redis, str):
        return None
    old, new, seconds = before.redis.counts, after.redis.counts, after.seconds - before.seconds
    if seconds <= 0 or new.scored < old.scored or new.unavailable < old.unavailable:
        return None
    waits = _waits(old, new)
    return Rates(
        scored=(new.scored - old.scored) / seconds,
        decided=_grown(_by_status(old), _by_status(new), seconds),
        attempts=_grown(old.attempts, new.attempts, seconds),
        unavailable=(new.unavailable - old.unavailable) / seconds,
        half_within=quantile(waits, 0.5),
        most_within=quantile(waits, 0.95),
    )


def quantile(histogram: Histogram, share: float) -> float | None:
    """The bound under which this share of the observations lies; infinite beyond the last bound; None without any."""
    rank, passed = share * sum(histogram.counts), 0
    if not rank:
        return None
    for bound, count in zip((*histogram.bounds, math.inf), histogram.counts, strict=True):
        passed += count
        if passed >= rank:
            return bound
    return math.inf


def _waits(old: Counts, new: Counts) -> Histogram:
    """The waits that were observed between; with nothing before, all of them."""
    now, then = new.histograms["wait_seconds"], old.histograms["wait_seconds"]
    return Histogram(now.bounds, tuple(map(int.__sub__, now.counts, then.counts)), now.sum - then.sum)


def _by_status(counts: Counts) -> Mapping[str, int]:
    summed = Counter[str]()
    for (status, _actor), number in counts.decisions.items():
        summed[status] += number
    return summed


def _grown(old: Mapping[Name, int], new: Mapping[Name, int], seconds: float) -> dict[Name, float]:
    grown = {name: (number - old.get(name, 0)) / seconds for name, number in sorted(new.items())}
    return {name: rate for name, rate in grown.items() if rate > 0}
