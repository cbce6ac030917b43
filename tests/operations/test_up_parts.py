"""`winnow migrate`, `winnow serve` and `winnow worker` run the parts apart, as containers do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

from moderation.settings import from_environment
from moderation.sites import sites
from moderation.store import Store
from tests.support.command_line import winnow
from tests.support.processes import forks
from tests.support.processes.ports import free_port
from tests.support.processes.redis_server import RedisServer
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow

Start = Callable[..., psutil.Process]


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What an orchestrator sets."""
    server = RedisServer(tmp_path)
    server.start()
    yield {
        "WINNOW_DATABASE_URL": database_url,
        "WINNOW_REDIS_URL": server.url,
        "WINNOW_DATA_DIR": str(tmp_path),
        "WINNOW_SECRET_KEY": "k" * 32,
    }
    server.kill()


@pytest.fixture
def start(environ: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts `winnow` with these arguments, in a new Python if wanted, and ends it after the test."""
    started: list[forks.Forked | subprocess.Popen[bytes]] = []

    def call(*arguments: str, anew: bool = False) -> psutil.Process:
        given = os.environ | environ
        with (tmp_path / "parts.log").open("ab") as log, open(os.devnull, "rb") as nothing:
            if anew:
                command = [sys.executable, "-P", "-m", "winnow", *arguments]
                started.append(subprocess.Popen(command, env=given, stdin=nothing, stdout=log, stderr=log))
            else:
                started.append(forks.start([*arguments], env=given, files=(nothing, log, log)))
        return psutil.Process(started[-1].pid)

    yield call
    for process in started:
        process.kill()
        process.wait(60)


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def scoring(environ: dict[str, str], tmp_path: Path) -> str:
    report = winnow("doctor", cwd=tmp_path, **environ).stdout
    return next(line for line in report.splitlines() if " workers " in line)


@pytest.mark.one_database  # tests/faults decides comments in processes on both
def test_the_parts_together_decide_a_comment(start: Start, environ: dict[str, str], tmp_path: Path) -> None:
    assert winnow("migrate", cwd=tmp_path, **environ).returncode == 0
    found = from_environment(environ)
    api_key = sites.create_site(Store(found.database_url), found, "A blog").api_key
    url = f"http://127.0.0.1:{(port := free_port())}"
    start("serve", "--port", str(port), "--processes", "1", "--threads", "4", anew=True)
    start("worker", "--processes", "2", anew=True)
    eventually(lambda: answers(url))
    decided = requests.post(
        f"{url}/api/v1/comments",
        json={"name": "Ada", "comment": "Thank you for this article."},
        headers={"Authorization": f"Bearer {api_key}", "Prefer": "wait=25"},
        timeout=40,
    )
    assert decided.json()["status"] != "pending"
    eventually(lambda: "2 scoring" in scoring(environ, tmp_path))


@pytest.mark.one_database
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_an_ended_worker_leaves_no_process(start: Start, number: int) -> None:
    worker = start("worker", "--processes", "2")
    names = ["winnow-clock", "winnow-delivery", "winnow-scoring", "winnow-scoring"]
    eventually(lambda: sorted(child.name() for child in worker.children()) == names)
    children = worker.children()
    worker.send_signal(number)
    worker.wait(60)
    _, alive = psutil.wait_procs(children, timeout=60)
    assert alive == []


@pytest.mark.one_database
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_an_ended_web_server_leaves_no_process(start: Start, number: int) -> None:
    port = free_port()
    server = start("serve", "--port", str(port))
    eventually(lambda: answers(f"http://127.0.0.1:{port}"))
    children = server.children(recursive=True)
    assert len(children) == 2
    server.send_signal(number)
    server.wait(60)
    _, alive = psutil.wait_procs(children, timeout=60)
    assert alive == []


@pytest.mark.one_database
def test_serve_uses_the_processes_that_the_environment_asks_for(start: Start, environ: dict[str, str]) -> None:
    environ["WINNOW_WEB_PROCESSES"] = "3"
    server = start("serve", "--port", str(free_port()))
    eventually(lambda: len(server.children()) == 3)
