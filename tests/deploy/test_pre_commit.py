"""The hooks that somebody may install run what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
COMMANDS = [hook["entry"] for hook in HOOKS if hook["language"] == "system"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_hook_makes_what_the_makefile_has_and_tests_what_is_there(command: str) -> None:
    program, target, *variables = command.split()
    assert program == "make"
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for variable in variables:
        assert (ROOT / variable.removeprefix("TESTS=")).exists()
