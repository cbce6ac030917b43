"""What the encoder reads of a text: its sentences as a reader sees them, and where each letter of them stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reading.sentences import find_parts, locate_parts

PIECES = st.sampled_from(
    ["¡Qué va! ", "Ты", "idiоt", "@bob", "https://x.example/a.b", "&amp;", "<b>x</b>", "好。", "\u200b", "A" * 200]
)


@given(st.lists(PIECES | st.text(max_size=30), max_size=12).map(" ".join))
def test_parts_are_found_and_located_alike(text: str) -> None:
    parts, places = locate_parts(text)
    assert parts == find_parts(text)
    assert [len(part) for part in parts] == [len(its) for its in places]
    flat = [place for its in places for place in its]
    assert all(0 <= start < end <= len(text) for start, end in flat)
    assert [start for start, _ in flat] == sorted(start for start, _ in flat)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hola. ¿Qué tal? Bien", ["Hola. ", "¿Qué tal? ", "Bien"]),
        ("これは。だめ！", ["これは。", "だめ！"]),
        ("तू है। जा", ["तू है। ", "जा"]),
        ("", [""]),
        ("@bob du Idiot https://x.example/a", ["  du Idiot  "]),
        ("zażółć gęślą", ["zażółć gęślą"]),
        ("i\u200bd\u200biot", ["idiot"]),
        ("du bist ein idiоt", ["du bist ein idiot"]),  # with a Cyrillic letter
        ("GEH WEG DU IDIOT", ["geh weg du idiot"]),
        ("Die NATO tagt heute", ["Die NATO tagt heute"]),
        ("gEh wEg dU IdIoT", ["geh weg du idiot"]),
        ("McDonald's und das iPhone", ["McDonald's und das iPhone"]),
        ("geh🤡weg🤡du🤡Lump", ["geh 🤡 weg 🤡 du 🤡 Lump"]),
        ("schönes Tor👏danke euch", ["schönes Tor👏danke euch"]),
    ],
)
def test_a_text_falls_into_its_sentences(text: str, parts: list[str]) -> None:
    assert find_parts(text) == parts


def test_a_long_sentence_is_cut_between_words() -> None:
    parts = find_parts("word " * 100)
    assert max(map(len, parts)) <= 161
    assert all(part.endswith(" ") for part in parts)


def test_of_very_many_sentences_neighbours_are_read_together() -> None:
    parts = find_parts("Ja. " * 5000)
    assert len(parts) <= 100
    assert "".join(parts) == "Ja. " * 5000
