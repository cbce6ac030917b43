"""`winnow serve` and `winnow worker`: the parts of an installation, each on its own."""

from __future__ import annotations

import os

import click

from moderation import settings
from operations import logs, work
from operations.supervisor import Supervisor
from operations.traces import sending


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--processes", type=click.IntRange(1), help="Web processes.  [default: WINNOW_WEB_PROCESSES, or 2]")
@click.option("--threads", type=click.IntRange(1), help="Threads in each.  [default: WINNOW_WEB_THREADS, or 16]")
def serve(*, host: str, port: int, processes: int | None, threads: int | None) -> None:
    """Run the web server: the API, the console and the demo."""
    _warn()
    work.run_web(host, port, processes=processes, threads=threads)


@click.command()
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1), help="Scoring processes.")
@click.option("--only", type=click.Choice(work.PARTS), hidden=True, help="Be one of the processes.")
def worker(*, processes: int, only: str | None) -> None:
    """Run the background processes: scoring, webhook delivery and the clock.

    Any number of workers, on any number of machines, share the work of one database and one Redis.
    """
    if only:
        work.run_part(only)
        return
    _warn()
    configuration = settings.from_environment(os.environ)
    logs.configure(configuration.log_format, part="worker")
    sending.wanted(configuration)  # says what is wrong here, and not in each process
    work.load_parts(configuration.reader)
    with Supervisor() as supervisor:
        work.start_parts(supervisor, processes=processes, environ=os.environ)
        supervisor.run()


def _warn() -> None:
    for sentence in settings.misspelt(os.environ):
        click.echo(f"Warning: {sentence}", err=True)
