"""The command line. Each command lives in `operations/commands/`, and is imported only when it is called."""

from __future__ import annotations

import importlib
import os

import click

from operations.errors import told_in_a_sentence
from operations.memory import without_collector
from operations.traces import hiding

#: name -> (where it is, what `winnow --help` says of it)
COMMANDS = {
    "up": ("up:up", "Start everything on this machine."),
    "serve": ("run:serve", "Run the web server."),
    "worker": ("run:worker", "Run the background processes."),
    "migrate": ("migrate:migrate", "Bring the database to this version's schema; move here from other services."),
    "site": ("site:site", "Sites: their keys, and an emergency brake."),
    "user": ("user:user", "People who may sign in to the console."),
    "backup": ("backup:backup", "Write the whole database to a file, while everything runs."),
    "restore": ("backup:restore", "Put a backup in the database's place."),
    "import": ("past:bring", "Bring a site's comments from where it was before."),
    "export": ("past:take_away", "Write a site's comments as lines of JSON, which import again."),
    "retention": ("retention:retention", "Remove what sites do not keep any longer, or count it."),
    "privacy": ("privacy:privacy", "Everything there is on an author: export it, erase it. Encrypt addresses."),
    "feedback": ("feedback:feedback", "What people said of comments, as examples to train with."),
    "score": ("model:score", "Score texts from standard input."),
    "policy-tests": ("policy_tests:run", "Try a model on sites' own examples, before it is put in place."),
    "train": ("model:train", "Train the classifier on labelled comments."),
    "evaluate": ("model:evaluate", "Measure the classifier on labelled comments."),
    "recount": ("recount:recount", "Add the statistics up anew from the audit."),
    "reseal": ("reseal:reseal", "Encrypt stored secrets under the first secret key."),
    "top": ("top:top", "Show what waits, how fast it goes and what fails, live."),
    "doctor": ("doctor:doctor", "Say what is wrong with this installation, and what mends it."),
}
#: Those that may use all processors for one product of matrices. The others run as several processes beside each other,
#: whose small products get slower, not faster, by waiting for each other's threads.
ALONE = {"train", "evaluate"}


class Winnow(click.Group):
    """A group that knows its commands by name and loads one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        if cmd_name not in ALONE:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is loaded
        with without_collector():
            command: click.Command = getattr(importlib.import_module(f"operations.commands.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.command(cls=Winnow, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="winnow")
def cli() -> None:
    """Winnow: comment moderation that a site runs itself.

    Start with `winnow up`. Settings are environment variables, WINNOW_…; docs/operations.md lists them.
    """


def main() -> None:
    """The `winnow` program."""
    hiding.hide()
    told_in_a_sentence(cli)


if __name__ == "__main__":
    main()
