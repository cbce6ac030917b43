"""A batch is read by its texts' pieces, and gives what each text gives alone, where it is read as a whole."""

from __future__ import annotations

import time
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import models
from models.reading.pieces import GAPS, HIDES, SIGNALS, read_pieces
from models.scoring.classifier import Classifier

ORDINARY = [
    "You are right, thank you.",
    "No, I don't think so!",
    '"It was (nearly) over..."',
    "See you on 20 March 2007",
]
OVER_BLANKS = [
    "you i d i o t", "you i. d. i. o. t.", "(f u c k", "what an i - d - i - o - t", "e.g. i d i o t", "i  d  i  o  t",
    "i,, d,, i,, o,, t", "-i -d -i -o -t -", "y\u200b * o\u200b * u", "so i    d    i    o    t",
    "i\n\nd \n\ni \no \nt", "an idi \not", "an idi-\n ot", "you idi\not", "69 64 69 6f 74 21",
    "0x69, 0x64, 0x69, 0x6f, 0x74", "01101001 01100100 01101001 01101111 01110100",
    ".. -.. .. --- -", ".. / -.. / .. / --- / -", "·· –·· ·· ––– –",
    "=69=64=69=6F=74 and =\nmore", "you [b]i[/b]d[b]i[/b]ot", "[color = red]idiot[/color]", "you <b >i</b >diot",
    "<!-- you --> idiot", "you \u202etoidi era\u202c", "ʇoᴉpᴉ uɐ ǝɹɐ noʎ", "aWRpb3QgaWRpb3Q=", "aWRpb3RpZGlvdGlkaW90",
    "you &#105;diot", "idi%6Ft", "ＩＤＩＯＴ you", "idіоt", "you idiot🖕", "❌ x ❌ ❌", "㌔ ㌔ idiot",
    "you\x0bidiot é",
]  # fmt: skip
SIGNALLING = [
    "http://a.example and http://b.example", "www.a.example http://b.example", "pills . com", "pills .com now",
    "pills. com", "pills dot com", "pills[.]com", "PILLS . COM", "buy now", "buy\xa0now", "one", "great video :) ! -",
    "buy it " * 20, "one two six ten " * 4, "Buy buy BUY bUy " * 5, "Spam\xa0spam\nspam " * 8, "a " * 30,
    "word " + "x" * 2_100 + " http://a http://b", "x" * 50 + "http://a.example/ " + "y" * 50 + "www.b.example",
]  # fmt: skip
PIECES = [
    "a", "I", "x", "idiot", "fu", "ck-", "\ncking", "dear", "be", "20", "0x6a", "6b,", "a.", "(a", "b)", "e.g.",
    "don't", "", ".", ",", "-", "*", "•", "·", "—", "_", "|", "/", "&", "&amp;", "%20", "=", "=C3", "=\n", "[b]",
    "[/b]", "[", "<", "<b>", "c++", "+", "é", "Ã©", "ß", "🖕", "❌", "\ufe0f", "\ufeff", "\u200b", "\xa0", "\n", "\t",
    "\x0b", "\x85", "\u2028", "1010101", "11110000", "com", ".com", "http://", "www.x", "aWRpb3QgaWRpb3Q", "ɐ", "ǝ",
    "ɹ", "а", "рu", "₮", "İ", "!", "??", "...", "\\", "s\\p", "\u202e", "⠓⠑", "㌔", "#", "$", "@", "word", "word.",
    "and", "so-called",
]  # fmt: skip


@cache
def loaded() -> Classifier:
    return models.load(reader="fast")


@pytest.fixture
def classifier() -> Classifier:
    return loaded()


def assert_as_alone(classifier: Classifier, texts: list[str]) -> None:
    together = classifier.logits(texts)
    alone = np.vstack([classifier.logits([text]) for text in texts])
    differing = ~np.isclose(together, alone, atol=1e-9).all(axis=1)
    assert [texts[row] for row in np.flatnonzero(differing)] == []


@pytest.mark.parametrize("text", OVER_BLANKS)
def test_what_is_hidden_in_a_piece_or_over_blanks_is_found_in_a_batch(classifier: Classifier, text: str) -> None:
    assert_as_alone(classifier, [*ORDINARY, text, f"{text} he said", f"He said {text}"])


@pytest.mark.parametrize("text", SIGNALLING)
def test_signals_in_a_text_are_seen_in_a_batch(classifier: Classifier, text: str) -> None:
    assert_as_alone(classifier, [*ORDINARY, text, f"See {text}"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join), min_size=4, max_size=9))
@example(["i d", "i o t", "", "you"])
@example(["", "", "", ""])
def test_pieces_in_any_order_give_what_the_text_gives_alone(texts: list[str]) -> None:
    assert_as_alone(loaded(), [*texts, "".join(texts)])


def test_a_text_does_not_go_on_in_the_next_one(classifier: Classifier) -> None:
    assert_as_alone(classifier, ["i d i", "o t", "69 64 69", "6f 74", "an idi", "\not"])


def test_most_pieces_of_ordinary_texts_are_read_by_themselves(classifier: Classifier) -> None:
    reader = classifier.cache().reader
    for text in ORDINARY:
        assert not any(told & (HIDES | SIGNALS | GAPS) for told in read_pieces(text.split(), reader)[1])


def test_pieces_are_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.scoring.classifier._CACHE_PIECES", 400)
    classifier = models.load(reader="fast")
    texts = ["You idiot, go away.", *ORDINARY]
    before = classifier.logits(texts)
    met_first = set(classifier.cache().pieces.ids)
    for number in range(20):
        classifier.logits([f"{'(' * number}word{')' * other} idiot" for other in range(1, 30)])
    kept = classifier.cache().pieces
    assert len(kept.ids) <= 430
    assert met_first <= set(kept.ids), "the commonest are not learnt again and again"
    assert len(kept.rows) <= 2_048
    assert np.allclose(classifier.logits(texts), before)


def test_long_pieces_and_texts_of_new_ones_are_read_without_being_remembered(
    monkeypatch: pytest.MonkeyPatch, classifier: Classifier
) -> None:
    monkeypatch.setattr("models.scoring.pieces._MOST_AT_ONCE", 50)
    fresh = models.load(reader="fast")
    texts = [*ORDINARY, "x" * 100_000, " ".join(f"(new{number})" for number in range(200)) + " you idiot"]
    assert np.allclose(fresh.logits(texts), np.vstack([classifier.logits([text]) for text in texts]))
    assert len(fresh.cache().pieces.ids) <= 50


@pytest.mark.parametrize("piece", ["a ", ". ", "a.b ", "(x) ", "[b ", "&amp; ", "i\n ", "é! ", " "])
def test_time_grows_no_faster_than_the_texts_of_a_batch(classifier: Classifier, piece: str) -> None:
    started = time.process_time()
    classifier.score([(piece * 50_000)[:50_000]] * 4)
    assert time.process_time() - started < 4.0


def test_tokens_that_were_forgotten_are_learnt_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.scoring.classifier._CACHE_TOKENS", 40)
    classifier = models.load(reader="fast")
    for number in range(6):
        assert_as_alone(classifier, [*ORDINARY, *(f"idiot{other} of {number}, {other}" for other in range(12))])
    assert classifier.cache().learnt <= 40
