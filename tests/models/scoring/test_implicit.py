"""Abuse without a bad word is shown to a person, never rejected unseen, and explained as every other score."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.evaluation.languages import implicit_comments
from models.labels import COLUMN, LABELS, TOXICITY
from models.scoring import attribution
from models.scoring.explanation import SUREST as CAPPED
from models.scoring.understanding import SUREST
from models.training.implicit import read_sentences
from tests.support.classifier import shipped

CLASSIFIER = shipped()
FLAG_AT = np.array([CLASSIFIER.thresholds["balanced"][label]["flag_at"] for label in LABELS])
assert CLASSIFIER.understanding is not None
WITHOUT_HEADS = replace(CLASSIFIER, understanding=replace(CLASSIFIER.understanding, implicit=None))
LOWEST_REJECT = min(its["insult"]["reject_at"] for its in CLASSIFIER.thresholds.values())
#: A comment, its language, and the label that tells it.
MEANT = [
    ("These people are parasites and should be removed like a disease.", "en", "identity_attack"),
    ("Your kind does not belong in this country, go home.", "en", "identity_attack"),
    ("Diese Leute sind Ungeziefer und gehören aus dem Land geschafft.", "de", "identity_attack"),
    ("We know where you live and when you come home.", "en", "threat"),
    ("I hope the cancer comes back and takes its time with you.", "en", "threat"),
    ("Sappiamo dove abiti, stai attento quando esci.", "it", "threat"),
    ("Мы знаем, где ты живешь, оглядывайся.", "ru", "threat"),
    ("我们知道你住哪，晚上小心点。", "zh", "threat"),
    ("Åk hem till ditt eget land, ni hör inte hemma här.", "sv", "identity_attack"),
]
SAID = [
    ("The parasite is removed by washing the leaves.", "en"),
    ("My family came to this country forty years ago.", "en"),
    ("Her brother is deaf and plays the drums.", "en"),
    ("I know where you live now, expect a cake on your doorstep.", "en"),
    ("She said somebody had threatened to burn down her shop.", "en"),
    ("Diese Leute haben die alte Hecke aus dem Garten geschafft.", "de"),
]


def of(language: str) -> list[dict[str, object]]:
    return [{"languages": [language]}]


@pytest.mark.parametrize(("text", "language", "label"), MEANT)
def test_what_is_meant_badly_reaches_a_line_by_its_label_and_as_toxic(text: str, language: str, label: str) -> None:
    scores = CLASSIFIER.score([text], of(language))[0]
    assert scores[COLUMN[label]] >= FLAG_AT[COLUMN[label]]
    assert scores[COLUMN[TOXICITY]] >= scores[COLUMN[label]]


@pytest.mark.parametrize(("text", "language"), SAID)
def test_the_same_words_meant_well_reach_no_line(text: str, language: str) -> None:
    assert (CLASSIFIER.score([text], of(language))[0] < FLAG_AT).all()


@pytest.mark.parametrize(("text", "language", "label"), MEANT)
@pytest.mark.parametrize("before", ["", "Thank you for the article about the harbour. "])
def test_its_explanation_adds_up_to_the_logit(text: str, language: str, label: str, before: str) -> None:
    written = before + text
    for wanted in (label, TOXICITY):
        told = CLASSIFIER.explain(written, wanted, of(language)[0])
        parts = sum(weight for _, _, weight in told.spans) + sum(told.signals.values()) + told.bias
        assert parts == pytest.approx(told.logit, abs=1e-6)
        logit = CLASSIFIER.logits([written], of(language))[0, COLUMN[wanted]]
        assert told.logit == pytest.approx(logit, abs=1e-6)
        assert all(written[start:end].strip() for start, end, _ in told.spans)


@pytest.mark.parametrize(("text", "language", "label"), MEANT[3:])
def test_the_words_of_cues_are_given_what_these_add(text: str, language: str, label: str) -> None:
    reader = CLASSIFIER.understanding
    assert reader is not None
    assert reader.implicit is not None
    traced = next(attribution.trace([text], [language], reader)).implicit
    assert traced is not None
    vectors_alone = reader.read([text], [reader.tongue(language)]).meant(reader.implicit)
    added = traced.logits[0, COLUMN[label]] - vectors_alone[0, COLUMN[label]]
    assert added != 0
    assert traced._of_cues(0, COLUMN[label]).sum() == pytest.approx(added, abs=1e-4)


def test_what_says_it_over_and_over_is_left_to_a_person_and_its_explanation_says_so() -> None:
    text = " ".join([MEANT[3][0], MEANT[4][0], "I will find you, kill you and burn your house down, watch your back."])
    reader = CLASSIFIER.understanding
    assert reader is not None
    assert reader.logits([text], ["en"])[1].max() == pytest.approx(np.log(SUREST / (1 - SUREST)))
    told = CLASSIFIER.explain("I hope you get cancer. I hope your house burns down.", "threat")
    assert told.logit <= np.log(SUREST / (1 - SUREST)) + 1e-9
    assert told.signals[CAPPED] < 0


def test_few_harmless_comments_with_the_words_of_threats_are_held_for_what_they_mean_alone() -> None:
    near = tomllib.loads((Path(__file__).parent / "near.toml").read_text(encoding="utf-8"))
    texts = [(text, code) for code, its in near.items() for text in its]
    signals = [{"languages": [code]} for _, code in texts]
    held = [
        (one.score([text for text, _ in texts], signals) >= FLAG_AT).any(axis=1) for one in (WITHOUT_HEADS, CLASSIFIER)
    ]
    assert len(texts) > 250
    assert (held[1] & ~held[0]).mean() < 0.08
    assert held[1].mean() < 0.15


@pytest.mark.slow
def test_none_of_the_sentences_that_it_learnt_from_is_rejected_unseen_for_what_it_means() -> None:
    reader = CLASSIFIER.understanding
    assert reader is not None
    ours = read_sentences()
    _, meant = reader.logits(ours.texts, ours.languages)
    assert 1 / (1 + np.exp(-meant.max())) < LOWEST_REJECT - 0.01


def test_a_model_without_these_heads_scores_as_before() -> None:
    without = WITHOUT_HEADS
    insult, (meant, language, _) = "You are a stupid idiot.", MEANT[0]
    assert without.score([insult])[0] == pytest.approx(CLASSIFIER.score([insult])[0])
    assert (without.score([meant], of(language))[0] < FLAG_AT).all()


def test_nothing_is_learnt_from_what_it_is_judged_by() -> None:
    of_kinds = [its for kinds in implicit_comments().values() for its in kinds.values()]
    judged = {text for its in of_kinds for texts in its.values() for text in texts}
    near = tomllib.loads((Path(__file__).parent / "near.toml").read_text(encoding="utf-8"))
    judged |= {text for texts in near.values() for text in texts}
    assert not judged & set(read_sentences().texts)
    assert len(judged) > 800
