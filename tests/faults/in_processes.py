"""What happens to Winnow's own processes."""

from __future__ import annotations

import signal
import time
from collections import Counter

import psutil
from sqlalchemy import select

from moderation.intake.queues import LEASE_SECONDS
from moderation.tables import AuditEvent
from tests.faults.catalogue import BOTH, POSTGRESQL, SQLITE, Fault, Surroundings
from tests.faults.counting import Counts
from tests.faults.world import World
from tests.support.waiting import eventually

_STRANGE = Surroundings(strange=True)


def _scoring_killed(world: World) -> None:
    """All of them, one in the middle of a batch."""
    _frozen_with_leases(world)
    for one in world.scoring():
        one.kill()


def _worker_killed(world: World) -> None:
    """A worker with all its processes; an orchestrator starts another."""
    world.workers.pop(0).kill()
    world.last(2)
    world.work()


def _frozen_with_leases(world: World) -> psutil.Process:
    """A scoring process that was stopped while it held comments."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for one in world.scoring():
            if not world.queues.length()["leased"]:
                continue
            one.suspend()
            time.sleep(0.1)
            if world.queues.length()["leased"] and _stays(world):
                return one
            one.resume()
    raise AssertionError("no scoring process could be stopped in the middle of a batch")


def _stays(world: World) -> bool:
    """Whether some comments stay leased though the other process goes on."""
    leased = set(world.queues.redis.zrange("winnow:leased", 0, -1))
    time.sleep(1)
    return bool(leased & set(world.queues.redis.zrange("winnow:leased", 0, -1)))


def _frozen(world: World) -> None:
    one = _frozen_with_leases(world)
    world.last(LEASE_SECONDS + 5)
    one.resume()


def _rolling_restart(world: World) -> None:
    for _ in range(2):
        world.work()
        eventually(lambda: world.queues.workers() >= 3, within=60, what="the new worker works")
        world.workers.pop(0).terminate()
        world.last(1)


def _two_models(world: World) -> None:
    world.work(STRANGE_VERSION="another-1")
    eventually(lambda: world.queues.workers() >= 3, within=60, what="the other model's worker works")
    world.workers.pop(0).terminate()
    world.last(6)


def _of_two_models(world: World, _counts: Counts) -> list[str]:
    with world.store.read() as session:
        versions = Counter(
            session.scalars(select(AuditEvent.model_version).where(AuditEvent.site_id == world.site.id)).all()
        )
    named = [version for version, number in versions.items() if version and number]
    return [] if len(named) == 2 else [f"each decision names its model ({dict(versions)})"]


def _web_killed(world: World) -> None:
    for one in world.web_processes():
        one.kill()
        world.last(1)


def _web_replaced(world: World) -> None:
    """As an upgrade does it: a new server on the same port, then the old one is told to stop."""
    world.serve()
    eventually(lambda: len(world.web_processes()) == 4, within=60, what="the new server has its processes")
    world.last(4)
    world.webs.pop(0).terminate()


def _web_reloaded(world: World) -> None:
    before = {one.pid for one in world.web_processes()}
    world.webs[0].send_signal(signal.SIGHUP)
    eventually(lambda: not before & {one.pid for one in world.web_processes()}, within=40, what="it has new processes")


FAULTS = [
    Fault("scoring-killed", _scoring_killed, within=LEASE_SECONDS + 15, short=BOTH),
    Fault("worker-killed", _worker_killed, within=LEASE_SECONDS + 60),
    Fault("worker-frozen", _frozen, refuses=True),  # on SQLite, where it froze while it wrote
    Fault("worker-rolling-restart", _rolling_restart),
    Fault("web-killed", _web_killed, refuses=True, short=(POSTGRESQL,)),
    Fault("web-replaced", _web_replaced, short=(SQLITE,)),
    Fault("web-reloaded", _web_reloaded),
    Fault("two-models", _two_models, surroundings=_STRANGE, expect=_of_two_models),
]
