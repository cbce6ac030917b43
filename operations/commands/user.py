"""`winnow user`: people who may sign in to the console."""

from __future__ import annotations

import json
import sys

import click

from moderation import actors
from moderation.people import accounts, members
from moderation.people.members import Person
from moderation.sites import sites
from moderation.tables import Site, User
from operations.commands import open_installation
from operations.first_start import welcome_link


@click.group()
def user() -> None:
    """People who may sign in to the console."""


@user.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(accounts.ROLES), help="What the person may do.")
@click.option("--site", metavar="SITE", help="Give the role on the site with this name or id only.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(*, name: str, role: str, site: str | None, password_stdin: bool, as_json: bool) -> None:
    """Create the user NAME. Without a password, print a one-time link to set one."""
    settings, store = open_installation()
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    on_sites = {}
    if site is not None:
        if role == "none":
            raise click.BadParameter("With --site, choose admin, moderator or viewer.", param_hint="--role")
        with store.read() as session:
            on_sites = {sites.by_name(session, site).id: role}
    created = accounts.create_user(store, name, "none" if on_sites else role, password, on_sites=on_sites)
    link = welcome_link(settings, created.setup_token) if created.setup_token else None
    if as_json:
        values = {"id": created.id} | ({"setup_url": link} if link else {})
        click.echo(json.dumps(values))
    elif link:
        click.echo(_invitation(name, link))
    else:
        click.echo(f"{name} can sign in at {settings.public_url}/console/")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line for each user.")
def list_users(*, as_json: bool) -> None:
    """List the users, their roles, and who cannot sign in."""
    _, store = open_installation()
    after: str | None = None
    while True:
        with store.read() as session:
            page = members.page(session, after=after)
            names = {row.id: row.name for row in session.query(Site.id, Site.name)}
        for person in page:
            click.echo(json.dumps(_facts(person), ensure_ascii=False) if as_json else _line(person, names))
        if not page:
            return
        after = page[-1].user.name


@user.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def link(*, name: str, as_json: bool) -> None:
    """Print a new one-time link with which NAME sets a password, for who has lost theirs.

    The password of before works until the link is used.
    """
    settings, store = open_installation()
    with store.write() as session:
        token = members.make_link(session, members.by_name(session, name).id, actor=actors.OPERATOR)
    address = welcome_link(settings, token)
    click.echo(json.dumps({"setup_url": address}) if as_json else _invitation(name, address))


@user.command()
@click.argument("name")
def disable(*, name: str) -> None:
    """Sign NAME out everywhere and let nobody sign in as them. `winnow user enable` undoes it."""
    _, store = open_installation()
    with store.write() as session:
        members.disable(session, members.by_name(session, name).id, actor=actors.OPERATOR)
    click.echo(f"{name} is signed out and cannot sign in.")


@user.command()
@click.argument("name")
def enable(*, name: str) -> None:
    """Let NAME sign in again."""
    _, store = open_installation()
    with store.write() as session:
        members.enable(session, members.by_name(session, name).id, actor=actors.OPERATOR)
    click.echo(f"{name} can sign in again.")


def _invitation(name: str, link: str) -> str:
    return f"{name} sets a password here, once, within two days:\n{link}"


def _facts(person: Person) -> dict[str, object]:
    return {
        "id": person.user.id,
        "name": person.user.name,
        "role": person.user.role,
        "sites": dict(person.on_sites),
        "state": _state(person.user),
        "authenticator": person.user.totp_sealed is not None,
    }


def _line(person: Person, site_names: dict[str, str]) -> str:
    on_sites = "".join(f", {role} on {site_names[site_id]}" for site_id, role in person.on_sites.items())
    state = _state(person.user)
    return f"{person.user.name:<20} {person.user.role}{on_sites}" + ("" if state == "active" else f" ({state})")


def _state(user_row: User) -> str:
    if user_row.disabled_at is not None:
        return "disabled"
    return "active" if user_row.password_hash or user_row.oidc_subject else "has no password yet"
