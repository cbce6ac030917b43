"""`winnow up`: everything in one command, and nothing of it left afterwards."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import socket
import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
import requests

from moderation.people import accounts
from moderation.settings import Settings
from moderation.sites import sites
from moderation.store import Store
from moderation.tables import Site, User
from operations import embedded_redis, first_start, up
from operations.errors import OperatorError
from tests.faults.world import small_disk
from tests.support.command_line import sentence, winnow
from tests.support.comments import rows
from tests.support.processes.installation import Installation
from tests.support.processes.ports import free_port
from tests.support.waiting import eventually

pytestmark = pytest.mark.slow


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data")
    yield made
    made.stop()


@pytest.fixture
def running(installation: Installation) -> Installation:
    installation.start()
    return installation


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One for the tests that kill nothing."""
    yield from started(tmp_path_factory.mktemp("untouched") / "data")


@pytest.fixture(scope="module")
def battered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One for the tests that kill a part of it, which comes back."""
    yield from started(tmp_path_factory.mktemp("battered") / "data")


def started(data_dir: Path) -> Iterator[Installation]:
    made = Installation(data_dir)
    made.start()
    yield made
    made.stop()


def descendants(installation: Installation) -> list[psutil.Process]:
    return installation.process.children(recursive=True)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def part(installation: Installation, words: str) -> psutil.Process:
    """The child whose name holds these words."""
    found = [p for p in installation.process.children() if words in p.name()]
    assert len(found) == 1, found
    return found[0]


def answers(installation: Installation) -> bool:
    try:
        return requests.get(f"{installation.url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def is_taken(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def start_fails(*arguments: str, cwd: Path, **environ: str) -> str:
    """The sentence of a `winnow up` that cannot start."""
    return sentence(winnow("up", *arguments, cwd=cwd, **environ))


def test_it_serves_and_says_where(untouched: Installation) -> None:
    assert answers(untouched)
    for path in ("/demo/", "/console/", "/api/docs"):
        assert f"{untouched.url}{path}" in untouched.output
        assert requests.get(f"{untouched.url}{path}", timeout=10).ok


def test_the_first_start_prints_a_key_and_a_link_that_work(untouched: Installation) -> None:
    submitted = untouched.session.post(
        f"{untouched.url}/api/v1/comments", json={"name": "Ada", "comment": "Thank you for this article."}, timeout=10
    )
    assert submitted.status_code in {200, 202}
    assert requests.get(untouched.welcome_link, timeout=10).ok


def test_a_comment_is_decided(untouched: Installation) -> None:
    made = untouched.session.post(
        f"{untouched.url}/api/v1/comments",
        json={"name": "Ada", "comment": "Thank you for this article."},
        headers={"Prefer": "wait=20"},
        timeout=30,
    )
    assert made.json()["status"] != "pending"


def test_the_data_directory_is_private(untouched: Installation) -> None:
    untouched.session.post(f"{untouched.url}/api/v1/comments", json={"name": "A", "comment": "B"}, timeout=10)
    for path in (untouched.data_dir, *untouched.data_dir.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_redis_listens_on_a_private_socket_only_and_keeps_what_it_is_told(untouched: Installation) -> None:
    server = part(untouched, "-server")
    assert [c for c in server.net_connections("inet") if c.status == psutil.CONN_LISTEN] == []
    with redis.Redis.from_url(embedded_redis.url(untouched.data_dir)) as client:
        assert client.config_get("appendonly")["appendonly"] == "yes"
        assert client.config_get("appendfsync")["appendfsync"] == "everysec"
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"


def test_ctrl_c_typed_at_a_terminal_leaves_no_process(tmp_path: Path) -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        arguments = ["up", "--port", str(free_port()), "--data-dir", str(tmp_path / "data")]
        os.execv(sys.executable, [sys.executable, "-P", "-m", "winnow", *arguments])
    shown = b""
    while b"Ctrl-C stops everything" not in shown:
        shown += os.read(terminal, 4096)
    processes = psutil.Process(pid).children(recursive=True)
    assert len(processes) >= 7
    os.write(terminal, b"\x03")
    while b"Winnow stops" not in shown:
        shown += os.read(terminal, 4096)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert alive(processes) == []
    assert b"Traceback" not in shown


def test_sigterm_leaves_no_process(running: Installation) -> None:
    process, processes = running.process, descendants(running)
    process.terminate()
    process.wait(60)
    assert alive(processes) == []


def test_kill_9_leaves_no_process_and_it_starts_again(running: Installation) -> None:
    session, process, processes = running.session, running.process, descendants(running)
    process.kill()
    eventually(lambda: not alive(processes) and not is_taken(running.port))
    running.start()
    assert session.get(f"{running.url}/api/v1/comments", timeout=10).ok


def test_a_killed_web_process_comes_back(battered: Installation) -> None:
    server = part(battered, "winnow-web")
    eventually(lambda: len(server.children()) == 2)
    victim = server.children()[0]
    victim.kill()
    eventually(lambda: victim.pid not in {p.pid for p in server.children()} and len(server.children()) == 2)
    eventually(lambda: all(answers(battered) for _ in range(20)))
    assert server.is_running()


def test_a_killed_web_server_comes_back_and_takes_its_processes_along(battered: Installation) -> None:
    server = part(battered, "winnow-web")
    children = server.children()
    server.kill()
    eventually(lambda: not alive(children))
    eventually(lambda: answers(battered))


@pytest.mark.parametrize("name", ["scoring", "delivery", "clock"])
def test_a_killed_background_process_comes_back(battered: Installation, name: str) -> None:
    victim = part(battered, f"winnow-{name}")
    victim.kill()
    eventually(lambda: part_or_none(battered, f"winnow-{name}", victim))


def part_or_none(installation: Installation, words: str, former: psutil.Process) -> bool:
    children = [p for p in installation.process.children() if p.pid != former.pid and p.is_running()]
    return any(words in p.name() for p in children if p.status() != psutil.STATUS_ZOMBIE)


def test_a_killed_redis_comes_back_with_its_data(battered: Installation) -> None:
    address = embedded_redis.url(battered.data_dir)
    with redis.Redis.from_url(address) as client:
        client.set("kept", "yes")
    part(battered, "-server").kill()
    eventually(lambda: embedded_redis.answers(address))
    with redis.Redis.from_url(address) as client:
        assert client.get("kept") == b"yes"


def test_sigint_leaves_no_process_and_a_second_start_keeps_all_data_and_prints_no_new_key(
    running: Installation,
) -> None:
    session, processes = running.session, descendants(running)
    assert len(processes) >= 7  # redis, granian and its two processes, scoring, delivery, clock
    made = session.post(f"{running.url}/api/v1/comments", json={"name": "Ada", "comment": "Kept."}, timeout=10).json()
    secret_key = (running.data_dir / "secret_key").read_text()
    with redis.Redis.from_url(embedded_redis.url(running.data_dir)) as client:
        client.set("kept", "yes")
    running.stop()
    assert alive(processes) == []
    before = len(running.output)
    running.start()
    assert session.get(f"{running.url}/api/v1/comments/{made['id']}", timeout=10).json()["comment"] == "Kept."
    with redis.Redis.from_url(embedded_redis.url(running.data_dir)) as client:
        assert client.get("kept") == b"yes"
    assert (running.data_dir / "secret_key").read_text() == secret_key
    assert not re.search(r"wk_|welcome", running.output[before:])


def test_commands_in_another_shell_mean_the_same_installation(untouched: Installation) -> None:
    def run(*arguments: str) -> str:
        return winnow(*arguments, cwd=untouched.data_dir.parent, WINNOW_DATA_DIR=str(untouched.data_dir)).stdout

    assert "auto" in run("site", "list")
    assert f"{untouched.url}/console/welcome/" in run("user", "create", "grace", "--role", "moderator")
    # On a busy machine one write may take the second after which the doctor complains.
    report = eventually(lambda: said if "FAIL" not in (said := run("doctor")) else "")
    assert "1 scoring" in report


def test_logs_hold_neither_text_nor_key(untouched: Installation) -> None:
    untouched.session.post(
        f"{untouched.url}/api/v1/comments",
        json={"name": "Xanthippe", "comment": "An unmistakable remark.", "email": "x@example.org"},
        headers={"Prefer": "wait=20"},
        timeout=30,
    )
    before, _, _ = untouched.output.partition("Ctrl-C stops everything")
    assert untouched.api_key in before

    def logged() -> str:
        return untouched.output.partition("Ctrl-C stops everything")[2]

    eventually(lambda: "/api/v1/comments" in logged())
    for private in ("unmistakable", "Xanthippe", "x@example.org", untouched.api_key):
        assert private not in logged()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert f"Port {port} is taken" in start_fails("--port", str(port), cwd=tmp_path)


def test_a_second_up_on_the_same_data_is_refused(untouched: Installation) -> None:
    arguments = ("--port", str(free_port()), "--data-dir", str(untouched.data_dir))
    said = start_fails(*arguments, cwd=untouched.data_dir.parent)
    assert f"process {untouched.process.pid}" in said
    assert "--data-dir" in said
    assert answers(untouched)


def test_an_unwritable_data_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert f"{tmp_path}/file/data cannot be written by user id " in start_fails(
        "--port", str(free_port()), "--data-dir", str(tmp_path / "file" / "data"), cwd=tmp_path
    )


@pytest.mark.skipif(sys.platform != "linux", reason="names without files are Linux's")
def test_of_two_that_start_on_one_port_at_the_same_moment_one_is_refused() -> None:
    """Both found it free before either listened, and would have shared its requests."""
    port = free_port()
    with up.hold_port("127.0.0.1", port), pytest.raises(OperatorError, match=f"Port {port} is taken"):
        up.hold_port("127.0.0.1", port).__enter__()
    with up.hold_port("127.0.0.1", port):
        pass


@pytest.mark.parametrize("quicker", ["site", "user"])
def test_what_another_makes_during_a_first_start_is_left_to_it(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch, quicker: str
) -> None:
    """Such as `winnow user create admin`, or a start on another machine with the same database."""
    make_site, make_user = sites.create_site, accounts.create_user

    def of_two_sites(*arguments: Any) -> Any:
        make_site(*arguments)
        return make_site(*arguments)

    def of_two_users(*arguments: Any) -> Any:
        make_user(*arguments)
        return make_user(*arguments)

    if quicker == "site":
        monkeypatch.setattr(sites, "create_site", of_two_sites)
    else:
        monkeypatch.setattr(accounts, "create_user", of_two_users)
    said: list[str] = []
    first_start.create_first(store, settings, said.append)
    assert any("Site key" in line for line in said) is (quicker == "user")
    assert any("Sign in" in line for line in said) is (quicker == "site")
    assert (len(rows(store, Site)), len(rows(store, User))) == (1, 1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with small_disk(disk, 1):
        with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        said = start_fails("--port", str(free_port()), "--data-dir", str(disk / "data"), cwd=tmp_path)
    assert f"{disk}/data cannot be written" in said
    assert "Free some space" in said


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("WINNOW_DATABASE_URL", "postgresql://winnow:hidden@127.0.0.1:1/winnow", "database at postgresql"),
        ("WINNOW_DATABASE_URL", "sqlite:////nowhere/at/all.db", "cannot be opened"),
        ("WINNOW_DATABASE_URL", "mysql://127.0.0.1/winnow", "sqlite:// or postgresql://"),
        ("WINNOW_REDIS_URL", "redis://:hidden@127.0.0.1:1/0", "does not answer"),
        ("WINNOW_REDIS_URL", "127.0.0.1", "redis://"),
        ("WINNOW_SECRET_KEY", "short", "fewer than 32"),
    ],
)
def test_what_cannot_be_reached_or_read_is_named_without_its_password(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    said = start_fails("--port", str(free_port()), cwd=tmp_path, **{name: value})
    assert name in said
    assert says in said
    assert "hidden" not in said


def test_an_unknown_host_is_named(tmp_path: Path) -> None:
    assert "--host" in start_fails("--host", "no.such.host.invalid", cwd=tmp_path)


def test_a_database_from_the_future_is_refused(tmp_path: Path) -> None:
    data_dir = tmp_path / "winnow-data"
    data_dir.mkdir()
    with sqlite3.connect(data_dir / "winnow.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    assert "newer version of Winnow" in start_fails("--port", str(free_port()), cwd=tmp_path)
