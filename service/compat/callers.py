"""Who calls a drop-in protocol: the site of a compat, browser or API key, within the rate limit of the native API."""

from __future__ import annotations

from flask import g, request

from moderation.sites import sites
from moderation.sites.sites import CompatCaller
from service.api.state import state as api_state
from service.compat.refusals import Refusal
from service.compat.state import state
from service.limits import client_key


def require_site(key: str | None, *, api_keys: bool = False) -> str:
    """The id of the site with this compat key (with `api_keys`, also an API key). Counts towards its rate limit.

    Also accepts browser keys, on the pages that they are bound to: only for calls that read and change nothing.

    Raises:
        Refusal: `no_key`, `wrong_key`, `too_many_wrong_keys` (from this address), `not_allowed`, `archived` (the site
            is), or `too_many` (requests of the site).
    """
    caller = _require_caller(key, api_keys=api_keys)
    if caller.origins and request.headers.get("Origin", "") not in caller.origins:
        raise Refusal("not_allowed")
    g.from_browser = caller.from_browser
    return caller.site_id


def require_server(key: str | None) -> str:
    """Like `require_site`, for calls that read, store or decide something: no browser keys, and no calls from pages.

    Raises:
        Refusal: as `require_site`.
    """
    caller = _require_caller(key)
    # A page's own GET, as for a picture, names no origin.
    of_a_page = "Origin" in request.headers or request.headers.get("Sec-Fetch-Site", "none") != "none"
    if caller.from_browser or of_a_page:
        raise Refusal("not_allowed")
    return caller.site_id


def only_scores() -> bool:
    """Whether this request has a browser key, so that nothing of it may be stored."""
    return bool(g.get("from_browser"))


def _require_caller(key: str | None, *, api_keys: bool = False) -> CompatCaller:
    if not key:
        raise Refusal("no_key")
    caller = _caller_of(key, api_keys=api_keys)
    if caller is None:
        if wait := api_state().wrong_keys.take(client_key()):
            raise Refusal("too_many_wrong_keys", retry_after=wait)
        raise Refusal("wrong_key")
    g.site_id = caller.site_id
    take_one(caller.site_id)
    if caller.is_archived:
        raise Refusal("archived")
    return caller


def _caller_of(key: str, *, api_keys: bool) -> CompatCaller | None:
    if not key.isascii() or len(key) > 200:
        return None
    caller = state().keys.caller_of(key.lower()) if len(key) == sites.COMPAT_KEY_LENGTH else None
    if caller is None and api_keys and (of_api := api_state().keys.caller_of(key)):
        return CompatCaller(of_api.site_id, from_browser=False, origins=frozenset(), is_archived=of_api.is_archived)
    return caller


def take_one(site_id: str) -> None:
    """Count a request of this site towards the limit that it shares with the native API.

    Raises:
        Refusal: `too_many`.
    """
    if wait := api_state().requests.take(site_id):
        raise Refusal("too_many", retry_after=wait)
