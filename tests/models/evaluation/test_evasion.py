"""The disguises that the card measures hide a word as people do: a reader still reads it, and nothing else changes."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation.card import write_card
from models.evaluation.evasion import KINDS, WORD_DISGUISES, dilute, disguise
from models.evaluation.languages import (
    count_rows,
    implicit_comments,
    mixed_comments,
    plain_sentences,
    short_comments,
)
from models.evaluation.subjects import sayings, subject_sentences
from models.labels import SUBJECT_LABELS
from models.languages import GRADES
from models.training.datasets import fingerprint
from texts.normalization import normalize

WORDS = st.text(st.sampled_from("abcdefghiklmnopstuvwxyzABEILOST"), min_size=3, max_size=12)
SEEDS = st.integers(0, 1_000)
#: What a reader sees of each disguise is the word, but for signs that stand for letters and letters that are drawn out.
NO_LETTERS_OF_THE_WORD = {"leetspeak", "masked letters", "emoji for letters", "repeated letters", "split over lines"}
AS_READ = sorted(WORD_DISGUISES.keys() - NO_LETTERS_OF_THE_WORD - {"Cyrillic look-alikes", "Greek look-alikes"})


def bare(text: str) -> str:
    """The letters of a text as a reader reads them."""
    return "".join(filter(str.isalnum, normalize(text))).lower()


@pytest.mark.parametrize("kind", AS_READ)
@settings(max_examples=25)
@given(word=WORDS, seed=SEEDS)
def test_a_reader_reads_the_word(kind: str, word: str, seed: int) -> None:
    written = WORD_DISGUISES[kind](word, Random(seed))
    shown = written.replace("\u202e", "").replace("\u202c", "")  # letter by letter these turn nothing round
    assert bare(shown) == word.lower()


@given(word=WORDS, seed=SEEDS)
def test_signs_stand_where_letters_were(word: str, seed: int) -> None:
    leet = WORD_DISGUISES["leetspeak"](word, Random(seed))
    assert len(leet) == len(word)
    assert all(
        new == old or (old.lower(), new) in {(o, n) for o, its in LEET.items() for n in its}
        for old, new in zip(word, leet, strict=True)
    )
    for kind in ("masked letters", "emoji for letters"):
        hidden = WORD_DISGUISES[kind](word, Random(seed))
        places = [at for at, (old, new) in enumerate(zip(word, hidden, strict=True)) if old != new]
        assert len(places) == 1
        assert 0 < places[0] < len(word) - 1, "neither the first letter nor the last"
    assert bare(WORD_DISGUISES["split over lines"](word, Random(seed))) == word.lower()


LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7+", "b": "8", "g": "9"}


@given(word=WORDS, seed=SEEDS)
def test_a_letter_is_drawn_out_to_five_at_most(word: str, seed: int) -> None:
    written = WORD_DISGUISES["repeated letters"](word, Random(seed))
    assert 1 <= len(written) - len(word) <= 4
    assert written[0] == word[0]
    assert set(written) == set(word)


@pytest.mark.parametrize(("kind", "script"), [("Cyrillic look-alikes", "CYRILLIC"), ("Greek look-alikes", "GREEK")])
def test_look_alikes_are_of_one_other_script(kind: str, script: str) -> None:
    written = WORD_DISGUISES[kind]("abcdefghijklmnopqrstuvwxyz", Random(0))
    others = [letter for letter in written if not letter.isascii()]
    assert len(others) >= 10
    assert {unicodedata.name(letter).split()[0] for letter in others} == {script}
    assert len(set(written)) == 26, "each passes for one letter"


@pytest.mark.parametrize("kind", KINDS)
def test_only_strong_words_are_disguised_and_all_of_them(kind: str) -> None:
    text = "What a Blockhead, the BLOCKHEAD of all times"
    written = disguise(text, kind, Random(1), {"blockhead"})
    if kind == "dilution":
        assert text in written
    elif kind == "glued words":
        assert written == "What aBlockhead, theBLOCKHEADof all times"
    else:
        assert "blockhead" not in written.lower() or kind == "mixed case"
        before, after = written[: len("What a ")], written[-len(" of all times") :]
        assert (before, after) == ("What a ", " of all times")
        assert ", the " in written


@pytest.mark.parametrize("text", ["", "ab of it", "42", "Ты дурак"])
def test_a_text_without_words_to_disguise_stays(text: str) -> None:
    assert disguise(text, "leetspeak", Random(0), {"blockhead"}) == text


@given(st.lists(st.sampled_from(["some", "plain", "words", "it", "of"]), max_size=8).map(" ".join), SEEDS)
def test_of_a_harmless_text_two_words_are_disguised_so_that_the_disguise_tells_nothing(text: str, seed: int) -> None:
    written = disguise(text, "full-width letters", Random(seed), {"blockhead"})
    changed = sum(old != new for old, new in zip(text.split(), written.split(), strict=True))
    assert changed == min(2, sum(len(word) >= 3 for word in text.split()))
    assert normalize(written) == text


def test_a_kind_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError):
        disguise("some words", "no such kind", Random(0), set())


@pytest.mark.parametrize(("text", "end"), [("You fool", "."), ("You fool!", ""), ("You fool? ", "")])
def test_a_diluted_text_stands_in_the_middle_as_a_sentence_of_its_own(text: str, end: str) -> None:
    diluted = dilute(text, 300)
    assert f" {text.rstrip()}{end} " in diluted
    before, _, after = diluted.partition(f" {text.rstrip()}{end} ")
    assert len(diluted.split()) >= 300
    assert len(before) == pytest.approx(len(after), rel=0.2)


def test_a_table_of_counts_ends_with_all_of_them() -> None:
    rows = count_rows({"de": [(1, 2), (0, 3)], "fr": [(4, 5), (0, 0)]})
    assert rows == [["de", "1 of 2", "0 of 3"], ["fr", "4 of 5", "–"], ["all", "5 of 7", "0 of 3"]]


def test_a_card_has_its_tables_and_plots_in_order(tmp_path: Path) -> None:
    path = tmp_path / "card.md"
    manifest = {"version": "9.9", "libraries": {"numpy": "1", "scipy": "2"}}
    tables = [("First", ["a", "b"], [["1", "2|3"], ["4", "5"]]), ("Second", ["c"], [])]
    write_card(path, manifest, tables, ["one", "two"])
    card = path.read_text(encoding="utf-8")
    assert "9.9" in card
    assert "Trained with numpy 1, scipy 2." in card
    assert "## First\n\n| a | b |\n|---|---|\n| 1 | 2\\|3 |\n| 4 | 5 |\n" in card
    assert "## Second\n\n| c |\n|---|\n" in card
    assert card.index("## First") < card.index("## Second") < card.index("## Plots")
    assert card.index("(card/one.png)") < card.index("(card/two.png)")


SETS = {
    "plain": plain_sentences(),
    "short": short_comments("short.toml"),
    "short, apart": short_comments("short_apart.toml"),
    "mixed": mixed_comments("mixed.toml"),
    "mixed, apart": mixed_comments("mixed_apart.toml"),
    "lone": mixed_comments("lone.toml"),
    "third": mixed_comments("third.toml"),
    "subjects": subject_sentences(),
    "sayings": sayings("self_harm.toml"),
    "sayings, apart": sayings("self_harm_apart.toml"),
    "dialects": short_comments("arabic.toml"),
    "dialects, apart": short_comments("arabic_apart.toml"),
    "implicit": {f"{code}-{kind}": its for code, kinds in implicit_comments().items() for kind, its in kinds.items()},
}


@pytest.mark.parametrize("name", SETS)
def test_no_comment_of_ours_stands_on_both_sides_or_twice(name: str) -> None:
    for code, its in SETS[name].items():
        texts = [text for of_kind in its.values() for text in of_kind]
        assert len(texts) == len(set(texts)), code
        assert all(text and text.strip() == text for text in texts), code


@pytest.mark.parametrize("name", ["plain", "short", "short, apart", "subjects", "sayings", "dialects"])
def test_our_comments_are_in_languages_of_the_table(name: str) -> None:
    assert set(SETS[name]) <= GRADES.keys()


def test_each_subject_has_harmless_sentences_beside_it() -> None:
    for code, its in SETS["subjects"].items():
        wanted = {label for one in SUBJECT_LABELS for label in (one, f"beside_{one}")}
        assert wanted <= its.keys(), code
        assert all(its[label] for label in wanted), code


@pytest.mark.parametrize("name", ["mixed", "sayings", "dialects"])
def test_what_was_developed_with_and_what_is_apart_share_no_comment(name: str) -> None:
    first, second = (
        {fingerprint(text) for its in SETS[half].values() for texts in its.values() for text in texts}
        for half in (name, f"{name}, apart")
    )
    assert not first & second
