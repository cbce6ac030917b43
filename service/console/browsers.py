"""Names of browsers for the list of sessions, from their User-Agent."""

from __future__ import annotations

from texts.translation import gettext

#: The first mark that is in the text counts, because each browser also names those after it.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str | None) -> str:
    """A name such as `Firefox on Linux`, as far as it can be told."""
    text = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in text), gettext("Some browser"))
    system = next((name for mark, name in _SYSTEMS if mark in text), None)
    return gettext("%(browser)s on %(system)s", browser=browser, system=system) if system else browser
