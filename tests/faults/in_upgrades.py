"""What an upgrade does: the version before works beside this one, and is replaced by it while comments arrive."""

from __future__ import annotations

from tests.faults.catalogue import Fault, Surroundings
from tests.faults.counting import Counts
from tests.faults.world import World, old_version
from tests.support.waiting import eventually

#: Comments that the migration finds.
_PAST = 200_000
#: How long a request may wait while it runs: seconds, and on a busy machine times of what one took before.
_PATIENCE, _BUSY = 1.0, 5


def _beside_old_version(world: World) -> None:
    """Old processes beside new ones, as during an upgrade, after `winnow migrate`."""
    old = str(old_version(world.directory / "old"))
    world.work(PYTHONPATH=old)
    world.serve(PYTHONPATH=old)
    eventually(lambda: world.queues.workers() >= 3, within=60, what="the old version's worker works")
    eventually(lambda: len(world.web_processes()) == 4, within=60, what="the old version serves")
    world.workers.pop(0).terminate()
    world.webs.pop(0).terminate()
    world.last(4)
    world.work()
    world.serve()
    eventually(lambda: world.queues.workers() >= 3, within=60, what="the new version's worker works")
    eventually(lambda: len(world.web_processes()) == 4, within=60, what="the new version serves")
    world.last(4)
    world.workers.pop(1).terminate()
    world.webs.pop(0).terminate()


def _upgraded(world: World) -> None:
    """`winnow migrate`, then web and workers, all while the version before is in use."""
    world.last(5)
    world.usual, world.arrivals.longest = world.arrivals.longest, 0.0
    world.run_winnow("migrate")
    world.last(2)
    world.migrating = world.arrivals.longest
    world.serve()
    eventually(lambda: len(world.web_processes()) == 4, within=60, what="the new version serves")
    world.webs.pop(0).terminate()
    for _ in range(2):
        world.work()
        eventually(lambda: world.queues.workers() >= 3, within=60, what="the new version's worker works")
        world.workers.pop(0).terminate()


def _nobody_waited(world: World, _counts: Counts) -> list[str]:
    """And nobody was refused because the database was locked."""
    wrong = []
    if world.migrating > max(_PATIENCE, _BUSY * world.usual):
        wrong.append(f"no request waits for the migration ({world.migrating:.1f} s, and {world.usual:.1f} before)")
    if "503" in world.arrivals.refused:
        wrong.append("no request is answered 503")
    return wrong


FAULTS = [
    Fault("old-version-beside-new", _beside_old_version),
    Fault(
        "upgraded-under-load",
        _upgraded,
        refuses=True,  # a connection that ends with a web process of the version before
        surroundings=Surroundings(past=_PAST),
        expect=_nobody_waited,
    ),
]
