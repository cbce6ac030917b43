"""A whole Winnow, as `winnow up` runs it: real processes on a port of their own.

They are forked as other commands are, but where another Python than this one runs them.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import psutil
import requests

from tests.support.processes import forks
from tests.support.processes.parts import without_settings
from tests.support.processes.ports import free_port
from tests.support.waiting import eventually


class Installation:
    """`winnow up` in a directory. `api_key` and `welcome_link` are what its first start printed."""

    def __init__(self, data_dir: Path, *, python: Path | None = None, **environ: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self._python = python
        self._environ = environ
        self._process: subprocess.Popen[bytes] | forks.Forked | None = None

    def start(self, *, within: float = 90.0) -> None:
        """Start it, and wait until it is ready."""
        if self._process is not None:  # it was killed
            self._process.wait(60)
        # The log is a file, since a pipe that nobody reads would stop it.
        arguments = ["up", "--port", str(self.port), "--data-dir", str(self.data_dir)]
        environ = without_settings() | self._environ
        with self.log.open("ab") as log, open(os.devnull, "rb") as nothing:
            if self._python is None:
                self._process = forks.start(arguments, env=environ, files=(nothing, log, log))
            else:
                command = [str(self._python), "-P", "-m", "winnow", *arguments]
                self._process = subprocess.Popen(command, env=environ, stdin=nothing, stdout=log, stderr=log)
        eventually(self._ready, within=within, what=f"winnow up is ready; its log is {self.log}")

    @property
    def environ(self) -> dict[str, str]:
        """What another `winnow` command needs to know to reach the same data."""
        return self._environ | {"WINNOW_DATA_DIR": str(self.data_dir)}

    @property
    def process(self) -> psutil.Process:
        assert self._process is not None
        return psutil.Process(self._process.pid)

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def api_key(self) -> str:
        return _found(r"\b(wk_\S+)", self.output)

    @property
    def welcome_link(self) -> str:
        return _found(r"(http://\S+/console/welcome/\S+)", self.output)

    @property
    def session(self) -> requests.Session:
        """An HTTP client that sends the first site's key."""
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.api_key}"
        return session

    def stop(self, *, within: float = 60.0) -> None:
        """Ctrl-C, then wait."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(within)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(60)
                raise
            self._process = None

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"winnow up ended:\n{self.output}"
        if "Ctrl-C stops everything" not in self.output:
            return False
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).ok
        except requests.RequestException:
            return False


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, f"{pattern} is not in:\n{text}"
    return match[1]
