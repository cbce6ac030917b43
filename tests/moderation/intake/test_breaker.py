"""What Redis is told beside the work is lost without harm, and a Redis that fails is not asked again at once."""

from __future__ import annotations

import pytest
import redis

from moderation import counters
from moderation.intake import breaker, queues
from moderation.intake.breaker import Breaker
from tests.support.processes.redis_server import RedisServer
from tests.support.waiting import eventually


def test_what_is_said_arrives_and_its_answer_comes_back(redis_url: str) -> None:
    client = queues.connect(redis_url)
    counters.count_decisions(client, [("published", "user:u"), ("published", "user:v"), ("rejected", "site")])
    assert Breaker(client).call(counters.read, doing="reading") == counters.read(client)
    assert counters.read(client).decisions == {("published", "user"): 2, ("rejected", "site"): 1}


def test_a_redis_that_failed_is_left_alone_for_a_moment_and_then_asked_again(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Breaker(queues.connect(own_redis.url))
    own_redis.kill()
    asked = []

    def ask(client: redis.Redis) -> bool:
        asked.append(client)
        return bool(client.ping())

    monkeypatch.setattr(breaker, "AWAY_SECONDS", 60.0)
    assert [found.call(ask, doing="asking") for _ in range(1000)] == [None] * 1000
    assert len(asked) == 1
    monkeypatch.setattr(breaker, "AWAY_SECONDS", 0.1)
    found = Breaker(queues.connect(own_redis.url))
    assert found.call(ask, doing="asking") is None
    own_redis.start()
    eventually(lambda: found.call(ask, doing="asking"))


def test_what_redis_refuses_does_not_keep_it_from_being_asked(redis_url: str) -> None:
    found = Breaker(queues.connect(redis_url))
    assert found.call(lambda client: client.hset("a", "field", 1), doing="writing") == 1
    assert found.call(lambda client: client.incr("a"), doing="counting what is no number") is None
    assert found.call(lambda client: client.ping(), doing="asking") is True
