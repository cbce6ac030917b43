"""The commands of the command line. Each reads its arguments, calls the code that does the work, and prints."""

from __future__ import annotations

import os

from moderation.settings import Settings
from moderation.store import Store
from operations import connections, environment


def open_installation() -> tuple[Settings, Store]:
    """The settings and the database of this installation, for a small command."""
    settings = environment.read(os.environ)
    environment.require_data(settings)
    return settings, connections.open_migrated_store(settings)
