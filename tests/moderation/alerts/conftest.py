"""Fixtures of what is told to people and to the operator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.moderation.alerts.mailbox import Mailbox


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    opened = Mailbox()
    yield opened
    opened.close()
