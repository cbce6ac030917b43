"""`winnow up`."""

from __future__ import annotations

from pathlib import Path

import click

from operations import logs
from operations import up as operations_up


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where everything is kept.  [default: WINNOW_DATA_DIR, or ./winnow-data]",
)
def up(*, host: str, port: int, data_dir: Path | None) -> None:
    """Start everything on this machine: database, queue, web server and workers.

    Needs nothing: what is not set in the environment is made in the data directory. On the first start it prints a
    site key and a link to set the first moderator's password. Ctrl-C stops everything.
    """
    logs.configure(logs.format_of_environment(), part="up")
    operations_up.up(host=host, port=port, directory=data_dir, show=click.echo)
