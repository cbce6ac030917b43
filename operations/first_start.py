"""What `winnow up` tells a newcomer, and what it makes for them once."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from moderation.people import accounts
from moderation.settings import Settings
from moderation.sites import sites
from moderation.store import Store
from moderation.tables import Site, User

Show = Callable[[str], None]


def show_addresses(found: Settings, show: Show) -> None:
    """Where to go."""
    show("")
    show(f"  Demo page   {found.public_url}/demo/")
    show(f"  Console     {found.public_url}/console/")
    show(f"  API         {found.public_url}/api/docs")
    show("")


def create_first(store: Store, found: Settings, show: Show) -> None:
    """On an empty database, make the first site and the first moderator, and show their secrets this once."""
    with store.read() as session:
        has_site = session.scalar(select(Site.id).limit(1)) is not None
        has_user = session.scalar(select(User.id).limit(1)) is not None
    if not has_site:
        show(f"  Site key    {sites.create_site(store, found, 'My site').api_key}")
        show("              for your site's back end; it is shown only now, so keep it")
        show("")
    if not has_user:
        token = accounts.create_user(store, "admin", "admin").setup_token
        show(f"  Sign in     {welcome_link(found, token or '')}")
        show("              sets the password of the user admin; it works once, within two days")
        show("")


def welcome_link(found: Settings, token: str) -> str:
    """Where a new user sets a password."""
    return f"{found.public_url}/console/welcome/{token}"
