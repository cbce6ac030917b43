"""`winnow user`: people who may sign in to the console."""

from __future__ import annotations

import json
import sys

import click

from moderation import people
from operations.commands import open_installation
from operations.first_start import welcome_link


@click.group()
def user() -> None:
    """People who may sign in to the console."""


@user.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(people.ROLES), help="What the person may do.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(*, name: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Create the user NAME. Without a password, print a one-time link to set one."""
    found, store = open_installation()
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    made = people.create_user(store, name, role, password)
    link = welcome_link(found, made.setup_token) if made.setup_token else None
    if as_json:
        values = {"id": made.id} | ({"setup_url": link} if link else {})
        click.echo(json.dumps(values))
    elif link:
        click.echo(f"{name} sets a password here, once, within two days:\n{link}")
    else:
        click.echo(f"{name} can sign in at {found.public_url}/console/")
