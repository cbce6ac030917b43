"""Threats and contempt in Latin letters are told by their cues, and Arabic and Russian read in their own letters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.evaluation.languages import romanised_comments, short_comments
from models.labels import COLUMN, LABELS, TOXICITY
from models.scoring.understanding import SUREST
from models.training.implicit import read_romanised
from tests.support.classifier import shipped

CLASSIFIER = shipped()
FLAG_AT = np.array([CLASSIFIER.thresholds["balanced"][label]["flag_at"] for label in LABELS])
WITHOUT = replace(CLASSIFIER, romanised=None)
#: In the spellings of both.
MEANT = [
    ("tere ghar ka pata mujhe malum hai, raat ko sambhal ke rehna", "threat"),
    ("tumhari taangein tor dunga agar dobara yahan nazar aaye", "threat"),
    ("khuda kare tujhe cancer ho aur tu tadap tadap ke mare", "threat"),
    ("tum log apne mulk wapas jao, yahan koi jagah nahi", "identity_attack"),
    ("ye log insan nahi keede hain, inka safaya karo", "identity_attack"),
]
SAID = [
    "mujhe malum hai tumhara ghar kahan hai, raat ko khana le aunga",
    "doctor ne kaha taang toot gayi thi, ab theek hai",
    "bhagwan kare aapki dadi kal tak theek ho jaye",
    "main apne mulk wapas ja raha hun, ghar walon se milne",
    "keede bahut hain ghar me, safai karni hai",
]


@pytest.mark.parametrize(("text", "label"), MEANT)
def test_a_threat_and_contempt_reach_a_line_by_their_label_and_as_toxic(text: str, label: str) -> None:
    without, scores = WITHOUT.score([text])[0], CLASSIFIER.score([text])[0]
    assert without[COLUMN[label]] < FLAG_AT[COLUMN[label]] <= scores[COLUMN[label]] <= SUREST
    assert scores[COLUMN[TOXICITY]] >= scores[COLUMN[label]]


@pytest.mark.parametrize("text", SAID)
def test_the_same_words_meant_well_reach_no_line(text: str) -> None:
    assert (CLASSIFIER.score([text])[0] < FLAG_AT).all()


def test_of_those_that_were_not_learnt_from_many_are_told_and_few_harmless_ones_are() -> None:
    its = romanised_comments()["hi-Latn"]
    above = {
        side: (CLASSIFIER.score([text for kind in its.values() for text in kind[side]]) >= FLAG_AT).any(axis=1)
        for side in ("abuse", "harmless")
    }
    assert above["abuse"].mean() > 0.5
    assert above["harmless"].mean() < 0.1


@pytest.mark.parametrize(("text", "label"), MEANT)
@pytest.mark.parametrize("before", ["", "Shukriya yaar, bahut acha likha hai. "])
def test_its_explanation_adds_up_to_the_logit_and_names_the_cues(text: str, label: str, before: str) -> None:
    written = before + text
    for wanted in (label, TOXICITY):
        told = CLASSIFIER.explain(written, wanted)
        logit = CLASSIFIER.logits([written])[0, COLUMN[wanted]]
        parts = sum(weight for *_, weight in told.spans) + sum(told.signals.values()) + told.bias
        assert [parts, told.logit] == pytest.approx([logit, logit], abs=1e-9)
        start, end, _ = max(told.spans, key=lambda span: span[2])
        assert written[start:end] in text
        assert written[slice(*told.window)] == text


def test_other_languages_and_a_model_without_it_score_as_before() -> None:
    texts = ["Thank you for the article.", "You idiot, I know where you live.", "Wir wissen, wo du wohnst.", "👍", ""]
    assert np.array_equal(CLASSIFIER.score(texts), WITHOUT.score(texts))
    assert np.array_equal(CLASSIFIER.score([MEANT[0][0]])[:, -3:], WITHOUT.score([MEANT[0][0]])[:, -3:])


def test_comments_together_score_as_each_does_alone() -> None:
    texts = [text for text, _ in MEANT] + SAID + ["Danke!", ""]
    alone = np.concatenate([CLASSIFIER.score([text]) for text in texts])
    assert CLASSIFIER.score(texts) == pytest.approx(alone, abs=1e-4)


def test_nothing_is_learnt_from_what_it_is_judged_by() -> None:
    judged = {text for its in romanised_comments()["hi-Latn"].values() for texts in its.values() for text in texts}
    judged |= {text for text, _ in MEANT} | {*SAID}
    learnt = read_romanised()
    assert not judged & set(learnt.texts)
    assert len(set(learnt.texts)) == len(learnt.texts) > 150
    assert learnt.labels.count(None) > 0.4 * len(learnt.labels)


#: Language, a comment in Latin letters, what decides it ("" for a harmless one), and a word that is marked.
IN_LATIN = [
    ("ar-Latn", "ana 3aref beitak, ra7 a2tlak ya kalb", "insult", "a2tlak"),
    ("ar-Latn", "etla3o men baladna ya wes5in", "identity_attack", "baladna"),
    ("ru-Latn", "zatknis, ty prosto tupoy debil", "insult", "debil"),
    ("ru-Latn", "tebe konets, ya znayu tvoy adres", "threat", "adres"),
    ("ar-Latn", "inshallah yerja3 7abibi bel salameh, shukran ktir", "", ""),
    ("ar-Latn", "el akl el lebnani tayyeb ktir wallah, tislam eidek", "", ""),
    ("ru-Latn", "ya znayu gde ty kupil etu kurtku, tam horoshie skidki", "", ""),
    ("ru-Latn", "spasibo, ochen polezno", "", ""),
]


@pytest.mark.parametrize(("language", "text", "label", "marked"), IN_LATIN)
def test_arabic_and_russian_in_latin_letters_are_read_in_their_own(
    language: str, text: str, label: str, marked: str
) -> None:
    assert CLASSIFIER.detected_language(text) == language
    assert CLASSIFIER.judgeable(text)
    above = CLASSIFIER.score([text])[0] >= FLAG_AT
    assert above[COLUMN[label]] if label else not above.any()
    told = CLASSIFIER.explain(text, label or TOXICITY)
    logit = CLASSIFIER.logits([text])[0, COLUMN[label or TOXICITY]]
    assert sum(weight for *_, weight in told.spans) + sum(told.signals.values()) + told.bias == pytest.approx(logit)
    assert not label or marked in {text[start:end] for start, end, weight in told.spans if weight > 0}


def test_of_our_comments_in_latin_letters_most_abuse_is_shown_to_a_person_and_little_else() -> None:
    for code, least in (("ar-Latn", 0.6), ("ru-Latn", 0.7), ("hi-Latn", 0.7)):
        its = short_comments("latin.toml")[code]
        above = {side: (CLASSIFIER.score(texts) >= FLAG_AT).any(axis=1).mean() for side, texts in its.items()}
        assert above["abuse"] > least
        assert above["harmless"] < 0.08
