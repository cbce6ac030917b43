"""Hides OpenTelemetry from libraries that load it wherever it is installed, as redis-py does: 61 modules and 3 MB.

What they would use it for nobody has asked for; it is loaded where traces are sent, and there only.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_NAME = "opentelemetry"


class _Hiding(MetaPathFinder):
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:  # noqa: ARG002
        if name == _NAME:
            raise ModuleNotFoundError(f"{name} is hidden until traces are sent", name=name)
        return None


_HIDING = _Hiding()


def hide() -> None:
    """Have OpenTelemetry not found. Call it before other libraries are loaded."""
    if _HIDING not in sys.meta_path:
        sys.meta_path.insert(0, _HIDING)


def show() -> None:
    """Have it found again."""
    if _HIDING in sys.meta_path:
        sys.meta_path.remove(_HIDING)
