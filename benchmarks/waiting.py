"""How long a comment waits, from POST to decision: on a quiet day, and while another site floods."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection

from sqlalchemy import select

from benchmarks import texts
from benchmarks.installation import Installation, headers, installed
from benchmarks.load import Load, Requests
from benchmarks.report import Report
from moderation.store import Store
from moderation.tables import Comment

TARGET = 0.050
#: How often the database is asked which comments are decided: the precision of the measurement.
LOOK_EVERY = 0.002
QUIET_SECONDS, FULL_SECONDS = 15.0, 6.0
FLOOD, FLOOD_BATCH, BESIDE_THE_FLOOD = 20_000, 1000, 20.0


@dataclass(frozen=True)
class Poster:
    """A site that posts a comment at a steady pace and watches for its decision."""

    port: int
    database_url: str
    headers: dict[str, str]
    a_second: float


def run() -> Report:
    """Find full load, then measure at a tenth of it, then beside a flood."""
    report = Report(
        "waiting",
        "From POST to decision",
        "The time from sending a single comment until its decision can be read in the database, with one scoring "
        "process, on SQLite. Full load is the rate at which single comments are accepted while they are decided.",
    )
    with installed("sqlite") as installation:
        port = installation.serve()
        installation.work()
        requests = Requests(port, "/api/v1/comments", headers(installation.site))
        with Load(requests, connections=16) as load:
            full = load.run(FULL_SECONDS).rate
        _settle(installation)
        with _posting(installation, port, full / 10) as waits:
            time.sleep(QUIET_SECONDS)
        _add(report, f"at a tenth of full load ({full / 10:,.0f} of {full:,.0f} comments per second)", waits)
        _settle(installation)
        flooding = installation.add_site("A site that floods")
        with _posting(installation, port, BESIDE_THE_FLOOD) as waits:
            time.sleep(0.5)
            _flood(port, headers(flooding)["Authorization"])
            _settle(installation)
        _add(report, f"while another site floods {FLOOD:,} comments in batches of {FLOOD_BATCH:,}", waits)
    return report


def _add(report: Report, what: str, waits: list[float]) -> None:
    median, slow = statistics.median(waits), statistics.quantiles(waits, n=100)[98]
    report.add(
        what,
        f"median {median * 1000:.0f} ms, 99% within {slow * 1000:.0f} ms ({len(waits)} comments)",
        f"median {TARGET * 1000:.0f} ms",
        median < TARGET,
    )


def _flood(port: int, authorization: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    made = texts.comments(7)
    for _ in range(FLOOD // FLOOD_BATCH):
        body = json.dumps([{"name": "Troll", "comment": next(made)} for _ in range(FLOOD_BATCH)])
        sent = {"Authorization": authorization, "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/comments/batch", body, sent)
        answer = connection.getresponse()
        if answer.status != 200:
            raise AssertionError(answer.read())
        answer.read()


def _settle(installation: Installation) -> None:
    """Wait until nearly nothing waits: the steady poster goes on."""
    until = time.monotonic() + 120
    while installation.queues.length()["waiting"] > 20:
        if time.monotonic() > until:
            raise TimeoutError("the worker does not keep up")
        time.sleep(0.05)


@contextmanager
def _posting(installation: Installation, port: int, a_second: float) -> Iterator[list[float]]:
    """Post while the block lasts; the list holds each comment's seconds afterwards."""
    waits: list[float] = []
    poster = Poster(port, installation.settings.database_url, dict(headers(installation.site)), a_second)
    spawn = multiprocessing.get_context("spawn")
    pipe, theirs = spawn.Pipe()
    process = spawn.Process(target=_post, args=(poster, theirs), daemon=True)
    process.start()
    pipe.recv()
    yield waits
    pipe.send("stop")
    if not pipe.poll(60):
        raise TimeoutError("some comments were never decided")
    waits += pipe.recv()
    process.join()


def _post(poster: Poster, pipe: Connection) -> None:
    """Post at a steady pace in four threads, and look for decisions in this one."""
    sent: dict[str, float] = {}
    waits: list[float] = []
    store = Store(poster.database_url)
    numbers, stop = count(), threading.Event()
    began = time.perf_counter() + 0.5
    posters = [threading.Thread(target=_post_on_time, args=(poster, began, numbers, sent, stop)) for _ in range(4)]
    for thread in posters:
        thread.start()
    pipe.send("posting")
    until = None
    while until is None or (sent and time.monotonic() < until):
        _look(store, sent, waits)
        if until is None and pipe.poll(LOOK_EVERY):
            stop.set()
            until = time.monotonic() + 30
    if not sent:
        pipe.send(waits)


def _post_on_time(
    poster: Poster, began: float, numbers: Iterator[int], sent: dict[str, float], stop: threading.Event
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", poster.port, timeout=60)
    made = texts.comments(1000 + threading.get_ident() % 1000)
    while not stop.is_set():
        due = began + next(numbers) / poster.a_second
        stop.wait(max(0.0, due - time.perf_counter()))
        posted = time.perf_counter()
        body = json.dumps({"name": "Ada", "comment": next(made)})
        connection.request("POST", "/api/v1/comments", body, {**poster.headers, "Content-Type": "application/json"})
        sent[json.loads(connection.getresponse().read())["id"]] = posted


def _look(store: Store, sent: dict[str, float], waits: list[float]) -> None:
    """Take those out that are decided."""
    wanted = list(sent)[:200]
    if not wanted:
        return
    with store.read() as session:
        query = select(Comment.id).where(Comment.id.in_(wanted), Comment.status != "pending")
        decided = session.scalars(query).all()
    now = time.perf_counter()
    waits += [now - sent.pop(comment_id) for comment_id in decided]
