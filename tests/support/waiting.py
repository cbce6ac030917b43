"""Waiting for something to come true, for a bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], *, within: float = 30.0, what: str = "") -> T:
    """The first true result of `condition`, tried again and again; fails the test after `within` seconds."""
    began = time.monotonic()
    while True:
        result = condition()
        if result:
            return result
        waited = time.monotonic() - began
        if waited > within:
            raise AssertionError(f"still not true after {within:g} s: {what or condition}")
        time.sleep(min(max(0.01, waited / 20), 0.1))  # who asks again and again keeps from working what it waits for
