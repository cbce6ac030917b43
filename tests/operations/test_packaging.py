"""What `pip install` installs is whole: built as a wheel, put into an empty environment elsewhere, and run there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
import requests

from tests.support import ROOT
from tests.support.processes.installation import Installation

pytestmark = pytest.mark.slow
PACKAGES = ("service", "worker", "moderation", "models", "texts", "operations", "migrations")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing of an earlier build is in it and the checkout stays clean."""
    source = tmp_path_factory.mktemp("source") / "winnow"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "winnow.py"):
        shutil.copy(ROOT / name, source / name)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    out = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source))
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel; the libraries it takes from ours, to download nothing."""
    environment = tmp_path_factory.mktemp("elsewhere")
    _run(sys.executable, "-m", "venv", "--without-pip", str(environment))
    python = environment / "bin" / "python"
    _run(sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(wheel))
    site_packages = next(environment.glob("lib/python*/site-packages"))
    # A plain path: the .pth files of our own environment, which lead to the checkout, are not read through it.
    (site_packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def _run(*command: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(command, capture_output=True, text=True, env=kept, cwd="/", timeout=300, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_wheel_holds_every_file_that_the_program_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if name.startswith(PACKAGES)}
    listed = _run("git", "-C", str(ROOT), "ls-files", "--", *PACKAGES).splitlines()
    assert {name for name in listed if (ROOT / name).exists()} - inside == set()


def test_the_wheel_installs_no_tests_and_no_benchmarks(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        top = {name.partition("/")[0] for name in archive.namelist()}
    assert top == {*PACKAGES, "winnow.py", f"winnow-{_version()}.dist-info"}


def test_the_installed_program_knows_its_version(elsewhere: Path) -> None:
    assert _version() in _run(str(elsewhere.parent / "winnow"), "--version")


def test_winnow_up_runs_from_the_wheel(elsewhere: Path, tmp_path: Path) -> None:
    origin = _run(str(elsewhere), "-P", "-c", "import operations.up; print(operations.up.__file__)")
    assert Path(origin.strip()).is_relative_to(elsewhere.parent.parent)
    installation = Installation(tmp_path / "data", python=elsewhere)
    installation.start()
    try:
        for path in ("/demo/", "/console/", "/api/docs", "/api/openapi.json"):  # templates and static files came along
            assert requests.get(f"{installation.url}{path}", timeout=10).ok
        decided = installation.session.post(
            f"{installation.url}/api/v1/comments",
            json={"name": "Ada", "comment": "Thank you for this article."},
            headers={"Prefer": "wait=20"},
            timeout=30,
        )
        assert decided.json()["status"] != "pending"
    finally:
        installation.stop()


def _version() -> str:
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return version


def test_the_lock_files_name_no_registry_and_pin_by_hash() -> None:
    for name in ("requirements-build.lock", "requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text, name
        assert "--index" not in text, name
        assert "--find-links" not in text, name
        pins = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
        assert pins
        assert all(line.endswith("\\") for line in pins), name


def test_the_lock_files_hold_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = {
        line.partition("==")[0].strip().partition("[")[0]
        for line in (ROOT / "requirements.lock").read_text().splitlines()
        if "==" in line and not line.startswith((" ", "#"))
    }
    wanted = {_name(requirement) for requirement in project["dependencies"]}
    assert wanted - locked == set()


def _name(requirement: str) -> str:
    for end in "[><=;! ":
        requirement = requirement.partition(end)[0]
    return requirement
