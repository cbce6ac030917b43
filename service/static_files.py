"""Static files, which browsers keep: the version of all of them is a part of each address.

A page names its files with the version that it was made with (`/console/static/3f1c09aa52/queue/queue.js`), and a
script that imports its neighbours by relative addresses stays within that version. So a browser never asks for a
file twice, nor mixes two versions. While an update rolls out, a process is also asked for files of the other version:
it sends its own, which the browser then may not keep.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request

#: Where the static files of the application, or of a blueprint, are below its own address.
URL_PATH = "/static/<static_version>"

_YEAR = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    """Put the version into the addresses that this app makes, and take it out of those that it is asked for."""

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if is_static(endpoint):
            values.setdefault("static_version", version())

    @app.url_value_preprocessor
    def take_version(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values and is_static(endpoint):
            g.static_version = values.pop("static_version")

    @app.after_request
    def let_browsers_keep(response: Response) -> Response:
        if is_static(request.endpoint) and response.status_code < 400 and g.static_version == version():
            response.cache_control.no_cache = None
            response.cache_control.public = True
            response.cache_control.max_age = _YEAR
            response.cache_control.immutable = True
        return response


def is_static(endpoint: str | None) -> bool:
    """Whether this endpoint serves static files: `static`, `console.static`."""
    return endpoint is not None and (endpoint == "static" or endpoint.endswith(".static"))


@cache
def version() -> str:
    """A digest of all static files, in 10 hexadecimal digits."""
    service = Path(__file__).parent
    digest = blake2b(digest_size=5)
    for file in sorted(service.rglob("static/**/*")):
        if file.is_file():
            digest.update(f"{file.relative_to(service)}\0{file.stat().st_size}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
