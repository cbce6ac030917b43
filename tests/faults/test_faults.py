"""Whatever breaks while comments arrive: each that was accepted is decided and told, once, and nobody has to help.

`make chaos` tries every fault by itself and takes half an hour. Here the short ones come one after the other while one
stream of comments goes on.
"""

from __future__ import annotations

import pytest

from tests.faults import catalogue
from tests.faults.catalogue import Surroundings
from tests.faults.world import World
from tests.support import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_is_decided_or_told_twice(database_url: str) -> None:
    database = database_url.partition("+")[0].partition(":")[0]
    faults = [fault for fault in catalogue.everything() if database in fault.short]
    faults.reverse()  # what a killed process had leased is free once Redis was emptied, and not half a minute later
    with World(database, Surroundings(), pace=0.25, database_url=database_url) as world:
        counts, wrong = world.run(*faults)
    assert wrong == [], counts


@pytest.mark.parametrize("fault", catalogue.everything(), ids=lambda fault: fault.name)
def test_operators_can_read_of_each_fault_that_is_tried(fault: catalogue.Fault) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|") and line.endswith(f"| `{fault.name}` |")]
    assert len(rows) == 1, "docs/operations.md has one row for it: fault, users, operators, how it heals, its name"
    assert all(cell.strip() for cell in rows[0].strip("|").split("|")), "no cell of its row is empty"


def test_no_row_tells_of_a_fault_that_is_not_tried() -> None:
    table = PAGE.partition("## Tried faults")[2].partition("\n## ")[0]
    named = [line.rpartition("| `")[2].removesuffix("` |") for line in table.splitlines() if line.endswith("` |")]
    assert named == [fault.name for fault in catalogue.everything()], "in the catalogue's order"
