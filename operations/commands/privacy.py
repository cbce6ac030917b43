"""`winnow privacy`: what a person may ask of whoever runs a site."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any

import click

from moderation import actors, audit
from moderation.history import persons
from moderation.history.persons import Held, NotNamed, Person
from moderation.sites import sites
from moderation.store import Store
from operations.commands import open_installation
from operations.errors import OperatorError

_WORDS = {
    "comments": "comments with all that belongs to them",
    "reports": "reports made of others' comments",
    "entries": "entries of lists of authors and addresses",
    "jobs": "bulk decisions that looked for this author",
    "filters": "saved filters of the review queue that look for them",
    "readers": "records of how often their reports were right",
}

_author = click.option(
    "--author", required=True, metavar="AUTHOR", help="id:…, email:…, name:… or ip:…; without a kind, any of these."
)
_site = click.option("--site", "name", metavar="NAME", help="On one site, by name or id.  [default: on all]")


@click.group()
def privacy() -> None:
    """Everything there is on an author: export it, erase it.

    A name finds only authors who are known by nothing else, because anybody could type it. docs/privacy.md says how to
    answer a person who asks.
    """


@privacy.command()
@_author
@_site
def export(*, author: str, name: str | None) -> None:
    """Write everything there is on AUTHOR as lines of JSON, a line for each row of a table.

    Moderators and who reported a comment are left out: they are other people.
    """
    settings, store = open_installation()
    person, site_id = _meant(store, author, name)
    rows = 0
    for document in persons.export(store, person, site_id):
        rows += 1
        line = json.dumps(document, ensure_ascii=False, default=_plain)
        click.echo(line.encode() + b"\n", nl=False)
    if not rows:
        click.echo("There is nothing on this author.", err=True)
        return
    detail = {"digest": persons.digest(settings, person), "rows": rows}
    with store.write() as session:
        event = audit.row("author.exported", actor=actors.OPERATOR, site_id=site_id, detail=detail)
        audit.record(session, [event])


@privacy.command()
@_author
@_site
@click.option("--yes", is_flag=True, help="Erase. Without it, only count what would be erased.")
def erase(*, author: str, name: str | None, yes: bool) -> None:
    """Count what there is on AUTHOR, and with --yes erase it for good.

    Comments are erased as by the API, and their sites are told. AUTHOR also goes out of lists of blocked and trusted
    authors and addresses, so that a block ends. After an interruption run it again. The exit code is 1 while something
    is left.
    """
    settings, store = open_installation()
    person, site_id = _meant(store, author, name)
    held = persons.count(store, person, site_id)
    if not +held.counts:
        click.echo("There is nothing on this author.")
        return
    if not yes:
        click.echo(f"Would erase {_in_words(held)}.")
        _name_more(held, person)
        click.echo("Nothing was erased. Add --yes to erase it.")
        return
    with click.progressbar(
        persons.erase(store, settings, person, site_id),
        label="Erasing",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    ) as steps:
        for _ in steps:
            pass
    left = persons.count(store, person, site_id)
    if +left.counts:
        why = "Bulk decisions that look for this author have not ended. " if left.running else ""
        raise OperatorError(f"Still there: {_in_words(left)}. {why}Run it again.")
    click.echo(f"Erased {_in_words(held)}.")
    _name_more(held, person)


def _meant(store: Store, author: str, name: str | None) -> tuple[Person, str | None]:
    try:
        person = persons.read(author)
    except NotNamed as error:
        raise click.BadParameter(str(error), param_hint="--author") from None
    if name is None:
        return person, None
    with store.read() as session:
        return person, sites.by_name(session, name).id


def _in_words(held: Held) -> str:
    return ", ".join(f"{number:,} {_WORDS[kind]}" for kind, number in held.counts.items() if number)


def _name_more(held: Held, person: Person) -> None:
    """Name by what else the same person may be known."""
    for kind, values in held.also.items():
        others = sorted(value for value in values if not person.is_named(value))
        if others:
            click.echo(f"Their comments also carry {', '.join(f'{kind}:{value}' for value in others)}.")
    if any(not person.is_named(value) for values in held.also.values() for value in values):
        click.echo("Look for these, too, where they are the same person's alone.")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
