"""The parts of an installation that are Winnow: the background processes and the web server."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import os
from collections.abc import Mapping
from functools import partial

from models.artifact import ArtifactError
from moderation import settings
from operations import logs
from operations.memory import without_collector
from operations.supervisor import Supervisor
from operations.traces import sending

#: Each is a module of `worker` with `run(settings)`, which returns after SIGTERM or SIGINT.
PARTS = ("scoring", "delivery", "clock")


def run_part(part: str) -> None:
    """Be one background process, with the settings of the environment."""
    configuration = settings.from_environment(os.environ)
    logs.configure(configuration.log_format, part=part)
    with without_collector():
        module = importlib.import_module(f"worker.{part}")
    sending.start(configuration, part=part)
    try:
        module.run(configuration)
    finally:
        sending.stop()


def run_web(host: str, port: int, *, processes: int | None = None, threads: int | None = None) -> None:
    """Be the web server, with the settings of the environment where nothing else is asked for."""
    configuration = settings.from_environment(os.environ)
    logs.configure(configuration.log_format, part="web")
    sending.wanted(configuration)  # says what is wrong here, and not in each web process
    configuration = dataclasses.replace(
        configuration,
        web_processes=processes or configuration.web_processes,
        web_threads=threads or configuration.web_threads,
    )
    # granian and Flask are loaded here, because the background processes need neither.
    importlib.import_module("operations.serve").serve(configuration, host=host, port=port)


def load_parts(reader: str) -> None:
    """Load what the background processes need, once for all that are forked from this process.

    `reader` is when comments are read by the reader that understands: its weights are shared, too.
    """
    with without_collector():
        for part in PARTS:
            importlib.import_module(f"worker.{part}")
        if reader != "fast":
            with contextlib.suppress(ArtifactError):  # the process that scores says what is wrong
                importlib.import_module("models.reading.encoder").open_encoder()


def start_parts(supervisor: Supervisor, *, processes: int, environ: Mapping[str, str]) -> None:
    """Start the scoring processes, and one each of the others."""
    for number in range(1, processes + 1):
        name = "scoring" if processes == 1 else f"scoring {number}"
        supervisor.fork(name, partial(run_part, "scoring"), environ=environ)
    supervisor.fork("delivery", partial(run_part, "delivery"), environ=environ)
    supervisor.fork("clock", partial(run_part, "clock"), environ=environ)
