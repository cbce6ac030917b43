"""Finds out what Winnow needs for how many comments: the figures of docs/capacity.md.

    python -m tools.capacity fill DIRECTORY --comments 10000000 [--database sqlite]
    python -m tools.capacity plans DIRECTORY [--database sqlite]
    python -m tools.capacity turns DIRECTORY --few ANOTHER [--database sqlite]
    python -m tools.capacity bytes DIRECTORY [--database sqlite]
    python -m tools.capacity clock DIRECTORY [--database sqlite]
    python -m tools.capacity processes [--database sqlite]
    python -m tools.capacity model 10 100 1000

The directories are kept. Ten million comments take about 35 GB in PostgreSQL while they are made.
"""

from __future__ import annotations

import argparse
import logging
import time
from collections.abc import Callable
from pathlib import Path

import models
from benchmarks.installation import Installation, opened
from moderation.decisions.scoring import Scorer
from service.app import create_app
from tools.capacity import filling, model, plans, processes, regular, tables, tour, turns
from tools.capacity.tour import Ground
from tools.trying import say

ABOUT = {
    "fill": "fill a new installation with comments",
    "plans": "explain everything that the database is asked on a tour",
    "turns": "measure by turns with another installation, which has few comments",
    "bytes": "what a comment takes, table by table",
    "clock": "measure how much of its regular work the clock does in a second",
    "processes": "measure 1, 2 and 4 web and scoring processes",
    "model": "what so many millions of comments a month need",
}

#: As an operator of a large PostgreSQL on a machine like this one sets it.
_POSTGRESQL = """
shared_buffers = 2GB
effective_cache_size = 8GB
random_page_cost = 1.1
work_mem = 16MB
max_wal_size = 8GB
max_parallel_workers_per_gather = 0
"""


def main() -> None:
    """Do what the command line says."""
    asked = _parser().parse_args()
    if asked.command == "model":
        print(model.table(asked.millions))
    elif asked.command == "processes":
        processes.run(asked.database, asked.only)
    else:
        with opened(asked.directory, asked.database, configuration=_POSTGRESQL) as installation:
            _with(installation, asked)


def _with(installation: Installation, asked: argparse.Namespace) -> None:
    if asked.command == "fill":
        filling.fill(installation, asked.comments, seeds=min(asked.seeds, asked.comments), say=say)
    elif asked.command == "plans":
        _explain(installation)
    elif asked.command == "bytes":
        if asked.after_retention:
            tables.take_away(installation.store)
        print(tables.report(installation.store))
    elif asked.command == "clock":
        for what, rate in regular.rates(installation):
            print(f"{rate:10,.0f} a second  {what}", flush=True)
    else:
        with opened(asked.few, asked.database, configuration=_POSTGRESQL) as few:
            _take_turns(few, installation, asked.only, time.process_time if asked.processor else time.perf_counter)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.capacity", description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    of = {name: commands.add_parser(name, help=about) for name, about in ABOUT.items()}
    of["model"].add_argument("millions", type=float, nargs="+", help="millions of comments a month")
    of["processes"].add_argument("--only", nargs="+", choices=["web", "scoring"], default=["web", "scoring"])
    for name, command in of.items():
        if name != "model":
            command.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
        if name not in {"model", "processes"}:
            command.add_argument("directory", type=Path, help="where the installation is, or is to be")
    of["fill"].add_argument("--comments", type=int, default=1_000_000)
    of["fill"].add_argument("--seeds", type=int, default=10_000, help="so many go the whole way")
    of["turns"].add_argument("--only", default="", help="what has this in its name, as a regular expression")
    of_processor = "processor time of this process, SQLite's part included, where others use the machine"
    of["turns"].add_argument("--processor", action="store_true", help=of_processor)
    after = "take away first what a retention of one day would have taken after 40 days"
    of["bytes"].add_argument("--after-retention", action="store_true", help=after)
    of["turns"].add_argument("--few", type=Path, required=True, help="the installation with few comments")
    return parser


def _explain(installation: Installation) -> None:
    ground = _ground(installation)
    logging.disable()  # each request would have a line
    asked = plans.record(tour.steps(ground), say)
    say(f"{len(asked)} different statements; these are at fault:")
    for one, why in plans.faults(installation.store, asked):
        print(f"\n--- {why}\n    {one.seconds * 1000:.1f} ms at most, of {one.times} times: {one.asked_by}")
        print("    " + " ".join(one.statement.split()))


def _take_turns(few: Installation, many: Installation, only: str, seconds_now: Callable[[], float]) -> None:
    grounds = _ground(few), _ground(many)
    logging.disable()
    for one in turns.compare(*grounds, (few, many), only, seconds_now):
        mark = " " if one.ratio <= turns.WANTED else "!"
        print(f"{mark} {one.ratio:6.2f}  {one.few * 1000:8.2f} ms  {one.many * 1000:8.2f} ms  {one.what}", flush=True)


def _ground(installation: Installation) -> Ground:
    store, queues = installation.store, installation.queues
    scorer = Scorer(store, queues, models.load())
    return Ground(create_app(installation.settings), store, installation.settings, queues, scorer)


if __name__ == "__main__":
    main()
