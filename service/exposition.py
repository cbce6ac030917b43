"""The metrics of `/metrics`: counts from Redis, the present from the database. docs/operations.md explains each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector as PrometheusCollector
from redis.exceptions import RedisError

from moderation import counters
from moderation.counters import Counts
from moderation.history import metrics
from moderation.history.metrics import Present
from moderation.store import AWAY
from service.context import Context


class Collector(PrometheusCollector):
    """Reads all metrics for each request. `up` is 0 for a database or Redis that cannot be written; while it is away,
    its other metrics are left out.

    Args:
        writable: why the `database` or `redis` cannot be written; None when it can.
    """

    def __init__(self, context: Context, writable: Callable[[str], str | None]) -> None:
        self._context, self._writable = context, writable

    def collect(self) -> Iterator[Metric]:
        """All metrics that can be read now."""
        yield from self._from_redis()
        yield from self._from_database()

    def _from_redis(self) -> Iterator[Metric]:
        queues = self._context.queues
        try:
            length, workers, counts = queues.length(), queues.workers(), counters.read(queues.redis)
        except RedisError:
            yield _gauge("winnow_redis_up", "Whether Redis can be written.", 0)
            return
        yield _gauge("winnow_redis_up", "Whether Redis can be written.", self._writable("redis") is None)
        yield _gauge("winnow_workers", "Scoring processes that live.", workers)
        yield _gauges("winnow_queue_comments", "Comments in Redis by state.", "state", length)
        yield from _counted(counts)

    def _from_database(self) -> Iterator[Metric]:
        try:
            with self._context.store.read() as session:
                present = metrics.read_present(session)
        except AWAY:
            yield _gauge("winnow_database_up", "Whether the database can be written.", 0)
            return
        yield _gauge("winnow_database_up", "Whether the database can be written.", self._writable("database") is None)
        yield from _at_present(present)


def _counted(counts: Counts) -> Iterator[Metric]:
    decisions = CounterMetricFamily("winnow_decisions", "Decisions by status and actor.", labels=["status", "actor"])
    for (status, actor), number in counts.decisions.items():
        decisions.add_metric([status, actor], number)
    attempts = CounterMetricFamily("winnow_webhook_attempts", "Attempts at deliveries by result.", labels=["result"])
    for result, number in counts.attempts.items():
        attempts.add_metric([result], number)
    calls = CounterMetricFamily(
        "winnow_calls", "Calls for a verdict in the drop-in protocols.", labels=["protocol", "outcome", "site"]
    )
    for names, number in counts.calls.items():
        calls.add_metric(names, number)
    yield decisions
    yield attempts
    yield calls
    yield CounterMetricFamily("winnow_comments_scored", "Comments that the classifier scored.", value=counts.scored)
    yield CounterMetricFamily(
        "winnow_unavailable", "Requests answered 503: nothing could be stored.", value=counts.unavailable
    )
    for name, text in _HISTOGRAMS.items():
        histogram = counts.histograms[name]
        bounds = [*(str(bound) for bound in histogram.bounds), "+Inf"]
        buckets = list(zip(bounds, map(float, accumulate(histogram.counts)), strict=True))
        yield HistogramMetricFamily(f"winnow_{name}", text, buckets=buckets, sum_value=histogram.sum)


_HISTOGRAMS = {
    "scoring_seconds": "Time that the classifier took for a batch.",
    "wait_seconds": "Time from a comment's acceptance (or edit) to its decision by the policy.",
}


def _at_present(present: Present) -> Iterator[Metric]:
    yield _gauge("winnow_oldest_pending_seconds", "Age of the oldest pending comment.", present.oldest_pending_seconds)
    yield _gauge("winnow_oldest_review_seconds", "Age of the oldest open review item.", present.oldest_review_seconds)
    yield _gauge("winnow_review_items", "Open review items; counted up to a limit.", present.review_items)
    yield _gauge("winnow_deliveries_waiting", "Deliveries not yet made; counted up to a limit.", present.deliveries)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _gauges(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, number in values.items():
        family.add_metric([value], number)
    return family
