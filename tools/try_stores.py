"""Runs Winnow on PostgreSQL and Redis as sites run them: over TLS, through PgBouncer, and with Sentinel.

    python -m tools.try_stores [tls|pgbouncer|sentinel ...]

Each time a whole installation (a web server and two workers) decides comments; with Sentinel the primary is killed
meanwhile. What an operator is likely to get wrong (another authority, another host name) has to be told in a sentence.
Needs root, and Debian's postgresql, redis-server, redis-sentinel, pgbouncer and openssl.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import redis
import requests

from tools.trying import say, wait_for

PASSWORD = "only-here"
POSTGRES, BOUNCER, REDIS, WEB = 15432, 16432, 16379, 18000
REPLICAS, SENTINELS = (16380, 16381), (16390, 16391, 16392)
NUMBER, BATCH = 1500, 100


class Machine:
    """A directory, and the processes that were started in it."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="winnow-stores-"))
        self.directory.chmod(0o755)
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        with (self.directory / "log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.directory, env=environ)
        self._running.append(process)
        return process

    def stop(self) -> None:
        for process in reversed(self._running):
            process.terminate()
        for process in reversed(self._running):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.directory)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def make_certificates(directory: Path) -> None:
    """An authority and a server's certificate for `localhost`; and another authority that has signed nothing."""
    for name in ("authority", "another"):
        subject = ["-subj", f"/CN={name}", "-days", "2"]
        keys = ["-keyout", str(directory / f"{name}.key"), "-out", str(directory / f"{name}.pem")]
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *keys)
    request = [
        "-subj",
        "/CN=localhost",
        "-keyout",
        str(directory / "server.key"),
        "-out",
        str(directory / "server.csr"),
    ]
    run("openssl", "req", "-newkey", "rsa:2048", "-nodes", *request)
    (directory / "names").write_text("subjectAltName=DNS:localhost\n")
    signed = ["-CA", str(directory / "authority.pem"), "-CAkey", str(directory / "authority.key"), "-CAcreateserial"]
    files = ["-in", str(directory / "server.csr"), "-out", str(directory / "server.pem")]
    run("openssl", "x509", "-req", *files, *signed, "-days", "2", "-extfile", str(directory / "names"))
    shutil.chown(directory / "server.key", "postgres")
    (directory / "server.key").chmod(0o600)
    shutil.copy(directory / "server.key", directory / "redis.key")


def start_postgresql(machine: Machine, *, tls: bool) -> None:
    """PostgreSQL with a password; with TLS it takes nothing else."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    data, secret = machine.directory / "postgresql", machine.directory / "password"
    data.mkdir()
    shutil.chown(data, "postgres")
    secret.write_text(PASSWORD)
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    begin = [str(programs / "initdb"), "-U", "winnow", "-A", "scram-sha-256", f"--pwfile={secret}", "-D", str(data)]
    run(*as_postgres, *begin)
    options = [f"-cport={POSTGRES}", "-clisten_addresses=localhost", f"-cunix_socket_directories={data}"]
    if tls:
        server = machine.directory / "server"
        options += ["-cssl=on", f"-cssl_cert_file={server}.pem", f"-cssl_key_file={server}.key"]
        (data / "pg_hba.conf").write_text("local all all scram-sha-256\nhostssl all all all scram-sha-256\n")
    machine.start(*as_postgres, str(programs / "postgres"), "-D", str(data), *options)
    local = f"postgresql://winnow:{PASSWORD}@/postgres?host={data}&port={POSTGRES}"
    wait_for(lambda: psycopg.connect(local, autocommit=True).execute("CREATE DATABASE winnow"), "PostgreSQL answers")


def start_pgbouncer(machine: Machine) -> None:
    """Four connections to PostgreSQL, given to whoever has a transaction."""
    directory = machine.directory
    settings = {"listen_addr": "localhost", "listen_port": BOUNCER, "auth_type": "plain", "pool_mode": "transaction"}
    settings |= {
        "auth_file": directory / "users",
        "default_pool_size": 4,
        "max_client_conn": 200,
        "unix_socket_dir": "",
    }
    (directory / "users").write_text(f'"winnow" "{PASSWORD}"\n')
    lines = ["[databases]", f"winnow = host=localhost port={POSTGRES}", "[pgbouncer]"]
    (directory / "bouncer").write_text(
        "\n".join([*lines, *(f"{key} = {value}" for key, value in settings.items()), ""])
    )
    machine.start("pgbouncer", "-q", "-u", "nobody", str(directory / "bouncer"))
    wait_for(lambda: socket.create_connection(("localhost", BOUNCER)), "PgBouncer answers")


def start_redis(machine: Machine, port: int, *more: str) -> subprocess.Popen[bytes]:
    secret = ["--requirepass", PASSWORD, "--masterauth", PASSWORD]
    return machine.start("redis-server", "--port", str(port), "--save", "", *secret, *more)


def start_sentinels(machine: Machine) -> None:
    """Three, of which two have to agree that the primary is gone."""
    for port in SENTINELS:
        lines = [
            f"port {port}",
            f"requirepass {PASSWORD}",
            f"sentinel sentinel-pass {PASSWORD}",
            f"sentinel monitor winnow 127.0.0.1 {REDIS} 2",
            f"sentinel auth-pass winnow {PASSWORD}",
            "sentinel down-after-milliseconds winnow 2000",
            "sentinel failover-timeout winnow 10000",
        ]
        file = machine.directory / f"sentinel-{port}"
        file.write_text("\n".join([*lines, ""]))
        machine.start("redis-sentinel", str(file))

    def agreed() -> bool:
        with redis.Redis(port=SENTINELS[0], password=PASSWORD) as client:
            state = client.sentinel_masters()["winnow"]
        return bool(state["num-slaves"] == len(REPLICAS) and state["num-other-sentinels"] == 2)

    wait_for(agreed, "the Sentinels know each other and the replicas")


class Winnow:
    """An installation with these addresses."""

    def __init__(self, machine: Machine, database_url: str, redis_url: str) -> None:
        self._machine = machine
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WINNOW_")}
        self.environ = kept | {
            "WINNOW_DATABASE_URL": database_url,
            "WINNOW_REDIS_URL": redis_url,
            "WINNOW_SECRET_KEY": "k" * 40,
            "WINNOW_DATA_DIR": str(machine.directory / "data"),
            "WINNOW_WEB_PROCESSES": "1",
            "WINNOW_LOG_FORMAT": "json",
        }

    def run(self, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "winnow", *arguments]
        environ = self.environ | changed
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)

    def start(self) -> None:
        say(self.run("migrate").stdout.strip())
        created = json.loads(self.run("site", "create", "A site", "--json").stdout)
        self._key = {"Authorization": f"Bearer {created['api_key']}"}
        program = (sys.executable, "-P", "-m", "winnow")
        self._machine.start(*program, "serve", "--port", str(WEB), environ=self.environ)
        for _ in range(2):
            self._machine.start(*program, "worker", environ=self.environ)
        try:
            wait_for(lambda: requests.get(f"http://127.0.0.1:{WEB}/readyz", timeout=5).ok, "Winnow is ready")
        except SystemExit:
            say((self._machine.directory / "log").read_text()[-5000:])
            raise

    def examine(self) -> None:
        for line in self.run("doctor", "--json").stdout.splitlines():
            found = json.loads(line)
            if found["level"] == "FAIL" or found["subject"] in {"redis", "database"}:
                say(f"doctor: {found['level']} {found['subject']}: {found['text']}")

    def decide(self, *, between: Callable[[], object] | None = None) -> None:
        """Send comments and wait until all are decided; `between` is called when half of them are sent."""
        began, slowest = time.monotonic(), 0.0
        for first in range(0, NUMBER, BATCH):
            if between and first == NUMBER // BATCH // 2 * BATCH:
                between()
            comments = [{"name": "Ada", "comment": f"Thank you, number {first + index}."} for index in range(BATCH)]
            sent = time.monotonic()
            url = f"http://127.0.0.1:{WEB}/api/v1/comments/batch"
            requests.post(url, json=comments, headers=self._key, timeout=60).raise_for_status()
            slowest = max(slowest, time.monotonic() - sent)
            if between:
                time.sleep(0.2)
        wait_for(self._all_decided, "all are decided", within=120)
        say(
            f"{NUMBER} comments accepted and decided in {time.monotonic() - began:.1f} s; slowest batch {slowest:.2f} s"
        )

    def refuses(self, what: str, *command: str, **changed: str) -> None:
        """Say in which sentence a wrong setting is refused."""
        result = self.run(*command, **changed)
        told = (result.stdout + result.stderr).strip()
        if result.returncode == 0 or "Traceback" in told:
            raise SystemExit(f"{what}: {told}")
        say(f"{what}: {told.splitlines()[-1]}")

    def _all_decided(self) -> bool:
        text = requests.get(f"http://127.0.0.1:{WEB}/metrics", timeout=5).text
        numbers = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return float(numbers["winnow_oldest_pending_seconds"]) == 0


@contextlib.contextmanager
def machine() -> Iterator[Machine]:
    made = Machine()
    try:
        yield made
    finally:
        made.stop()


def try_tls() -> None:
    """Both over TLS only, the server's certificate and host name checked."""
    with machine() as here:
        make_certificates(here.directory)
        start_postgresql(here, tls=True)
        of_server = ["--tls-cert-file", "server.pem", "--tls-key-file", "redis.key", "--tls-auth-clients", "no"]
        start_redis(here, 0, "--tls-port", str(REDIS), "--tls-ca-cert-file", "authority.pem", *of_server)
        authority, another = here.directory / "authority.pem", here.directory / "another.pem"
        database = f"postgresql://winnow:{PASSWORD}@localhost:{POSTGRES}/winnow?sslmode=verify-full&sslrootcert="
        cache = f"rediss://:{PASSWORD}@localhost:{REDIS}/0?ssl_ca_certs="
        winnow = Winnow(here, f"{database}{authority}", f"{cache}{authority}")
        winnow.start()
        winnow.examine()
        winnow.decide()
        file = here.directory / "backup"
        say(winnow.run("backup", str(file)).stdout.strip().replace(str(file), "FILE"))
        winnow.refuses("another authority", "migrate", WINNOW_DATABASE_URL=f"{database}{another}")
        by_number = f"{database}{authority}".replace("localhost", "127.0.0.1")
        winnow.refuses("another host name", "migrate", WINNOW_DATABASE_URL=by_number)
        plain = database.partition("?")[0] + "?sslmode=disable"
        winnow.refuses("no TLS", "migrate", WINNOW_DATABASE_URL=plain)
        for what, url in (
            ("another authority", f"{cache}{another}"),
            ("another host name", f"{cache}{authority}".replace("localhost", "127.0.0.1")),
            ("no TLS", f"redis://:{PASSWORD}@localhost:{REDIS}/0"),
        ):
            lines = winnow.run("doctor", "--json", WINNOW_REDIS_URL=url).stdout.splitlines()
            [told] = [json.loads(line)["text"] for line in lines if '"redis"' in line]
            say(f"{what}: {told}")


def try_pgbouncer() -> None:
    """Each transaction over another of four connections."""
    with machine() as here:
        start_postgresql(here, tls=False)
        start_pgbouncer(here)
        start_redis(here, REDIS)
        url = f"postgresql://winnow:{PASSWORD}@localhost:{BOUNCER}/winnow"
        winnow = Winnow(here, url, f"redis://:{PASSWORD}@localhost:{REDIS}/0")
        winnow.start()
        winnow.examine()
        winnow.decide()
        say(f"winnow recount: exit {winnow.run('recount').returncode}")
        file = here.directory / "backup"
        result = winnow.run("backup", str(file))
        say((result.stdout + result.stderr).strip().replace(str(file), "FILE"))
        with psycopg.connect(f"postgresql://winnow:{PASSWORD}@localhost:{POSTGRES}/winnow") as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'winnow' AND pid <> pg_backend_pid()"
            [connections] = connection.execute(query).fetchone() or (None,)
        say(f"connections to PostgreSQL: {connections}")


def try_sentinel() -> None:
    """Three Sentinels, a primary and two replicas; the primary is killed while comments come in."""
    with machine() as here:
        start_postgresql(here, tls=False)
        primary = start_redis(here, REDIS)
        for port in REPLICAS:
            start_redis(here, port, "--replicaof", f"127.0.0.1 {REDIS}", "--repl-diskless-sync-delay", "0")
        start_sentinels(here)
        members = ",".join(f"127.0.0.1:{port}" for port in SENTINELS)
        url = f"redis+sentinel://:{PASSWORD}@{members}/winnow/0?sentinel_password={PASSWORD}"
        winnow = Winnow(here, f"postgresql://winnow:{PASSWORD}@localhost:{POSTGRES}/winnow", url)
        winnow.start()
        winnow.examine()
        winnow.decide(between=primary.kill)
        winnow.examine()


SCENARIOS = {"tls": try_tls, "pgbouncer": try_pgbouncer, "sentinel": try_sentinel}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    for name in parser.parse_args().scenarios or SCENARIOS:
        say(f"{name}: {SCENARIOS[name].__doc__}")
        SCENARIOS[name]()


if __name__ == "__main__":
    main()
