"""Whose key a request carries."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from flask import request
from sqlalchemy.orm import Session

from moderation import sealing
from moderation.store import Store
from service.limits import Buckets
from service.problems import Problem

Caller = TypeVar("Caller")

#: For how long a key is known without asking the database: so long may a revoked one still be accepted.
KNOWN_SECONDS = 5.0
_MOST_KNOWN = 10_000


class Keys(Generic[Caller]):
    """The sites' keys, of which those used lately are remembered by their digest. Safe to share between threads."""

    def __init__(self, store: Store, authenticate: Callable[[Session, str], Caller | None]) -> None:
        self._store = store
        self._authenticate = authenticate
        self._known: dict[str, tuple[Caller, float]] = {}

    def caller_of(self, key: str) -> Caller | None:
        """Whose valid key this is; None for a wrong one, which always costs a look at the database."""
        digest = sealing.digest(key)
        known = self._known.get(digest)
        now = time.monotonic()
        if known is not None and now < known[1]:
            return known[0]
        with self._store.read() as session:
            caller = self._authenticate(session, key)
        if caller is None:
            self._known.pop(digest, None)
            return None
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[digest] = (caller, now + KNOWN_SECONDS)
        return caller


def require_site(keys: Keys[str], wrong_keys: Buckets) -> str:
    """The id of the site that sends the current request.

    Raises:
        Problem: it carries no valid key. A valid one is never refused, whatever else came from its address.
    """
    scheme, _, api_key = request.headers.get("Authorization", "").partition(" ")
    api_key = api_key.strip()
    if scheme.lower() != "bearer" or not api_key:
        raise _unauthorized("Send your site's key: `Authorization: Bearer wk_…`.")
    if not api_key.isascii() or len(api_key) > 200 or (site_id := keys.caller_of(api_key)) is None:
        wrong_keys.require(request.remote_addr or "", "Too many wrong keys came from this address")
        raise _unauthorized("This site key is not valid. `winnow site rotate-key` makes a new one.")
    return site_id


def _unauthorized(detail: str) -> Problem:
    return Problem("unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="Winnow"'})
