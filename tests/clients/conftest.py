"""What every client needs: a server that listens, whose scores the texts choose."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.compat import listening


@pytest.fixture
def url(scored: Flask) -> Iterator[str]:
    """Where that app listens."""
    with listening(scored) as address:
        yield address
