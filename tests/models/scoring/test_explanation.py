"""Explanations add up to the logit, and point at places in the original text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.labels import LABELS
from tests.support.classifier import shipped

CLASSIFIER = shipped()
PIECES = st.sampled_from(
    ["You idiot", "f**k", "id\not", "i d i o t", "<b>x</b>", "&amp;", ". ", "!!", "\n", "http://pills.example/buy", " "]
)


@pytest.mark.slow
@given(
    st.lists(PIECES | st.text(max_size=20), max_size=12).map(" ".join),
    st.sampled_from(LABELS),
    st.fixed_dictionaries({"honeypot": st.booleans(), "seconds_on_page": st.none() | st.floats(0, 100)}),
)
@settings(max_examples=300)
def test_spans_signals_and_bias_sum_to_the_logit_that_was_scored(
    text: str, label: str, signals: dict[str, object]
) -> None:
    explanation = CLASSIFIER.explain(text, label, signals)
    parts = sum(weight for _, _, weight in explanation.spans) + sum(explanation.signals.values()) + explanation.bias
    assert parts == pytest.approx(explanation.logit, abs=1e-6)
    logit = CLASSIFIER.logits([text], [signals])[0, LABELS.index(label)]
    assert explanation.logit == pytest.approx(logit, abs=1e-6)
    assert all(0 <= start < end <= len(text) for start, end, _ in explanation.spans)
    assert [start for start, _, _ in explanation.spans] == sorted(start for start, _, _ in explanation.spans)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("You are an idiot", "idiot"),
        ("Hello 👋🏽 you are an 𝐢𝐝𝐢𝐨𝐭 my friend", "𝐢𝐝𝐢𝐨𝐭"),
        ("You are an i d i o t", "i d i o t"),
        ("<p>You are</p> an id&#105;ot", "id&#105;ot"),
        ("You are an idi\not", "idi\not"),
    ],
)
def test_the_heaviest_span_is_the_insult_as_it_was_written(text: str, word: str) -> None:
    spans = CLASSIFIER.explain(text, "insult").spans
    start, end, weight = max(spans, key=lambda span: span[2])
    assert text[start:end] == word
    assert weight > 0


def test_the_worst_part_of_a_long_comment_is_named() -> None:
    clean = "The weather report was fine and the trains ran on time. " * 60
    insult = "You are a complete idiot, shut up and die"
    start, end = CLASSIFIER.explain(clean + insult + ". " + clean, "toxicity").window
    assert (clean + insult + ". " + clean)[start:end] == insult


def test_signals_are_named_with_their_weights() -> None:
    signals = CLASSIFIER.explain("hello to you all", "spam", {"honeypot": True}).signals
    assert signals == {"honeypot filled in": 4.0}
    assert CLASSIFIER.explain("hello to you all", "insult", {"honeypot": True}).signals == {}


def test_an_unknown_label_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no label 'rudeness'; there are toxicity"):
        CLASSIFIER.explain("hello", "rudeness")


def test_explaining_many_texts_and_labels_at_once_says_what_explaining_each_says() -> None:
    texts = [
        "You fool. Go away!",
        "Du bist ein Idiot. Danke.",
        "",
        "A kind word about cheap pills at https://a.example",
    ]
    labels = [["insult", "toxicity"], ["toxicity", "threat"], ["spam"], ["spam", "insult"]]
    signals: list[dict[str, object]] = [{}, {}, {}, {"honeypot": True}]
    for text, its, known, explained in zip(
        texts, labels, signals, CLASSIFIER.explain_all(texts, labels, signals), strict=True
    ):
        assert list(explained) == its
        for label, together in explained.items():
            alone = CLASSIFIER.explain(text, label, known)
            assert together.logit == pytest.approx(alone.logit, abs=1e-5)
            assert [span[:2] for span in together.spans] == [span[:2] for span in alone.spans]
            assert [span[2] for span in together.spans] == pytest.approx([span[2] for span in alone.spans], abs=1e-5)


#: In several languages, for one reader or both, with passages, threats, despair and nothing at all.
SENTENCES = [
    "You idiot, I hope you die.", "Thank you for the article about the harbour.", "I want to end my life tonight.",
    "Wir wissen, wo du wohnst, du Idiot.", "Quel bel article, merci à tous.", "तू एक बेवकूफ है।", "tum pagal ho kya",
    "我们知道你住哪，晚上小心点。", "Мы знаем, где ты живешь.", "Das ist ja toll, you fucking idiot",
    "schönes Tor, orospu çocuğu", "👍", "",
]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(SENTENCES), st.integers(1, 4)), min_size=2, max_size=9), st.integers(0, 8))
@settings(max_examples=8)
def test_each_explanation_of_a_batch_adds_up_to_the_logit_that_was_answered(
    pieces: list[tuple[str, int]], first: int
) -> None:
    texts = [" ".join([sentence] * times) for sentence, times in pieces]
    answered = CLASSIFIER.logits(texts)
    some = slice(first % len(texts), None)
    alike = CLASSIFIER.explain_all(texts, [LABELS] * len(texts))
    others = CLASSIFIER.explain_all(texts[some], [LABELS] * len(texts[some]), None, answered[some])
    for explained, logits in ((alike, answered), (others, answered[some])):
        told = [[its[label] for label in LABELS] for its in explained]
        assert np.abs([[one.logit for one in its] for its in told] - logits).max() < 1e-9
        summed = [[sum(w for *_, w in one.spans) + sum(one.signals.values()) + one.bias for one in its] for its in told]
        assert np.abs(summed - logits).max() < 1e-9
