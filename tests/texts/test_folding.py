"""How texts are compared."""

from __future__ import annotations

import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from texts import folding

MARKS = "\u0301\u0323\u0f71\u0f73\u05b0"


@given(st.text(st.sampled_from("aé " + MARKS), max_size=60).filter(folding.is_stream_safe))
def test_a_text_that_people_write_is_normalised_as_unicode_says(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert folding.normalized(form, text) == unicodedata.normalize(form, text)


@given(st.text(st.sampled_from("a" + MARKS), min_size=31, max_size=200))
def test_a_run_of_marks_ends_after_thirty(text: str) -> None:
    safe = folding.stream_safe(text)
    assert folding.is_stream_safe(safe)
    assert safe.count("a") == text.count("a")


def test_no_mark_lies_above_where_we_look_for_them() -> None:
    above = map(chr, range(folding._NO_MARKS_FROM, sys.maxunicode + 1))
    assert not [character for character in above if unicodedata.combining(character)]


def test_case_width_and_spacing_make_no_difference() -> None:
    assert folding.fold("  ＡＤＡ\u00a0Lovelace\n") == folding.fold("ada lovelace")
