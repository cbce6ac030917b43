"""What is said to Redis beside the work is lost without harm, and a Redis that fails is not asked again at once."""

from __future__ import annotations

import redis

from moderation.history import metrics
from moderation.intake import queues
from service.asides import Asides
from tests.support.redis_server import RedisServer


def test_what_is_said_arrives_and_its_answer_comes_back(redis_url: str) -> None:
    client = queues.connect(redis_url)
    asides = Asides(client)
    asides.count_decisions([("published", "user"), ("published", "user"), ("rejected", "site")])
    assert asides.say(metrics.read, doing="reading") == metrics.read(client)
    assert metrics.read(client).decisions == {("published", "user"): 2, ("rejected", "site"): 1}


def test_a_redis_that_failed_is_left_alone_for_a_moment(own_redis: RedisServer) -> None:
    asides = Asides(queues.connect(own_redis.url))
    own_redis.kill()
    asked = []

    def ask(client: redis.Redis) -> bool:
        asked.append(client)
        return bool(client.ping())

    assert [asides.say(ask, doing="asking") for _ in range(1000)] == [None] * 1000
    assert len(asked) == 1
