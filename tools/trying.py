"""What the tools share that try the whole of Winnow: waiting, and telling how far they are."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import psycopg
import redis
import requests


def say(text: str) -> None:
    """A line with the time."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def wait_for(attempt: Callable[[], object], what: str, *, within: float = 90) -> None:
    """Call until it raises nothing and returns something that is not false; ends the tool after `within` seconds."""
    until = time.monotonic() + within
    while True:
        with contextlib.suppress(psycopg.Error, redis.RedisError, requests.RequestException, OSError):
            if attempt():
                return
        if time.monotonic() > until:
            raise SystemExit(f"not within {within:g} s: {what}")
        time.sleep(0.1)
