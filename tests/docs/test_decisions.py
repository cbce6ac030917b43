"""Every decision record has the template's header, and its line in the table of docs/decisions/README.md."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from tests.support import ROOT

DECISIONS = ROOT / "docs" / "decisions"
RECORDS = sorted(path for path in DECISIONS.glob("[0-9]*.md"))
HEADER = re.compile(
    r"# (?P<number>\d{4}): (?P<title>\S.*)\n\n- Date: (?P<date>\d{4}-\d\d-\d\d)\n"
    r"- Status: (?P<status>proposed|accepted|withdrawn|replaced by \d{4})\n\n"
)


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_record_says_its_number_date_and_status(record: Path) -> None:
    header = HEADER.match(record.read_text())
    assert header, f"{record.name} does not begin as 0000-template.md does"
    assert record.name.startswith(f"{header['number']}-")
    date.fromisoformat(header["date"])


def test_the_table_has_every_record_as_its_header_says() -> None:
    table = (DECISIONS / "README.md").read_text()
    rows = set(re.findall(r"^\| \[.*$", table, re.MULTILINE))
    headers = {path: HEADER.match(path.read_text()) for path in RECORDS if path.stem != "0000-template"}
    expected = {
        f"| [{header['number']}: {header['title']}]({path.name}) | {header['date']} | {header['status']} |"
        for path, header in headers.items()
        if header
    }
    assert rows == expected


def test_no_two_records_share_a_number() -> None:
    numbers = [path.name[:4] for path in RECORDS]
    assert len(numbers) == len(set(numbers))
