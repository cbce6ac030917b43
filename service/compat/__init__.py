"""The drop-in protocols: for programs that were written for another service. One module or package for each."""

from __future__ import annotations

from flask import Flask

from service.compat import akismet, coral, openai, perspective, state


def init_app(app: Flask) -> None:
    """Serve every protocol, from an app that has its context and API state already."""
    state.init_app(app)
    for protocol in (perspective, akismet, openai, coral):
        app.register_blueprint(protocol.blueprint)
