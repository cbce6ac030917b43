"""No cell of a file for a spreadsheet is a formula, whatever invisible stands before it."""

from __future__ import annotations

import pytest

from service import csv_cells

BEFORE = ["", " ", "\u00a0", "\u200b", "\ufeff", "\u202e", "\u2003", "\u3000", "\u2028", "\u00ad\u2060 ", "\x00"]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("formula", ["=1+1", "+1234", "-1", "@SUM(A1)", "\uff1d1", "\uff0b1", "=cmd|x"])
def test_a_formula_is_shown_as_text(before: str, formula: str) -> None:
    assert csv_cells.cell(before + formula) == f"'{before}{formula}"


@pytest.mark.parametrize("text", ["", "a=1", "blog.example/=1", "'=1", "1-1", "é", "\u200b"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert csv_cells.cell(text) == text


def test_numbers_and_nothing() -> None:
    assert [csv_cells.cell(value) for value in (-1, 0.5, None, True)] == [-1, 0.5, "", True]
