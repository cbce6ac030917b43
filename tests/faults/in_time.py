"""What happens to the clock of the machine that Winnow runs on."""

from __future__ import annotations

from tests.faults.catalogue import Fault, Surroundings
from tests.faults.world import World

_CLOCK = Surroundings(clock=True)
HOUR = 3600.0


def _forward_and_back(world: World) -> None:
    world.set_clock(HOUR)
    world.last(6)
    world.set_clock(0)
    world.last(2)


def _back_and_forward(world: World) -> None:
    world.set_clock(-HOUR)
    world.last(6)
    world.set_clock(0)
    world.last(2)


def _receiver_down_a_day(world: World) -> None:
    """Its pauses grow to half a day: the clock runs through them."""
    world.receiver.answer(503)
    ahead = 0.0
    for hours in (0.01, 0.03, 0.1, 0.4, 1.2, 3.5, 7, 10):
        ahead += hours * HOUR
        world.set_clock(ahead)
        world.last(2.5)
    world.receiver.release()
    world.set_clock(ahead + 14 * HOUR)


FAULTS = [
    Fault("clock-forward-and-back", _forward_and_back, within=25, surroundings=_CLOCK),
    Fault("clock-back-and-forward", _back_and_forward, within=25, surroundings=_CLOCK),
    Fault("receiver-down-a-day", _receiver_down_a_day, within=120, surroundings=_CLOCK),
]
