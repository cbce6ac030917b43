"""Puts the web application together."""

from __future__ import annotations

from flask import Flask, redirect
from werkzeug.middleware.proxy_fix import ProxyFix

from moderation.intake import queues
from moderation.intake.queues import Queues
from moderation.settings import Settings
from moderation.store import Store
from service import (
    api,
    classifier,
    compat,
    console,
    demo,
    docs,
    failures,
    languages,
    operations,
    paths,
    requests,
    statements,
    static_files,
)
from service.context import Context
from service.form_encoding import FormRequest
from service.sessions import PageSessions


def create_app(settings: Settings) -> Flask:
    """The application with these settings. Nothing is opened until the first request."""
    app = Flask(__name__, static_url_path=static_files.URL_PATH)
    app.session_interface = PageSessions()
    app.request_class = FormRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.merge_slashes = False  # a thread may be an address
    client = queues.connect(settings.redis_url)
    app.extensions["winnow"] = Context(
        settings,
        Store(settings.database_url, replica_url=settings.replica_url, secret_keys=settings.secret_keys),
        Queues(client),
    )
    classifier.read_with(settings.reader)
    requests.init_app(app, settings)
    static_files.init_app(app)
    failures.init_app(app)
    languages.init_app(app)
    api.init_app(app)
    app.register_blueprint(api.blueprint, url_prefix="/api/v1")
    compat.init_app(app)
    console.init_app(app)
    app.register_blueprint(console.blueprint, url_prefix="/console")
    statements.init_app(app)
    app.register_blueprint(statements.blueprint, url_prefix="/statement")
    if settings.demo:
        demo.init_app(app)
        app.register_blueprint(demo.blueprint, url_prefix="/demo")
    app.add_url_rule("/", "root", lambda: redirect("/demo/" if settings.demo else "/console/"))
    app.register_blueprint(docs.blueprint, url_prefix="/api")
    operations.init_app(app)
    app.register_blueprint(operations.blueprint)
    app.wsgi_app = paths.tidied(app.wsgi_app)  # type: ignore[method-assign, assignment]
    if settings.trusted_proxies:
        number = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=number, x_proto=number, x_host=number)  # type: ignore[method-assign]
    return app
