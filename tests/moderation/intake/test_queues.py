"""What waits in Redis: each comment once, sites in turn, leases that run out, and a wake-up that is never lost."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import redis

from moderation.intake import breaker
from moderation.intake import queues as queues_module
from moderation.intake.queues import LEASE_SECONDS, MAX_ATTEMPTS, Claim, Queues, Waiting
from tests.support.clock import Clock
from tests.support.processes.redis_server import RedisServer
from tests.support.waiting import eventually

START = datetime(2026, 1, 1, tzinfo=UTC)


def waiting(site: str, number: int, *, at: int | None = None) -> Waiting:
    return Waiting(site, f"{site}-{number}", START + timedelta(milliseconds=number if at is None else at))


def many(site: str, count: int) -> list[Waiting]:
    return [waiting(site, number) for number in range(count)]


def ids(claims: list[Claim]) -> list[str]:
    return [claim.comment_id for claim in claims]


def test_a_site_is_served_in_the_order_of_acceptance(queues: Queues) -> None:
    queues.put([waiting("a", 1, at=30), waiting("a", 2, at=10), waiting("a", 3, at=20)])
    assert ids(queues.claim(10)) == ["a-2", "a-3", "a-1"]


def test_queueing_twice_is_harmless(queues: Queues) -> None:
    assert queues.put(many("a", 3)) == 3
    assert queues.put(many("a", 4)) == 1
    claims = queues.claim(10)
    assert len(claims) == 4
    assert queues.put(many("a", 4)) == 0, "leased ones are known as well"
    assert queues.claim(10) == []
    queues.done(claims)
    assert queues.put(many("a", 4)) == 4, "whoever is done may come again, and finds its row decided"


def test_an_edited_comment_waits_beside_the_lease_on_its_former_self(queues: Queues) -> None:
    queues.put([waiting("a", 1, at=10)])
    queues.claim(10)
    assert queues.put([waiting("a", 1, at=20)]) == 1
    assert ids(queues.claim(10)) == ["a-1"]


def test_what_is_claimed_is_claimed_by_one(queues: Queues) -> None:
    queues.put(many("a", 100))
    claimed = [comment for _ in range(10) for comment in ids(queues.claim(16))]
    assert sorted(claimed) == sorted(one.comment_id for one in many("a", 100))


def test_a_batch_is_no_larger_than_asked(queues: Queues) -> None:
    queues.put(many("a", 50) + many("b", 50))
    assert len(queues.claim(7)) == 7
    assert len(queues.claim(64)) == 64
    assert len(queues.claim(64)) == 29


def test_a_flood_leaves_another_site_its_turn(queues: Queues) -> None:
    queues.put(many("flood", 20_000))
    for number in range(5):
        queues.put([waiting("small", number)])
        assert f"small-{number}" in ids(queues.claim(64))


def test_sites_share_a_batch_evenly(queues: Queues) -> None:
    queues.put([one for site in "abc" for one in many(site, 100)])
    counts = Counter(comment[0] for comment in ids(queues.claim(96)))
    assert counts == {"a": 32, "b": 32, "c": 32}


def test_sites_that_always_have_one_more_comment_starve_none(queues: Queues) -> None:
    """More sites than a batch holds, each of which submits again as soon as it was served."""
    sites = [f"s{number:02}" for number in range(40)]
    queues.put([waiting(site, 0) for site in sites])
    served: Counter[str] = Counter()
    for turn in range(1, 41):
        for comment in ids(queues.claim(10)):
            site = comment.partition("-")[0]
            served[site] += 1
            queues.put([waiting(site, turn)])
    assert min(served[site] for site in sites) >= 7, "of 10 that would be their share"


def test_a_lease_that_runs_out_is_claimed_again_alone_and_counted(queues: Queues, clock: Clock) -> None:
    queues.put(many("a", 3))
    assert [claim.attempts for claim in queues.claim(10)] == [0, 0, 0]
    clock.advance(seconds=LEASE_SECONDS - 1)
    assert queues.claim(10) == []
    clock.advance(seconds=1)
    queues.put([waiting("a", 9)])
    again = [queues.claim(10) for _ in range(4)]
    assert [[claim.attempts for claim in claims] for claims in again] == [[1], [1], [1], [0]]
    assert sorted(ids([claim for claims in again[:3] for claim in claims])) == ["a-0", "a-1", "a-2"]


def test_a_lease_of_before_the_clock_was_set_back_ends_no_later_than_any_other(queues: Queues, clock: Clock) -> None:
    clock.advance(hours=1)
    queues.put([waiting("a", 1)])
    assert queues.claim(10)
    clock.advance(hours=-1)
    assert queues.claim(10) == []
    clock.advance(seconds=LEASE_SECONDS)
    assert queues.claim(10)


def test_leases_that_run_out_time_and_again_are_counted_up(queues: Queues, clock: Clock) -> None:
    queues.put([waiting("a", 1)])
    for attempts in range(MAX_ATTEMPTS + 1):
        (claim,) = queues.claim(10)
        assert claim.attempts == attempts
        clock.advance(seconds=LEASE_SECONDS)
    queues.done(queues.claim(10))
    queues.put([waiting("a", 1)])
    assert queues.claim(10)[0].attempts == 0, "once done, it is forgotten"


def test_what_is_given_back_waits_again_and_counts_against_nobody(queues: Queues, clock: Clock) -> None:
    queues.put(many("a", 3))
    queues.give_back(queues.claim(10))
    assert [(claim.comment_id, claim.attempts) for claim in queues.claim(10)] == [("a-0", 0), ("a-1", 0), ("a-2", 0)]
    clock.advance(seconds=LEASE_SECONDS)
    queues.give_back(queues.claim(10))
    assert queues.claim(10)[0].attempts == 1
    assert queues.length() == {"waiting": 0, "leased": 1, "retry": 2}


def test_a_claim_survives_a_killed_redis_as_little_as_anything_in_it(queues: Queues) -> None:
    queues.put(many("a", 3))
    claims = queues.claim(10)
    queues.redis.flushall()
    queues.done(claims)
    queues.give_back(claims)
    assert len(queues.claim(10)) == 3


def test_length_counts_what_waits_what_is_leased_and_what_is_retried(queues: Queues, clock: Clock) -> None:
    assert queues.length() == {"waiting": 0, "leased": 0, "retry": 0}
    queues.put(many("a", 5) + many("b", 2))
    queues.claim(3, share=3)
    assert queues.length() == {"waiting": 4, "leased": 3, "retry": 0}
    clock.advance(seconds=LEASE_SECONDS)
    queues.claim(1)
    assert queues.length() == {"waiting": 4, "leased": 1, "retry": 2}


def test_has_waiting_says_whether_a_claim_would_find_anything(queues: Queues, clock: Clock) -> None:
    assert not queues.has_waiting()
    queues.put([waiting("a", 1)])
    assert queues.has_waiting()
    queues.claim(1)
    assert not queues.has_waiting()
    clock.advance(seconds=LEASE_SECONDS)
    assert queues.has_waiting()
    claims = queues.claim(1)
    assert not queues.has_waiting()
    queues.done(claims)
    assert queues.redis.keys("winnow:*") == [], "nothing is left behind"


def jobs(queues: Queues) -> int:
    return int(queues.redis.llen("rq:queue:scoring"))


def test_a_burst_wakes_one_job_and_the_next_after_that_one_began(queues: Queues) -> None:
    for number in range(20):
        assert queues.announce([waiting("a", number)])
    assert jobs(queues) == 1
    queues.clear_wake()
    queues.announce([waiting("a", 20)])
    queues.wake()
    assert jobs(queues) == 2


def test_announcing_what_is_known_already_wakes_all_the_same(queues: Queues) -> None:
    """The job that would have taken it may have died."""
    queues.put([waiting("a", 1)])
    queues.announce([waiting("a", 1)])
    assert jobs(queues) == 1


def test_announcing_nothing_wakes_nobody(queues: Queues) -> None:
    assert queues.announce([])
    assert jobs(queues) == 0


def test_a_wake_up_that_was_lost_is_made_up_for_within_seconds(queues: Queues) -> None:
    queues.announce([waiting("a", 1)])
    assert 0 < int(queues.redis.pttl("winnow:wake")) <= queues_module.WAKE_SECONDS * 1000


def test_a_redis_that_is_away_is_left_alone_for_a_moment_and_then_used_again(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 1.0
    monkeypatch.setattr(breaker, "time", SimpleNamespace(monotonic=lambda: moment))
    queues = Queues(queues_module.connect(own_redis.url))
    own_redis.kill()
    assert not queues.announce([waiting("a", 1)])
    with pytest.raises(redis.RedisError):
        queues.put([waiting("a", 1)])
    own_redis.start()
    assert not queues.announce([waiting("a", 2)]), "still left alone"

    def later() -> bool:
        nonlocal moment
        moment += breaker.AWAY_SECONDS
        return queues.announce([waiting("a", 3)])

    eventually(later)
    assert ids(queues.claim(10)) == ["a-3"]


def test_while_a_site_floods_every_other_batch_is_short_and_for_the_others(queues: Queues) -> None:
    """What just came is decided at once, not at the end of a large batch; and the flood goes on."""
    queues.put(many("flood", 20_000) + many("small", 2) + many("other", 1))
    assert sorted(ids(queues.claim(64))) == ["other-0", "small-0", "small-1"]
    queues.put([waiting("small", 2)])
    claimed = Counter(comment.partition("-")[0] for comment in ids(queues.claim(64)))
    assert claimed == {"flood": 63, "small": 1}
