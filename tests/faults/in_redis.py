"""What happens to Redis."""

from __future__ import annotations

from tests.faults.catalogue import BOTH, SQLITE, Fault, Surroundings
from tests.faults.world import World


def _killed(world: World) -> None:
    world.redis.kill()
    world.last(2)
    world.redis.start()


def _emptied(world: World) -> None:
    world.redis.kill()
    world.redis.forget()
    world.last(2)
    world.redis.start()


def _flushed(world: World) -> None:
    for _ in range(3):
        world.redis.flush()
        world.last(0.5)


def _paused(world: World) -> None:
    world.redis.freeze()
    world.last(30)
    world.redis.thaw()


def _full(world: World) -> None:
    world.redis.configure(maxmemory_policy="noeviction", maxmemory="1")
    world.last(4)
    world.redis.configure(maxmemory="0")


def _read_only(world: World) -> None:
    world.redis.follow("127.0.0.1", 1)
    world.last(4)
    world.redis.lead()


def _failed_over(world: World) -> None:
    world.watched.fail_over()


FAULTS = [
    Fault("redis-killed", _killed),
    Fault("redis-flushed", _flushed, short=BOTH),
    Fault("redis-emptied", _emptied),
    Fault("redis-paused", _paused, within=20),
    Fault("redis-full", _full, short=(SQLITE,)),
    Fault("redis-read-only", _read_only, short=(SQLITE,)),
    Fault("redis-failed-over", _failed_over, surroundings=Surroundings(sentinel=True)),
]
