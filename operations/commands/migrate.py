"""`winnow migrate`: the database to this version's schema; below it, help for moving here from other services."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import click

import migrations
import models
from moderation.settings import Settings
from operations import connections, environment
from operations.errors import OperatorError
from operations.migrate import downgrade, upgrade

#: How often `--wait` looks.
_WAIT_SECONDS = 1.0


@click.group(invoke_without_command=True)
@click.option("--down-to", metavar="REVISION", help="Undo what came after it; `base` undoes all, and every row.")
@click.option("--wait", is_flag=True, help="Change nothing; wait until the database is at this version's schema.")
@click.pass_context
def migrate(ctx: click.Context, *, down_to: str | None, wait: bool) -> None:
    """Bring the database to this version's schema. Safe to run twice, or from several places at once.

    The commands below are about moving to Winnow from another service, and leave the database alone.
    """
    if ctx.invoked_subcommand is not None:
        return
    settings = environment.read(os.environ)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if wait:
        _wait(settings)
        return
    store = connections.open_store(settings)
    if down_to:
        downgrade(store, down_to)
    else:
        upgrade(store)
    click.echo(f"The database is at revision {migrations.current(store) or 'base'}.")


def _wait(settings: Settings) -> None:
    """Return once the database is at the schema that this version needs, or at a later one, which has that, too."""
    said = None
    while (reason := _lacking(settings)) is not None:
        if reason != said:
            click.echo(f"Waiting. {reason}")
        said = reason
        time.sleep(_WAIT_SECONDS)
    click.echo("The database has what this version needs.")


def _lacking(settings: Settings) -> str | None:
    """What this version lacks in the database; None when it can begin."""
    try:
        store = connections.open_store(settings)
        current = migrations.current(store)
        store.close()
    except OperatorError as error:
        return str(error)
    if current is None or current < migrations.newest():
        return f"The database is at revision {current or 'none'}, not {migrations.newest()}. Run `winnow migrate`."
    return None


@migrate.command()
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A CSV file.")
@click.option(
    "--threshold",
    "given_thresholds",
    multiple=True,
    metavar="ATTRIBUTE=NUMBER",
    help="One that you use, such as TOXICITY=0.8.",
)
@click.option(
    "--share", type=click.FloatRange(0, 1), help="The share of comments flagged before, where no scores were kept."
)
@click.option("--json", "as_json", is_flag=True, help="Print thresholds as a policy takes them, and nothing else.")
def perspective_thresholds(
    *, data: Path, given_thresholds: tuple[str, ...], share: float | None, as_json: bool
) -> None:
    """Propose thresholds that flag as many comments as yours on Perspective's scores did.

    The file has a column `text`, and for each attribute whose scores you kept a column of its name, such as TOXICITY.
    Without scores, give --threshold, and --share if you know what share of comments it flagged.
    """
    from operations import perspective_thresholds as thresholds  # noqa: PLC0415  (NumPy, which `migrate` needs not)
    from service.compat.perspective.attributes import LABELS  # noqa: PLC0415

    classifier = models.load()
    comments = thresholds.read(data, classifier)
    old_thresholds = _thresholds(given_thresholds, list(comments.old_scores) or ["TOXICITY"])
    proposals = thresholds.propose(comments, classifier, old_thresholds, share)
    if as_json:
        labels = {
            proposal.attribute: {"flag_at": proposal.threshold}
            for proposal in proposals
            if proposal.threshold is not None
        }
        click.echo(json.dumps({"thresholds": {LABELS[name]: value for name, value in labels.items()}}))
        return
    if comments.unjudged:
        click.echo(f"Left out: {comments.unjudged} comments in a language that the classifier has not learnt.\n")
    click.echo("attribute            yours  flagged of comments     ours  flagged  by both")
    for proposal in proposals:
        ours = f"{proposal.threshold:.4f}" if proposal.threshold is not None else "-"
        by_both = "-" if proposal.flagged_by_both is None else str(proposal.flagged_by_both)
        click.echo(
            f"{proposal.attribute:<18} {proposal.old_threshold:>7g} {proposal.old_flagged:>8} {proposal.comments:>11} "
            f"{ours:>8} {proposal.flagged:>8} {by_both:>8}"
        )
    if any(proposal.threshold is None for proposal in proposals):
        click.echo("\nA dash: no comment was flagged before, so there is nothing to go by. Use more comments.")
    if any(proposal.flagged_by_both is None for proposal in proposals) and share is None:
        click.echo(
            "\nWithout old scores, the share flagged before is that of ordinary comments on Wikipedia's talk pages. "
            "Yours may differ: give --share, or try the thresholds in the mode `observe` first."
        )


def _thresholds(options: tuple[str, ...], attributes: list[str]) -> dict[str, float]:
    from operations.perspective_thresholds import DEFAULT_THRESHOLD  # noqa: PLC0415
    from service.compat.perspective.attributes import LABELS  # noqa: PLC0415

    if not options:
        return dict.fromkeys(attributes, DEFAULT_THRESHOLD)
    chosen = {}
    for option in options:
        name, _, number = option.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if name.upper() not in LABELS or not 0 <= value <= 1:
            raise OperatorError(
                f"--threshold {option} is not understood. Give one such as TOXICITY=0.8; there are {', '.join(LABELS)}."
            )
        chosen[name.upper()] = value
    return chosen
