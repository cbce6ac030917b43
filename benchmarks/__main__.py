"""`python -m benchmarks [name …]`: runs the benchmarks and writes docs/benchmarks.md."""

from __future__ import annotations

import importlib
import logging
import signal
import sys
import time

from benchmarks import report

#: In the order of the page.
NAMES = (
    "accepting", "deciding", "waiting", "telling", "memory", "sizes", "console", "keystrokes", "tasks",
    "classifying", "understanding",
)  # fmt: skip
#: Those that stand in a folder.
_FOLDERS = {"console": "console.pages", "keystrokes": "console.keystrokes", "tasks": "console.tasks"}
#: Only when asked for by name.
LONG = ("training",)


def main(names: list[str]) -> int:
    """Run these, or all but the long ones. 1 when a target was missed."""
    if unknown := set(names) - {*NAMES, *LONG}:
        known = ", ".join((*NAMES, *LONG))
        print(f"There is no benchmark {', '.join(sorted(unknown))}. Choose from {known}.", file=sys.stderr)
        return 2
    logging.disable(logging.INFO)  # no line for each request
    missed = 0
    for name in names or NAMES:
        began = time.monotonic()
        print(f"{name}:", flush=True)
        found = importlib.import_module(f"benchmarks.{_FOLDERS.get(name, name)}").run()
        print(f"   ({time.monotonic() - began:.0f} s)", flush=True)
        report.write(found)
        missed += sum(line.met is False for line in found.lines)
    return 1 if missed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    sys.exit(main(sys.argv[1:]))
