"""docs/concepts.md names every folder of the code, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("benchmarks", "migrations", "models", "moderation", "operations", "service", "texts", "tools", "worker")
#: What belongs to one program, and is no place to look for another thing.
INNER = {"benchmarks/console", "migrations/versions", "tools/capacity"}


def test_each_room_is_told_of_and_each_that_is_told_of_is_there() -> None:
    page = (ROOT / "docs/concepts.md").read_text()
    told = {name.rstrip("/") for name in re.findall(r"`([a-z_]+(?:/[a-z_]+)?)/`", page)}
    rooms = {path.parent.relative_to(ROOT).as_posix() for name in CODE for path in ROOT.glob(f"{name}/*/__init__.py")}
    assert {*CODE, *rooms} - INNER - told == set()
    assert {name for name in told if name.split("/")[0] in CODE and not (ROOT / name).is_dir()} == set()
