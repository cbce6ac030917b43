"""Counts for `/metrics`, kept in one Redis hash, so that any web process can answer for every process.

They are counters in Prometheus' sense: a Redis that comes back empty starts them again from nothing. What is true of
the present (ages, open items) is read from the database when somebody asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

import redis
from redis.client import Pipeline
from sqlalchemy import ColumnExpressionArgument, func, literal, select
from sqlalchemy.orm import Session

from moderation import actors
from moderation.decisions import scoring
from moderation.decisions.scoring import BatchResult
from moderation.review import review_items
from moderation.tables import ReviewItem, WebhookDelivery

KEY = "winnow:metrics"
#: Upper bounds in seconds.
SCORING_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
WAIT_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 60.0, 300.0, 3600.0)

#: Counting goes no further than this, so that asking costs the same however much waits.
MOST_COUNTED = 10_000

HISTOGRAMS = {"scoring_seconds": SCORING_BUCKETS, "wait_seconds": WAIT_BUCKETS}


@dataclass(frozen=True)
class Histogram:
    """How many observations were up to each bound (the last has none), and their sum."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    sum: float


@dataclass(frozen=True)
class Counts:
    """What was counted since Redis last began."""

    #: (status, kind of actor) -> decisions.
    decisions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    #: result -> attempts at webhook deliveries.
    attempts: Mapping[str, int] = field(default_factory=dict)
    scored: int = 0
    #: The version of the classifier that the scoring process started last has loaded.
    model: str | None = None
    histograms: Mapping[str, Histogram] = field(default_factory=dict)


@dataclass(frozen=True)
class Present:
    """How things are now. Items and deliveries are counted up to `MOST_COUNTED`."""

    oldest_pending_seconds: float
    oldest_review_seconds: float
    review_items: int
    deliveries: int


def record_batch(client: redis.Redis, result: BatchResult) -> None:
    """Count what a batch came to, in one round trip."""
    with client.pipeline(transaction=False) as pipeline:
        if result.scored:
            pipeline.hincrby(KEY, "scored", result.scored)
            _observe(pipeline, "scoring_seconds", [result.scoring_seconds])
        _observe(pipeline, "wait_seconds", result.waits)
        _count_decisions(pipeline, ((change.status, change.actor) for change in result.written))
        pipeline.execute()


def record_model(client: redis.Redis, version: str) -> None:
    """Say which classifier scores."""
    client.hset(KEY, "model", version)


def record_scoring(client: redis.Redis, scored: int, seconds: float) -> None:
    """Count texts scored in a request, outside of any batch."""
    with client.pipeline(transaction=False) as pipeline:
        pipeline.hincrby(KEY, "scored", scored)
        _observe(pipeline, "scoring_seconds", [seconds])
        pipeline.execute()


def record_decisions(client: redis.Redis, decisions: Iterable[tuple[str, str]]) -> None:
    """Count decisions, each `(status, actor)`, made outside of any batch, in one round trip.

    Raises redis.RedisError like the others: a lost count is the caller's to ignore.
    """
    with client.pipeline(transaction=False) as pipeline:
        _count_decisions(pipeline, decisions)
        pipeline.execute()


def record_attempts(client: redis.Redis, results: Iterable[str]) -> None:
    """Count attempts at webhook deliveries by how they went."""
    with client.pipeline(transaction=False) as pipeline:
        for result, number in Counter(results).items():
            pipeline.hincrby(KEY, f"attempts|{result}", number)
        pipeline.execute()


def read(client: redis.Redis) -> Counts:
    """Everything counted so far."""
    stored = cast("dict[bytes, bytes]", client.hgetall(KEY))
    values = {name.decode(): value for name, value in stored.items()}
    decisions: dict[tuple[str, str], int] = {}
    attempts: dict[str, int] = {}
    for name, value in values.items():
        kind, *rest = name.split("|")
        if kind == "decisions":
            decisions[rest[0], rest[1]] = int(value)
        elif kind == "attempts":
            attempts[rest[0]] = int(value)
    return Counts(
        decisions=decisions,
        attempts=attempts,
        scored=int(values.get("scored", 0)),
        model=values["model"].decode() if "model" in values else None,
        histograms={name: _histogram(values, name, bounds) for name, bounds in HISTOGRAMS.items()},
    )


def read_present(session: Session) -> Present:
    """The present, from the ends of indexes and bounded counts: as quick with ten million comments as with ten."""
    return Present(
        oldest_pending_seconds=scoring.oldest_pending_seconds(session),
        oldest_review_seconds=review_items.oldest_open_seconds(session),
        review_items=_count(session, ReviewItem.is_open),
        deliveries=_count(session, WebhookDelivery.next_attempt_at.is_not(None)),
    )


def _count(session: Session, condition: ColumnExpressionArgument[bool]) -> int:
    bounded = select(literal(1)).where(condition).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(bounded)) or 0


def _count_decisions(pipeline: Pipeline, decisions: Iterable[tuple[str, str]]) -> None:
    kinds = Counter((status, actors.kind(actor)) for status, actor in decisions)
    for (status, kind), number in kinds.items():
        pipeline.hincrby(KEY, f"decisions|{status}|{kind}", number)


def _observe(pipeline: Pipeline, name: str, seconds: Iterable[float]) -> None:
    observed = list(seconds)
    if not observed:
        return
    bounds = HISTOGRAMS[name]
    buckets = Counter(
        next((index for index, bound in enumerate(bounds) if one <= bound), len(bounds)) for one in observed
    )
    for index, number in buckets.items():
        pipeline.hincrby(KEY, f"{name}|{index}", number)
    pipeline.hincrbyfloat(KEY, f"{name}|sum", round(sum(observed), 6))


def _histogram(values: Mapping[str, bytes], name: str, bounds: tuple[float, ...]) -> Histogram:
    counts = tuple(int(values.get(f"{name}|{index}", 0)) for index in range(len(bounds) + 1))
    return Histogram(bounds, counts, float(values.get(f"{name}|sum", 0.0)))
