"""How a disguised word was read."""

from __future__ import annotations

import pytest

import models
from models.classifier import Classifier


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return models.load()


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
        ("іdіоt", "idiot"),  # Cyrillic letters
        ("ＩＤＩＯＴ", "idiot"),
        ("f<b>u</b>ck", "fuck"),
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
