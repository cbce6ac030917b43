"""The state of the drop-in protocols in a process."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app

from moderation.sites import sites
from moderation.sites.sites import CompatCaller
from service.api.authentication import Keys
from service.compat.places import Places
from service.context import Context


@dataclass(frozen=True)
class State:
    """The remembered keys, and the places for large requests."""

    keys: Keys[CompatCaller]
    places: Places


def init_app(app: Flask) -> None:
    """Make the state, for an app that has its context already."""
    context: Context = app.extensions["winnow"]
    app.extensions["winnow_compat"] = State(
        Keys(context.store, sites.authenticate_compat), Places(context.settings.web_threads)
    )


def state() -> State:
    """The state of the app that serves the current request."""
    compat_state: State = current_app.extensions["winnow_compat"]
    return compat_state
