"""Authentication: the site whose key a request carries."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from flask import request
from sqlalchemy.orm import Session

from moderation import sealing
from moderation.sites.sites import ApiCaller
from moderation.store import Store
from service.limits import Buckets, client_key
from service.problems import Problem

Caller = TypeVar("Caller")

#: How long a key is remembered without asking the database. A key that was revoked, or whose site was archived, may be
#: accepted for as long.
REMEMBERED_SECONDS = 5.0
_MOST_REMEMBERED = 10_000


class Keys(Generic[Caller]):
    """Checks keys, and remembers those used lately by their digest. Safe to share between threads."""

    def __init__(self, store: Store, authenticate: Callable[[Session, str], Caller | None]) -> None:
        self._store = store
        self._authenticate = authenticate
        self._remembered: dict[str, tuple[Caller, float]] = {}

    def remembered(self, key: str) -> Caller | None:
        """The caller whose key this is, if it was valid a moment ago. The database is not asked."""
        caller, until = self._remembered.get(sealing.digest(key), (None, 0.0))
        return caller if time.monotonic() < until else None

    def caller_of(self, key: str) -> Caller | None:
        """The caller whose valid key this is. None for a wrong key, for which the database is always asked."""
        if (remembered := self.remembered(key)) is not None:
            return remembered
        moment = time.monotonic()
        with self._store.read() as session:
            caller = self._authenticate(session, key)
        if caller is None:
            return None
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[sealing.digest(key)] = (caller, moment + REMEMBERED_SECONDS)
        return caller


def require_caller(keys: Keys[ApiCaller], wrong_keys: Buckets) -> ApiCaller:
    """The site that sends the current request.

    Raises:
        Problem: it carries no valid key. A valid key is never refused, whatever else came from its address.
    """
    scheme, _, api_key = request.headers.get("Authorization", "").partition(" ")
    api_key = api_key.strip()
    if scheme.lower() != "bearer" or not api_key:
        raise _unauthorized("Send your site's key: `Authorization: Bearer wk_…`.")
    if not api_key.isascii() or len(api_key) > 200 or (caller := keys.caller_of(api_key)) is None:
        wrong_keys.require(client_key(), "Too many wrong keys came from this address")
        raise _unauthorized("This site key is not valid. `winnow site rotate-key` makes a new one.")
    return caller


def _unauthorized(detail: str) -> Problem:
    return Problem("unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="Winnow"'})
