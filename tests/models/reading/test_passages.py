"""The parts of a comment that are in another language than the whole: listed insults, English runs, strange runs."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reading.listed import WordList
from models.reading.passages import Passage, Passages, are_foreign
from models.reading.words import Reader

USUAL = "the a is you are and i think this that very much good day my friend what to of in it was die man so"
#: Word -> the English comments that hold it: few hold a word of another language by chance.
KNOWN = dict.fromkeys(USUAL.split(), 5_000) | {"idiot": 400, "kill": 300, "yourself": 300, "stupid": 500, "moron": 90}
READER = Reader(KNOWN | {"con": 60, "idiota": 3, "randi": 25, "sale": 900}, frozenset({"idiot", "stupid", "moron"}))
INSULTS = {
    "en": ["idiot", "moron"],
    "de": ["Arschloch", "fick dich", "Depp", "öder"],
    "fr": ["connard", "con", "sale con"],
    "es": ["idiota", "hijo de puta"],
    "it": ["idiota"],
    "hi-Latn": ["chutiya", "randi", "bhaskar"],
    "ru": ["дурак"],
    "ja": ["死ね"],
}
PASSAGES = Passages(READER, {code: WordList(words) for code, words in INSULTS.items()}, {"hurt": 1, "die": 2})


def shown(text: str, found: list[Passage]) -> list[tuple[str, str]]:
    return [(text[one.start : one.end], one.language) for one in found]


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "You are an Arschloch my friend", [("Arschloch", "de")]),
        ("en", "you are a depp", [("depp", "de")]),
        ("en", "hijo de puta you", [("hijo de puta", "es")]),
        ("en", "you idiota", [("idiota", "es")]),  # of two languages that have it the likelier
        ("en", "you дурак", [("дурак", "ru")]),
        ("en", "you 死ねよ", [("死ねよ", "ja")]),
        ("en", "you are an arsch<b>loch</b>", [("arsch<b>loch", "de")]),
        # in its own language it needs no passage
        ("de", "Das ist ein Arschloch", []),
        # a word that English comments hold says nothing there, but does in a phrase with one that they do not
        ("en", "the con is here", []),
        ("en", "hijo de puta, the con", [("hijo de puta", "es")]),
        # in another language than English a short word may be one of its own
        ("fr", "C'est un Arschloch", [("Arschloch", "de")]),
        ("fr", "tu es un depp", []),
        ("fr", "tu es un дурак", [("дурак", "ru")]),
        ("fr", "tu es öder", []),
        # a name is written large: in English text all but German words, which are written so
        ("en", "Connard is here", []),
        ("en", "Depp", [("Depp", "de")]),
        ("en", "Randi", []),
        # romanised insults are read by the fast reader where the text is romanised and long
        ("en", "chutiya what", [("chutiya", "hi-Latn")]),
        ("ur-Latn", "tum chutiya ho", [("chutiya", "hi-Latn")]),
        ("ur-Latn", "bhaskar singh", [("bhaskar", "hi-Latn")]),
        ("ur-Latn", "Bhaskar Singh", []),  # a full name
        ("ur-Latn", "tum chutiya ho " + "aur main bhi " * 4, []),
        # hidden ones, too
        ("ur-Latn", "tum c h u t i y a ho", [("c h u t i y a", "hi-Latn")]),
        ("ur-Latn", "tum ch🤬utiya ho", [("ch🤬utiya", "hi-Latn")]),
        ("ur-Latn", "tum ch*tiya ho", [("ch*tiya", "hi-Latn")]),
        ("fr", "tum c.h.u.t.i.y.a ho", []),
        # neighbours of one language are one passage, with up to two words between
        ("en", "an arschloch, fick dich", [("arschloch, fick dich", "de")]),
        ("en", "arschloch and the depp", [("arschloch and the depp", "de")]),
        ("en", "arschloch and the connard", [("arschloch", "de"), ("connard", "fr")]),
        ("en", "arschloch and the good depp", [("arschloch", "de"), ("depp", "de")]),
        ("en", "what a good day", []),
        ("en", "", []),
    ],
)
def test_insults_of_other_languages_are_found(language: str, text: str, found: list[tuple[str, str]]) -> None:
    assert shown(text, PASSAGES.find_insults(text, language)) == found
    assert all(one.is_listed for one in PASSAGES.find_insults(text, language))


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("de", "du bist very stupid", ["very stupid"]),
        ("de", "du bist so stupid", ["so stupid"]),
        ("de", "du bist so good", []),  # "so" is German as well, and one other word too few
        ("de", "die man so", []),
        ("ru", "die man so", ["die man so"]),
        ("de", "Das ist ein Idiot", []),  # a short word alone may be German
        ("de", "ich war in Berlin", []),
        ("de", "kill yourself du", ["kill yourself"]),
        ("ru", "ты stupid moron", ["stupid moron"]),
        ("fr", "ok moron", []),
        ("fr", "vous avez the good day", ["the good day"]),
        ("fr", "the good. vous my friend", ["the good", "my friend"]),
        ("fr", "the, good", ["the, good"]),
        ("fr", "the good. My friend", ["the good", "My friend"]),
        ("fr", "the vous good", []),
        ("hi", "तुम st*pid moron हो", ["st*pid moron"]),
        ("de", "", []),
    ],
)
def test_runs_of_english_words_are_found(language: str, text: str, found: list[str]) -> None:
    assert shown(text, PASSAGES.find_english(text, language)) == [(one, "en") for one in found]


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("I think that. Ich fahre morgen mit dem Zug. Good day", "de", ["Ich fahre morgen mit dem Zug"]),
        ("what is this: je ne sais pas pourquoi il vient", "fr", ["je ne sais pas pourquoi il vient"]),
        ("I think this is a very good day", "", []),
        ("zug morgen", "", []),  # two words are too few
        ("Ich fahre morgen mit dem Zug. zug morgen", "de", ["Ich fahre morgen mit dem Zug"]),
        ("Heute fahre ich the good Zug nach Hause", "de", ["Heute fahre ich the good Zug nach Hause"]),
    ],
)
def test_runs_of_words_that_are_no_english_are_found_where_their_language_is_judged(
    text: str, language: str, found: list[str]
) -> None:
    assert shown(text, PASSAGES.find_foreign(text, lambda _code: True)) == [(one, language) for one in found]
    assert PASSAGES.find_foreign(text, lambda _code: False) == []


@pytest.mark.parametrize(
    ("strange", "words", "foreign"),
    [(3, 3, True), (3, 5, True), (3, 6, False), (6, 10, True), (5, 10, False), (2, 2, False), (0, 0, False)],
)
def test_words_may_be_foreign_where_three_are_strange_and_most_of_them(
    strange: int, words: int, *, foreign: bool
) -> None:
    assert are_foreign(strange, words) is foreign


@pytest.mark.parametrize(
    ("words", "marks"),
    [
        (["the"], (False, False, False, 0)),
        (["moron"], (False, False, True, 0)),
        (["arschloch"], (True, True, False, 0)),
        (["drecksarschlochs"], (True, True, False, 0)),  # within another word
        (["hijo"], (True, True, False, 0)),  # the rarest word of a phrase tells it
        (["de"], (False, True, False, 0)),
        (["zug"], (False, True, False, 0)),
        (["die"], (False, False, False, 2)),
        (["hurt", "die"], (False, False, False, 2)),
        (["hurt"], (False, True, False, 1)),
        (["kill"], (False, False, True, 0)),
        (["arsch", "loch"], (True, True, False, 0)),  # run together again
        (["the", "zug"], (False, False, False, 0)),
        (["<digits>"], (False, False, False, 0)),
        ([], (False, False, False, 0)),
    ],
)
def test_a_look_at_a_tokens_words_says_what_is_worth_another(
    words: list[str], marks: tuple[bool, bool, bool, int]
) -> None:
    assert PASSAGES.marks(words) == marks


PIECES = st.sampled_from(
    [
        "the",
        "good",
        "stupid",
        "Arschloch",
        "fick dich",
        "дурак",
        "死ね",
        "zug",
        "<b>x</b>",
        "&amp;",
        ".",
        "!",
        "\n",
        "Randi",
    ]
)


@given(st.lists(PIECES, max_size=14).map(" ".join), st.sampled_from(["en", "de", "fr", "ur-Latn", "ru"]))
def test_passages_are_in_order_and_apart_and_at_most_eight(text: str, language: str) -> None:
    for found in (
        PASSAGES.find_insults(text, language),
        PASSAGES.find_foreign(text, lambda _code: True),
    ):
        assert len(found) <= 8
        assert all(0 <= one.start < one.end <= len(text) for one in found)
        assert all(before.end <= after.start for before, after in pairwise(found))
    assert all(one.language == "en" for one in PASSAGES.find_english(text, language))


def test_known_words_bear_the_marks_that_each_bears_alone() -> None:
    words = list(PASSAGES.reader.known)
    assert PASSAGES.marks_of_known(words).tolist() == [list(PASSAGES.marks([word])) for word in words]
    assert PASSAGES.marks_of_known(words).any(axis=0).all()


@pytest.mark.parametrize(
    ("language", "text", "hides"),
    [
        ("ur-Latn", "tum chut1ya ho", True),
        ("hi-Latn", "tum chuuuutiya ho", True),
        ("ur-Latn", "tum chutiya ho", False),
        ("ur-Latn", "tum chut1ya ho " + "aur main bhi " * 20, False),
        ("en", "you chut1ya", False),
    ],
)
def test_only_short_romanised_texts_are_searched_for_hidden_insults(language: str, text: str, hides: bool) -> None:
    assert PASSAGES.may_hide(text, language) is hides
