"""Runs the built image's processes as containers would be run, without a container engine, and sends comments.

    python -m tools.try_image ROOT [--comments 2000]

ROOT is the image's unpacked root (`buildah mount`, or `docker export` unpacked). Two web and two worker containers are
started from it on one PostgreSQL and one Redis with a password: the root read-only, user 10001, no capabilities, no new
privileges, processes and mounts of their own. It tries the HEALTHCHECK, ends one scoring process with SIGKILL while
comments wait, and fails unless every comment is decided. Needs root, and the programs of PostgreSQL and Redis (Debian:
postgresql, redis-server).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import requests

from tools.trying import say, wait_for

REPOSITORY = Path(__file__).parents[1]
REDIS_PORT, POSTGRES_PORT, WEB_PORTS = 16379, 15432, (8000, 8001)
PASSWORD = "only-here"
BATCH = 500
#: $1 is the image's root, $2 where to mount it; the rest is run in it.
CONTAINER = """
mount --make-rprivate /
mount --rbind "$1" "$2"; mount -o remount,bind,ro "$2"
mount -t proc proc "$2/proc"; mount --rbind /dev "$2/dev"
mount -t tmpfs -o mode=1777 tmpfs "$2/tmp"; mount -t tmpfs -o uid=10001,gid=10001,mode=0700 tmpfs "$2/data"
inside=$2; shift 2
exec chroot "$inside" setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs --bounding-set=-all \\
  --inh-caps=-all env --chdir=/data "$@"
"""
SETTINGS = {
    "PATH": "/opt/winnow/bin:/usr/local/bin:/usr/bin:/bin",
    "PYTHONUNBUFFERED": "1",
    "WINNOW_DATA_DIR": "/data",
    "WINNOW_LOG_FORMAT": "json",
    "WINNOW_DATABASE_URL": f"postgresql://winnow:{PASSWORD}@127.0.0.1:{POSTGRES_PORT}/winnow",
    "WINNOW_REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:{REDIS_PORT}/0",
    "WINNOW_SECRET_KEY": "k" * 40,
    "WINNOW_WEB_PROCESSES": "1",
    "WINNOW_DEMO": "off",
}


class Image:
    """The image's root, from which containers are started. `log` is what all of them write."""

    def __init__(self, root: Path, directory: Path) -> None:
        self._root, self._inside = root, directory / "inside"
        self._inside.mkdir()
        self.log = directory / "containers.log"
        self.running: list[subprocess.Popen[bytes]] = []

    def command(self, *arguments: str) -> list[str]:
        unshared = ["unshare", "--mount", "--pid", "--ipc", "--fork"]
        given = [f"{name}={value}" for name, value in SETTINGS.items()]
        return [*unshared, "sh", "-ec", CONTAINER, "sh", str(self._root), str(self._inside), "-i", *given, *arguments]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a container of its own, to its end."""
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=120, check=False)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a container that stays."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(self.command(*arguments), stdout=log, stderr=log)
        self.running.append(process)
        return process


@contextlib.contextmanager
def stores(directory: Path) -> Iterator[None]:
    """A PostgreSQL and a Redis, each with a password, until it is left."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    data = directory / "postgresql"
    data.mkdir()
    shutil.chown(data, "postgres")
    (directory / "password").write_text(PASSWORD)
    (directory / "password").chmod(0o644)
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    secret = f"--pwfile={directory / 'password'}"
    begin = [*as_postgres, str(programs / "initdb"), "-U", "winnow", "-A", "scram-sha-256", secret, "-D", str(data)]
    subprocess.run(begin, check=True, capture_output=True)
    options = [f"-cport={POSTGRES_PORT}", "-clisten_addresses=127.0.0.1", f"-cunix_socket_directories={data}"]
    postgres = subprocess.Popen(
        [*as_postgres, str(programs / "postgres"), "-D", str(data), *options], stderr=subprocess.DEVNULL
    )
    redis_options = ["--port", str(REDIS_PORT), "--requirepass", PASSWORD, "--maxmemory-policy", "noeviction"]
    redis = subprocess.Popen(
        ["redis-server", *redis_options, "--save", "", "--dir", str(directory)], stdout=subprocess.DEVNULL
    )
    try:
        wait_for(
            lambda: psycopg.connect(address("postgres"), autocommit=True).execute("CREATE DATABASE winnow"),
            "PostgreSQL answers",
        )
        yield
    finally:
        postgres.send_signal(signal.SIGINT)
        redis.terminate()
        postgres.wait(20)
        redis.wait(20)


def address(database: str) -> str:
    return f"postgresql://winnow:{PASSWORD}@127.0.0.1:{POSTGRES_PORT}/{database}"


def use_of(container: subprocess.Popen[bytes]) -> tuple[float, float]:
    """The memory of a container alone on its machine, in MiB, and its processes' seconds of processor.

    Its processes are forked from one another: what the largest has, and what the others have for themselves.
    """
    resident, private, seconds = [0], 0, 0.0
    for process in psutil.Process(container.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            used, times = process.memory_full_info(), process.cpu_times()
            resident.append(used.rss - used.uss)
            private += used.uss
            seconds += times.user + times.system
    return (max(resident) + private) / 2**20, seconds


def told(text: str, containers: list[subprocess.Popen[bytes]]) -> list[float]:
    """Say what the containers use, and return their seconds of processor."""
    used = [use_of(container) for container in containers]
    for container, (memory, seconds) in zip(containers, used, strict=True):
        role = "web" if "serve" in container.args else "worker"  # type: ignore[operator]
        say(f"{text}: {role} {memory:.0f} MiB, {seconds:.1f} s of processor")
    return [seconds for _, seconds in used]


def try_health(image: Image) -> None:
    """The HEALTHCHECK of the Dockerfile, while the web server runs; and that nothing but the tmpfs can be written."""
    say(f"HEALTHCHECK: exit {image.run(*health_check()).returncode}")
    for path in ("/opt/winnow/x", "/etc/x", "/tmp/x", "/data/x"):
        written = image.run("sh", "-c", f"echo > {path}")
        say(f"writing {path}: {'done' if not written.returncode else written.stderr.strip().rpartition(': ')[2]}")
    status = image.run("sh", "-c", "grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs)' /proc/self/status").stdout
    say(" ".join(status.split()))


def is_ready(port: int) -> bool:
    return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).ok


def health_check() -> list[str]:
    """The command of the Dockerfile's HEALTHCHECK."""
    text = (REPOSITORY / "Dockerfile").read_text()
    command: list[str] = json.loads(re.findall(r"^HEALTHCHECK .*\\\n +CMD (\[.*\])$", text, re.M)[0])
    return command


def send(number: int, api_key: str) -> float:
    """Send comments in batches to both web containers in turns; returns the seconds that it took."""
    began = time.monotonic()
    examples = ("Thank you for this article.", "You are an idiot and nobody likes you.", "Buy cheap watches now!!!")
    for first in range(0, number, BATCH):
        comments = [
            {"name": f"Reader {index % 97}", "comment": f"{examples[index % 3]} {index}", "thread": f"t{index % 50}"}
            for index in range(first, min(first + BATCH, number))
        ]
        port = WEB_PORTS[first // BATCH % len(WEB_PORTS)]
        url = f"http://127.0.0.1:{port}/api/v1/comments/batch"
        answer = requests.post(url, json=comments, headers={"Authorization": f"Bearer {api_key}"}, timeout=60)
        answer.raise_for_status()
    return time.monotonic() - began


def by_status() -> dict[str, int]:
    with psycopg.connect(address("winnow")) as connection:
        return dict(connection.execute("SELECT status, count(*) FROM comments GROUP BY status").fetchall())


def scoring_in(container: subprocess.Popen[bytes]) -> list[psutil.Process]:
    everything = psutil.Process(container.pid).children(recursive=True)
    return [process for process in everything if process.name() == "winnow-scoring"]


def kill_scoring(container: subprocess.Popen[bytes]) -> None:
    for process in scoring_in(container):
        process.kill()
        say(f"killed a scoring process while {by_status().get('pending', 0)} comments waited")


def stop(containers: list[subprocess.Popen[bytes]]) -> None:
    """SIGTERM to each container's first process, as an engine does it."""
    for container in containers:
        began = time.monotonic()
        [first] = psutil.Process(container.pid).children()
        first.terminate()
        container.wait(40)
        say(f"stopped by SIGTERM in {time.monotonic() - began:.1f} s, exit {container.returncode}")


def run(root: Path, number: int) -> None:
    for port in (*WEB_PORTS, REDIS_PORT, POSTGRES_PORT):
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            raise SystemExit(f"Something else listens on port {port}.")
    directory = Path(tempfile.mkdtemp(prefix="winnow-image-"))
    directory.chmod(0o755)
    image = Image(root, directory)
    say(f"logs in {image.log}")
    with stores(directory):
        try:
            say(image.run("winnow", "migrate").stdout.strip())
            created = json.loads(image.run("winnow", "site", "create", "A site", "--json").stdout)
            webs = [image.start("winnow", "serve", "--host", "127.0.0.1", "--port", str(port)) for port in WEB_PORTS]
            workers = [image.start("winnow", "worker"), image.start("winnow", "worker")]
            began = time.monotonic()
            wait_for(lambda: all(map(is_ready, WEB_PORTS)), "the web servers are ready")
            wait_for(lambda: all(scoring_in(worker) for worker in workers), "the workers score")
            say(f"ready after {time.monotonic() - began:.1f} s")
            try_health(image)
            send(50, created["api_key"])
            wait_for(lambda: not by_status().get("pending"), "all are decided")
            before = told("after 50 comments", [*webs, *workers])
            began = time.monotonic()
            seconds = send(number, created["api_key"])
            say(f"{number} comments accepted in {seconds:.1f} s")
            kill_scoring(workers[0])
            wait_for(lambda: not by_status().get("pending"), "all are decided", within=600)
            say(f"all decided {time.monotonic() - began:.1f} s after the first was sent: {by_status()}")
            after = told(f"after {number} more", [*webs, *workers])
            for role, first in (("web", 0), ("workers", 2)):  # the killed process's own seconds are not in it
                spent = sum(after[first : first + 2]) - sum(before[first : first + 2])
                say(f"{role}: {1000 * spent / number:.2f} ms of processor a comment")
            say("winnow top --once, in a container of its own:")
            print(image.run("winnow", "top", "--once").stdout)
            stop([*webs, *workers])
            say(f"HEALTHCHECK without a web server: exit {image.run(*health_check()).returncode}")
        finally:
            for container in image.running:
                if container.poll() is None:  # the end of its first process ends all in it
                    for process in psutil.Process(container.pid).children():
                        process.kill()
                    container.wait(10)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--comments", type=int, default=2000)
    given = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("It needs root, to make containers.")
    run(given.root, given.comments)


if __name__ == "__main__":
    main()
