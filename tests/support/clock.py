"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from moderation import clock


class Clock:
    """Stands in for `moderation.clock.now`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = datetime.now(UTC)
        monkeypatch.setattr(clock, "now", lambda: self.now)

    def advance(self, **how_far: float) -> datetime:
        """Move on, by `timedelta`'s arguments: `clock.advance(minutes=5)`."""
        self.now += timedelta(**how_far)
        return self.now
