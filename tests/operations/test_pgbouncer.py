"""PgBouncer in front of PostgreSQL, where each transaction may get another connection than the one before."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, update

from moderation.store import Store
from moderation.tables import Site
from tests.support import quick
from tests.support.processes.ports import free_port
from tests.support.waiting import eventually

PROGRAM = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path(PROGRAM).exists(), reason="PgBouncer is not installed: apt-get install pgbouncer"),
    pytest.mark.skipif(os.geteuid() != 0, reason="as root, PgBouncer becomes another user"),
]


@pytest.fixture
def bouncer(database_url: str) -> Iterator[str]:
    """The URL of the test's database through a PgBouncer with two connections, shared by transactions."""
    url = make_url(database_url)
    if url.drivername.startswith("sqlite"):
        pytest.skip("it is about PostgreSQL")
    port = free_port()
    directory = quick.directory("winnow-pgbouncer-")
    directory.chmod(0o755)
    (directory / "users").write_text(f'"{url.username}" ""\n')
    settings = {"listen_addr": "127.0.0.1", "listen_port": port, "unix_socket_dir": "", "auth_type": "trust"}
    settings |= {"auth_file": directory / "users", "pool_mode": "transaction", "default_pool_size": 2}
    server = f"host={url.query['host']} port={url.query['port']}"
    lines = ["[databases]", f"{url.database} = {server} user={url.username}", "[pgbouncer]"]
    (directory / "ini").write_text("\n".join([*lines, *(f"{name} = {value}" for name, value in settings.items()), ""]))
    process = subprocess.Popen([PROGRAM, "-q", "-u", "nobody", str(directory / "ini")], stderr=subprocess.DEVNULL)
    address = f"{url.username}@127.0.0.1:{port}/{url.database}"
    eventually(lambda: _answers(f"postgresql://{address}"))
    yield f"postgresql+psycopg://{address}"
    process.kill()
    process.wait(60)
    shutil.rmtree(directory)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_writers_meet_no_statement_that_another_prepared(bouncer: str) -> None:
    store = Store(bouncer)

    def write(_number: int) -> None:
        for _ in range(20):
            with store.write() as session:
                session.execute(update(Site).where(Site.id == "none").values(name="None"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(8)))
