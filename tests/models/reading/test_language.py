"""A comment in a language that the classifier has not learnt is not judged, and English ones are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import models
from models.evaluation.foreign import foreign_comments
from models.training.datasets import read_rows
from tests.support import ROOT

DATA = Path(os.environ.get("WINNOW_TRAINING_DATA", ROOT.parent / "shared" / "data"))
CLASSIFIER = models.load()
ENGLISH = [
    "Great article, thank you!", "lol", "Die hard is the best movie", "so true", "haha nice one", "first!!!",
    "Nobody asked you", "loooooove iiiit", "Dang dude, epic guitar solo", "C'est la vie, as they say", "naïve idea",
    "Zoë and Chloé were at the café", "http://example.org/seite/über-uns", "1984", "", "👍", "Angela Merkel resigned",
    "Yоu аre аn idiоt", "f u c k you", "sh*t happens", "Lorem",
]  # fmt: skip


@pytest.mark.parametrize("language", foreign_comments())
def test_short_comments_in_an_unlearnt_language_are_not_judged(language: str) -> None:
    comments = foreign_comments()[language]
    judged = [text for text in comments if CLASSIFIER.judgeable(text)]
    assert len(judged) <= 2, judged


def test_a_language_that_is_not_told_but_unfamiliar_is_not_called_english() -> None:
    text = "Megint késett a busz, én pedig vártam"  # Hungarian has a word "a"
    assert not CLASSIFIER.judgeable(text)
    assert CLASSIFIER.detected_language(text) == "und"


@pytest.mark.parametrize("text", ENGLISH)
def test_english_comments_are_judged_with_their_names_slang_disguises_and_borrowed_words(text: str) -> None:
    assert CLASSIFIER.judgeable(text)


@pytest.mark.parametrize("text", ["Yeh khabar bohat achi hai", "bilkul sahi baat hai bhai", "tum pagal ho kya"])
def test_roman_urdu_is_judged(text: str) -> None:
    assert CLASSIFIER.judgeable(text)


@pytest.mark.skipif(not (DATA / "evaluation").is_dir(), reason=f"no data in {DATA} (set WINNOW_TRAINING_DATA)")
def test_at_most_one_in_two_hundred_comments_on_english_sites_is_taken_for_foreign() -> None:
    wanted = [row["text"] for row in read_rows(DATA / "spam/youtube_comments.csv.gz") if row["spam"] == "0"]
    for name in ("wikipedia_with_perspective", "globe_and_mail_unhealthy"):
        wanted += [row["text"] for row in read_rows(DATA / f"evaluation/{name}.csv.gz")]
    short = [text for text in wanted if len(text) < 60]
    for texts, most in ((wanted, 0.005), (short, 0.01)):  # some of these are indeed foreign
        assert sum(not CLASSIFIER.judgeable(text) for text in texts) <= most * len(texts)


@pytest.mark.parametrize("piece", ["a", "a ", "é", ".a", "{", "a.b", "aaab"])
def test_the_language_of_any_long_text_is_told_at_once(piece: str) -> None:
    CLASSIFIER.judgeable(piece * 200_000)
