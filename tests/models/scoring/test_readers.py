"""Which reader a comment needs, and what the second one changes."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from models.labels import COLUMN, CORE_COLUMNS, LABELS
from models.reading.listed import WordList
from models.scoring.readers import ASKED_FROM, LONG_ASKED_FROM, LONGEST, choose_about, choose_asked
from tests.support.classifier import shipped


@pytest.mark.parametrize(
    ("reader", "language", "score", "asked"),
    [
        ("unsure", "en", 0.004, False),
        ("unsure", "en", 0.006, True),
        ("unsure", "de", 0.0, True),
        ("unsure", "ur-Latn", 0.9, False),
        ("always", "en", 0.0, True),
        ("always", "ur-Latn", 0.9, False),
        ("fast", "de", 0.9, False),
        ("fast", "en", 0.9, False),
    ],
)
def test_who_is_asked(reader: str, language: str, score: float, asked: bool) -> None:
    for label in ("toxicity", "threat"):
        scores = np.zeros((1, len(LABELS)))
        scores[0, COLUMN[label]] = score
        assert choose_asked(reader, ["a text"], [language], scores).tolist() == [asked]


def test_spam_alone_asks_nobody_about_english() -> None:
    scores = np.zeros((1, len(LABELS)))
    scores[0, COLUMN["spam"]] = 0.9
    assert not choose_asked("unsure", ["a text"], ["en"], scores)[0]


def test_a_single_english_word_is_left_to_the_fast_reader_unless_it_is_a_listed_insult() -> None:
    scores = np.ones((2, len(LABELS)))
    assert choose_asked("always", ["Jackass", "Du"], ["en", "de"], scores).tolist() == [False, True]
    insults = WordList(["mofo"])
    assert choose_asked("always", ["Jackass", "Mofo!"], ["en", "en"], scores, insults).tolist() == [False, True]


def test_what_is_too_long_is_shown_to_the_fast_reader_alone_and_judged_by_nobody_else() -> None:
    classifier = shipped()
    long = "Vielen Dank für den schönen Artikel, ich war gestern auch dort. " * 320
    assert len(long) > LONGEST
    assert classifier.judgeable(long[:LONGEST])
    assert not classifier.judgeable(long)
    assert not choose_asked("always", [long], ["en"], np.ones((1, len(LABELS))))[0]


def test_the_fast_reader_alone_opens_no_encoder_and_judges_no_other_language() -> None:
    script = (
        "import models, sys; c = models.load(reader='fast'); c.score(['Du Idiot']); c.explain('Du Idiot', 'insult')\n"
        "assert 'sentencepiece' not in sys.modules\n"
        "print(c.judges('en'), c.judges('de'))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["True", "False"]


def test_english_that_is_plainly_harmless_scores_as_the_fast_reader_says() -> None:
    text = "The train left the station at nine in the morning and arrived in the evening."
    fast, unsure, always = (shipped(reader).score([text])[0] for reader in ("fast", "unsure", "always"))
    assert np.array_equal(fast, unsure[CORE_COLUMNS])
    assert not np.array_equal(fast, always)


def test_english_whose_words_ask_is_read_for_what_it_is_about_unless_it_is_read_anyway() -> None:
    short, long = "I want to kill myself.", "A long story. " * 100
    texts = [short, short, short, long, long, "Ich will sterben.", "sex"]
    languages = ["en", "en", "en", "en", "en", "de", "ur-Latn"]
    asking = np.array([ASKED_FROM, ASKED_FROM - 1, ASKED_FROM, LONG_ASKED_FROM, ASKED_FROM, ASKED_FROM, ASKED_FROM])
    chosen = np.array([False, False, True, False, False, True, False])
    about = choose_about(texts, languages, asking, chosen)
    assert about.tolist() == [True, False, False, True, False, False, True]
