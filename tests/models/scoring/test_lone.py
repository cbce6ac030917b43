"""A comment that is nothing but an insult is shown to a person; what only looks like one is not."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from models.evaluation.languages import score_all
from models.labels import LABELS
from models.package_data import read_text
from models.reading.listed import WordList
from models.scoring.understanding import ALONE_WEIGHT, INSULT_WEIGHT, weigh_insults
from tests.support.classifier import shipped

CLASSIFIER = shipped()
FLAG_AT = [CLASSIFIER.thresholds["balanced"][label]["flag_at"] for label in LABELS]


def above(texts: list[str]) -> np.ndarray:
    return np.asarray((score_all(CLASSIFIER, texts) >= FLAG_AT).any(axis=1))


def test_most_lone_insults_are_shown_to_a_person_and_few_that_only_look_so() -> None:
    lists = tomllib.loads(read_text("models.evaluation", "lone.toml")).values()
    abuse, harmless = (np.concatenate([above(its[kind][::2]) for its in lists]) for kind in ("abuse", "harmless"))
    assert abuse.mean() > 0.8
    assert harmless.mean() < 0.12


@pytest.mark.parametrize("capitals", ["FDP", "AMK", "SB", "PQP", "NTM", "HDP"])
def test_short_capitals_name_parties_and_firms(capitals: str) -> None:
    assert not above([capitals]).any()


@pytest.mark.parametrize("short", ["fdp", "amk", "hdp", "пнх", "ㅂㅅ", "死ね", "kys", "gtfo"])
def test_short_forms_of_abuse_are_shown_to_a_person(short: str) -> None:
    assert above([short]).all()


def test_an_insult_weighs_most_where_nothing_else_is_said() -> None:
    insults = WordList(["trottel"])
    alone, half, little = (sum(weigh_insults(words.split(), insults)) for words in
                           ("trottel", "trottel maschine", "trottel und " + "ein wort " * 20))  # fmt: skip
    assert alone == pytest.approx(INSULT_WEIGHT + ALONE_WEIGHT)
    assert half == pytest.approx(INSULT_WEIGHT * 7 / 15)
    assert little < 0.2
