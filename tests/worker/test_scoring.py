"""The scoring process, for real: woken at once, outliving Redis, stopping politely, and leaving nothing behind."""

from __future__ import annotations

import dataclasses
import signal
import time
from collections.abc import Iterator
from typing import cast

import pytest
from rq import Queue
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from moderation.decisions.scoring import MOST_BATCH
from moderation.intake import queues as queues_module
from moderation.intake import submissions
from moderation.intake.queues import SCORING_QUEUE, Queues, Waiting
from moderation.settings import Settings
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import AuditEvent, Comment
from tests.support.comments import accept, rows, stored, submission
from tests.support.processes.parts import Part
from tests.support.processes.redis_server import RedisServer
from tests.support.waiting import eventually
from worker.scoring import ScoringWorker, Stop

pytestmark = pytest.mark.slow


@pytest.fixture
def scoring(settings: Settings, queues: Queues) -> Iterator[Part]:
    """A scoring process that is ready."""
    with Part(settings, "scoring") as part:
        eventually(queues.workers, what="a scoring process lives")
        yield part


def decided(store: Store) -> int:
    return sum(row.status != "pending" for row in rows(store, Comment))


def keys(queues: Queues) -> set[bytes]:
    found: list[bytes] = queues.redis.keys("*")  # type: ignore[assignment]
    return set(found)


def test_each_comment_wakes_the_process_which_looks_for_none_by_itself(
    store: Store, queues: Queues, site: CreatedSite, scoring: Part
) -> None:
    for number in range(30):
        accept(store, queues, site, f"Thank you for article {number}.")
        eventually(lambda number=number: decided(store) == number + 1)  # type: ignore[misc]


def test_a_burst_is_decided_whole(store: Store, queues: Queues, site: CreatedSite, scoring: Part) -> None:
    submissions.submit(store, queues, site.id, [submission(f"Remark {number}.") for number in range(500)])
    eventually(lambda: decided(store) == 500)
    eventually(lambda: queues.length() == {"waiting": 0, "leased": 0, "retry": 0})
    assert len(rows(store, AuditEvent, action="comment.decided")) == 500


def test_a_sites_comments_are_decided_before_most_of_anothers_flood_that_came_first(
    settings: Settings, store: Store, queues: Queues, site: CreatedSite, other_site: CreatedSite
) -> None:
    for _ in range(3):
        submissions.submit(store, queues, other_site.id, [submission(f"Flood {number}.") for number in range(1000)])
    ours = [accept(store, queues, site, f"Remark {number}.").id for number in range(10)]
    with Part(settings, "scoring"):
        eventually(lambda: all(stored(store, one).status != "pending" for one in ours))
    last = max(stored(store, one).updated_at for one in ours)
    of_flood = [row for row in rows(store, Comment, site_id=other_site.id) if row.status != "pending"]
    before = sum(row.updated_at <= last for row in of_flood)
    assert before <= 2 * MOST_BATCH, "of 3,000; a site's turn is a batch"


@pytest.mark.one_database
def test_wake_ups_leave_nothing_behind_in_redis(store: Store, queues: Queues, site: CreatedSite, scoring: Part) -> None:
    accept(store, queues, site)
    eventually(lambda: decided(store) == 1)
    eventually(lambda: queues.redis.llen("rq:queue:scoring") == 0)
    time.sleep(0.3)
    before = keys(queues)
    for _ in range(300):
        queues.wake()
        eventually(lambda: not queues.redis.exists("winnow:wake"))
    eventually(lambda: not any(b"rq:job" in key or b"rq:execution" in key for key in keys(queues)))
    assert keys(queues) <= before | {b"rq:clean_registries:scoring", b"rq:clean_groups"}
    assert not any(b"rq:job" in key or b"rq:execution" in key or b"rq:results" in key for key in keys(queues))


def test_sigterm_lets_the_job_finish_and_gives_every_lease_back(
    store: Store, queues: Queues, site: CreatedSite, scoring: Part
) -> None:
    for _ in range(5):
        submissions.submit(store, queues, site.id, [submission(f"Remark {number}.") for number in range(1000)])
    eventually(lambda: queues.length()["leased"] > 0)
    began = time.monotonic()
    assert scoring.stop(within=60) == 0
    assert time.monotonic() - began < 30
    length = queues.length()
    assert length["leased"] == length["retry"] == 0
    assert length["waiting"] == 5000 - decided(store)
    assert queues.workers() == 0, "it has taken leave"


@pytest.mark.one_database
def test_sigterm_while_idle_ends_it_at_once(scoring: Part) -> None:
    began = time.monotonic()
    assert scoring.stop(within=60) == 0
    assert time.monotonic() - began < 30


def test_a_signal_that_raised_nothing_is_heeded_before_the_next_job(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What raises while a line is logged is swallowed by `logging`."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    stop = Stop()
    worker = ScoringWorker(queues.redis, "a-worker", stop)
    worker.register_birth()  # type: ignore[no-untyped-call]
    queues.wake()
    stop.requested = True
    with pytest.raises(StopRequested):
        worker.dequeue_job_and_maintain_ttl(1)


@pytest.mark.one_database
def test_it_outlives_a_redis_that_is_killed_and_comes_back_empty(
    settings: Settings, store: Store, site: CreatedSite, own_redis: RedisServer
) -> None:
    queues = Queues(queues_module.connect(own_redis.url))
    with Part(dataclasses.replace(settings, redis_url=own_redis.url), "scoring") as scoring:
        eventually(queues.workers)
        for turn in (1, 2):
            own_redis.kill()
            accept(store, queues, site, f"Said while Redis was away, time {turn}.")
            time.sleep(0.5)
            own_redis.start()
            eventually(queues.workers, what="it has registered anew")
            with store.read() as session:
                pending = [row for row in session.query(Comment) if row.status == "pending"]
            queues.put(Waiting(row.site_id, row.id, row.accepted_at) for row in pending)
            queues.wake()
            eventually(lambda turn=turn: decided(store) == turn)  # type: ignore[misc]
        assert scoring.alive
        assert scoring.log.count("redis.away") <= 4, "said once for each outage, not for each try"


@pytest.mark.one_database
def test_it_notices_that_redis_was_emptied_under_it(queues: Queues, scoring: Part) -> None:
    queues.redis.flushall()
    assert queues.workers() == 0
    eventually(queues.workers)
    assert scoring.alive


@pytest.mark.one_database
def test_a_frozen_redis_holds_it_up_only_while_it_is_frozen(
    settings: Settings, store: Store, site: CreatedSite, own_redis: RedisServer
) -> None:
    queues = Queues(queues_module.connect(own_redis.url))
    with Part(dataclasses.replace(settings, redis_url=own_redis.url), "scoring") as scoring:
        eventually(queues.workers)
        own_redis.freeze()
        comment = accept(store, queues, site)
        time.sleep(1)
        own_redis.thaw()
        eventually(lambda: queues.put([Waiting(site.id, comment.id, comment.accepted_at)]) in (0, 1))
        queues.wake()
        eventually(lambda: decided(store) == 1)
        assert scoring.alive


@pytest.mark.one_database
def test_it_runs_our_job_and_no_other_function(
    settings: Settings, store: Store, queues: Queues, site: CreatedSite, scoring: Part
) -> None:
    """Whoever can write into Redis shall not choose what runs here."""
    target = settings.data_dir / "made by a stranger"
    stranger = Queue(SCORING_QUEUE, connection=queues.redis, serializer=JSONSerializer)
    stranger.enqueue("os.mkdir", str(target))
    accept(store, queues, site)
    eventually(lambda: decided(store) == 1)
    assert not target.exists()
    assert "job.refused" in scoring.log
    eventually(lambda: not [key for key in keys(queues) if b"rq:job:" in key])


def test_a_killed_workers_comments_are_decided_by_another(
    settings: Settings, store: Store, queues: Queues, site: CreatedSite
) -> None:
    submissions.submit(store, queues, site.id, [submission(f"Remark {number}.") for number in range(600)])
    with Part(settings, "scoring") as first:
        eventually(lambda: decided(store) > 0)
        first.kill()
    with Part(settings, "scoring"):
        leased = cast("list[bytes]", queues.redis.zrange("winnow:leased", 0, -1))
        if leased:
            queues.redis.zadd("winnow:leased", dict.fromkeys(leased, 0))  # half a minute later
        eventually(lambda: decided(store) == 600, within=60)
    assert len(rows(store, AuditEvent, action="comment.decided")) == 600


def test_a_worker_that_starts_needs_no_job_to_begin_what_waits(
    settings: Settings, store: Store, queues: Queues, site: CreatedSite
) -> None:
    """The job may have died with the worker that took it, its wake flag still set."""
    accept(store, queues, site)
    assert queues.redis.delete("rq:queue:scoring")
    with Part(settings, "scoring"):
        eventually(lambda: decided(store) == 1)


@pytest.mark.one_database
def test_logs_name_the_model_and_hold_no_words(store: Store, queues: Queues, site: CreatedSite, scoring: Part) -> None:
    accept(store, queues, site, "Xylophone is a word that nobody logs.", name="Zebediah", email="z@example.com")
    eventually(lambda: decided(store) == 1)
    scoring.stop()
    assert "scoring.started" in scoring.log
    for private in ("Xylophone", "Zebediah", "z@example.com"):
        assert private not in scoring.log
