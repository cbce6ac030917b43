"""What a comment is about: sexual content and self-harm, told by the reader that understands, and by it alone."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.subjects import sayings, subject_sentences
from models.labels import CORE_COLUMNS, CORE_LABELS, LABELS, SUBJECT_COLUMNS, SUBJECT_LABELS
from models.training.implicit import read_self_harm
from tests.support.classifier import shipped

CLASSIFIER, FAST = shipped(), shipped("fast")
FLAG_AT = {label: CLASSIFIER.thresholds["balanced"][label]["flag_at"] for label in SUBJECT_LABELS}
#: Of the five sentences of each kind in a language, and of the twenty in English. The card says where it is modest.
LEAST_TOLD, LEAST_TOLD_IN, MOST_BESIDE = 0.6, {"en": 0.45, "pl": 0.4, "tr": 0.2}, 0.4
EXPLICIT = "She slowly took off her dress, naked now, and moaned as he kissed her breasts and thighs."
DESPAIR = "I have the pills next to me and I want to end my life tonight."
#: In English, Swedish, which the encoder does not know, and Hindi in Latin letters, which cues alone tell.
SAYINGS = ["I don't want to live any more.", "Jag vill inte leva längre.", "main ab jeena nahi chahta"]
PLAIN = "The bus was late again and it rained all the way to the market square. "


def score_of(text: str, label: str) -> float:
    return float(CLASSIFIER.score([text])[0, LABELS.index(label)])


@pytest.mark.parametrize("label", SUBJECT_LABELS)
@pytest.mark.parametrize("language", subject_sentences())
def test_most_sentences_about_it_are_flagged_and_most_beside_it_are_not(language: str, label: str) -> None:
    its = subject_sentences()[language]
    about, beside = (CLASSIFIER.score(its[name])[:, LABELS.index(label)] for name in (label, f"beside_{label}"))
    assert (about >= FLAG_AT[label]).mean() >= LEAST_TOLD_IN.get(language, LEAST_TOLD)
    assert (beside >= FLAG_AT[label]).mean() <= MOST_BESIDE


@pytest.mark.parametrize(("label", "text"), [("sexual", EXPLICIT), ("self_harm", DESPAIR)])
def test_it_is_told_wherever_it_stands_in_a_long_english_comment(label: str, text: str) -> None:
    said_often = f"{text} {PLAIN * 30}{text} {text}"
    assert len(said_often) > 1000
    assert score_of(said_often, label) >= FLAG_AT[label]
    assert score_of(PLAIN * 30, label) < 0.1


def test_a_comment_longer_than_is_read_is_told_by_its_beginning() -> None:
    assert score_of(f"{EXPLICIT} {EXPLICIT} {EXPLICIT} {PLAIN * 400}", "sexual") >= FLAG_AT["sexual"]


@pytest.mark.parametrize("language", sayings("self_harm.toml"))
def test_plain_sayings_are_told_and_exaggeration_titles_news_and_help_lines_are_not(language: str) -> None:
    its = sayings("self_harm.toml")[language]
    told, harmless = (
        CLASSIFIER.score(its[name], [{"languages": [language]}] * len(its[name]))[:, LABELS.index("self_harm")]
        for name in ("self_harm", "harmless")
    )
    assert (told >= FLAG_AT["self_harm"]).sum() >= len(told) - 2
    assert (harmless >= FLAG_AT["self_harm"]).sum() <= 1


@pytest.mark.parametrize("text", SAYINGS)
def test_a_saying_is_told_by_its_own_label_also_within_a_longer_comment_and_is_no_abuse(text: str) -> None:
    for written in (text, f"{text} {text}"):
        scores = CLASSIFIER.score([written])[0]
        assert scores[LABELS.index("self_harm")] >= FLAG_AT["self_harm"], written
        assert (scores[CORE_COLUMNS] < 0.5).all(), written


def test_nothing_is_learnt_from_what_it_is_judged_by() -> None:
    sets = [sayings(name) for name in ("self_harm.toml", "self_harm_apart.toml")]
    judged = {
        text for its in (*sets, subject_sentences()) for of in its.values() for texts in of.values() for text in texts
    }
    assert not judged & set(read_self_harm().texts)


def test_no_preset_rejects_for_a_subject() -> None:
    """Whoever writes of killing themselves needs a person."""
    for preset in CLASSIFIER.thresholds.values():
        for label in SUBJECT_LABELS:
            assert preset[label]["reject_at"] is None
            assert preset[label]["flag_at"] is not None


def test_the_fast_reader_alone_does_not_pretend_to_tell() -> None:
    assert FAST.labels == CORE_LABELS
    assert FAST.score([DESPAIR]).shape == (1, len(CORE_LABELS))
    assert all(set(preset) == set(CORE_LABELS) for preset in FAST.thresholds.values())
    with pytest.raises(ValueError, match="self_harm"):
        FAST.explain(DESPAIR, "self_harm")


def test_a_look_at_the_subject_changes_no_other_score() -> None:
    """A long comment is read by the fast reader, and by the other one only for what it is about."""
    text = f"{EXPLICIT} {EXPLICIT} {EXPLICIT} {PLAIN * 20}"
    assert CLASSIFIER.logits([text])[0, SUBJECT_COLUMNS].max() > -5.0, "it was read for it"
    assert CLASSIFIER.logits([text])[0, CORE_COLUMNS] == pytest.approx(FAST.logits([text])[0])


@pytest.mark.parametrize(
    "text",
    [
        EXPLICIT,
        DESPAIR,
        f"{EXPLICIT} {EXPLICIT} {PLAIN * 20}",
        PLAIN,
        "Ich will sterben, du Idiot.",
        "mujhe sex pasand",
        *SAYINGS,
        f"{PLAIN}{SAYINGS[0]}",
        f"{PLAIN * 24}{SAYINGS[0]} {SAYINGS[0]} I want to die, I want to kill myself.",
    ],
)
def test_an_explanation_adds_up_to_the_logit(text: str) -> None:
    [logits], [explained] = CLASSIFIER.logits([text]), CLASSIFIER.explain_all([text], [LABELS])
    for label, logit in zip(LABELS, logits, strict=True):
        one = explained[label]
        assert one.logit == pytest.approx(logit, abs=1e-4)
        summands = [*(weight for _, _, weight in one.spans), *one.signals.values(), one.bias]
        assert sum(summands) == pytest.approx(logit, abs=1e-4)


def test_an_explanation_points_at_the_words_that_say_it() -> None:
    text = "My neighbour is nice and I want to kill myself because of the rain."
    spans = CLASSIFIER.explain(text, "self_harm").spans
    strongest = {text[start:end] for start, end, _ in sorted(spans, key=lambda span: -span[2])[:3]}
    assert strongest & {"kill", "myself"}


def test_comments_together_score_as_each_does_alone() -> None:
    texts = [EXPLICIT, PLAIN, DESPAIR, f"{EXPLICIT} {PLAIN * 20}", "Danke!", ""]
    alone = np.concatenate([CLASSIFIER.score([text]) for text in texts])
    assert CLASSIFIER.score(texts)[:, SUBJECT_COLUMNS] == pytest.approx(alone[:, SUBJECT_COLUMNS], abs=1e-4)
