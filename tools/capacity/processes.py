"""Measures 1, 2 and 4 web or scoring processes: comments a second, processor time, memory, connections, Redis.

The processor's time for a comment is what counts: rates are of one machine, which the load generator and the database
share.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from itertools import islice

import psutil
from sqlalchemy import text

from benchmarks import texts
from benchmarks.installation import Database, Installation, headers, installed, until
from benchmarks.load import Load, Requests
from moderation.intake import submissions
from moderation.intake.submissions import Submission
from tools.trying import say

NUMBERS = (1, 2, 4)
CONNECTIONS, SECONDS, COMMENTS, BATCH = 32, 6.0, 8_000, 1_000


def run(database: Database, only: Sequence[str] = ("web", "scoring")) -> None:
    """All numbers of processes, one after the other."""
    measured = {"web": _web, "scoring": _scoring}
    for what in only:
        for number in NUMBERS:
            with installed(database) as installation:
                measured[what](installation, number)


def _web(installation: Installation, number: int) -> None:
    """Post comments one by one."""
    installation.environ["WINNOW_WEB_PROCESSES"] = str(number)
    port = installation.serve()
    family = [psutil.Process(installation.processes[-1].pid)]
    family += family[0].children(recursive=True)
    with Load(Requests(port, "/api/v1/comments", headers(installation.site)), connections=CONNECTIONS) as load:
        load.run(1.0)
        before, stored = _seconds(family), _database_seconds(installation)
        answered = load.run(SECONDS)
        used, stored = _seconds(family) - before, _database_seconds(installation) - stored
        say(
            f"{number} web: {answered.rate:,.0f} comments/s; {used / len(answered.latencies) * 1e6:,.0f} µs of a core "
            f"for each, {stored / len(answered.latencies) * 1e6:,.0f} µs in the database; {_memory(family)}; "
            f"{_connections(installation)} connections to the database",
        )


def _scoring(installation: Installation, number: int) -> None:
    """Decide comments that wait, with nothing else to do."""
    redis = installation.queues.redis
    empty = int(redis.info("memory")["used_memory"])
    made = texts.comments(number)
    for _ in range(COMMENTS // BATCH):
        batch = [Submission(name=f"Reader {n}", comment=one) for n, one in enumerate(islice(made, BATCH))]
        submissions.submit(installation.store, installation.queues, installation.site.id, batch)
    queued = (int(redis.info("memory")["used_memory"]) - empty) / COMMENTS
    process = installation.start([sys.executable, "-m", "winnow", "worker", "--processes", str(number)])
    until(lambda: installation.decided() > 500 * number, "the worker works", process, within=300)
    scoring = [one for one in psutil.Process(process.pid).children(recursive=True) if one.name() == "winnow-scoring"]
    before, stored = _seconds(scoring), _database_seconds(installation)
    began, decided = time.monotonic(), installation.decided()
    held = _connections(installation)
    until(lambda: not installation.pending(), "all are decided", process, within=900)
    seconds, number_decided = time.monotonic() - began, installation.decided() - decided
    used, stored = _seconds(scoring) - before, _database_seconds(installation) - stored
    everybody = psutil.Process(process.pid).children(recursive=True)
    say(
        f"{number} scoring: {number_decided / seconds:,.0f} comments/s; {used / number_decided * 1e6:,.0f} µs of a "
        f"core for each, {stored / number_decided * 1e6:,.0f} µs in the database; {_memory(everybody)}; "
        f"{held} connections to the database; {queued:,.0f} bytes of Redis for a pending comment",
    )


def _seconds(processes: Iterable[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _database_seconds(installation: Installation) -> float:
    """What PostgreSQL has used of the processors so far; 0 for SQLite, which is a part of our processes."""
    if installation.store.is_sqlite:
        return 0.0
    lines = (installation.settings.data_dir / "postgresql" / "postmaster.pid").read_text().splitlines()
    postmaster = psutil.Process(int(lines[0]))
    return sum(postmaster.cpu_times()[:4]) + _seconds(postmaster.children(recursive=True))


def _memory(processes: Iterable[psutil.Process]) -> str:
    """What each kind of process has of its own, and with its part of what it shares."""
    held: dict[str, list[tuple[int, int]]] = {}
    for process in processes:
        whole = process.memory_full_info()
        held.setdefault(process.name(), []).append((whole.uss, whole.pss))
    return ", ".join(
        f"{len(sizes)} {name}: {max(uss for uss, _ in sizes) / 2**20:.0f} MiB own, "
        f"{max(pss for _, pss in sizes) / 2**20:.0f} with its share"
        for name, sizes in held.items()
    )


def _connections(installation: Installation) -> int:
    """How many connections the processes have to PostgreSQL; 0 for SQLite."""
    if installation.store.is_sqlite:
        return 0
    with installation.store.read() as session:
        others = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(session.scalar(others) or 0) - 1
