"""Counters for `/metrics`, kept in one Redis hash, so that any web process can answer for every process.

They are counters as Prometheus defines them: when Redis comes back empty, they start again at zero. Every function here
raises redis.RedisError, which callers may ignore.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

import redis

from moderation import actors

KEY = "winnow:metrics"
#: Upper bounds in seconds.
SCORING_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
WAIT_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 60.0, 300.0, 3600.0)

HISTOGRAMS = {"scoring_seconds": SCORING_BUCKETS, "wait_seconds": WAIT_BUCKETS}


@dataclass(frozen=True)
class Histogram:
    """How many observations fall into each bucket (the last has no bound), and the sum of all."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    sum: float


@dataclass(frozen=True)
class Counts:
    """The counters since Redis last started empty."""

    #: (status, kind of actor) -> decisions.
    decisions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: result -> attempts at webhook deliveries.
    attempts: Mapping[str, int] = field(default_factory=dict)
    #: (protocol, outcome, site) -> calls for a verdict; see `history/calls.py`.
    calls: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    scored: int = 0
    #: Requests that were answered 503, because the database could not be used.
    unavailable: int = 0
    #: The classifier's version in the scoring process that was started last.
    model: str | None = None
    histograms: Mapping[str, Histogram] = field(default_factory=dict)


def record_model(client: redis.Redis, version: str) -> None:
    """Store the version of the classifier that scores."""
    client.hset(KEY, "model", version)


def record_scoring(client: redis.Redis, scored: int, seconds: float, waits: Iterable[float] = ()) -> None:
    """Count a batch: texts scored, the seconds it took, and the seconds that each comment waited for its decision."""
    with client.pipeline(transaction=False) as pipeline:
        if scored:
            pipeline.hincrby(KEY, "scored", scored)
            _observe(pipeline, "scoring_seconds", [seconds])
        _observe(pipeline, "wait_seconds", waits)
        pipeline.execute()


def count_decisions(client: redis.Redis, decisions: Iterable[tuple[str, str]]) -> None:
    """Count decisions, each a status and an actor. `client` may be a pipeline."""
    kinds = Counter((status, actors.kind(actor)) for status, actor in decisions)
    for (status, kind), number in kinds.items():
        client.hincrby(KEY, f"decisions|{status}|{kind}", number)


def record_attempts(client: redis.Redis, results: Iterable[str]) -> None:
    """Count attempts at webhook deliveries by result."""
    with client.pipeline(transaction=False) as pipeline:
        for result, number in Counter(results).items():
            pipeline.hincrby(KEY, f"attempts|{result}", number)
        pipeline.execute()


def count_unavailable(client: redis.Redis) -> None:
    """Count a request that could not be served, because the database could not be used."""
    client.hincrby(KEY, "unavailable", 1)


def read(client: redis.Redis) -> Counts:
    """All counters."""
    stored = cast("dict[bytes, bytes]", client.hgetall(KEY))
    values = {name.decode(): value for name, value in stored.items()}
    decisions: dict[tuple[str, str], int] = {}
    attempts: dict[str, int] = {}
    calls: dict[tuple[str, str, str], int] = {}
    for name, value in values.items():
        kind, *labels = name.split("|")
        if kind == "decisions":
            decisions[labels[0], labels[1]] = int(value)
        elif kind == "attempts":
            attempts[labels[0]] = int(value)
        elif kind == "calls":
            calls[labels[0], labels[1], labels[2]] = int(value)
    return Counts(
        decisions=decisions,
        attempts=attempts,
        calls=calls,
        scored=int(values.get("scored", 0)),
        unavailable=int(values.get("unavailable", 0)),
        model=values["model"].decode() if "model" in values else None,
        histograms={name: _histogram(values, name, bounds) for name, bounds in HISTOGRAMS.items()},
    )


def _observe(pipeline: redis.client.Pipeline, name: str, seconds: Iterable[float]) -> None:
    observed = list(seconds)
    if not observed:
        return
    bounds = HISTOGRAMS[name]
    buckets = Counter(
        next((index for index, bound in enumerate(bounds) if value <= bound), len(bounds)) for value in observed
    )
    for index, number in buckets.items():
        pipeline.hincrby(KEY, f"{name}|{index}", number)
    pipeline.hincrbyfloat(KEY, f"{name}|sum", round(sum(observed), 6))


def _histogram(values: Mapping[str, bytes], name: str, bounds: tuple[float, ...]) -> Histogram:
    counts = tuple(int(values.get(f"{name}|{index}", 0)) for index in range(len(bounds) + 1))
    return Histogram(bounds, counts, float(values.get(f"{name}|sum", 0.0)))
