"""What the API keeps for as long as its process runs."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from flask import Flask, current_app
from werkzeug.routing import BaseConverter

from moderation.intake.gathering import Intake
from moderation.sites import sites
from service.api.authentication import Keys
from service.context import Context
from service.limits import Buckets


class ThreadConverter(BaseConverter):
    """A thread in a path: slashes and all, a leading one too, which Werkzeug's `path` would not match."""

    regex = r".+?"
    part_isolating = False


@dataclass(frozen=True)
class State:
    """Known keys, where submissions gather, the limits, and how many more requests may wait for a decision."""

    keys: Keys[str]
    intake: Intake
    requests: Buckets
    wrong_keys: Buckets
    waiting: threading.BoundedSemaphore


def init_app(app: Flask) -> None:
    """Make the state of an app whose context is there.

    Raises:
        ValueError: a rate limit in the settings cannot be read.
    """
    found: Context = app.extensions["winnow"]
    settings = found.settings
    app.url_map.converters["thread"] = ThreadConverter
    app.extensions["winnow_api"] = State(
        keys=Keys(found.store, sites.authenticate),
        intake=Intake(found.store, found.queues),
        requests=Buckets(settings.rate_limit),
        wrong_keys=Buckets(settings.rate_limit_auth),
        waiting=threading.BoundedSemaphore(settings.max_waiting) if settings.max_waiting else _none_left(),
    )


def state() -> State:
    """The state of the app that serves the current request."""
    found: State = current_app.extensions["winnow_api"]
    return found


def _none_left() -> threading.BoundedSemaphore:
    spent = threading.BoundedSemaphore(1)
    spent.acquire()
    return spent
