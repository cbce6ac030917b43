"""How a disguised word was read."""

from __future__ import annotations

import pytest

from models.reading.words import Reader
from models.scoring.classifier import Classifier
from tests.support.classifier import shipped


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return shipped()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("sh1t", "shit"),
        ("m0r0n", "moron"),
        ("1D10T", "idiot"),
        ("a$$", "ass"),
        ("s.t.u.p.i.d", "stupid"),
        ("s t u p i d", "stupid"),
        ("stu-pid", "stupid"),
        ("fuuuuck", "fuck"),
        ("fukcing", "fucking"),
        ("Stuipd", "stupid"),
        ("іdіоt", "idiot"),  # Cyrillic letters
        ("ＩＤＩＯＴ", "idiot"),
        ("f<b>u</b>ck", "fuck"),
        ("s**t", "shit"),
        ("c**t", "cunt"),
        ("f@#k", "fuck"),
    ],
)
def test_a_disguised_word_is_told(classifier: Classifier, written: str, read: str) -> None:
    assert classifier.read_as(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "idiot",
        "IDIOT",
        "idiot!",
        "don’t",
        "café",
        "Straße",
        "mother-in-law",
        "certin",
        "dumb",
        "freind",
        "100",
        "💩",
        "http://x.example/1",
        "",
        "!!!",
        "x" * 5000,
        "Z" + "\u0324\u033b" * 90 + "algo",
    ],
)
def test_what_stands_there_plainly_is_not_repeated(classifier: Classifier, written: str) -> None:
    assert classifier.read_as(written) is None


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("sh*t", "shit"),
        ("sh*ts", "shots"),
        ("l*mp", "lamp"),
        ("l🌟mp", "lamp"),
        ("a*s", "ass"),
        ("s*id", "said"),  # a common word of that length goes before a longer strong one
        ("s*pid", "stupid"),
        ("st****", "stupid"),
        ("s**t", "shit"),
        ("a**s", "ass"),  # one letter too many
    ],
)
def test_a_mask_is_read_as_a_strong_word_that_fits_or_else_as_a_common_one(written: str, word: str) -> None:
    known = dict.fromkeys(("shit", "stupid", "ass", "shots", "lamp", "as", "lump"), 20) | {"said": 5000, "lamp": 30}
    assert Reader(known, frozenset({"shit", "stupid", "ass"})).read(written).words == (word,)


@pytest.mark.parametrize("written", ["s--t", "s..t", "l-mp", "l.mp", "l/mp", "l**p", "*amp", "lam*"])
def test_joined_letters_and_wide_masks_are_no_masks_of_words(written: str) -> None:
    assert not {"lamp", "shit"} & set(Reader({"lamp": 900}, frozenset({"shit"})).read(written).words)
