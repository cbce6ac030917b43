"""What `winnow up` shows at its start, and creates on an empty database."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from moderation.people import accounts
from moderation.settings import Settings
from moderation.sites import sites
from moderation.store import Store
from moderation.tables import Site, User

Show = Callable[[str], None]


def show_addresses(settings: Settings, show: Show) -> None:
    """Show the addresses of the demo page, the console and the API."""
    show("")
    show(f"  Demo page   {settings.public_url}/demo/")
    show(f"  Console     {settings.public_url}/console/")
    show(f"  API         {settings.public_url}/api/docs")
    show("")


def create_first(store: Store, settings: Settings, show: Show) -> None:
    """On an empty database create the first site and the first admin, and show their secrets once."""
    with store.read() as session:
        has_site = session.scalar(select(Site.id).limit(1)) is not None
        has_user = session.scalar(select(User.id).limit(1)) is not None
    if not has_site:
        show(f"  Site key    {sites.create_site(store, settings, 'My site').api_key}")
        show("              for your site's back end; it is shown only now, so keep it")
        show("")
    if not has_user:
        token = accounts.create_user(store, "admin", "admin").setup_token
        show(f"  Sign in     {welcome_link(settings, token or '')}")
        show("              sets the password of the user admin; it works once, within two days")
        show("")


def welcome_link(settings: Settings, token: str) -> str:
    """The address where a new user sets a password."""
    return f"{settings.public_url}/console/welcome/{token}"
