"""A whole Winnow to break: two web processes, two workers, Redis, a database and a receiver, all real and our own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import psutil
import requests
from sqlalchemy import text

from models.artifact import SHIPPED
from moderation import clock
from moderation import settings as settings_module
from moderation.intake import queues as queues_module
from moderation.intake.queues import LEASE_SECONDS, Queues
from moderation.sites import sites
from moderation.sites.sites import CreatedSite
from moderation.store import AWAY, Store
from operations import migrate
from tests.conftest import without_second_looks
from tests.faults import counting
from tests.faults.arrivals import PRIVATE, Arrivals
from tests.faults.catalogue import Fault, Surroundings
from tests.faults.counting import Counts
from tests.support import ROOT, quick
from tests.support.processes import forks
from tests.support.processes.parts import without_settings
from tests.support.processes.ports import free_port
from tests.support.processes.postgres_server import PostgresServer
from tests.support.processes.redis_server import RedisServer
from tests.support.processes.sentinel import Watched
from tests.support.receiver import Received, Receiver
from tests.support.waiting import eventually

SECRET_KEY = "a key for tests that is long enough"

#: Longer than what arrives is fresh: what came at the fault's end is decided and told by then.
_STEADY = 2.5

Process = forks.Forked | subprocess.Popen[bytes]


class Program:
    """A running `winnow serve` or `winnow worker`, with all the processes that it has started."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.pid = process.pid

    def children(self, name: str) -> list[psutil.Process]:
        """Its processes of this name, such as `winnow-scoring`."""
        family = psutil.Process(self.pid).children(recursive=True)
        return [one for one in family if one.name() == name]

    def terminate(self) -> None:
        """SIGTERM, and wait."""
        self._process.terminate()
        self._process.wait(25)

    def send_signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """`kill -9`, by which what it started ends as well."""
        self._process.kill()
        self._process.wait(60)


class World:
    """What a fault is injected into. A context; each fault has a site of its own.

    Its database is its own, too, unless `database_url` names one. With a `pace` below 1 faults last less long.
    """

    def __init__(
        self,
        database: str,
        surroundings: Surroundings,
        *,
        rate: float = 40.0,
        pace: float = 1.0,
        database_url: str | None = None,
    ) -> None:
        self.pace = pace
        self._database_url = database_url
        self.database, self.surroundings, self.rate = database, surroundings, rate
        self._logged = self._received = 0
        self._path = ""
        self._ahead = 0.0
        #: The code of the version before, where that runs.
        self._old: Path | None = None
        #: Seconds that the slowest request took before a migration, and during it.
        self.usual = self.migrating = 0.0
        self.directory = quick.directory("winnow-faults-")
        self.directory.chmod(0o755)
        self.receiver = Receiver()
        self.redis = RedisServer(self._own("redis"), appendonly="yes")
        self.disk = self._own("disk")
        self.disk.chmod(0o777)
        self.postgres = PostgresServer(self.disk / "postgresql")
        self.standby = PostgresServer(self.directory / "standby")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.directory / "log"
        self.clock_file = self.directory / "clock"
        self.webs: list[Program] = []
        self.workers: list[Program] = []
        self.environ: dict[str, str] = {}
        self.site: CreatedSite
        self.arrivals: Arrivals
        self._stack = ExitStack()

    def __enter__(self) -> World:
        with contextlib.ExitStack() as stack:
            stack.callback(self.close)
            self._open()
            stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything, and leave nothing."""
        self._stack.close()
        self.receiver.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    # What faults use.

    def serve(self, **environ: str) -> Program:
        """Start a `winnow serve` on the one port."""
        self.webs.append(self._start("serve", "--port", str(self.port), "--processes", "2", environ=environ))
        return self.webs[-1]

    def work(self, **environ: str) -> Program:
        """Start a `winnow worker`."""
        self.workers.append(self._start("worker", environ=environ))
        return self.workers[-1]

    def run_winnow(self, *arguments: str, cwd: Path = ROOT) -> str:
        """What a command prints; `cwd` may hold another version."""
        command = [sys.executable, "-m", "winnow", *arguments]
        options: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 600}
        result = subprocess.run(command, cwd=cwd, env=self.environ, check=False, **options)
        assert result.returncode == 0, result.stderr
        return str(result.stdout)

    def scoring(self) -> list[psutil.Process]:
        """The scoring processes."""
        return [one for worker in self.workers for one in worker.children("winnow-scoring")]

    def web_processes(self) -> list[psutil.Process]:
        """The web processes, without those that supervise them."""
        return [one for web in self.webs for one in psutil.Process(web.pid).children()]

    def last(self, seconds: float) -> None:
        """Let the fault last, while comments arrive."""
        time.sleep(seconds * self.pace)

    def logged(self, event: str) -> int:
        """How often something was logged since this fault's beginning."""
        return self.log.read_text(encoding="utf-8", errors="replace")[self._logged :].count(event)

    def received(self) -> list[Received]:
        """The messages that have arrived since this fault's beginning, without late ones of the site before."""
        return [request for request in self.receiver.requests[self._received :] if request.path == self._path]

    def held(self) -> set[str]:
        """The comments that wait for a moderator."""
        return counting.read(self.store, self.site.id).held

    def longest_wait(self) -> float:
        """The longest time from a comment's acceptance to its decision, of those that arrive by themselves."""
        odd = {one for number, one in self.arrivals.accepted.items() if number < 0}
        return counting.longest_wait(self.store, self.site.id, odd)

    # What runs a fault.

    def run(self, *faults: Fault, seconds: float = 4.0) -> tuple[Counts, list[str]]:
        """Inject faults under load, wait until everything is as ever, and count. The counts, and what was not kept."""
        self.begin_site(faults[0].name)
        counts = Counts()
        with Arrivals(self.url, self.site.api_key, rate=self.rate) as self.arrivals:
            eventually(lambda: len(self.received()) > 20, within=60, what="comments are accepted, decided and told")
            for fault in faults:
                self.last(seconds / 4)
                fault.inject(self)
            ended = time.monotonic()
            within = max(fault.within for fault in faults)
            wrong = [] if self._as_ever(ended, within, counts) else ["it recovers without a hand"]
            self.last(seconds / 4)
            self.arrivals.stop()
        told = all(fault.told for fault in faults)
        wrong += [] if self._drained(max(within, LEASE_SECONDS + 15), told=told) else ["nothing waits in the end"]
        wrong += self._count(counts, told=told)
        if counts.refused and not any(fault.refuses for fault in faults):
            wrong.append(f"no request is refused ({dict(self.arrivals.refused)})")
        for fault in faults:
            wrong += fault.expect(self, counts) if fault.expect is not None else []
        return counts, wrong

    def begin_site(self, name: str) -> None:
        """A site for one fault, so that its counts are its own."""
        self.receiver.release()
        self._received = len(self.receiver.requests)
        self._logged = len(self.log.read_text(encoding="utf-8", errors="replace"))
        settings = settings_module.from_environment(self.environ)
        self._path = f"/hook/{self._received}"
        address = urljoin(self.receiver.url, self._path)
        if self._old is not None:
            creating = ("site", "create", name, "--webhook-url", address, "--json")
            self.site = CreatedSite(**json.loads(self.run_winnow(*creating, cwd=self._old)))
            return
        self.site = without_second_looks(self.store, sites.create_site(self.store, settings, name, address))

    def _as_ever(self, ended: float, within: float, counts: Counts) -> bool:
        """Whether, within so many seconds, comments are accepted, decided and told as before. Notes how many.

        As before is what stays so for `_STEADY` seconds.
        """
        since = None
        while time.monotonic() < ended + within + _STEADY:
            looked = time.monotonic()
            if looked - self.arrivals.last_refused > 0.5 and self._backlog() == 0 and self._ready():
                since = since or looked
            else:
                since = None
            if since is not None and looked - since > _STEADY:
                counts.recovered = round(since - ended, 1)
                return True
            time.sleep(0.1)
        counts.recovered = within
        return False

    def _ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def _backlog(self) -> int | None:
        try:
            return counting.backlog(self.store, self.site.id, clock.now() + timedelta(seconds=self._ahead))
        except AWAY:
            return None

    def _drained(self, within: float, *, told: bool) -> bool:
        def empty() -> bool:
            site = counting.read(self.store, self.site.id)
            return (
                "pending" not in site.comments.values()
                and not (told and site.not_delivered)
                and not any(self.queues.length().values())
            )

        with contextlib.suppress(AssertionError):
            return eventually(empty, within=within)
        return False

    def _count(self, counts: Counts, *, told: bool) -> list[str]:
        site = counting.read(self.store, self.site.id)
        received = self.received()
        distinct = {request.headers["webhook-id"] for request in received}
        counts.accepted, counts.stored = len(self.arrivals.accepted), len(site.comments)
        counts.decided, counts.told = site.decisions.total(), len(distinct)
        counts.told_twice, counts.refused = len(received) - len(distinct), self.arrivals.refused.total()
        counts.slowest = round(self.arrivals.longest, 1)
        wrong = counting.faults_in(site, self.arrivals.accepted, received, told=told)
        if bad := {kind for kind in self.arrivals.refused if kind[0] in "45" and kind != "503"}:
            wrong.append(f"requests are refused with 503 and no otherwise ({bad})")
        if words := [word for word in PRIVATE if self.logged(word)]:
            wrong.append(f"no log holds people's words ({words})")
        return wrong

    # How it is opened.

    def _open(self) -> None:
        self.redis.start()
        self._stack.callback(self.redis.kill)
        database_url = self._open_database()
        redis_url = self.redis.url
        if self.surroundings.sentinel:
            self.watched = Watched(self._own("sentinel"))
            self._stack.callback(self.watched.close)
            self.watched.start()
            redis_url = self.watched.url
        self.environ = {
            **without_settings(),
            "WINNOW_DATABASE_URL": database_url,
            "WINNOW_REDIS_URL": redis_url,
            "WINNOW_DATA_DIR": str(self.directory),
            "WINNOW_SECRET_KEY": SECRET_KEY,
            "WINNOW_WEBHOOK_ALLOW": "127.0.0.0/8",
            "WINNOW_LOG_FORMAT": "json",
            "WINNOW_READER": "fast",  # how comments are read is not what is tried here
            "OPENBLAS_NUM_THREADS": "1",
            **dict(self.surroundings.environ),
        }
        if self.surroundings.clock:
            self.set_clock(0)
            self.environ["STRANGE_CLOCK"] = str(self.clock_file)
        if self.surroundings.artifact:
            shutil.copytree(SHIPPED, self.directory / "artifact")
            self.environ["STRANGE_ARTIFACT"] = str(self.directory / "artifact")
        settings = settings_module.from_environment(self.environ)
        self.store = Store(settings.database_url)
        self._stack.callback(self.store.close)
        if self.surroundings.past:
            self._open_past()
        else:
            migrate.upgrade(self.store)
        self.queues = Queues(queues_module.connect(redis_url))
        self._stack.callback(self.queues.redis.close)
        code = {"PYTHONPATH": str(self._old)} if self._old is not None else {}
        self.serve(**code)
        self.work(**code)
        self.work(**code)
        eventually(self._answers, within=60, what=f"it serves; its log is {self.log}")
        eventually(lambda: self.queues.workers() == 2, within=60, what="two workers work")

    def _open_past(self) -> None:
        """The schema of the version before, and comments in it."""
        self._old = old_version(self.directory / "old")
        self.run_winnow("migrate", cwd=self._old)
        site_id = json.loads(self.run_winnow("site", "create", "The past", "--json", cwd=self._old))["id"]
        with self.store.engine.begin() as connection:
            connection.execute(text(_PAST_COMMENTS), {"site": site_id, "number": self.surroundings.past})

    def set_clock(self, seconds: float) -> None:
        """Set the processes' clock so many seconds ahead, or back."""
        part = self.clock_file.with_suffix(".part")
        part.write_text(f"{seconds:+.0f}\n")
        part.replace(self.clock_file)
        self._ahead = seconds

    def _open_database(self) -> str:
        if self._database_url is not None:
            return self._database_url
        if self.surroundings.disk:
            self._stack.enter_context(small_disk(self.disk, self.surroundings.disk))
        if self.database == "sqlite":
            return f"sqlite:///{self.disk / 'winnow.db'}"
        self.postgres.create()
        self.postgres.start(max_connections="60")
        self._stack.callback(self.postgres.kill)
        self.postgres.run("CREATE ROLE winnow LOGIN", "CREATE DATABASE winnow OWNER winnow")
        if not self.surroundings.standby:
            return self.postgres.address("winnow", "winnow")
        self.standby.create_standby_of(self.postgres)
        self.standby.start(max_connections="60")
        self._stack.callback(self.standby.kill)
        hosts = "&".join(f"host=127.0.0.1:{one.port}" for one in (self.postgres, self.standby))
        return f"postgresql://winnow@/winnow?{hosts}&target_session_attrs=read-write"

    def _own(self, name: str) -> Path:
        path = self.directory / name
        path.mkdir()
        return path

    def _start(self, *arguments: str, environ: dict[str, str]) -> Program:
        given = self.environ | environ
        strange = self.surroundings.clock or self.surroundings.strange
        with self.log.open("ab") as log, open(os.devnull, "rb") as nothing:
            process: Process
            if strange or "PYTHONPATH" in environ:
                module = "tests.faults.strange" if strange else "winnow"
                command = [sys.executable, "-m", module, *arguments]
                cwd = environ.get("PYTHONPATH", str(ROOT))
                process = subprocess.Popen(command, env=given, stdin=nothing, stdout=log, stderr=log, cwd=cwd)
            else:
                process = forks.start(list(arguments), env=given, files=(nothing, log, log))
        program = Program(process)
        self._stack.callback(program.kill)
        return program

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        except requests.RequestException:
            return False


#: Comments with what every version of the table needs.
_PAST_COMMENTS = """
WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < :number)
INSERT INTO comments (id, site_id, name, comment, thread, created_at, accepted_at, updated_at, status, revision,
                      version, author_key, user_id, request_hash, content_hash)
SELECT 'c_' || CAST(i AS VARCHAR(9)), :site, 'Reader ' || CAST(i % 5000 AS VARCHAR(9)),
       'I doubt that the council costs more than the old library, whatever they say: ' || CAST(i AS VARCHAR(9)),
       '/articles/' || CAST(i % 900 AS VARCHAR(9)), moment, moment, moment, 'published', 1, 2,
       'id:' || CAST(i % 5000 AS VARCHAR(9)), CAST(i % 5000 AS VARCHAR(9)), 'r' || CAST(i AS VARCHAR(9)),
       'c' || CAST(i AS VARCHAR(9))
FROM numbers, (SELECT created_at AS moment FROM sites WHERE id = :site) AS its
"""


def old_version(directory: Path) -> Path:
    """The code before the newest migration, which has to work beside this one.

    With it several migrations may have come at once: then it is all of those behind.
    """
    newest = sorted((ROOT / "migrations" / "versions").glob("v*.py"))[-1].relative_to(ROOT)
    log = ["git", "log", "-1", "--diff-filter=A", "--format=%H^", "--", str(newest)]
    commit = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert commit, f"git's history does not tell when {newest} came: this needs a whole clone, and it committed"
    directory.mkdir(exist_ok=True)
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(directory)], input=packed, check=True)
    assert not (directory / newest).exists(), f"{commit} has {newest} already"
    return directory


@contextlib.contextmanager
def small_disk(directory: Path, mebibytes: int) -> Iterator[None]:
    """A file system in memory of that size. Only root may mount one."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=777", "tmpfs", str(directory)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)
