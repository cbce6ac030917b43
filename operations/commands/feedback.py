"""`winnow feedback`: what moderators elsewhere said of comments, as examples to train with."""

from __future__ import annotations

import json

import click

from moderation.history import feedback as examples
from moderation.sites import sites
from operations.commands import open_installation


@click.group()
def feedback() -> None:
    """What people said of comments through the drop-in protocols."""


@feedback.command()
@click.option("--site", "name", metavar="NAME", help="Of one site, by name or id.  [default: of all]")
def export(*, name: str | None) -> None:
    """Write the examples as JSON lines {"text", "labels", "source", "site", "weight"}.

    To train with them, put them beside the labelled comments:
    `winnow feedback export >DATA/feedback.jsonl`, then `winnow train --data DATA`.

    A site's examples together weigh at most as much as 1,000 do, so that no site decides for the others.
    """
    _, store = open_installation()
    site_id = None
    if name is not None:
        with store.read() as session:
            site_id = sites.by_name(session, name).id
    for example in examples.export(store, site_id):
        click.echo(json.dumps(example, ensure_ascii=False))
