"""Accepting single comments, beside a bare Flask JSON echo under the same server, processes and threads."""

from __future__ import annotations

import multiprocessing
import statistics
import subprocess
import sys
import time
from multiprocessing.connection import Connection

from benchmarks import texts
from benchmarks.installation import Database, Installation, free_port, headers, installed, listens, until
from benchmarks.load import Load, Requests
from benchmarks.report import Report
from moderation.intake import queues as queues_module
from moderation.intake import submissions
from moderation.intake.queues import Queues
from moderation.intake.submissions import Submission
from moderation.store import Store

CONNECTIONS, SECONDS, ROUNDS = 32, 4.0, 3
LEAST_RATIO, LONGEST_WAIT = 0.30, 0.100


def run() -> Report:
    """Both databases against the echo, then how long a commit waits beside a busy worker."""
    report = Report(
        "accepting",
        "Accepting comments",
        "`POST /api/v1/comments` (checked, stored durably, queued) against a Flask view that answers the JSON it was "
        f"sent; granian, 2 processes of 16 threads, {CONNECTIONS} kept-alive connections, by turns. SQLite "
        "commits with `synchronous=FULL`.",
    )
    databases: tuple[Database, ...] = ("sqlite", "postgresql")
    for database in databases:
        with installed(database) as installation:
            _compare(report, installation, database)
    with installed("sqlite") as installation:
        _wait_beside_a_worker(report, installation)
    return report


def _compare(report: Report, installation: Installation, database: Database) -> None:
    echo_port, port = _start_echo(installation), installation.serve()
    echo = Load(Requests(echo_port, "/", headers(installation.site), count=2000), connections=CONNECTIONS)
    ours = Load(Requests(port, "/api/v1/comments", headers(installation.site)), connections=CONNECTIONS)
    rates: dict[str, list[float]] = {"echo": [], "ours": []}
    used: dict[str, list[float]] = {"echo": [], "ours": []}
    slowest = []
    with echo, ours:
        for load in (echo, ours):
            load.run(1.0)
        for _ in range(ROUNDS):
            for name, load, its_port in (("echo", echo, echo_port), ("ours", ours, port)):
                before = installation.processor_seconds(its_port)
                answered = load.run(SECONDS)
                rates[name].append(answered.rate)
                used[name].append((installation.processor_seconds(its_port) - before) / len(answered.latencies))
                if set(answered.statuses) - {200, 202}:
                    raise AssertionError(f"answers were {answered.statuses}")
            slowest.append(answered.percentile(99))
    ratio = statistics.median(a / b for a, b in zip(rates["ours"], rates["echo"], strict=True))
    rate, cost = ({name: statistics.median(figures) for name, figures in by.items()} for by in (rates, used))
    report.add(
        f"accepting on {database} / echo",
        f"{ratio:.2f} ({rate['ours']:,.0f} / {rate['echo']:,.0f} per second, 99% within "
        f"{statistics.median(slowest):.0f} ms; {cost['ours'] * 1e6:.0f} / {cost['echo'] * 1e6:.0f} µs of the web "
        "processes' time each)",
        f"{LEAST_RATIO:.2f}" if database == "sqlite" else "",
        ratio >= LEAST_RATIO if database == "sqlite" else None,
    )


def _start_echo(installation: Installation) -> int:
    port = free_port()
    command = [
        *(sys.executable, "-m", "granian", "benchmarks.wsgi_servers:app", "--interface", "wsgi", "--http", "1"),
        *("--no-ws", "--log-level", "error", "--port", str(port)),
        *("--workers", str(installation.settings.web_processes)),
        *("--blocking-threads", str(installation.settings.web_threads)),
    ]
    process: subprocess.Popen[bytes] = installation.start(command)
    until(lambda: listens(port), "the echo listens", process)
    time.sleep(2)  # the second process, too
    return port


def _wait_beside_a_worker(report: Report, installation: Installation) -> None:
    """What a web process does for a comment, every 10 ms, while a worker writes its batches."""
    installation.work()
    spawn = multiprocessing.get_context("spawn")
    pipe, theirs = spawn.Pipe()
    settings = installation.settings
    arguments = (settings.database_url, settings.redis_url, installation.site.id, theirs)
    process = spawn.Process(target=_submit_regularly, args=arguments, daemon=True)
    process.start()
    pipe.recv()
    made = texts.comments(2)
    other = installation.add_site("A busy site")
    for _ in range(20):
        batch = [Submission(name="Ada", comment=next(made)) for _ in range(1000)]
        submissions.submit(installation.store, installation.queues, other.id, batch)
    busy_since, decided = time.monotonic(), installation.decided()
    pipe.send("measure")
    until(lambda: not installation.queues.length()["waiting"], "the worker has decided them")
    rate = (installation.decided() - decided) / (time.monotonic() - busy_since)
    pipe.send("stop")
    waits: list[float] = pipe.recv()
    process.join()
    report.add(
        "longest commit beside a worker that writes batches",
        f"{max(waits) * 1000:.0f} ms of {len(waits)} commits (median {statistics.median(waits) * 1000:.1f} ms; "
        f"the worker decided {rate:,.0f} per second)",
        f"{LONGEST_WAIT * 1000:.0f} ms",
        max(waits) < LONGEST_WAIT,
    )


def _submit_regularly(database_url: str, redis_url: str, site_id: str, pipe: Connection) -> None:
    store, queues = Store(database_url), Queues(queues_module.connect(redis_url))
    made = texts.comments(3)

    def submit() -> float:
        began = time.perf_counter()
        submissions.submit(store, queues, site_id, [Submission(name="Ada", comment=next(made))])
        return time.perf_counter() - began

    submit()
    pipe.send("ready")
    pipe.recv()
    waits = []
    while not pipe.poll(0.01):
        waits.append(submit())
    pipe.send(waits)
