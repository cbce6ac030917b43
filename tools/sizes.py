"""What has grown too large to be taken in at one sitting: functions, modules and folders. A part of `make check`."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

#: Lines of a function and of a module, and modules of a folder beside its `__init__.py`.
FUNCTION, MODULE, FOLDER = 50, 600, 20
CODE = ("winnow.py", "service", "worker", "moderation", "models", "texts", "operations", "benchmarks", "tools")
#: Each is one list, and says in its docstring why it is not cut.
LONG_MODULES = ("moderation/tables.py", "moderation/policy/rules.py")


def too_large(root: Path) -> Iterator[str]:
    """A sentence for each thing below `root` that is too large."""
    for path in _modules(root, CODE):
        lines = path.read_text().splitlines()
        where = path.relative_to(root).as_posix()
        if len(lines) > MODULE and where not in LONG_MODULES:
            yield f"{where} has {len(lines)} lines; a module may have {MODULE}."
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.FunctionDef) and (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION:
                yield f"{where}:{node.lineno} {node.name} has {length} lines; a function may have {FUNCTION}."
    folders = Counter(path.parent for path in _modules(root, (*CODE, "tests")) if path.name != "__init__.py")
    for folder, number in folders.items():
        if number > FOLDER:
            yield f"{folder.relative_to(root).as_posix()} has {number} modules; a folder may have {FOLDER}."


def _modules(root: Path, names: tuple[str, ...]) -> Iterator[Path]:
    for name in names:
        yield from [root / name] if name.endswith(".py") else sorted((root / name).rglob("*.py"))


def main() -> int:
    found = list(too_large(Path(__file__).parents[1]))
    print("\n".join(found), end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
