"""Which words of a comment are marked, and how strongly."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.console.card.highlights import LEVELS, Segment, hidden_characters, segments


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("plain", None, [Segment("plain")]),
        ("", {"spam": [[0, 3, 1.0]]}, []),
        ("you fool", {"insult": [[4, 8, 2.0]]}, [Segment("you "), Segment("fool", 4, ("insult",))]),
        # Half of the heaviest weight is half of the shades; a tenth is no mark.
        (
            "a b c",
            {"insult": [[0, 1, 2.0], [2, 3, 1.0], [4, 5, 0.2]]},
            [Segment("a", 4, ("insult",)), Segment(" "), Segment("b", 2, ("insult",)), Segment(" c")],
        ),
        # Code points, not bytes or UTF-16 units.
        ("😀é fool", {"insult": [[3, 7, 1.0]]}, [Segment("😀é "), Segment("fool", 4, ("insult",))]),
        # Two labels over one word.
        (
            "fool",
            {"insult": [[0, 4, 1.0]], "toxicity": [[0, 4, 9.0]]},
            [Segment("fool", 4, ("insult", "toxicity"))],
        ),
        # Spans beyond the text, and of no weight, mark nothing.
        ("abc", {"spam": [[2, 90, 1.0], [80, 90, 1.0]]}, [Segment("ab"), Segment("c", 4, ("spam",))]),
        ("abc", {"spam": [[0, 1, 0.0]]}, [Segment("abc")]),
    ],
)
def test_words_are_cut_where_their_weight_changes(
    text: str, spans: dict[str, list[list[float]]] | None, expected: list[Segment]
) -> None:
    assert segments(text, spans) == expected


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.floats(0, 10)).map(list), max_size=8)


@given(st.text(max_size=50), st.dictionaries(st.sampled_from(["insult", "spam", "threat"]), spans, max_size=3))
def test_the_segments_always_join_to_the_text(text: str, found: dict[str, list[list[float]]]) -> None:
    cut = segments(text, found)
    assert "".join(one.text for one in cut) == text
    assert all(one.text and 0 <= one.level <= LEVELS for one in cut)


@given(
    st.text(min_size=10, max_size=12),
    st.dictionaries(
        st.sampled_from(["insult", "spam", "threat"]),
        st.lists(
            st.tuples(st.integers(0, 14), st.integers(0, 14), st.sampled_from([0, 0.1, 1, 2])).map(list), max_size=8
        ),
        max_size=3,
    ),
)
def test_each_letter_has_its_strongest_level_and_all_of_its_labels(
    text: str, found: dict[str, list[list[float]]]
) -> None:
    over: list[list[tuple[int, str]]] = [[] for _ in text]
    for label, its in found.items():
        heaviest = max((weight for _, _, weight in its), default=0.0)
        for start, end, weight in its:
            if heaviest > 0 and weight >= 0.12 * heaviest:
                for marks in over[int(start) : int(end)]:
                    marks.append((max(1, round(LEVELS * weight / heaviest)), label))
    expected = [
        (letter, max((level for level, _ in marks), default=0), tuple(sorted({label for _, label in marks})))
        for letter, marks in zip(text, over, strict=True)
    ]
    cut = segments(text, found)
    assert [(letter, one.level, one.labels) for one in cut for letter in one.text] == expected
    assert all((one.level, one.labels) != (other.level, other.labels) for one, other in pairwise(cut))


@pytest.mark.parametrize("length", [2, 20_000], ids=["words", "from each word to the end"])
def test_a_long_text_full_of_marks_is_cut_in_no_time(length: int) -> None:
    text = "ab " * 6_666
    found = {
        label: [[at, at + length, 1.0] for at in range(0, len(text), 3)] for label in ("insult", "toxicity", "spam")
    }
    began = time.process_time()
    assert len(segments(text, found)) == (2 * 6_666 if length == 2 else 1)
    assert time.process_time() - began < 5  # a fraction of a second, unless each mark looks at all others


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("plain, é, 😀, עברית", []),
        ("family 👨\u200d👩\u200d👧, soft\xadhyphen", []),
        ("a\u202eb\u202ec", ["right-to-left override"]),
        ("zero\u200bwidth", ["zero width space"]),
        ("tag\U000e0041", ["tag latin capital letter a"]),
    ],
)
def test_characters_that_cannot_be_seen_are_named_unless_they_are_innocent(text: str, named: list[str]) -> None:
    assert hidden_characters(text) == named
