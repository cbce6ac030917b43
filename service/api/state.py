"""The API's state in a process."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from flask import Flask, current_app
from werkzeug.routing import BaseConverter

from moderation.intake.gathering import Intake
from moderation.sites import sites
from moderation.sites.sites import ApiCaller
from service.api.authentication import Keys
from service.context import Context
from service.limits import Buckets


class ThreadConverter(BaseConverter):
    """A thread in a path, with all its slashes. Werkzeug's `path` would not match a leading one."""

    regex = r".+?"
    part_isolating = False


@dataclass(frozen=True)
class State:
    """The remembered keys, the intake, the rate limits, and the number of requests that may still wait."""

    keys: Keys[ApiCaller]
    intake: Intake
    requests: Buckets
    wrong_keys: Buckets
    waiting: threading.BoundedSemaphore


def init_app(app: Flask) -> None:
    """Make the state of an app that has its context already.

    Raises:
        ValueError: a rate limit in the settings cannot be read.
    """
    context: Context = app.extensions["winnow"]
    settings = context.settings
    app.url_map.converters["thread"] = ThreadConverter
    app.extensions["winnow_api"] = State(
        keys=Keys(context.store, sites.authenticate),
        intake=Intake(context.store, context.queues),
        requests=Buckets(settings.rate_limit),
        wrong_keys=Buckets(settings.rate_limit_auth),
        waiting=threading.BoundedSemaphore(settings.max_waiting) if settings.max_waiting else _none_left(),
    )


def state() -> State:
    """The state of the app that serves the current request."""
    api_state: State = current_app.extensions["winnow_api"]
    return api_state


def _none_left() -> threading.BoundedSemaphore:
    spent = threading.BoundedSemaphore(1)
    spent.acquire()
    return spent
