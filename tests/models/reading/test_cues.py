"""Cues: words of slots that all languages share, and two of them that are said together."""

from __future__ import annotations

import pytest

from models.reading.cues import Cues, count_features
from models.reading.letters import find_words
from models.training.implicit import read_cues

SLOTS = ["harm", "you", "where", "not"]
LISTED = {
    "harm": "kill*, break your neck, 打断, *قتلك",
    "you": "you, dich, 你, für dich",
    "where": "your street, wohnst, 住哪",
    "not": "not",
    "harm-you": "matarte",
}
CUES = Cues(SLOTS, LISTED)


def words_of(text: str) -> list[list[str]]:
    return [[word for word, _, _ in find_words(sentence)] for sentence in text.split("|")]


def told(text: str) -> set[str]:
    """The features by their names."""
    names = dict(enumerate(SLOTS))
    for one, first in enumerate(SLOTS):
        for other, second in list(enumerate(SLOTS))[one + 1 :]:
            names[len(SLOTS) + len(SLOTS) * one + other] = f"{first} {second}"
    return {names[feature] for feature in CUES.features(words_of(text))}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("They killed the engine", {"harm"}),
        ("I will kill you", {"harm", "you", "harm you"}),
        ("you said they killed it", {"harm", "you", "harm you"}),  # in either order
        ("kill it with all of the many words that there are, you", {"harm", "you"}),  # too far apart
        ("kill it|you", {"harm", "you"}),  # in two sentences
        ("Break your neck, you", {"harm", "you", "harm you"}),
        ("break your leg", set()),
        ("He voy a matarte", {"harm", "you", "harm you"}),  # one word says both
        ("fur dich", {"you"}),  # without accents, as listed with
        ("FÜR DICH", {"you"}),
        ("我打断你的腿", {"harm", "you", "harm you"}),  # within a run of letters
        ("سأقتلك", {"harm"}),
        ("skill", set()),
    ],
)
def test_slots_and_pairs_of_slots_are_found(text: str, found: set[str]) -> None:
    assert told(text) == found


def test_the_places_are_of_the_same_features_and_where_these_stand() -> None:
    sentences = words_of("Nothing here|I know your street and I will kill you")
    found = CUES.find(sentences)
    assert found.keys() == CUES.features(sentences)
    pair = len(SLOTS) + len(SLOTS) * SLOTS.index("harm") + SLOTS.index("where")
    assert {sentences[number][start:end][0] for number, start, end in found[pair]} == {"your", "kill"}
    assert max(found) < count_features(len(SLOTS))


def test_the_cues_of_a_sentence_that_are_looked_at_are_bounded() -> None:
    sentences = words_of("kill you " * 20_000)
    assert CUES.features(sentences) == CUES.features(words_of("kill you"))
    assert all(end <= 300 for places in CUES.find(sentences).values() for _, _, end in places)


def test_every_language_lists_cues_of_all_that_a_threat_needs() -> None:
    cues = read_cues()
    for code, listed in cues["listed"].items():
        slots = {slot for names in listed for slot in names.split("-")}
        assert slots <= set(cues["slots"])
        assert {"harm", "die", "wish", "where", "you", "go", "vermin", "group", "said", "not"} <= slots, code
    assert len(cues["listed"]) > 18
