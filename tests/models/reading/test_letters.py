"""The words of a text, their letter sequences, and the listed words among them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.reading import letters as letters_module
from models.reading.hashing import bucket, hash_pairs, hash_words, mix
from models.reading.letters import LetterIndex, find_words, spell, spell_words
from models.reading.listed import WordList, without_accents

WORDS = st.text(st.sampled_from("abäßяनह死\U0001f600"), min_size=1, max_size=8)
SIZE = 1 << 16


@example("ta\u0325\u0325\u0325il")
@given(st.text(st.sampled_from("abäßहİ死.! \n'1A\u0325\u093e"), max_size=30))
def test_words_without_their_places_are_the_same(text: str) -> None:
    assert spell_words(text) == [word for word, _, _ in find_words(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Geh weg, Idiot!", ["geh", "weg", ",", "idiot", "!"]),
        ("l'amour", ["l", "'", "amour"]),
        ("gut2go_x", ["gut", "go", "x"]),  # neither digits nor low lines are letters or signs
        ("हिन्दी", ["हिन्दी"]),  # vowel signs are part of their word
        ("كَلْب", ["كَلْب"]),
        ("ไม่ดี", ["ไม่ดี"]),
        ("cafe\u0301", ["cafe\u0301"]),
        ("死ね", ["死ね"]),
        ("…?!", ["…", "?", "!"]),
        ("a\nb", ["a", "b"]),
        ("", []),
        ("42 _ ", []),
    ],
)
def test_the_words_and_signs_of_a_text(text: str, words: list[str]) -> None:
    assert [word for word, _, _ in find_words(text)] == words


@given(st.text(max_size=40))
def test_each_word_is_found_where_it_stands_and_none_is_found_twice(text: str) -> None:
    found = find_words(text)
    assert all(word == spell(text[start:end]) for word, start, end in found)
    assert all(before[2] <= after[1] for before, after in pairwise(found))
    assert sum(end - start for _, start, end in found) >= sum(map(str.isalpha, text))


@pytest.mark.parametrize(
    ("word", "spelt"),
    [
        ("IDIOT", "idiot"),
        ("soooo", "soo"),
        ("soo", "soo"),
        ("aaabbb", "aabb"),
        ("SoOo", "soo"),
        ("x" * 100, "xx"),
        ("abcdefghij" * 5, "abcdefghij" * 4),  # forty letters say enough
    ],
)
def test_a_word_is_spelt_in_small_letters_and_none_is_drawn_out(word: str, spelt: str) -> None:
    assert spell(word) == spelt


@given(st.lists(WORDS, min_size=1, max_size=8))
def test_a_words_places_are_its_own_whatever_stands_beside_it(words: list[str]) -> None:
    together = LetterIndex(SIZE).places(words)
    alone = [LetterIndex(SIZE).places([word])[0] for word in words]
    assert all(np.array_equal(one, other) for one, other in zip(together, alone, strict=True))
    assert all(places.min() >= 0 and places.max() < SIZE for places in together)
    for word, places in zip(words, together, strict=True):
        marked = len(word) + 2  # its beginning and its end are told
        assert len(places) == 1 + sum(max(0, marked - size + 1) for size in range(1, 6))


@given(st.lists(WORDS, max_size=8))
def test_the_distinct_places_of_words_are_those_of_each(words: list[str]) -> None:
    index = LetterIndex(SIZE)
    expected = {int(place) for places in index.places(words) for place in places}
    assert index.distinct(words).tolist() == sorted(expected)


def test_words_that_share_letters_share_places() -> None:
    index = LetterIndex(1 << 20)
    shared = [
        len(set(index.distinct(["idiot"])) & set(index.distinct([other]))) for other in ("idioten", "idyll", "xyz")
    ]
    assert shared[0] > shared[1] > shared[2]


def test_what_is_remembered_of_words_is_bounded_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters_module, "_REMEMBERED", 10)
    index = LetterIndex(SIZE)
    before = index.places(["idiot"])[0]
    for number in range(100):
        index.places([f"w{number}"])
    assert len(index._known) <= 11
    assert np.array_equal(index.places(["idiot"])[0], before)


@given(st.lists(WORDS, min_size=1, max_size=6))
def test_hashing_many_words_at_once_is_hashing_each(words: list[str]) -> None:
    whole, grams, owner = hash_words(words)
    assert (np.diff(owner) >= 0).all()
    for at, word in enumerate(words):
        [one], its, _ = hash_words([word])
        assert whole[at] == one
        assert np.array_equal(grams[owner == at], its)
        marked = len(word) + 2
        assert len(its) == sum(max(0, marked - size + 1) for size in (3, 4, 5))


def test_a_sequence_at_a_words_end_is_another_than_within_it() -> None:
    _, within, _ = hash_words(["xabcx"])
    _, alone, _ = hash_words(["abc"])
    assert len(set(within.tolist()) & set(alone.tolist())) == 1, "the three letters, without the marks of its ends"
    assert len(set(alone.tolist())) == len(alone)


def test_hashes_differ_for_all_short_words_and_all_their_pairs() -> None:
    words = [a + b for a in "abcdefghijklmnop" for b in "abcdefghijklmnop"]
    whole, _, _ = hash_words(words)
    assert len(np.unique(whole)) == len(words)
    pairs = hash_pairs(whole[:, None], whole[None, :])
    assert pairs.shape == (len(words), len(words))
    assert len(np.unique(pairs)) == len(words) ** 2, "the order of a pair counts"
    assert len(np.unique(mix(np.arange(10_000, dtype=np.uint64)))) == 10_000


@pytest.mark.parametrize("size", [2, 1 << 10, 1 << 17])
def test_hashes_fill_a_table_evenly(size: int) -> None:
    whole, _, _ = hash_words([f"word{number}" for number in range(20_000)])
    rows = bucket(whole, size)
    assert rows.min() >= 0
    assert rows.max() < size
    filled = len(np.unique(rows))
    expected = size * (1 - (1 - 1 / size) ** 20_000)
    assert filled == pytest.approx(expected, rel=0.02)


LISTED = WordList(["Drecksack", "doof", "fick dich", "fick dich ins knie", "死ね", "ไอ้", "a", "", "죽어라"])


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["du", "drecksack"], [("drecksack", 1, 2)]),
        (["drecksackverein"], [("drecksack", 0, 1)]),  # one of five letters or more is found within others
        (["urdrecksack"], [("drecksack", 0, 1)]),
        (["doofmann"], []),
        (["doof"], [("doof", 0, 1)]),
        (["fick", "dich"], [("fick dich", 0, 2)]),
        (["dich", "fick"], []),
        (["fick", ",", "dich"], []),
        (["fick", "dich", "ins", "knie"], [("fick dich", 0, 2), ("fick dich ins knie", 0, 4)]),
        (["fick"], []),
        (["お前死ねよ"], [("死ね", 0, 1)]),  # no spaces part its words
        (["ไอ้บ้า"], [("ไอ้", 0, 1)]),
        (["a", "ab"], [("a", 0, 1)]),
        ([], []),
    ],
)
def test_listed_words_are_found(words: list[str], found: list[tuple[str, int, int]]) -> None:
    assert sorted(LISTED.find(words)) == sorted(found)
    assert sorted(LISTED.find(words)) == sorted(LISTED.find(words)), "what it remembers changes nothing"


@pytest.mark.parametrize(
    ("words", "letters"),
    [
        (["du", "drecksackverein"], [0, 9]),
        (["fick", "dich", "jetzt"], [4, 4, 0]),
        (["fick", "dich", "ins", "knie"], [4, 4, 3, 4]),
        (["doof"], [4]),
        ([], []),
    ],
)
def test_it_is_told_how_many_letters_of_each_word_are_listed(words: list[str], letters: list[int]) -> None:
    assert LISTED.covered(words) == letters


@pytest.mark.parametrize(
    ("word", "whole", "within"),
    [
        ("drecksack", True, True),
        ("doof", True, True),
        ("drecksackverein", False, True),
        ("doofmann", False, False),
        ("fick", False, False),
        ("nett", False, False),
    ],
)
def test_a_word_is_held_whole_or_within(word: str, *, whole: bool, within: bool) -> None:
    assert LISTED.holds(word, within=False) is whole
    assert LISTED.holds(word, within=True) is within


def test_a_list_says_what_it_holds_and_is_the_same_made_of_that() -> None:
    entries = [*LISTED.entries()]
    assert entries == ["a", "doof", "drecksack", "ไอ้", "死ね", "죽어라", "fick dich", "fick dich ins knie"]
    assert [*WordList(entries).entries()] == entries
    assert not [*WordList([]).entries()]
    assert not WordList([]).holds("a", within=True)


def test_how_long_a_word_must_be_to_be_found_within_others_can_be_chosen() -> None:
    assert WordList(["doof"], 4).find(["doofmann"]) == [("doof", 0, 1)]
    assert WordList(["drecksack"], 10).find(["drecksackverein"]) == []


@pytest.mark.parametrize(
    ("entry", "written"),
    [("blöde kuh", ["bloede kuh", "blode kuh"]), ("débile", ["debile"]), ("jävla as", ["jaevla as", "javla as"]),
     ("głupku", ["glupku"]), ("amına koyayım", ["amina koyayim"]), ("scheißkerl", ["scheisskerl"]),
     ("göt", []), ("tåbe", ["taabe"]), ("parówa", []), ("idiot", ["idiot"]), ("мразь", [])],
)  # fmt: skip
def test_an_entry_is_found_without_its_accents_where_that_is_no_other_word(entry: str, written: list[str]) -> None:
    assert without_accents([entry], lambda word: word == "tabe") == written


def test_what_is_listed_to_be_found_alone_is_found_within_no_word() -> None:
    listed = WordList(["Drecksack"], alone=["ackel", "bloede kuh"])
    assert listed.find(["dackel", "ackel", "bloede", "kuh"]) == [("ackel", 1, 2), ("bloede kuh", 2, 4)]
