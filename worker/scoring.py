"""The scoring process: an RQ worker with the classifier loaded. It survives a Redis that goes away."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import time
from types import FrameType
from typing import Any

import redis
import structlog
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.exceptions import DequeueTimeout, StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from moderation import counters, redis_address
from moderation.intake.queues import BULK_JOB, SCORING_JOB, SCORING_QUEUE
from moderation.settings import Settings
from worker import process

#: RQ waits for a job in blocks of 15 s less than this, and sends a heartbeat between two blocks.
_WORKER_TTL = 20
_MAINTENANCE_SECONDS = 30
_FIRST_DELAY, _LONGEST_DELAY = 0.1, 2.0

log = structlog.get_logger(__name__)


def run(settings: Settings) -> None:
    """Score until SIGTERM or SIGINT. The running job may finish: at most two seconds and a batch."""
    scorer = process.open_scorer(settings)
    version = scorer.classifier.version
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    connection = redis_address.open_client(settings.redis_url, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))
    stop = Stop()
    delay = 0.0
    while not stop.requested:
        try:
            worker = ScoringWorker(connection, name, stop)
            connection.delete(worker.key)  # our own, from before Redis went away
            counters.record_model(connection, version)
            log.info("scoring.started", model=version)
            scorer.queues.clear_wake()  # the job that was on its way may have died with its worker
            scorer.queues.wake_if_waiting()
            worker.work()
            delay = 0.0
            _sleep(_FIRST_DELAY, stop)
        except StopRequested:
            break
        except RedisError as error:
            if not delay:
                log.error("redis.away", doing="waiting for comments", error=str(error))
            delay = min(max(_FIRST_DELAY, delay * 2), _LONGEST_DELAY)
            _sleep(delay, stop)
    log.info("scoring.stopped")


class Stop:
    """Whether a signal has asked the process to stop. `busy` while a job runs, which is not interrupted."""

    def __init__(self) -> None:
        self.requested = self.busy = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        repeated, self.requested = self.requested, True
        if repeated:
            raise SystemExit(1)
        if not self.busy:
            raise StopRequested


def _sleep(seconds: float, stop: Stop) -> None:
    """Sleep; a signal ends it at once."""
    try:
        time.sleep(seconds)
    except StopRequested:
        assert stop.requested


class ScoringWorker(SimpleWorker):
    """RQ's worker without remote commands, and without a fork for each job, which would cost more than the job."""

    log_result_lifespan = False

    def __init__(self, connection: redis.Redis, name: str, stop: Stop) -> None:
        queue = Queue(SCORING_QUEUE, connection=connection, serializer=JSONSerializer)
        super().__init__(
            [queue],
            name=name,
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=_WORKER_TTL,
            maintenance_interval=_MAINTENANCE_SECONDS,
            log_job_description=False,
        )
        self._stop = stop

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run our own jobs and nothing else: somebody may have written another function's name into Redis."""
        if job.func_name not in {SCORING_JOB, BULK_JOB}:
            log.error("job.refused", job=job.id)
            job.delete()
            return
        self._stop.busy = True
        try:
            super().execute_job(job, queue)
        except RedisError:
            raise StopRequested from None
        finally:
            self._stop.busy = False
        if self._stop.requested:
            raise StopRequested

    def dequeue_job_and_maintain_ttl(self, timeout: int | None, max_idle_time: int | None = None) -> Any:  # noqa: ARG002
        """The next job. Stops where RQ would wait for a Redis that is away: `run` then registers the worker again."""
        while not self._stop.requested:  # a signal that comes while a line is logged raises nothing
            try:
                self.set_state(WorkerStatus.IDLE)
                self.heartbeat()
                if not self.connection.hexists(self.key, "birth"):
                    raise StopRequested  # Redis was emptied
                if self.should_run_maintenance_tasks:
                    self.run_maintenance_tasks()  # type: ignore[no-untyped-call]
                return Queue.dequeue_any(self.queues, timeout, self.connection, serializer=self.serializer)
            except DequeueTimeout:
                continue
            except RedisError:
                raise StopRequested from None  # signing off raises RedisError again, and `run` handles it
        raise StopRequested

    def _install_signal_handlers(self) -> None:
        """Nothing: `Stop` handles the signals."""

    def subscribe(self) -> None:
        """Nothing: no commands are taken over Redis."""

    def unsubscribe(self) -> None:
        """Nothing: there is no subscription."""
