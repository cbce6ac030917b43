"""A comment in two languages is judged by what it holds in each, and its explanation points there."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.languages import mixed_comments
from models.labels import LABELS
from tests.support.classifier import shipped

CLASSIFIER = shipped()
FLAG_AT = [CLASSIFIER.thresholds["balanced"][label]["flag_at"] for label in LABELS]
TOXICITY = LABELS.index("toxicity")
#: A comment, and what of it decides: in the other language.
DECIDING = [
    ("Danke für den Beitrag, orospu çocuğu, sehr lehrreich", "orospu çocuğu"),
    ("Complimenti per l'articolo, you fucking moron, continua così", "you fucking moron"),
    ("You are wrong about the budget, as always. Sale pute.", "Sale pute"),
    (
        "Never mind <b>him</b>, the caf&eacute; is fine. He is a Schlampe &amp; a Hurensohn.",
        "Schlampe &amp; a Hurensohn",
    ),
    ("автор статьи просто motherfucker, спасибо за внимание", "motherfucker"),
    ("great speech sir, ab to tu chutiya lagta hai mujhe", "chutiya"),
    ("Das ist ja toll, you f*cking 1diot, weiter so", "you f*cking 1diot"),
    ("Danke, du chutiya, das war es dann", "chutiya"),
]


def above(texts: list[str]) -> np.ndarray:
    return np.asarray((CLASSIFIER.score(texts) >= FLAG_AT).any(axis=1))


@pytest.mark.parametrize(("text", "part"), DECIDING)
def test_abuse_in_another_language_than_the_whole_decides_and_is_what_is_marked(text: str, part: str) -> None:
    assert above([text]).all()
    told = CLASSIFIER.explain(text, "toxicity")
    start = text.index(part)
    marked = [text[first:last] for first, last, weight in told.spans if weight > 0]
    assert marked
    assert all(start <= first < last <= start + len(part) for first, last, _ in told.spans), told.spans
    assert told.window == (start, start + len(part))


@pytest.mark.slow
def test_each_label_is_explained_as_it_is_scored() -> None:
    texts = [text for lists in mixed_comments("mixed.toml").values() for its in lists.values() for text in its]
    texts = [*[text for text, _ in DECIDING], *texts[::4]]
    for text in texts:
        [logits], [explained] = CLASSIFIER.logits([text]), CLASSIFIER.explain_all([text], [LABELS])
        for logit, told in zip(logits, explained.values(), strict=True):
            summed = sum(weight for *_, weight in told.spans) + sum(told.signals.values()) + told.bias
            assert [summed, told.logit] == pytest.approx([logit, logit], abs=1e-6), text


@pytest.mark.parametrize(
    "text",
    [
        "Die FDP ist aus den Verhandlungen ausgestiegen, sagt die Tagesschau.",
        "We met Jidan and Puta Khazana at the conference in Romania.",
        "Kys til Danmark, og tak for en dejlig dag!",
        "Gestern lief Kill Bill im Fernsehen, danach noch Bad Boys, ein guter Abend.",
        "oh shit, preciso ajeitar a parte dos plots.",
        "What he wrote of the Untergang and the Weltschmerz was the best part, du jour as it were.",
        "Ich habe die Nazi-Zeit im Unterricht behandelt.",
        "Bhaskar Chutia hat das Brot gebacken.",
        "Le docteur Ranjit Chutia a écrit un livre sur l'Assam.",
    ],
)
def test_abbreviations_names_and_loanwords_are_no_abuse_in_another_language(text: str) -> None:
    assert not above([text]).any()


def test_a_comment_in_two_languages_scores_at_least_as_its_whole_does_alone_and_the_same_in_any_batch() -> None:
    texts = [text for text, _ in DECIDING]
    together = CLASSIFIER.score(texts)
    alone = np.concatenate([CLASSIFIER.score([text]) for text in texts])
    assert together == pytest.approx(alone, abs=1e-4)
    clean = CLASSIFIER.score([text.replace(part, "") for text, part in DECIDING])
    assert (together[:, TOXICITY] > clean[:, TOXICITY] + 0.3).all()


def test_the_fast_reader_alone_reads_no_passages() -> None:
    fast = shipped("fast")
    assert fast.score([DECIDING[2][0]])[0, TOXICITY] < 0.5


def test_however_many_parts_a_comment_has_few_are_shown_to_the_reader_that_understands() -> None:
    mixed = "Das ist ja toll, you fucking idiot, weiter so. " * 200 + "Danke, orospu çocuğu. " * 200
    assert above([mixed]).all()
    plan = CLASSIFIER._plan([mixed], None)
    assert len(plan.passages) <= 11
    assert len(plan.texts) == len(plan.passages) + 1


@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), [("mixed.toml", 0.9), ("mixed_apart.toml", 0.85)])
def test_most_abuse_in_two_languages_is_shown_to_a_person_and_hardly_a_harmless_comment(
    name: str, least: float
) -> None:
    lists = mixed_comments(name).values()
    abuse, harmless = (np.concatenate([above(its[kind]) for its in lists]) for kind in ("abuse", "harmless"))
    assert abuse.mean() > least
    assert harmless.mean() < 0.03


@pytest.mark.parametrize(
    ("text", "above_a_line"),
    [("bhosdike", True), ("saala kutta", True), ("bahut accha", False), ("Randi, thank you for the article", False)],
)
def test_romanised_insults_of_a_few_words_are_shown_to_a_person(text: str, *, above_a_line: bool) -> None:
    assert above([text]).all() == above_a_line
