"""How tests are dealt out to pytest-xdist: singly, unless they share what is dear to set up, and slow ones first.

A fixture's scope says which it is. What is made once for a module, or is the shared `running` installation, is dear:
its tests go to one process together. What is made once for a session is cheap enough that each process has its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pytest


def group(item: pytest.Item) -> str | None:
    """The name of what a test shares with others and should be set up once for all of them."""
    if not isinstance(item, pytest.Function):
        return None
    definitions = item._fixtureinfo.name2fixturedefs
    if "running" in definitions and definitions["running"][-1].scope == "session":
        return "running"
    if any(made[-1].scope == "module" for made in definitions.values()):
        return str(item.module.__name__)
    return None


def slow_first(items: Sequence[pytest.Item], is_slow: Callable[[pytest.Item], bool]) -> list[pytest.Item]:
    """The groups, largest first, then what is slow, then the rest: no process ends alone with a slow test."""
    groups = [group(item) for item in items]
    sizes = Counter(groups)
    turns = [
        (0, -sizes[name], name) if name is not None else (1 if is_slow(item) else 2, 0, "")
        for item, name in zip(items, groups, strict=True)
    ]
    return [item for _, item in sorted(zip(turns, items, strict=True), key=lambda pair: pair[0])]
