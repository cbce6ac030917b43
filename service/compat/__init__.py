"""Drop-in protocols: for programs that speak to another service, and now to us. One module for each protocol."""

from __future__ import annotations

from flask import Flask

from service.compat import akismet, coral, openai, perspective, shared


def init_app(app: Flask) -> None:
    """Serve every protocol from an app whose context and API state are there."""
    shared.init_app(app)
    for protocol in (perspective, akismet, openai, coral):
        app.register_blueprint(protocol.blueprint)
