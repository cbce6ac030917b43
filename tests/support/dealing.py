"""How tests are dealt out to pytest-xdist: singly, unless they share what is dear to set up, and long ones first.

A fixture's scope says which it is. What is made once for a module, or is the shared `running` installation, is dear:
its tests go to one process together. What is made once for a session is cheap enough that each process has its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest


def group(item: pytest.Item) -> str | None:
    """The name of what a test shares with others and should be set up once for all of them."""
    if not isinstance(item, pytest.Function):
        return None
    definitions = item._fixtureinfo.name2fixturedefs
    if "running" in definitions and definitions["running"][-1].scope == "session":
        return "running"
    if any(made[-1].scope == "module" for made in definitions.values()):
        return item.module.__name__
    return None


def long_first(items: Sequence[pytest.Item], groups: Mapping[pytest.Item, str | None]) -> list[pytest.Item]:
    """The tests marked `long`, then the groups, largest first, then the rest as they were."""
    sizes: dict[str | None, int] = {}
    for name in groups.values():
        sizes[name] = sizes.get(name, 0) + 1

    def turn(item: pytest.Item) -> tuple[int, int, str]:
        name = groups[item]
        if name is not None:
            return 1, -sizes[name], name
        return (0 if item.get_closest_marker("long") else 2), 0, ""

    return sorted(items, key=turn)
