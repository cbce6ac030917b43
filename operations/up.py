"""`winnow up`: runs everything that Winnow needs on one machine."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from moderation.settings import Settings, misspelt
from moderation.store import Store
from operations import connections, data_dir, embedded_redis, environment, first_start, migrate, work
from operations.errors import OperatorError
from operations.supervisor import ChildFailed, Stopped, Supervisor
from operations.traces import sending

_START_WITHIN = 90.0


def up(*, host: str, port: int, directory: Path | None, show: first_start.Show) -> None:
    """Run everything until SIGINT or SIGTERM. `show` is called with each line for the person at the terminal.

    Raises:
        OperatorError: something keeps it from starting; the message says what.
    """
    os.umask(0o077)  # comments are personal data
    path = environment.resolve_data_dir(os.environ, directory)
    with data_dir.hold(path), hold_port(host, port):
        for sentence in misspelt(os.environ):
            show(f"Warning: {sentence}")
        settings = _settings(directory, public_url=f"http://{_reachable(host, brackets=True)}:{port}")
        sending.wanted(settings)  # says what is wrong here, and not in each process
        if not _is_embedded(settings):
            connections.require_redis(settings.redis_url)
        store = connections.open_store(settings)
        migrate.upgrade(store)
        data_dir.write_whole(environment.address_path(path), settings.public_url + "\n")
        show(f"Winnow starts. Its data is in {path}.")
        try:
            _run(settings, store, host=host, port=port, show=show)
        except ChildFailed as failure:
            raise OperatorError(f"{failure}; the lines above say why. `winnow doctor` checks the rest.") from None
        except Stopped:
            pass


def _settings(directory: Path | None, *, public_url: str) -> Settings:
    settings = environment.read(os.environ, directory, public_url=public_url)
    if settings.secret_keys:
        return settings
    environment.generate_secret_key(settings.data_dir)
    return environment.read(os.environ, directory, public_url=public_url)


def _is_embedded(settings: Settings) -> bool:
    return settings.redis_url == embedded_redis.url(settings.data_dir)


def _run(settings: Settings, store: Store, *, host: str, port: int, show: first_start.Show) -> None:
    environ = environment.for_children(os.environ, settings)
    store.close()  # what is forked below inherits no connection
    with Supervisor() as supervisor:
        if _is_embedded(settings):
            _start_redis(supervisor, settings)
        work.load_parts(settings.reader)
        supervisor.fork("web", partial(work.run_web, host, port), environ=environ)
        work.start_parts(supervisor, processes=1, environ=environ)
        supervisor.wait_until(lambda: _answers(host, port), name="web", timeout=_START_WITHIN)
        first_start.show_addresses(settings, show)
        first_start.create_first(store, settings, show)
        show("Ctrl-C stops everything.")
        store.close()
        supervisor.run()
        show("Winnow stops.")


def _start_redis(supervisor: Supervisor, settings: Settings) -> None:
    supervisor.start("redis", embedded_redis.command(settings.data_dir), stops_last=True)
    try:
        supervisor.wait_until(lambda: embedded_redis.answers(settings.redis_url), name="redis", timeout=_START_WITHIN)
    except ChildFailed as failure:
        raise OperatorError(
            f"{failure}: {embedded_redis.log_path(settings.data_dir)} says why. Its files only hold what is next to be "
            f"scored, which the database knows as well: moving {settings.data_dir / 'redis'} away is safe."
        ) from None


@contextmanager
def hold_port(host: str, port: int) -> Iterator[None]:
    """Keep every other `winnow up` off a port inside the block. Granian itself would silently share one that is taken.

    Looking whether it is free would not do: of two that start at the same moment, both would find it free.

    Raises:
        OperatorError: it is taken, or cannot be opened.
    """
    with socket.socket(socket.AF_UNIX) as name:
        if sys.platform == "linux":  # a name without a file, which the kernel frees
            try:
                name.bind(f"\0winnow up {host} {port}")
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise _taken(port) from None
        _require_free(host, port)
        yield


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _taken(port) from None
        reason = (error.strerror or str(error)).partition(" (")[0]
        raise OperatorError(
            f"Port {port} of {host} cannot be opened: {reason}. Choose another --port or --host."
        ) from None


def _taken(port: int) -> OperatorError:
    return OperatorError(
        f"Port {port} is taken by another program. Stop that, or choose another port: `winnow up --port {port + 1}`."
    )


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str, *, brackets: bool = False) -> str:
    """Where a server that listens on `host` is reached from this machine."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"[{address}]" if brackets and ":" in address else address
