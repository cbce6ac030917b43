"""What each set of labelled comments says of a comment, and what it does not say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.labels import COLUMN, CORE_LABELS
from models.training import subjects
from models.training.augmentation import IDENTITY_TERMS, everyday_examples, made_up_examples
from models.training.datasets import Examples, read_source, source_path
from models.training.languages import (
    LEARNT,
    read_gambling,
    read_language,
    read_rewritten,
    read_word_lists,
    said_here,
    said_plainly,
)
from models.training.subjects import About
from tests.models.training.test_training import write

SIX = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
UNKNOWN_SIX = dict.fromkeys(SIX, "")
HARMLESS = dict.fromkeys(CORE_LABELS, 0.0)
RATERS = {"raters": 4, "not_toxic": 4, "insult": 0, "threat": 0, "identity_attack": 0, "profanity": 0}


def told(examples: Examples) -> list[dict[str, float]]:
    """What is known of each: label -> how likely."""
    return [
        {label: round(float(row[COLUMN[label]]), 4) for label in CORE_LABELS if not np.isnan(row[COLUMN[label]])}
        for row in examples.targets
    ]


@pytest.mark.parametrize(
    ("source", "row", "known"),
    [
        ("jigsaw", {"any_label": 0, "split": "train", **UNKNOWN_SIX}, HARMLESS),
        ("jigsaw", {"any_label": 1, "split": "train", **UNKNOWN_SIX}, {"toxicity": 1.0, "spam": 0.0}),
        (
            "jigsaw",
            {"any_label": 1, "split": "train", **dict.fromkeys(SIX, 0), "obscene": 1},
            {
                "toxicity": 1,
                "severe_toxicity": 0,
                "insult": 0,
                "profanity": 1,
                "threat": 0,
                "identity_attack": 0,
                "spam": 0,
            },
        ),
        (
            "civil",
            {"comment_id": 7, **RATERS, "not_toxic": 1, "insult": 2, "profanity": 4},
            {"toxicity": 0.75, "insult": 0.5, "profanity": 1, "threat": 0, "identity_attack": 0, "spam": 0},
        ),
        ("davidson", {"raters": 4, "hate": 1, "neither": 3}, {"toxicity": 0.25, "identity_attack": 0.25, "spam": 0}),
        ("hatemoji", {"split": "train", "label_gold": 1}, {"toxicity": 1, "identity_attack": 1}),
        ("hatemoji", {"split": "train", "label_gold": 0}, HARMLESS),
        ("roman_urdu", {"split": "train", "abusive": 1}, {"toxicity": 1, "spam": 0}),
        ("roman_urdu", {"split": "train", "abusive": 0}, {"toxicity": 0, "spam": 0}),
        ("youtube", {"video": "Youtube02-Katy", "spam": 1}, {"spam": 1}),
        ("sms", {"spam": 0}, {"spam": 0}),
        ("web_forms", {"spam": 1}, {"spam": 1}),
    ],
)
def test_a_set_says_what_its_raters_said_and_no_more(
    tmp_path: Path, source: str, row: dict[str, object], known: dict[str, float]
) -> None:
    write(source_path(tmp_path, source), [{"text": "A remark.", **row}])
    found = read_source(tmp_path, source)
    assert found.texts == ["A remark."]
    assert told(found) == [known]
    assert found.source.tolist() == [source]
    assert found.split.tolist() == ["train"]


@pytest.mark.parametrize(
    ("source", "row", "split"),
    [
        ("civil", {"comment_id": 10, **RATERS}, "dev"),  # a tenth, by the last digit
        ("civil", {"comment_id": 101, **RATERS}, "train"),
        ("jigsaw", {"any_label": 0, "split": "test", **UNKNOWN_SIX}, "dev"),
        ("roman_urdu", {"split": "validation", "abusive": 0}, "dev"),
        ("sms", {"spam": 0}, "train"),
    ],
)
def test_what_is_kept_apart_is_not_learnt_from(tmp_path: Path, source: str, row: dict[str, object], split: str) -> None:
    write(source_path(tmp_path, source), [{"text": "A remark.", **row}])
    assert read_source(tmp_path, source).split.tolist() == [split]


def test_comments_on_one_video_are_left_out_together_and_others_by_turns(tmp_path: Path) -> None:
    videos = [{"video": f"Youtube0{number}-X", "text": "x", "spam": 0} for number in (1, 4, 1, 2)]
    write(source_path(tmp_path, "youtube"), videos)
    write(source_path(tmp_path, "sms"), [{"text": "x", "spam": 0}] * 6)
    assert read_source(tmp_path, "youtube").fold.tolist() == [0, 3, 0, 1]
    assert read_source(tmp_path, "sms").fold.tolist() == [0, 1, 2, 3, 0, 1]
    write(source_path(tmp_path, "hatemoji"), [{"text": "x", "split": "train", "label_gold": 0}])
    assert read_source(tmp_path, "hatemoji").fold.tolist() == [-1]


def test_of_messages_from_forms_the_wanted_ones_are_left_out(tmp_path: Path) -> None:
    write(source_path(tmp_path, "web_forms"), [{"text": "wanted", "spam": 0}, {"text": "not", "spam": 1}])
    assert read_source(tmp_path, "web_forms").texts == ["not"]


@pytest.mark.parametrize(
    ("text", "marks", "sentences"),
    [
        ("A bad idea. The bus was late again! Really?", [(2, 5)], ["The bus was late again!"]),
        ("A bad idea. The bus was late again! Really?", [], ["A bad idea.", "The bus was late again!"]),
        ("A bad idea. The bus was late again!", [(0, 11)], ["The bus was late again!"]),
        ("A bad idea. The bus was late again!", [(8, 16)], []),  # a mark over both
        ("A bad idea. The bus was late again!", [(11, 12)], ["A bad idea."]),
        ("Only one sentence that is long enough.", [], []),  # as a whole it has its own labels
        ("Line one here\nLine two here", [], ["Line one here", "Line two here"]),
    ],
)
def test_sentences_that_no_rater_marked_are_harmless(
    tmp_path: Path, text: str, marks: list[tuple[int, int]], sentences: list[str]
) -> None:
    write(
        source_path(tmp_path, "civil"),
        [
            {"comment_id": 1, "text": text, **RATERS},
            {"comment_id": 2, "text": "Very good indeed. So it is then.", **RATERS},
        ],
    )
    rows = [{"comment_id": 1, "rater": 1, "start": start, "end": end} for start, end in marks]
    rows.append({"comment_id": 9, "rater": 1, "start": 0, "end": 1})
    write(source_path(tmp_path, "civil_unmarked"), rows)
    found = read_source(tmp_path, "civil_unmarked")
    assert found.texts == [*sentences, "Very good indeed.", "So it is then."]
    assert told(found) == [HARMLESS] * len(found)


def test_a_languages_comments_say_what_is_known_of_them(tmp_path: Path) -> None:
    known = {"insult": 1, "profanity": "", "identity_attack": 0, "threat": ""}
    rows = [
        {"text": "a", "toxic": 1, **known, "split": "train"},
        {"text": "b", "toxic": 0.75, **dict.fromkeys(known, ""), "split": "dev"},
        {"text": "c", "toxic": 0.25, **known, "split": "train"},
    ]
    write(tmp_path / "languages/de.csv.gz", rows)
    found = read_language(tmp_path, "de")
    assert told(found) == [
        {"toxicity": 1, "insult": 1, "identity_attack": 0, "spam": 0},
        {"toxicity": 0.75, "spam": 0},
        HARMLESS,  # fewer than half of its raters
    ]
    assert (found.split.tolist(), set(found.source)) == (["train", "dev", "train"], {"de"})


def test_other_sets_say_one_thing_each(tmp_path: Path) -> None:
    write(tmp_path / "languages/id_gambling_spam.csv.gz", [{"text": "slot", "spam": 1, "split": "train"}])
    write(tmp_path / "languages/en_paradetox.csv.gz", [{"text": "fool", "toxic": 1}, {"text": "friend", "toxic": 0}])
    assert told(read_gambling(tmp_path)) == [{"spam": 1}]
    rewritten = read_rewritten(tmp_path)
    assert told(rewritten) == [{"toxicity": 1, "spam": 0}, {"toxicity": 0, "spam": 0}]
    assert rewritten.split.tolist() == ["train", "train"]


def test_public_lists_of_bad_words_are_joined_to_our_own_but_for_english(tmp_path: Path) -> None:
    rows = [
        {"language": code, "word": word} for code, word in (("sv", "Dumskalle"), ("sv", "dumskalle"), ("en", "fool"))
    ]
    write(tmp_path / "languages/words.csv.gz", rows)
    words = read_word_lists(tmp_path)
    assert words["sv"].count("dumskalle") == 1
    assert "fool" not in words.get("en", [])
    assert list(words) == sorted(words)
    assert all(its == sorted(set(its)) for its in words.values())


def test_our_own_sentences_say_whether_they_are_bad_and_how() -> None:
    plainly = said_plainly()
    assert len(plainly) == len(set(plainly.texts)) == len(plainly.targets)
    kinds = told(plainly)
    assert all(one["toxicity"] in (0.0, 1.0) for one in kinds)
    assert {frozenset(one) for one in kinds if not one["toxicity"]} == {frozenset(CORE_LABELS)}
    assert any(one.get("threat") for one in kinds)
    assert said_here("no such language") == ([], [])
    texts, bad = said_here("sv")
    assert len(texts) == len(bad)
    assert not any("{" in text for text in texts)


def test_made_up_sentences_speak_of_each_people_both_well_and_badly() -> None:
    made = made_up_examples()
    assert set(made.source) == {"made_up"}
    assert (made.weights > 0).all()
    toxic = made.targets[:, COLUMN["toxicity"]] > 0.5
    for term in IDENTITY_TERMS:
        about = np.array([term in text for text in made.texts])
        assert (about & toxic).any(), term
        assert (about & ~toxic).any(), term
    adverts = made.targets[:, COLUMN["spam"]] > 0.5
    assert 0 < adverts.sum() < len(made) / 2
    assert not any("{" in text or "}" in text for text in [*made.texts, *everyday_examples().texts])
    everyday = told(everyday_examples())
    assert {frozenset(one) for one in everyday} == {
        frozenset({"toxicity", "insult", "threat"}),
        frozenset({"toxicity"}),
        frozenset({"toxicity", "threat"}),
        frozenset(CORE_LABELS),
    }


@pytest.mark.parametrize("code", LEARNT)
def test_no_language_that_is_learnt_is_given_ours_on_one_side_only(code: str) -> None:
    _, bad = said_here(code)
    assert not bad or 0 < sum(bad) < len(bad)


SEXUAL, HARM = "so horny and naked, an orgasm", "I want to kill myself"


@pytest.mark.parametrize(
    ("text", "kind", "written", "adult", "expected"),
    [
        (SEXUAL, "sex", True, False, ("sexual", (1, 0))),
        ("a quiet evening", "sex", True, False, None),  # without such words it says nothing
        (HARM, "despair", True, False, ("despair", (0, 1))),
        ("a quiet evening", "despair", True, False, None),
        (HARM, "elsewhere", True, False, None),  # of oneself, in a forum that is not about it
        ("a novel about suicide", "elsewhere", True, False, ("words_only", (0, 0))),
        ("a quiet evening", "elsewhere", True, False, ("elsewhere", (0, 0))),
        ("a quiet evening", "medicine", True, False, ("medicine", (0, 0))),
        (HARM, "medicine", True, False, ("medicine", (0, None))),
        (SEXUAL, "elsewhere", True, False, ("sexual", (1, None))),
        (SEXUAL, "relationships", True, True, ("sexual", (1, None))),
        ("naked", "elsewhere", True, False, None),  # one such word is not enough, nor nothing
        (HARM, "confessions", True, False, ("despair", (0, 1))),
        ("a novel about suicide", "relationships", False, False, ("words_only", (0, 0))),
    ],
)
def test_what_a_post_tells_follows_from_its_forum_and_its_words(
    text: str, kind: str, *, written: bool, adult: bool, expected: tuple[str, About] | None
) -> None:
    found = subjects._of_post(text, kind, written=written, adult=adult)
    assert (None if found is None else (found.kind, found.about)) == expected
