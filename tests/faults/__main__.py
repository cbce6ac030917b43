"""`make chaos`: each fault on each database that it is about, and a table of what came of it."""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import sys
import time
import traceback
from dataclasses import astuple
from pathlib import Path

from tests.faults import catalogue
from tests.faults.catalogue import BOTH, Fault, Surroundings
from tests.faults.counting import Counts
from tests.faults.world import World

_HEAD = (
    "fault", "database", "accepted", "stored", "decided", "told", "twice", "refused", "recovered s", "slowest s", "",
)  # fmt: skip
_LINE = "{:31} {:10} {:>8} {:>7} {:>7} {:>6} {:>5} {:>7} {:>11} {:>9}  {}"


def main(arguments: list[str]) -> int:
    """Try them. 1 when a promise was not kept."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--database", choices=(*BOTH, "both"), default="both")
    parser.add_argument("--rate", type=float, default=40.0, help="comments a second")
    parser.add_argument("names", nargs="*", metavar="FAULT", help="all, unless some are named")
    given = parser.parse_args(arguments)
    faults = catalogue.everything()
    if unknown := set(given.names) - {fault.name for fault in faults}:
        print(f"There is no fault {', '.join(sorted(unknown))}. There are:", *(one.name for one in faults), sep="\n  ")
        return 2
    wanted = [fault for fault in faults if not given.names or fault.name in given.names]
    databases = BOTH if given.database == "both" else (given.database,)
    print(_LINE.format(*_HEAD), flush=True)
    failed = False
    for database in databases:
        of_database = [fault for fault in wanted if database in fault.databases]
        for surroundings, group in itertools.groupby(of_database, key=lambda fault: fault.surroundings):
            failed |= _try_all(database, surroundings, list(group), given.rate)
    return int(failed)


def _try_all(database: str, surroundings: Surroundings, faults: list[Fault], rate: float) -> bool:
    """Try faults with the same surroundings; a world in which one was not survived is not used again."""
    failed = False
    if why := _impossible(surroundings):
        for fault in faults:
            print(_LINE.format(fault.name, database, *["-"] * 8, f"not tried: {why}"), flush=True)
        return False
    waiting = list(faults)
    while waiting:
        untried = len(waiting)
        try:
            with World(database, surroundings, rate=rate) as world:
                while waiting:
                    if _fails(world, waiting.pop(0)):
                        failed = True
                        break
        except Exception as error:
            traceback.print_exc()
            failed = True
            if len(waiting) == untried:
                print(f"{waiting[0].name} on {database}: its surroundings cannot be made: {error}", flush=True)
                return True
    return failed


def _fails(world: World, fault: Fault) -> bool:
    began = time.monotonic()
    try:
        counts, wrong = world.run(fault)
    except Exception as error:
        counts, wrong = Counts(), [f"{type(error).__name__}: {error}"]
        traceback.print_exc()
    shown = "" if not wrong else "NOT KEPT: " + "; ".join(wrong)
    print(_LINE.format(fault.name, world.database, *astuple(counts), shown), flush=True)
    if wrong:
        kept = Path(os.environ.get("TMPDIR", "/tmp")) / f"winnow-chaos-{fault.name}-{world.database}.log"
        kept.write_bytes(world.log.read_bytes())
        print(f"    the processes' log is kept in {kept} ({time.monotonic() - began:.0f} s)", flush=True)
    return bool(wrong)


def _impossible(surroundings: Surroundings) -> str | None:
    if surroundings.disk and os.geteuid() != 0:
        return "only root may mount a small disk"
    return None


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    sys.exit(main(sys.argv[1:]))
