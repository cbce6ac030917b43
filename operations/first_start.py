"""What `winnow up` shows at its start, and creates on an empty database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import select

from moderation.people import accounts
from moderation.people.accounts import PersonError
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
    """On an empty database create the first site and the first admin, and show their secrets once.

    What somebody else makes at the same moment (another start, `winnow user create`) is theirs to show.
    """
    with store.read() as session:
        has_site = session.scalar(select(Site.id).limit(1)) is not None
        has_user = session.scalar(select(User.id).limit(1)) is not None
    api_key = token = None
    if not has_site:
        with suppress(ValueError):  # the name is taken
            api_key = sites.create_site(store, settings, "My site").api_key
    if api_key is not None:
        show(f"  Site key    {api_key}")
        show("              for your site's back end; it is shown only now, so keep it")
        show("")
    if not has_user:
        with suppress(PersonError):
            token = accounts.create_user(store, "admin", "admin").setup_token
    if token is not None:
        show(f"  Sign in     {welcome_link(settings, token)}")
        show("              sets the password of the user admin; it works once, within two days")
        show("")


def welcome_link(settings: Settings, token: str) -> str:
    """The address where a new user sets a password."""
    return f"{settings.public_url}/console/welcome/{token}"
