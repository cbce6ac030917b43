"""What every request may need, opened once by `create_app`."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.store import Store
from service.asides import Asides


@dataclass(frozen=True)
class Context:
    """The open database, the queue and the settings of this process."""

    settings: Settings
    store: Store
    queues: Queues
    asides: Asides


def context() -> Context:
    """The context of the app that serves the current request."""
    found: Context = current_app.extensions["winnow"]
    return found
