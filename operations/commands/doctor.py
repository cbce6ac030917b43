"""`winnow doctor`."""

from __future__ import annotations

import dataclasses
import json
import sys

import click

from operations.doctor import examine

_COLOURS = {"OK": "green", "WARN": "yellow", "FAIL": "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line for each finding.")
def doctor(*, as_json: bool) -> None:
    """Say what is wrong with this installation, and what mends it. Exits with 1 if something is."""
    failed = False
    for finding in examine():
        failed = failed or finding.level == "FAIL"
        if as_json:
            click.echo(json.dumps(dataclasses.asdict(finding), ensure_ascii=False))
        else:
            click.echo(
                f"{click.style(f'{finding.level:<4}', fg=_COLOURS[finding.level])}  {finding.subject:<9} {finding.text}"
            )
    sys.exit(1 if failed else 0)
