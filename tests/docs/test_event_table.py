"""The table of events in docs/api.md is the catalogue's."""

from __future__ import annotations

import pytest

from moderation.webhooks.catalogue import EVENTS
from tools import event_table


def test_the_page_has_the_table_of_today() -> None:
    page = event_table.PAGE.read_text()
    assert event_table.with_table(page) == page, "run: python -m tools.event_table"
    for name in EVENTS:
        assert f"| `{name}` |" in page


def test_a_page_without_a_place_for_it_is_said_to_be_so() -> None:
    with pytest.raises(ValueError, match="no place for the table"):
        event_table.with_table("# A page\n")
