"""Drop-in protocols: for programs that speak to another service, and now to us. One module for each protocol."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

from service.compat import shared

_PROTOCOLS = ("perspective", "akismet", "openai", "coral")


def init_app(app: Flask) -> None:
    """Serve every protocol from an app whose context and API state are there."""
    shared.init_app(app)
    for name in _PROTOCOLS:
        app.register_blueprint(import_module(f"service.compat.{name}").blueprint)
