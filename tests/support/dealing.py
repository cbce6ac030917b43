"""How tests are dealt out to pytest-xdist: singly, unless they share what is dear to set up, slow between quick ones.

A fixture's scope says which it is. What is made once for a module, or is the shared `running` installation, is dear:
its tests go to one process together. What is made once for a session is cheap enough that each process has its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pytest

#: The share of the quick tests that stand between slow ones.
_MIXED = 0.85


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


def mixed(items: Sequence[pytest.Item], is_slow: Callable[[pytest.Item], bool]) -> list[pytest.Item]:
    """The groups, largest first, then slow tests between quick ones, and quick ones alone at the end.

    What is slow mostly waits, for a browser or a process: meanwhile the others keep the processors busy. And no process
    ends alone with a slow test.
    """
    sizes = Counter(map(group, items))
    grouped = sorted(filter(group, items), key=lambda item: (-sizes[group(item)], group(item)))
    slow, quick = ([item for item in items if not group(item) and is_slow(item) is wanted] for wanted in (True, False))
    after_each = int(_MIXED * len(quick)) // max(1, len(slow))
    ordered = list(grouped)
    for number, item in enumerate(slow):
        ordered += [item, *quick[number * after_each : (number + 1) * after_each]]
    return ordered + quick[len(slow) * after_each :]
