"""Bad words of many languages are read through what hides them."""

from __future__ import annotations

import time

import numpy as np
import pytest

from models.evaluation.languages import score_all
from models.labels import LABELS
from models.reading.disguises import Disguises
from tests.support.classifier import shipped

CLASSIFIER = shipped()
FLAG_AT = [CLASSIFIER.thresholds["balanced"][label]["flag_at"] for label in LABELS]
KNOWN = Disguises(
    [
        "hurensohn",
        "fick dich",
        "fdp",
        "сука",
        "хуй",
        "كلب",
        "去死吧",
        "씨발놈",
        "死ね",
        "puta",
        "imbécil",
        "orospu çocuğu",
    ]
)


def above(texts: list[str]) -> np.ndarray:
    return np.asarray((score_all(CLASSIFIER, texts) >= FLAG_AT).any(axis=1))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("du h u r e n s o h n da", "du hurensohn da"),
        ("du H.u.r.e.n.s.o.h.n!", "du hurensohn!"),
        ("h-u-r-e-n-s-o-h-n", "hurensohn"),
        ("h_u_r_e_n_s_o_h_n", "hurensohn"),
        ("d u h u r e n s o h n", "du hurensohn"),
        ("huren.sohn", "hurensohn"),
        ("hur3n$ohn", "hurensohn"),
        ("h*rens*hn", "hurensohn"),
        ("huuuurensohn", "hurensohn"),
        ("f1ck d1ch", "fick dich"),
        ("f i c k d i c h", "fick dich"),
        ("f.d.p", "fdp"),
        ("с у к а", "сука"),
        ("сук@", "сука"),
        ("х*й", "хуй"),
        ("ك ل ب", "كلب"),
        ("死 ね", "死ね"),
        ("去*吧", "去死吧"),
        ("씨*놈아", "씨발놈아"),
        ("imb3cil", "imbécil"),
        ("muuuuito bom", "muito bom"),
        ("t.e.ş.e.k.k.ü.r", "teşekkür"),
    ],
)
def test_a_hidden_word_is_written_out(written: str, read: str) -> None:
    assert KNOWN.undone(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "F.D.P.",
        "z. B. am 3. d. M.",
        "CSU-Politiker, e-mail, rock'n'roll, Schüler*innen",
        "Missstand und Schlammmasse",
        "@hur3nsohn @fdp",
        "ㅋㅋㅋㅋ 哈哈哈哈 ههههه",
        "1. FC Köln 3:2, 20°C, 4x4, B2B, 1990er",
        "क्या आपको पता है",
        "hurensohn",
        "",
    ],
)
def test_what_hides_no_word_stays(written: str) -> None:
    assert KNOWN.undone(written) == written


def test_nothing_is_read_without_a_list() -> None:
    assert Disguises(()).undone("h u r e n s o h n") == "h u r e n s o h n"


@pytest.mark.parametrize(
    "text",
    [
        "Du H.u.r.e.n.s.o.h.n, weiter so",
        "sale c0nn4rd",
        "vaff@nculo",
        "hijo de p u t a",
        "ты п*дор",
        "siktir\u034fgit şerefsi\u0336z",
        "씨*발*놈*아",
        "你是傻*逼吗",
    ],
)
def test_a_hidden_insult_is_shown_to_a_person_and_marked_where_it_stands(text: str) -> None:
    assert above([text]).all()
    told = CLASSIFIER.explain(text, "toxicity")
    assert all(0 <= start < end <= len(text) for start, end, _ in told.spans)
    [logits] = CLASSIFIER.logits([text])
    assert sum(weight for *_, weight in told.spans) + sum(told.signals.values()) + told.bias == pytest.approx(
        logits[LABELS.index("toxicity")], abs=1e-6
    )


def test_a_moderator_is_told_how_a_hidden_word_was_read() -> None:
    assert CLASSIFIER.read_as("H.u.r.e.n.s.o.h.n") == "hurensohn"
    assert CLASSIFIER.read_as("Bürgermeister") is None


@pytest.mark.parametrize("unit", ["h.u.r.", "a1", "h*", "aaa", "死 ", "x_", "$a", "क ा"])
def test_a_long_text_costs_no_more_than_its_length(unit: str) -> None:
    """The longer text is sixteen times as long; what is quadratic would cost 256 times as much."""
    costs = []
    for times in (1_000, 16_000):
        text, best = unit * times, float("inf")
        for _ in range(3):
            began = time.process_time()
            KNOWN.undone(text)
            best = min(best, time.process_time() - began)
        costs.append(best)
    assert costs[1] < 100 * max(costs[0], 0.001)


def test_of_two_words_behind_a_mask_every_process_reads_the_same() -> None:
    pairs = [(f"{one}alo", f"{one}amo") for one in "bcdfghjklmnp"]
    disguises = Disguises(f"zzzz {word}" for pair in pairs for word in reversed(pair))
    assert [disguises.undone(f"{first[0]}a*o") for first, _ in pairs] == [first for first, _ in pairs]
