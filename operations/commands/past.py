"""`winnow import` and `winnow export`: a site's past, brought here and taken away."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from moderation import actors, audit
from moderation.past import bringing, coral, disqus, isso, own_lines, remark42, wordpress
from moderation.past.bringing import Counts
from moderation.past.records import Archive, Unreadable, WrongFile
from moderation.sites import sites
from moderation.sites.archive import Archived
from moderation.store import Store
from operations.commands import open_installation
from operations.errors import OperatorError
from texts.controls import printable

#: What a file may be of -> what opens it.
_SOURCES: dict[str, Callable[[Path], Archive]] = {
    "wordpress": wordpress.open_archive,
    "disqus": disqus.open_archive,
    "isso": isso.open_archive,
    "remark42": remark42.open_archive,
}
_CORAL, _OWN = "coral", "ndjson"


@click.command("import")
@click.argument("source", type=click.Choice([*_SOURCES, _CORAL, _OWN]))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--site", "name", metavar="NAME", required=True, help="The site's name or id.")
@click.option("--coral-site", "of", metavar="ID", help="Of Coral's comments bring those of this site, by id or name.")
def bring(*, source: str, file: Path, name: str, of: str | None) -> None:
    """Bring the comments of FILE to a site, decided and dated as they were. Nothing is scored, nobody is told.

    wordpress is a WXR file (Tools, Export), disqus its XML, isso its SQLite database, coral the comments.json of
    mongoexport, remark42 its backup, and ndjson what `winnow export` wrote.

    Run it again after an interruption, or with a newer file: what is there already stays as it is. What cannot be read
    is named on standard error; the rest is brought, and the exit code is 1.
    """
    if of is not None and source != _CORAL:
        raise OperatorError("--coral-site is for Coral's comments.json.")
    _, store = open_installation()
    with store.read() as session:
        site_id = sites.by_name(session, name).id
    try:
        counts = _follow(*_begin(store, site_id, source, file, of))
    except Archived as error:
        raise OperatorError(f'{error} `winnow site unarchive "{name}"` does that.') from None
    except WrongFile as error:
        raise OperatorError(f"{file}: {error}") from None
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror}.") from None
    click.echo(_in_words(counts))
    if counts.broken:
        raise OperatorError(f"{file}: {counts.broken}")
    sys.exit(1 if counts.unreadable or counts.clashing else 0)


@click.command("export")
@click.option("--site", "name", metavar="NAME", required=True, help="The site's name or id.")
def take_away(*, name: str) -> None:
    """Write all comments of a site as lines of JSON, with their decisions: `winnow export --site S >comments.ndjson`.

    Behind them stand the site's labelled examples.

    `winnow import ndjson` reads them again. They hold the authors' names, e-mail addresses and IP addresses.
    """
    _, store = open_installation()
    with store.write() as session:
        site_id = sites.by_name(session, name).id
        audit.record(session, [audit.row("comments.exported", actor=actors.OPERATOR, site_id=site_id)])
    out = sys.stdout.buffer
    for line in own_lines.export(store, site_id):
        out.write(line.encode() + b"\n")
    out.flush()


def _begin(
    store: Store, site_id: str, source: str, file: Path, of: str | None
) -> tuple[Iterator[Counts], int, Callable[[], int]]:
    """The import, whose steps are still to be taken; how long it is, and how far it is."""
    if source == _OWN:
        lines = own_lines.Lines(file)
        return bringing.bring_back(store, site_id, lines.rows, complain=_complain), lines.size, lines.position
    archive = coral.open_archive(file, of) if source == _CORAL else _SOURCES[source](file)
    steps = bringing.bring(store, site_id, source, archive.comments, complain=_complain)
    return steps, archive.size, archive.position


def _follow(steps: Iterator[Counts], size: int, position: Callable[[], int]) -> Counts:
    """Take the steps, with a progress bar on a terminal. Returns the final counts."""
    counts, hidden = Counts(), not sys.stderr.isatty()
    with click.progressbar(length=size, label="Importing", file=sys.stderr, hidden=hidden) as progress:
        for latest in steps:
            counts = latest
            progress.update(max(0, position() - progress.pos))
        progress.update(max(0, size - progress.pos))
    return counts


def _complain(unreadable: Unreadable) -> None:
    click.echo(printable(f"{unreadable.place} was left out: {unreadable.why}"), err=True)


def _in_words(counts: Counts) -> str:
    if not (counts.brought or counts.known or counts.clashing or counts.unreadable or counts.left_out):
        return "There are no comments in this file."
    parts = [f"Brought {counts.brought:,} comments"]
    parts += [f"{counts.known:,} were there already"] if counts.known else []
    parts += [f"{counts.waiting:,} wait for a moderator"] if counts.waiting else []
    parts += [f"{counts.examples:,} became examples to train with"] if counts.examples else []
    parts += [f"{counts.unlinked:,} answer a comment that is not there"] if counts.unlinked else []
    parts += [f"{counts.clashing:,} have the id of another comment, and were left out"] if counts.clashing else []
    parts += [f"{number:,} {what}" for what, number in counts.left_out.items()]
    parts += [f"{counts.unreadable:,} could not be read"] if counts.unreadable else []
    return "; ".join(parts) + "."
