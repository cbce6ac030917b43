"""How often anybody may try to sign in: by address, so that one machine cannot guess at many names, and by name, so
that many machines cannot guess at one. Counted in Redis, or in this process while Redis is away."""

from __future__ import annotations

import hashlib

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from moderation.settings import Settings
from service.context import context

#: A person mistypes a few times a minute; somebody who guesses needs thousands.
BY_NAME = "10 per minute"
RETRY_AFTER = 60

limiter = Limiter(get_remote_address, in_memory_fallback_enabled=True, key_prefix="winnow")


def init_app(app: Flask, settings: Settings) -> None:
    """Count in the installation's Redis."""
    url = settings.redis_url
    app.config["RATELIMIT_STORAGE_URI"] = f"redis+{url}" if url.startswith("unix://") else url
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0}
    limiter.init_app(app)


def _name() -> str:
    name = request.form.get("name", "").strip().casefold()
    return hashlib.sha256(name.encode(errors="replace")).hexdigest()[:16]


def _auth_rate() -> str:
    return context().settings.rate_limit_auth


sign_in_by_address = limiter.shared_limit(_auth_rate, scope="sign-in-address")
sign_in_by_name = limiter.shared_limit(BY_NAME, scope="sign-in-name", key_func=_name)
