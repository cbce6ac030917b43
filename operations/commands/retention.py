"""`winnow retention`."""

from __future__ import annotations

from collections.abc import Mapping

import click
from sqlalchemy import select

from moderation.history import site_retention
from moderation.sites import site_settings, sites
from moderation.store import Store
from moderation.tables import Site
from operations.commands import open_installation

#: A kind -> its words for a number of them.
_WORDS = {
    "text": "comments' texts",
    "identity": "comments' e-mail and addresses",
    "audit": "audit events",
    "deliveries": "webhook deliveries",
    "feedback": "examples to train with",
    "jobs": "bulk decisions",
}
#: Seconds after which the numbers so far are written to the audit.
_TURN = 30.0


@click.command()
@click.option("--site", "name", metavar="NAME", help="Of one site, by name or id.  [default: of all]")
@click.option("--dry-run", is_flag=True, help="Only count.")
def retention(*, name: str | None, dry_run: bool) -> None:
    """Remove at once what sites do not keep any longer, or count it with --dry-run.

    How long each site keeps what is on its settings' page. The clock removes it by itself, some seconds in each minute.
    """
    _, store = open_installation()
    with store.read() as session:
        site_id = None if name is None else sites.by_name(session, name).id
    if dry_run:
        _count(store, site_id)
        return
    whole = site_retention.run(store, seconds=_TURN, site_id=site_id)
    while step := site_retention.run(store, seconds=_TURN, site_id=site_id):
        whole += step
    click.echo(f"Removed: {_in_words(whole)}.")


def _count(store: Store, site_id: str | None) -> None:
    with store.read() as session:
        query = select(Site.id, Site.name, Site.settings).order_by(Site.created_at, Site.id)
        rows = session.execute(query if site_id is None else query.where(Site.id == site_id)).all()
        for row in rows:
            counts = site_retention.counts(session, row.id, site_settings.read(row.settings))
            words = _in_words({kind: count.number for kind, count in counts.items()})
            click.echo(f"{row.name}: {f'would remove {words}' if counts else 'keeps everything'}.")


def _in_words(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {_WORDS[kind]}" for kind, number in numbers.items()) or "nothing"
