"""The paths of the drop-in protocols in the spelling of their routes.

A client adds its own path to an address that somebody typed, perhaps with a slash at its end. What such a call gets
where there is no route, most clients take for "not spam".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_DROP_IN = re.compile(r"/(?:1\.[12]|v1|v1alpha1|coral)/")
_SLASHES = re.compile("//+")


def tidy(path: str) -> str:
    """A path without a slash too many: at its beginning, and in a drop-in protocol's also within and at its end."""
    path = "/" + path.lstrip("/")
    return _SLASHES.sub("/", path).rstrip("/") if _DROP_IN.match(path) else path


def tidied(app: WSGIApplication) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """An application that is asked for tidy paths."""

    def ask(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        environ["PATH_INFO"] = tidy(environ.get("PATH_INFO", ""))
        return app(environ, start_response)

    return ask
