"""Tests that share what is dear to set up go to one process: pytest-xdist says so in their names."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="module")
def dear() -> str:
    return "dear"


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="there is one process only")
@pytest.mark.usefixtures("dear")
def test_what_is_made_once_for_a_module_keeps_its_tests_together(request: pytest.FixtureRequest) -> None:
    assert request.node.nodeid.endswith(f"@{__name__}")
