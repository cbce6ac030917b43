"""`winnow privacy`: what a person may ask of whoever runs a site."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from moderation import actors, audit
from moderation.history import persons
from moderation.history.persons import Held, NotNamed, Person
from moderation.identities import keyring
from moderation.replica import FURTHEST_BEHIND
from moderation.settings import Settings
from moderation.sites import sites
from moderation.store import Store
from operations.commands import open_installation
from operations.encryption import rewriting, stages
from operations.encryption.rewriting import Walk
from operations.errors import OperatorError
from texts.controls import printable

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
    """Everything there is on an author: export it, erase it. E-mail and addresses: encrypt them, decrypt them.

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
        persons.erase(store, person, site_id),
        label="Erasing",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    ) as steps:
        *_, done = steps
    left = persons.finish(store, settings, person, site_id, done)
    if +left.counts:
        why = "Bulk decisions that look for this author have not ended. " if left.running else ""
        raise OperatorError(f"Still there: {_in_words(left)}. {why}Run it again.")
    click.echo(f"Erased {_in_words(held)}.")
    _name_more(held, person)


@privacy.command()
@click.option("--new-key", is_flag=True, help="Under a new key, for when the old one or a backup may be known.")
def encrypt(*, new_key: bool) -> None:
    """Encrypt e-mail and IP addresses in the database, from now on and what is there already.

    The key is made here and kept in the database, encrypted under WINNOW_SECRET_KEY. Everything may go on meanwhile:
    rows are changed some at a time. After an interruption run it again, and it goes on from there. docs/privacy.md says
    what is encrypted, what is not, and what no longer works.
    """
    settings, store = open_installation()
    if not settings.secret_keys:
        raise OperatorError("WINNOW_SECRET_KEY is not set. Set the key that this installation began with.")
    if new_key and stages.is_under_way(store):
        raise OperatorError(
            "An earlier encryption or decryption has not come to its end. Run it without --new-key first."
        )
    walk = _walk(
        store, stages.encrypt(store, settings.secret_keys, new_key=new_key, behind=_behind(settings)), "Encrypting"
    )
    click.echo(f"E-mail and addresses are encrypted; {walk.changed:,} of {walk.seen:,} rows were changed.")
    _name_unreadable(walk)
    if store.is_sqlite:
        store.empty_log()
    else:
        click.echo("PostgreSQL keeps old versions of the rows in its files until VACUUM FULL; backups keep them, too.")


@privacy.command()
def decrypt() -> None:
    """Bring e-mail and IP addresses in the database back to clear text. After an interruption run it again."""
    settings, store = open_installation()
    with store.read() as session:
        keys = keyring.read(session.connection())
    if not keys:
        click.echo("E-mail and addresses are in clear text already.")
        return
    walk = _walk(store, stages.decrypt(store, behind=_behind(settings)), "Decrypting")
    click.echo(f"E-mail and addresses are in clear text; {walk.changed:,} of {walk.seen:,} rows were changed.")
    _name_unreadable(walk)


def _behind(settings: Settings) -> float:
    """The seconds after which a replica, if there is one, has nothing in an earlier form."""
    return FURTHEST_BEHIND if settings.replica_url else 0.0


def _walk(store: Store, steps: Iterator[Walk], label: str) -> Walk:
    with store.read() as session:
        rows = rewriting.count(session)
    walk, seen = Walk(), 0
    is_shown = sys.stderr.isatty()
    with click.progressbar(length=rows, label=label, file=sys.stderr, hidden=not is_shown) as bar:
        for walk in steps:
            bar.update(walk.seen - seen)
            seen = walk.seen
    return walk


def _name_unreadable(walk: Walk) -> None:
    if walk.unreadable:
        click.echo(
            f"{walk.unreadable.total():,} values are under a key that cannot be opened, and stay as they are. If you "
            "find the old WINNOW_SECRET_KEY, add it after the new one, separated by a comma, and run this again."
        )


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
            click.echo(printable(f"Their comments also carry {', '.join(f'{kind}:{value}' for value in others)}."))
    if any(not person.is_named(value) for values in held.also.values() for value in values):
        click.echo("Look for these, too, where they are the same person's alone.")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
