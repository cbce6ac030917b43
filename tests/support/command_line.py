"""The `winnow` command, as an operator runs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from moderation.store import Store
from operations import environment, migrate
from tests.support.processes import forks
from tests.support.processes.parts import without_settings


def winnow(*arguments: str, cwd: Path, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `winnow` in a directory, with no settings but these."""
    return forks.run([*arguments], env=without_settings() | environ, cwd=cwd, stdin=stdin, timeout=60)


def sentence(result: subprocess.CompletedProcess[str]) -> str:
    """What a failed command told the operator; fails the test where that is a traceback, or more than a line."""
    assert result.returncode == 1, result.stdout + result.stderr
    assert result.stderr.startswith("Error: "), result.stderr
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


def make_data_dir(directory: Path) -> Path:
    """The data directory that `winnow up` would have left in a directory."""
    path = directory / "winnow-data"
    path.mkdir()
    environment.generate_secret_key(path)
    store = Store(environment.read({}, path).database_url)
    migrate.upgrade(store)
    store.close()
    return path
