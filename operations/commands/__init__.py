"""The command line's commands. Each reads its arguments, calls what does the work, and prints."""

from __future__ import annotations

import os

from moderation.settings import Settings
from moderation.store import Store
from operations import connections, environment


def open_installation() -> tuple[Settings, Store]:
    """The settings and database of the installation that a small command is about."""
    found = environment.read(os.environ)
    environment.require_data(found)
    return found, connections.open_migrated_store(found)
