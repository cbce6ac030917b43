"""`winnow top`."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

import click

from operations import environment
from operations.watching import rates, words
from operations.watching.overview import Watch

#: With --once, rates are those of so many seconds.
_ONCE_SECONDS = 1.0


@click.command()
@click.option("--once", is_flag=True, help="Print it once, as plain text, and end: 1 if Redis or the database is away.")
@click.option(
    "--interval", default=2.0, show_default=True, type=click.FloatRange(0.5, 3600), help="Seconds between looks."
)
def top(*, once: bool, interval: float) -> None:
    """Show what waits, how fast it goes and what fails, live until Ctrl-C. Where there is no terminal, once."""
    settings = environment.read(os.environ)
    environment.require_data(settings)
    watch = Watch(settings)
    if once or not sys.stdout.isatty():
        before = now = watch.look()
        if now.is_whole:
            time.sleep(_ONCE_SECONDS)
            now = watch.look()
        click.echo(words.as_text(words.sections(now, rates.between(before, now), settings)))
        sys.exit(0 if now.is_whole else 1)
    from operations.watching import screen  # noqa: PLC0415  (a script needs none)

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the terminal is left as it was
    with contextlib.suppress(KeyboardInterrupt):
        screen.show(watch, settings, interval=interval)
