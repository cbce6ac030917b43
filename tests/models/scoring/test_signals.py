"""What counts for spam beside a comment's words."""

from __future__ import annotations

import time

import numpy as np
import pytest

from models.labels import LABELS
from models.scoring.signals import SIGNALS, weigh
from tests.support import ROOT
from tests.support.classifier import shipped

CLASSIFIER = shipped()
SEEN = [
    ("see http://a.example http://a.example/2 www.a.example/3 http://a.example/4", {}, "more than 3 links"),
    ("see http://a.example/1 and https://b.example/2", {}, "links to different hosts"),
    ("find it at pills . com today", {}, "an address in disguise"),
    ("find it at pills[.]com today", {}, "an address in disguise"),
    ("find it at pills dot com today", {}, "an address in disguise"),
    ("like and share " * 6, {}, "the same words over and over"),
    ("so cool!!", {}, "two words at most"),
    ("a lovely garden", {"honeypot": True}, "honeypot filled in"),
    ("a lovely garden", {"seconds_on_page": 2.9}, "sent within 3 seconds"),
    ("a lovely garden", {"name": "Cheap Loans"}, "name advertises"),
    ("a lovely garden", {"url": "https://best-casino.example"}, "author's address advertises"),
    ("a lovely garden", {"user_agent": "python-requests/2.32"}, "sent by a program"),
]
NOT_SEEN: list[tuple[str, dict[str, object]]] = [
    ("a lovely garden", {"honeypot": False, "seconds_on_page": 3.0, "name": "Ada", "url": "https://ada.example.com"}),
    ("a lovely garden", {"seconds_on_page": None, "user_agent": "Mozilla/5.0 (X11)", "name": None, "honeypot": None}),
    ("I read http://a.example/1 and http://a.example/2 twice. Come on, it is good.", {}),
]


@pytest.mark.parametrize(("text", "known", "name"), SEEN)
def test_each_signal_is_seen_and_named_alone(text: str, known: dict[str, object], name: str) -> None:
    assert list(weigh(text, known)["spam"]) == [name]


@pytest.mark.parametrize(("text", "known"), NOT_SEEN)
def test_ordinary_comments_have_none(text: str, known: dict[str, object]) -> None:
    assert weigh(text, known) == {}


def test_every_signal_is_tried_here_and_stands_in_the_documentation_with_its_weight() -> None:
    assert {name for _, _, name in SEEN} == {signal.name for signal in SIGNALS}
    rows = (ROOT / "docs" / "classifier.md").read_text(encoding="utf-8").splitlines()
    for signal in SIGNALS:
        assert [row for row in rows if row.startswith(f"| {signal.name}") and row.endswith(f"| {signal.weight} |")]


@pytest.mark.parametrize(("text", "known", "name"), SEEN)
def test_a_signal_moves_the_spam_logit_by_its_weight_and_no_other(
    text: str, known: dict[str, object], name: str
) -> None:
    weight = next(signal.weight for signal in SIGNALS if signal.name == name)
    explained = CLASSIFIER.explain(text, "spam", known)
    assert explained.signals[name] == weight
    spam = LABELS.index("spam")
    logits = CLASSIFIER.logits([text], [known])[0]
    assert logits[spam] == pytest.approx(explained.logit, abs=1e-6)
    assert np.array_equal(np.delete(logits, spam), np.delete(CLASSIFIER.logits([text])[0], spam))


def test_what_is_seen_in_the_text_counts_with_nothing_known_beside_it() -> None:
    for text, known, _ in SEEN:
        if not known:
            assert np.array_equal(CLASSIFIER.score([text]), CLASSIFIER.score([text], [{}]))


@pytest.mark.parametrize("piece", ["a ", "www.", "http://", " . ", ".", "dot ", "é", "a [.", "<"])
def test_signals_of_any_long_text_are_seen_at_once(piece: str) -> None:
    began = time.process_time()
    weigh(piece * 200_000, {"name": piece * 200_000})
    assert time.process_time() - began < 0.5
