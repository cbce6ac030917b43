"""Labels carried over to languages without labelled comments: what is said word by word, and what it teaches."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from models.evaluation.foreign import foreign_comments
from models.evaluation.languages import plain_sentences
from models.labels import COLUMN, CORE_LABELS, TOXICITY
from models.package_data import read_text
from models.training.carried import English, carry, learn_translations, read_sentences, say
from models.training.datasets import Examples, fingerprint
from models.training.languages import said_here
from tests.support import ROOT

PAIRS = [
    ("the dog is here", "hunden är här"),
    ("the dog is old", "hunden är gammal"),
    ("the cat is here", "katten är här"),
    ("the house is old", "huset är gammalt"),
    ("the cat is old", "katten är gammal"),
    ("a good house", "ett bra hus"),
]


def english(texts: list[str], toxic: list[int]) -> Examples:
    targets = np.full((len(texts), len(CORE_LABELS)), np.nan, dtype=np.float32)
    targets[:, COLUMN[TOXICITY]] = toxic
    ones, count = np.ones(len(texts), dtype=np.float32), len(texts)
    return Examples(texts, targets, ones, np.full(count, "jigsaw"), np.full(count, "train"), np.full(count, -1))


def test_translations_are_learnt_from_sentences() -> None:
    known = learn_translations(PAIRS)
    assert [known[word][0][0] for word in ("dog", "cat", "here")] == ["hunden", "katten", "här"]
    assert all(likely.sum() == pytest.approx(1) for _, likely in known.values())
    assert learn_translations([]) == {}


def test_a_comment_is_said_word_by_word_and_left_out_where_too_much_is_unknown() -> None:
    rng = np.random.default_rng(0)
    known = {"the": (["den"], np.ones(1)), "dog": (["hund"], np.ones(1))}
    assert say("The dog!", known, (), (), rng) == "den hund !"
    assert say("The dog, moron", known, ["pucko"], {"moron"}, rng) == "den hund , pucko"
    assert say("The dog, moron", known, [], {"moron"}, rng) == "den hund ,"
    assert say("dog quantum", known, (), (), rng) == ""
    assert say("?!", known, (), (), rng) == ""


def test_what_is_carried_over_keeps_its_label_and_only_harmless_comments_set_the_lines() -> None:
    examples = english(["the dog is here", "the dog is old moron", "the cat is here"], [0, 1, 0])
    told = English(examples, lambda texts: np.array([3.0 if "house" in text else -9.0 for text in texts]), {"moron"})
    carried, again = (carry("sv", PAIRS, told, ["pucko"]) for _ in range(2))
    assert carried.texts == again.texts
    assert len(carried.texts) == len(carried.bad) == len(carried.weights) == len(carried.comments)
    bad = dict(zip(carried.texts, carried.bad, strict=True))
    assert bad[next(text for text in carried.texts if text.endswith("pucko"))] == 1
    assert bad["huset är gammalt"] > 0.5
    assert bad["katten är här"] < 0.01
    said = {text for text, its in zip(carried.texts, carried.comments, strict=True) if its}
    assert len(said) == 2
    assert not any("pucko" in text for text in said)
    ours, of_ours = said_here("sv")
    assert carried.texts[-len(ours) :] == ours
    assert carried.bad[-len(ours) :].tolist() == of_ours
    assert carried.weights[-1] > carried.weights[0]


def test_sentences_are_read_without_further_columns(tmp_path: Path) -> None:
    (tmp_path / "languages/sentences").mkdir(parents=True)
    (tmp_path / "languages/sentences/sv.txt").write_text("Go.\tGå.\tCC BY\nno translation\n", encoding="utf-8")
    assert read_sentences(tmp_path, "sv") == [("Go.", "Gå.")]
    with pytest.raises(FileNotFoundError):
        read_sentences(tmp_path, "cs")


def test_no_sentence_of_ours_is_measured_with_and_none_is_both_bad_and_good() -> None:
    codes = tomllib.loads(read_text("models.training", "said_here.toml"))
    assert len(codes) >= 8
    measured = {fingerprint(text) for its in plain_sentences().values() for texts in its.values() for text in texts}
    apart = tomllib.loads((ROOT / "tests/models/scoring/apart.toml").read_text(encoding="utf-8"))
    measured |= {fingerprint(text) for its in apart.values() for texts in its.values() for text in texts}
    measured |= {fingerprint(text) for texts in foreign_comments().values() for text in texts}
    for code in codes:
        texts, bad = said_here(code)
        assert not {fingerprint(text) for text in texts} & measured, code
        assert len({*texts}) == len(texts), code
        assert 0.35 < np.mean(bad) < 0.65, code
