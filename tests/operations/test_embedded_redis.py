"""The embedded Redis: which server it is, where it listens, and that nobody else can."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import pytest
import redis

from operations import embedded_redis
from operations.errors import OperatorError
from tests.support.waiting import eventually


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """The address of an embedded Redis while it runs."""
    process = subprocess.Popen(embedded_redis.command(data_dir))
    try:
        address = embedded_redis.url(data_dir)
        eventually(lambda: embedded_redis.answers(address))
        yield address
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Puts a program on PATH that says it is a Redis of some version; the machine's own, if it has one, is off it."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))

    def put(name: str, says: str) -> str:
        path = directory / name
        path.write_text(f"#!/bin/sh\necho '{says}'\n")
        path.chmod(0o755)
        return str(path)

    return put


@pytest.mark.parametrize("name", ["data", "with a space and 100% ünicode", "d" * 150])
def test_it_runs_in_any_data_directory(tmp_path: Path, name: str) -> None:
    data_dir = tmp_path / name
    data_dir.mkdir()
    with running(data_dir) as address, redis.Redis.from_url(address) as client:
        assert client.ping()


def test_only_its_user_can_open_the_socket(tmp_path: Path) -> None:
    for data_dir in (tmp_path, tmp_path / ("d" * 150)):
        data_dir.mkdir(exist_ok=True)
        with running(data_dir) as address:
            socket = Path(unquote(address.removeprefix("unix://")))
            assert stat.S_IMODE(socket.stat().st_mode) == 0o700
            assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700


def test_it_refuses_a_socket_directory_that_somebody_else_laid_out(tmp_path: Path) -> None:
    data_dir = tmp_path / ("d" * 150)
    data_dir.mkdir()
    directory = Path(unquote(embedded_redis.url(data_dir).removeprefix("unix://"))).parent
    directory.symlink_to(tmp_path)
    try:
        with pytest.raises(OperatorError, match="somebody else"):
            embedded_redis.command(data_dir)
    finally:
        directory.unlink()


def test_killed_it_comes_back_with_what_it_was_told(tmp_path: Path) -> None:
    with running(tmp_path) as address, redis.Redis.from_url(address) as client:
        client.set("kept", "yes")
    with running(tmp_path) as address, redis.Redis.from_url(address) as client:
        assert client.get("kept") == b"yes"


@pytest.mark.parametrize(
    ("name", "says", "flavour"),
    [
        ("redis-server", "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", "redis"),
        ("valkey-server", "Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", "valkey"),
    ],
)
def test_a_server_on_path_is_preferred(on_path: Callable[[str, str], str], name: str, says: str, flavour: str) -> None:
    path = on_path(name, says)
    server = embedded_redis.find_server()
    assert (server.path, server.flavour) == (path, flavour)


@pytest.mark.parametrize("says", ["Redis server v=6.2.7 sha=0", "Not a Redis at all"])
def test_an_old_or_strange_server_on_path_is_passed_over(on_path: Callable[[str, str], str], says: str) -> None:
    path = on_path("redis-server", says)
    assert embedded_redis.find_server().path != path


def test_each_kind_and_version_of_server_keeps_its_own_files(
    on_path: Callable[[str, str], str], tmp_path: Path
) -> None:
    """One cannot always read what another wrote, and refuses to start."""
    ours = embedded_redis.command(tmp_path)
    on_path("redis-server", "Redis server v=7.0.15 sha=0")
    theirs = embedded_redis.command(tmp_path)
    assert ours[ours.index("--appenddirname") + 1] != theirs[theirs.index("--appenddirname") + 1]
