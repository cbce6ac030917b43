"""The queues of waiting comments in Redis, and how workers are woken.

Redis is only the faster way: the database has the truth. Every id here belongs to a `pending` row, and the sweep puts
back what Redis forgot. The keys:

    winnow:waiting:<site>   sorted set  comment id -> when it was accepted (ms): one site's queue
    winnow:ring             sorted set  site -> its turn: sites with waiting comments, served in turns
    winnow:turn             string      `small` when the last claim took short queues only
    winnow:leased           sorted set  entry -> end of its lease (ms): claimed, not yet written
    winnow:retry            sorted set  entry -> end of the lease that ran out: claimed again, one at a time
    winnow:attempts         hash        comment id -> how many leases ran out
    winnow:wake             string      a job is on its way (5 s)

An entry is `site|id|accepted`: enough to put it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, Worker, worker_registration
from rq.serializers import JSONSerializer
from rq.utils import utcparse

from moderation import clock, redis_address
from moderation.intake.breaker import Breaker

SCORING_QUEUE = "scoring"
SCORING_JOB = "worker.jobs.score_pending"
BULK_JOB = "worker.jobs.run_bulk_job"
LEASE_SECONDS = 30
WAKE_SECONDS = 5
#: A comment whose lease ran out this often goes to a moderator unscored: perhaps it kills the workers.
MAX_ATTEMPTS = 3
#: A scoring process sends a heartbeat every few seconds; after this silence it counts as dead.
SILENT_SECONDS = 30

_WAITING, _RING, _LEASED = "winnow:waiting:", "winnow:ring", "winnow:leased"
_RETRY, _ATTEMPTS, _WAKE, _TURN = "winnow:retry", "winnow:attempts", "winnow:wake", "winnow:turn"

# KEYS ring, leased, retry, wake. ARGV prefix, seconds of the wake flag, and the entries in one text, parted by spaces:
# the client takes its time for each argument.
# Returns how many were new here, and whether the wake flag was set by this call. One round trip for a submission.
# A site new to the ring comes after the sites whose turn it is, and before those that just had theirs: it does not wait
# for a flood, and it cannot starve others by coming and going.
_PUT = """
local added = 0
for entry in string.gmatch(ARGV[3], '[^ ]+') do
    local site, id, accepted = string.match(entry, '(.-)|(.-)|(.+)')
    if not redis.call('ZSCORE', KEYS[2], entry) and not redis.call('ZSCORE', KEYS[3], entry) then
        added = added + redis.call('ZADD', ARGV[1] .. site, 'NX', accepted, id)
        if not redis.call('ZSCORE', KEYS[1], site) then
            local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
            redis.call('ZADD', KEYS[1], tonumber(first[2] or -0.5) + 0.5, site)
        end
    end
end
local woken = ARGV[2] ~= '0' and redis.call('SET', KEYS[4], 1, 'NX', 'EX', ARGV[2])
return {added, woken and 1 or 0}
"""

# KEYS ring, leased, retry, attempts, turn. ARGV prefix, now, end of the lease, most, share of a turn, slack.
# Ends leases that ran out, and shortens those that end too far ahead, because the clock was set back. Then returns one
# entry of those that ran out, or else a batch, each as entry, attempts. While a site floods, every other batch takes
# only from sites with short queues, so that these are done soon. Otherwise the sites have their turns.
_CLAIM = """
local now, until_, most, share = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1000)) do
    redis.call('ZREM', KEYS[2], entry)
    redis.call('ZADD', KEYS[3], now, entry)
    redis.call('HINCRBY', KEYS[4], string.match(entry, '|(.-)|'), 1)
end
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], until_ + tonumber(ARGV[6]), '+inf', 'LIMIT', 0, 1000)) do
    redis.call('ZADD', KEYS[2], until_, entry)
end
local retried = redis.call('ZPOPMIN', KEYS[3])
if retried[1] then
    redis.call('ZADD', KEYS[2], until_, retried[1])
    return {retried[1], redis.call('HGET', KEYS[4], string.match(retried[1], '|(.-)|')) or '1'}
end
local claimed = {}
local function take(site, number)
    local taken = redis.call('ZPOPMIN', ARGV[1] .. site, number)
    for i = 1, #taken, 2 do
        local entry = site .. '|' .. taken[i] .. '|' .. string.format('%.0f', tonumber(taken[i + 1]))
        redis.call('ZADD', KEYS[2], until_, entry)
        claimed[#claimed + 1] = entry
        claimed[#claimed + 1] = '0'
    end
    if redis.call('EXISTS', ARGV[1] .. site) == 1 then
        redis.call('ZINCRBY', KEYS[1], 1, site)
    else
        redis.call('ZREM', KEYS[1], site)
    end
end
if redis.call('GETDEL', KEYS[5]) ~= 'small' and redis.call('ZCARD', KEYS[1]) > 1 then
    local short, flooded, room = {}, false, most
    for _, site in ipairs(redis.call('ZRANGE', KEYS[1], 0, 63)) do
        local waiting = redis.call('ZCARD', ARGV[1] .. site)
        flooded = flooded or waiting > 2 * most
        if waiting <= math.min(share, room) then
            short[#short + 1] = {site, waiting}
            room = room - waiting
        end
    end
    if flooded and short[1] then
        for _, queue in ipairs(short) do take(queue[1], queue[2]) end
        redis.call('SET', KEYS[5], 'small', 'EX', 5)
        return claimed
    end
end
while #claimed < 2 * most do
    local turn = redis.call('ZRANGE', KEYS[1], 0, 0)
    if not turn[1] then break end
    take(turn[1], math.min(share, most - #claimed / 2))
end
return claimed
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A comment that waits to be scored."""

    site_id: str
    comment_id: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A comment leased to this worker; `attempts` counts the leases that ran out before."""

    comment_id: str
    attempts: int
    entry: str

    @property
    def site_id(self) -> str:
        return self.entry.partition("|")[0]

    @property
    def queued_at(self) -> float:
        """When its text was accepted: seconds since 1970."""
        return int(self.entry.rpartition("|")[2]) / 1000


@dataclass(frozen=True, slots=True)
class Process:
    """A scoring process, as it told Redis: its name, its state (`busy` or `idle`), and how long ago that was."""

    name: str
    state: str
    silent_seconds: float


class Queues:
    """The waiting comments in one Redis. Methods raise `redis.RedisError` unless they say otherwise."""

    def __init__(self, client: redis.Redis) -> None:
        self.redis = client
        self._put = client.register_script(_PUT)
        self._claim = client.register_script(_CLAIM)
        self._jobs = Queue(SCORING_QUEUE, connection=client, serializer=JSONSerializer)
        self.breaker = Breaker(client)

    def announce(self, waiting: Iterable[Waiting]) -> bool:
        """Queue comments just committed and wake a worker. False when Redis is away: the sweep will queue them.

        After a failure Redis is not asked for a moment, so that a hanging Redis does not slow every submission.
        """

        def queue(_client: redis.Redis) -> bool:
            _, woken = self._queue(waiting, wake_seconds=WAKE_SECONDS)
            if woken:
                self._enqueue_job()
            return True

        return bool(self.breaker.call(queue, doing="queueing comments"))

    def put(self, waiting: Iterable[Waiting]) -> int:
        """Queue comments; those already queued or leased stay as they are. Returns how many were new."""
        return self._queue(waiting, wake_seconds=0)[0]

    def wake(self) -> None:
        """Wake a worker, unless a job is already on its way. The job clears the wake flag before its first claim."""
        if self.redis.set(_WAKE, 1, nx=True, ex=WAKE_SECONDS):
            self._enqueue_job()

    def wake_if_waiting(self) -> None:
        """Wake a worker if anything could be claimed now."""
        if self.has_waiting():
            self.wake()

    def clear_wake(self) -> None:
        """Clear the wake flag, because a job has started: comments queued from now on wake another worker."""
        self.redis.delete(_WAKE)

    def claim(self, most: int, *, share: int = 16) -> list[Claim]:
        """Lease up to `most` comments for `LEASE_SECONDS`, at most `share` of a site before the next site's turn.

        A comment whose lease ran out before comes alone: if it kills workers, no other comment suffers.
        """
        now = clock.milliseconds(clock.now())
        answer = cast(
            "list[bytes]",
            self._claim(
                keys=[_RING, _LEASED, _RETRY, _ATTEMPTS, _TURN],
                args=[_WAITING, now, now + LEASE_SECONDS * 1000, most, share, int(clock.SLACK.total_seconds() * 1000)],
            ),
        )
        entries = [part.decode() for part in answer[::2]]
        return [
            Claim(entry.split("|")[1], int(attempts), entry)
            for entry, attempts in zip(entries, answer[1::2], strict=True)
        ]

    def done(self, claims: Sequence[Claim]) -> None:
        """End the leases of comments that are written."""
        if not claims:
            return
        with self.redis.pipeline(transaction=False) as pipeline:
            pipeline.zrem(_LEASED, *(claim.entry for claim in claims))
            if retried := [claim.comment_id for claim in claims if claim.attempts]:
                pipeline.hdel(_ATTEMPTS, *retried)
            pipeline.execute()

    def give_back(self, claims: Sequence[Claim]) -> None:
        """Put claims back that could not be worked on for other reasons. It does not count as an attempt."""
        moment = clock.milliseconds(clock.now())
        fresh = " ".join(claim.entry for claim in claims if not claim.attempts)
        with self.redis.pipeline() as pipeline:
            for claim in claims:
                pipeline.zrem(_LEASED, claim.entry)
                if claim.attempts:
                    pipeline.zadd(_RETRY, {claim.entry: moment})
            if fresh:
                self._put(keys=[_RING, _LEASED, _RETRY, _WAKE], args=[_WAITING, 0, fresh], client=pipeline)
            pipeline.execute()

    def _queue(self, waiting: Iterable[Waiting], *, wake_seconds: int) -> tuple[int, int]:
        entries = " ".join(
            f"{comment.site_id}|{comment.comment_id}|{clock.milliseconds(comment.accepted_at)}" for comment in waiting
        )
        if not entries:
            return 0, 0
        put = self._put(keys=[_RING, _LEASED, _RETRY, _WAKE], args=[_WAITING, wake_seconds, entries])
        added, woken = cast("list[int]", put)
        return added, woken

    def _enqueue_job(self) -> None:
        self._jobs.enqueue(SCORING_JOB, result_ttl=0, failure_ttl=3600, job_timeout=60)

    def start_bulk_job(self, job_id: str) -> None:
        """Let a worker begin a bulk job or go on with it. Two workers at the same job still do each comment once."""
        self._jobs.enqueue(BULK_JOB, job_id, result_ttl=0, failure_ttl=3600, job_timeout=60)

    def has_waiting(self) -> bool:
        """Whether anything could be claimed now."""
        with self.redis.pipeline(transaction=False) as pipeline:
            pipeline.exists(_RING, _RETRY)
            pipeline.zcount(_LEASED, "-inf", clock.milliseconds(clock.now()))
            return any(pipeline.execute())

    def length(self) -> dict[str, int]:
        """How many comments are `waiting`, `leased`, and due for `retry`."""
        return self.lengths()[0]

    def lengths(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many comments are `waiting`, `leased`, and due for `retry`; and of each site, how many wait."""
        sites = cast("list[bytes]", self.redis.zrange(_RING, 0, -1))
        with self.redis.pipeline(transaction=False) as pipeline:
            pipeline.zcard(_LEASED)
            pipeline.zcard(_RETRY)
            for site in sites:
                pipeline.zcard(_WAITING + site.decode())
            leased, retry, *waiting = pipeline.execute()
        by_site = {site.decode(): number for site, number in zip(sites, waiting, strict=True)}
        return {"waiting": sum(waiting), "leased": leased, "retry": retry}, by_site

    def workers(self) -> int:
        """How many scoring processes sent a heartbeat within `SILENT_SECONDS`."""
        return len(self.processes())

    def processes(self) -> list[Process]:
        """The scoring processes that sent a heartbeat within `SILENT_SECONDS`, by name."""
        keys = sorted(worker_registration.get_keys(queue=self._jobs))
        with self.redis.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.hmget(key, "last_heartbeat", "state")
            told = pipeline.execute()
        processes = [
            Process(key.removeprefix(Worker.redis_worker_namespace_prefix), (state or b"").decode(), _silent(heartbeat))
            for key, (heartbeat, state) in zip(keys, told, strict=True)
            if heartbeat
        ]
        return [process for process in processes if process.silent_seconds < SILENT_SECONDS]


def _silent(heartbeat: bytes) -> float:
    return (clock.now() - utcparse(heartbeat.decode())).total_seconds()


def connect(url: str, *, timeout: float = 1.0) -> redis.Redis:
    """A client whose calls give up after `timeout` seconds, so that a Redis that is away delays nobody for long.

    A connection that Redis closed is opened again, once; a call that timed out is not repeated.
    """
    once = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    return redis_address.open_client(url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=once)
