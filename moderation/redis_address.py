"""Opens Redis at an address: one server, or the one that Sentinel names as the primary just now.

Sentinel's addresses are written as other programs of this field write them:

    redis+sentinel://[user:password@]sentinel-1:26379,sentinel-2:26379/name-of-the-primary[/database]

`rediss+sentinel://` speaks TLS to the Sentinels and to Redis. User and password are Redis's; `sentinel_username` and
`sentinel_password` in the query are the Sentinels'. Every other option is one of redis-py's.
"""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

import redis
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

PLAIN = ("redis://", "rediss://", "unix://")
SENTINEL = ("redis+sentinel://", "rediss+sentinel://")
_SENTINELS_PORT = 26379
#: How long a Sentinel may take to answer before the next one is asked, in seconds.
_PATIENCE = 1.0


def is_sentinel(url: str) -> bool:
    """Whether the address is that of Sentinels."""
    return url.startswith(SENTINEL)


def open_client(url: str, **options: Any) -> redis.Redis:
    """A client for the Redis at `url`; `options` are redis-py's. Nothing is connected yet.

    Through Sentinel each new connection asks who the primary is, and one to a primary that has become a replica is
    given up: a failover looks like a Redis that was away for a moment.
    """
    if not is_sentinel(url):
        return redis.Redis.from_url(url, **options)
    hosts, service, own, plain = _taken_apart(url)
    of_redis: dict[str, Any] = parse_url(plain)  # type: ignore[no-untyped-call]
    for name in ("connection_class", "host"):  # the Sentinels say which
        of_redis.pop(name, None)
    encryption = {name: value for name, value in of_redis.items() if name.startswith("ssl_")}
    if url.startswith("rediss"):
        encryption["ssl"] = True
    at_once = Retry(NoBackoff(), 0)  # rather the next Sentinel than the same again, after a pause
    of_sentinel = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE, "retry": at_once}
    sentinel = Sentinel(hosts, sentinel_kwargs=of_sentinel | own | encryption)  # type: ignore[no-untyped-call]
    return cast("redis.Redis", sentinel.master_for(service, **of_redis | encryption | options))  # type: ignore[no-untyped-call]


def require_sentinel(url: str) -> None:
    """Raises ValueError, with a sentence, for an address of Sentinels that is not whole."""
    _taken_apart(url)


def _taken_apart(url: str) -> tuple[list[tuple[str, int]], str, dict[str, str], str]:
    """The Sentinels, the primary's name, what is said to the Sentinels, and the rest as an address of one server."""
    scheme, _, rest = url.partition("://")
    authority, _, path_and_query = rest.partition("/")
    path, _, query = path_and_query.partition("?")
    service, _, database = path.partition("/")
    credentials, at, members = authority.rpartition("@")
    if not service or not members:
        raise ValueError("name the Sentinels and the primary: redis+sentinel://one:26379,two:26379/mymaster/0")
    if database and not database.isdecimal():
        raise ValueError("the database after the primary's name is a number, such as /mymaster/0")
    said = parse_qsl(query)
    own = {name.removeprefix("sentinel_"): value for name, value in said if name.startswith("sentinel_")}
    if own.keys() - {"username", "password"}:
        raise ValueError("of the Sentinels only sentinel_username and sentinel_password can be given")
    of_redis = urlencode([(name, value) for name, value in said if not name.startswith("sentinel_")])
    plain = f"{scheme.removesuffix('+sentinel')}://{credentials}{at}localhost/{database or 0}?{of_redis}"
    return [_member(member) for member in members.split(",")], service, own, plain


def _member(text: str) -> tuple[str, int]:
    """A Sentinel's host and port; an IPv6 address stands in brackets."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(_SENTINELS_PORT)
    host = host.strip("[]")
    if not host or not port.isdecimal():
        raise ValueError("each Sentinel is a host and a port, such as sentinel-1:26379, separated by commas")
    return host, int(port)
