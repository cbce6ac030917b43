"""What a fault is, and all of them in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.faults.counting import Counts
    from tests.faults.world import World

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (SQLITE, POSTGRESQL)


@dataclass(frozen=True)
class Surroundings:
    """What a fault needs around it, beside two web processes, two workers, a Redis, a database and a receiver.

    Faults with the same surroundings are tried one after the other in the same ones.
    """

    #: Environment of all processes.
    environ: tuple[tuple[str, str], ...] = ()
    #: The classifier misbehaves at words in the comments (`strange.py`).
    strange: bool = False
    #: The processes' clock can be set (`strange.py`).
    clock: bool = False
    #: PostgreSQL has a standby, and Winnow knows both.
    standby: bool = False
    #: Redis has a replica and a Sentinel, and an address that moves with the primary.
    sentinel: bool = False
    #: The database lies on a disk of its own of so many MiB.
    disk: int = 0
    #: The classifier's files are a copy, which may be broken.
    artifact: bool = False
    #: The version before runs, on its own schema, with so many comments in its database.
    past: int = 0


@dataclass(frozen=True)
class Fault:
    """A fault: how it is injected, and what is expected beside that nothing is lost, decided twice or left untold."""

    name: str
    inject: Callable[[World], None]
    databases: tuple[str, ...] = BOTH
    #: Whether requests may be refused (503, or a connection that ends) while it lasts. They are sent again.
    refuses: bool = False
    #: Within how many seconds after its end everything is as ever, without a hand.
    within: float = 15.0
    surroundings: Surroundings = field(default_factory=Surroundings)
    #: The databases on which it is a part of `make test`, too: what no other test tries, and is quick.
    short: tuple[str, ...] = ()
    #: What else has to hold afterwards; returns what does not.
    expect: Callable[[World, Counts], list[str]] | None = None
    #: Deliveries may still wait at the end, or have been given up.
    told: bool = True


def everything() -> list[Fault]:
    """All faults, in the order of docs/operations.md."""
    from tests.faults import (  # noqa: PLC0415  (they need this module)
        in_postgresql,
        in_processes,
        in_receivers,
        in_redis,
        in_scoring,
        in_time,
        in_upgrades,
    )

    modules: list[Any] = [in_redis, in_postgresql, in_processes, in_upgrades, in_receivers, in_time, in_scoring]
    return [fault for module in modules for fault in module.FAULTS]
