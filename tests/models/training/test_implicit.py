"""The heads of implicit abuse: learnt from sentences of ours, with a line above which few harmless comments lie."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from models.labels import COLUMN, LABELS
from models.reading.cues import Cues, features_among
from models.training import implicit
from models.training.datasets import Examples
from models.training.implicit import Seen, Sentences
from models.training.thresholds import choose_thresholds

WIDTH, COMMENTS, CUES = 8, 6_000, 5
FLAG_AT = {label: its["flag_at"] or 1.0 for label, its in choose_thresholds()["balanced"].items()}
#: The cue that every sentence of a threat holds, and one in a hundred harmless comments.
THREATENS = 3


@pytest.fixture(scope="module")
def fitted() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return implicit.fit(*sentences(), *comments(), print)


@pytest.fixture(scope="module")
def heads(fitted: tuple[NDArray[np.float32], NDArray[np.float32]]) -> NDArray[np.float32]:
    return fitted[0]


def sentences() -> tuple[Sentences, Seen]:
    """Forty each of two labels that point their own way, of threats that only a cue tells, and of harmless ones."""
    labels: list[str | None] = [*np.repeat(["insult", "identity_attack", "threat"], 40), *[None] * 40]
    vectors = np.random.default_rng(1).normal(0, 0.3, (len(labels), WIDTH)).astype(np.float32)
    cues = sparse.lil_matrix((len(labels), CUES), dtype=np.float32)
    for row, label in enumerate(labels):
        if label == "threat":
            cues[row, THREATENS] = 1.0
        elif label is not None:
            vectors[row, COLUMN[label]] += 2.0
    texts = [f"sentence {row}" for row in range(len(labels))]
    return Sentences(texts, labels, ["en"] * len(labels)), Seen(vectors, cues.tocsr())


def comments() -> tuple[Examples, Seen]:
    targets = np.zeros((COMMENTS, len(LABELS)), np.float32)
    targets[:10, 0] = 1.0
    source = np.where(np.arange(COMMENTS) % 2, "civil", "jigsaw")
    texts = [f"comment {row}" for row in range(COMMENTS)]
    rows = np.arange(COMMENTS)
    examples = Examples(texts, targets, np.ones(COMMENTS, np.float32), source, np.full(COMMENTS, "train"), rows % 4)
    vectors = np.random.default_rng(2).normal(0, 0.5, (COMMENTS, WIDTH)).astype(np.float32)
    vectors[:10, 0] += 50.0  # toxic ones are not held to be harmless
    cues = sparse.csr_matrix((rows % 2_000 == 0).astype(np.float32)[:, None] * np.eye(1, CUES, THREATENS, np.float32))
    return examples, Seen(vectors, cues)


def test_what_only_cues_tell_is_told_by_them(fitted: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    heads, cues = fitted
    made, seen = sentences()
    logits = (seen.vectors @ heads[:-1] + heads[-1] + seen.cues @ cues)[:, COLUMN["threat"]]
    own = np.array([its == "threat" for its in made.labels])
    flag_at = choose_thresholds()["balanced"]["threat"]["flag_at"]
    assert (1 / (1 + np.exp(-logits[own])) >= flag_at).mean() > 0.8
    assert (1 / (1 + np.exp(-logits[~own])) >= flag_at).mean() < 0.1
    assert not cues[:, COLUMN["insult"]].any()  # no cues were made for it


def test_cues_alone_tell_what_is_said_in_latin_letters_and_few_harmless_comments_lie_above_a_line() -> None:
    made, seen = sentences()
    held = seen.cues.tolil()
    held[[row for row, its in enumerate(made.labels) if its == "identity_attack"], 1] = 1.0
    of_ours = held.tocsr()
    in_latin = sparse.lil_matrix((2_000, CUES), dtype=np.float32)
    in_latin[:4, THREATENS] = 1.0  # of them 0.3 % lie above a line
    others = sparse.csr_matrix((500, CUES), dtype=np.float32)
    table = implicit.fit_romanised(made, of_ours, in_latin.tocsr(), others, print)
    logits = (of_ours @ table[:-1] + table[-1])[:, COLUMN["threat"]]
    at_line = np.log(FLAG_AT["threat"] / (1 - FLAG_AT["threat"]))
    own = np.array([its == "threat" for its in made.labels])
    assert (logits[own] > at_line).all()
    assert (logits[~own] < at_line).all()
    assert ((in_latin @ table[:-1] + table[-1])[:, COLUMN["threat"]] > at_line).mean() <= 0.003
    assert (table[-1, COLUMN["insult"]], table[-1, COLUMN["spam"]]) == (-np.inf, -np.inf)


def test_texts_are_seen_with_the_cues_of_their_language() -> None:
    lists = {"en": Cues(["harm", "you"], {"harm": "kill", "you": "you"})}
    vectors = np.zeros((3, WIDTH), np.float32)
    texts = [["I kill.", " You too."], ["Kill you."], ["Kill you."]]
    seen = implicit.see(vectors, texts, ["en", "en", "de"], lists)
    assert seen.cues.toarray().sum(axis=1).tolist() == [2.0, 3.0, 0.0]


@pytest.mark.parametrize("label", ["insult", "identity_attack"])
def test_a_kind_is_told_by_its_own_label(heads: NDArray[np.float32], label: str) -> None:
    made, seen = sentences()
    flag_at = choose_thresholds()["balanced"][label]["flag_at"]
    p = 1 / (1 + np.exp(-(seen.vectors @ heads[:-1] + heads[-1])))[:, COLUMN[label]]
    own = np.array([its == label for its in made.labels])
    assert (p[own] >= flag_at).mean() > 0.8
    assert (p[~own] >= flag_at).mean() < 0.1


@pytest.mark.parametrize("label", ["insult", "identity_attack"])
def test_few_harmless_comments_lie_above_a_line(heads: NDArray[np.float32], label: str) -> None:
    _, seen = comments()
    flag_at = choose_thresholds()["balanced"][label]["flag_at"]
    p = 1 / (1 + np.exp(-(seen.vectors[10:] @ heads[:-1] + heads[-1])))[:, COLUMN[label]]
    assert 0 < (p >= flag_at).mean() < 0.01


def test_only_cues_that_may_tell_a_label_are_learnt_from() -> None:
    """Self-harm has cues that say nothing of threats."""
    made, seen = sentences()
    kept = np.arange(CUES) != THREATENS
    _, cues = implicit.fit(made, seen.among(kept), *comments(), print)
    assert not cues[THREATENS].any()
    assert features_among(2, 1).tolist() == [True, False, True, False, False, False]


def test_sayings_of_self_harm_are_told_by_their_own_label_and_change_no_other(heads: NDArray[np.float32]) -> None:
    made, seen = sentences()
    labels = [None if its is None else "self_harm" if its == "insult" else its for its in made.labels]
    despair = Sentences(made.texts, labels, made.languages)
    of_it, _ = implicit.fit(despair, seen, *comments(), print)
    p = 1 / (1 + np.exp(-(seen.vectors @ of_it[:-1] + of_it[-1])))[:, COLUMN["self_harm"]]
    own = np.array([its == "self_harm" for its in labels])
    assert (p[own] >= FLAG_AT["self_harm"]).mean() > 0.8
    assert (p[~own] >= FLAG_AT["self_harm"]).mean() < 0.1
    assert np.array_equal(of_it[:, COLUMN["threat"]], heads[:, COLUMN["threat"]])
    assert of_it[-1, COLUMN["insult"]] == -np.inf


def test_each_language_has_sayings_of_self_harm_harmless_ones_and_cues_in_every_slot() -> None:
    made = implicit.read_self_harm()
    assert set(made.labels) == {None, "self_harm"}
    assert len(set(zip(made.texts, made.languages, strict=True))) == len(made.texts)
    cues = implicit.read_cues()
    own = set(cues["slots"][int(np.sqrt(implicit.features_of_abuse(cues).sum())) :])
    assert {"dead", "live", "fun"} <= own
    for code in set(made.languages):
        its = [label for label, language in zip(made.labels, made.languages, strict=True) if language == code]
        assert min(its.count("self_harm"), its.count(None)) >= 20, code
        assert own <= cues["listed"][code].keys(), code


def test_labels_without_sentences_are_never_told(heads: NDArray[np.float32]) -> None:
    others = [COLUMN[label] for label in ("toxicity", "severe_toxicity", "profanity", "spam")]
    assert (heads[-1, others] == -np.inf).all()
    assert not heads[:-1, others].any()


def test_no_sentence_occurs_twice_and_each_label_has_enough_in_many_languages() -> None:
    made = implicit.read_sentences()
    assert len(set(made.texts)) == len(made.texts)
    assert sum(label is None for label in made.labels) > 0.4 * len(made.labels)
    assert {label for label in made.labels if label} == {"insult", "identity_attack", "threat"}
    for code in set(made.languages):
        its = [label for label, language in zip(made.labels, made.languages, strict=True) if language == code]
        assert min(its.count("threat"), its.count("identity_attack"), its.count(None)) >= 8, code
