"""`winnow site`: sites, their keys, and an emergency brake."""

from __future__ import annotations

import json
import sys
from typing import Literal

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import actors
from moderation.policy import policies
from moderation.sites import archive, sites
from moderation.tables import PolicyVersion, Site
from moderation.webhooks.endpoints import EndpointRefused
from operations.commands import open_installation


@click.group()
def site() -> None:
    """Sites: their keys, and an emergency brake."""


@site.command()
@click.argument("name")
@click.option("--webhook-url", metavar="URL", help="Where to send decisions; prints the secret that signs them.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(*, name: str, webhook_url: str | None, as_json: bool) -> None:
    """Create the site NAME and print its keys, which are shown only now.

    The API key is for the native API. The compat key is for servers that speak a drop-in protocol (Perspective,
    Akismet, OpenAI): it can score, give feedback and decide on what is held. For pages, see `browser-key`.
    """
    settings, store = open_installation()
    try:
        created = sites.create_site(store, settings, name, webhook_url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME") from None
    except EndpointRefused as refusal:
        raise click.BadParameter(str(refusal), param_hint="--webhook-url") from None
    secrets = {"id": created.id, "api_key": created.api_key, "compat_key": created.compat_key}
    if created.webhook_secret:
        secrets["webhook_secret"] = created.webhook_secret
    _show(secrets, as_json=as_json)


@site.command("list")
@click.option("--archived", "with_archived", is_flag=True, help="Also the archived ones, at the end.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, a line for each site.")
def list_sites(*, with_archived: bool, as_json: bool) -> None:
    """List the sites and their modes, but for archived ones."""
    _, store = open_installation()
    with store.read() as session:
        query = policies.in_force().order_by(Site.archived_at.is_not(None), Site.created_at, Site.id)
        for row, policy in session.execute(query if with_archived else query.where(Site.archived_at.is_(None))):
            mode = policy.document["mode"]
            if as_json:
                fields = {
                    "id": row.id,
                    "name": row.name,
                    "mode": mode,
                    "archived": row.archived_at is not None,
                }
                click.echo(json.dumps(fields, ensure_ascii=False))
            else:
                click.echo(f"{row.id}  {mode if row.archived_at is None else 'archived':<8} {row.name}")


@site.command("archive")
@click.argument("name")
def archive_site(*, name: str) -> None:
    """Put the closed site NAME (or id) away: it takes no comments, and nothing of it waits or counts.

    Its comments stay: they can be read, decided, exported and erased. `winnow site unarchive` brings the site back.
    """
    _, store = open_installation()
    with store.write() as session:
        row = sites.by_name(session, name)
        archive.archive(session, row.id, actor=actors.OPERATOR)
    click.echo(f"{row.name} is archived. `winnow site unarchive` brings it back as it was.")


@site.command()
@click.argument("name")
def unarchive(*, name: str) -> None:
    """Bring the archived site NAME (or id) back: it takes comments, and what was open waits again."""
    _, store = open_installation()
    with store.write() as session:
        row = sites.by_name(session, name)
        archive.bring_back(session, row.id, actor=actors.OPERATOR)
    click.echo(f"{row.name} takes comments again.")


@site.command()
@click.argument("name")
@click.option("--only", type=click.Choice(["api", "compat"]), help="Rotate one of the two keys.  [default: both]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rotate_key(*, name: str, only: Literal["api", "compat"] | None, as_json: bool) -> None:
    """Give the site NAME (or id) new keys. Those before work until the next rotation."""
    settings, store = open_installation()
    with store.read() as session:
        site_id = sites.by_name(session, name).id
    new_keys = sites.rotate_key(store, settings, site_id, only or "both")
    keys = {"id": site_id, "api_key": new_keys.api_key, "compat_key": new_keys.compat_key}
    _show({name: value for name, value in keys.items() if value is not None}, as_json=as_json)


@site.command()
@click.argument("name")
@click.option(
    "--origin", "origins", multiple=True, metavar="URL", help="A page's host that may use it; may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def browser_key(*, name: str, origins: tuple[str, ...], as_json: bool) -> None:
    """Make a key for the pages of the site NAME (or id), which anybody who reads them may take.

    With it one can have texts scored in a drop-in protocol, and nothing else: no feedback, no reading, nothing kept.
    The one before works until the next is made.
    """
    settings, store = open_installation()
    with store.read() as session:
        site_id = sites.by_name(session, name).id
    try:
        key = sites.add_browser_key(store, settings, site_id, origins)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--origin") from None
    _show({"id": site_id, "browser_key": key}, as_json=as_json)


@site.command()
@click.argument("name")
@click.option(
    "--secret-stdin", is_flag=True, required=True, help="Read the phase's signing secret from standard input."
)
def coral(*, name: str, secret_stdin: bool) -> None:  # noqa: ARG001  (a secret is never an argument)
    """Let Coral's external moderation phase ask about comments on the site NAME (or id)."""
    settings, store = open_installation()
    secret = sys.stdin.readline().strip()
    if not secret:
        raise click.UsageError("No secret came on standard input. Coral shows it where the phase is configured.")
    with store.write() as session:
        row = sites.by_name(session, name)
        sites.set_secret(session, settings, row.id, "coral", secret)
    click.echo(f"Give Coral's phase this address: {settings.public_url}/coral/phase?site={row.id}")


@site.command()
@click.argument("name")
def hold(*, name: str) -> None:
    """Emergency brake: from now on every comment on the site NAME waits for a moderator."""
    _, store = open_installation()
    with store.write() as session:
        row = sites.by_name(session, name)
        if policies.current(session, row.id).document["mode"] != "hold":
            policies.set_mode(session, row.id, "hold", actor=actors.OPERATOR)
    click.echo(f"Every new comment on {row.name} waits for a moderator. `winnow site release` ends that.")


@site.command()
@click.argument("name")
def release(*, name: str) -> None:
    """End `winnow site hold`: the site NAME goes back to the mode it had before."""
    _, store = open_installation()
    with store.write() as session:
        row = sites.by_name(session, name)
        mode = policies.current(session, row.id).document["mode"]
        if mode == "hold":
            mode = _mode_before_hold(session, row.id)
            policies.set_mode(session, row.id, mode, actor=actors.OPERATOR)
    click.echo(f"{row.name} is in mode {mode}.")


def _mode_before_hold(session: Session, site_id: str) -> str:
    query = select(PolicyVersion).where(PolicyVersion.site_id == site_id).order_by(PolicyVersion.version.desc())
    modes = (str(row.document["mode"]) for row in session.scalars(query))
    return next((mode for mode in modes if mode != "hold"), "auto")


def _show(values: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(values))
        return
    width = max(map(len, values)) + 2
    for name, value in values.items():
        click.echo(f"{name:<{width}}{value}")
