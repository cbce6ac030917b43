"""The background processes, run alone or under a supervisor."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping

from moderation.settings import Settings
from operations import logs
from operations.loading import without_collector
from operations.supervisor import Supervisor

#: Each is a module of `worker` with `run(settings)`, which returns after SIGTERM or SIGINT.
PARTS = ("scoring", "delivery", "clock")


def run_part(settings: Settings, part: str) -> None:
    """Run one background process in the foreground."""
    logs.configure(settings.log_format, part=part)
    with without_collector():
        module = importlib.import_module(f"worker.{part}")
    module.run(settings)


def start_parts(supervisor: Supervisor, *, processes: int, environ: Mapping[str, str]) -> None:
    """Start the scoring processes, and one each of the others."""
    for number in range(1, processes + 1):
        name = "scoring" if processes == 1 else f"scoring {number}"
        supervisor.start(name, winnow("worker", "--only", "scoring"), environ=environ)
    supervisor.start("delivery", winnow("worker", "--only", "delivery"), environ=environ)
    supervisor.start("clock", winnow("worker", "--only", "clock"), environ=environ)


def winnow(*arguments: str) -> list[str]:
    """The command line that runs this same Winnow, whatever lies in the current directory."""
    return [sys.executable, "-P", "-m", "winnow", *arguments]
