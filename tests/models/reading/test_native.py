"""What is in Latin letters for want of others is read in its own, word by word, and each word keeps its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reading.arabic import Arabic
from models.reading.cyrillic import Cyrillic
from models.reading.latin import RUSSIAN, UKRAINIAN, detect_romanised, in_latin, speaks_for
from models.reading.native import Native
from texts.edits import edited

RUSSIAN_WORDS = ["тебя", "тупой", "сдохнешь", "очень", "шлюха", "хороший", "это", "я", "знаю", "убью", "щука"]
ARABIC_WORDS = ["بيتك", "الفيلم", "رأسك", "أكسر", "حلو", "مقال", "عنوان", "قتل", "ضرب", "كتاب"]
CYRILLIC = Cyrillic(lambda: dict.fromkeys(RUSSIAN_WORDS, 9.0), lambda: frozenset({"cyka", "shlyukha"}))
ARABIC = Arabic(lambda: dict.fromkeys(ARABIC_WORDS, 9.0))


def read(native: Native, text: str) -> str:
    return edited(text, native.find(text))


@pytest.mark.parametrize(
    ("text", "native"),
    [
        ("ya tebya znayu", "я тебя знаю"),
        ("ja tebja znaju", "я тебя знаю"),
        ("ia tebia znaiu", "я тебя знаю"),
        ("Tupoy, ochen!", "тупой, очень!"),
        ("tupoj tupoi", "тупой тупой"),
        ("sdokhnesh sdohnesh", "сдохнешь сдохнешь"),
        ("horoshiy khoroshij xoroshyi", "хороший хороший хороший"),
        ("eto schuka", "это щука"),
        ("4to", "что"),  # in no lexicon: letter by letter
        ("cyka shlyukha", "cyka шлюха"),  # kept only where nothing is found for it
        ("уже po-русски", "уже по-русски"),
        ("", ""),
    ],
)
def test_russian_is_read_through_the_ways_in_which_it_is_spelt(text: str, native: str) -> None:
    assert read(CYRILLIC, text) == native


@pytest.mark.parametrize(
    ("text", "native"),
    [
        ("inshallah ya 7abibi", "إن شاء الله يا حبيبي"),  # of our own list
        ("beitak", "بيتك"),
        ("3onwan", "عنوان"),
        ("2atl", "قتل"),  # a 2 is a letter to some
        ("el film 7elw", "الفيلم حلو"),
        ("elkitab b kitab", "الكتاب بكتاب"),
        ("drabha", "ضربها"),
        ("7omos", "حمس"),  # in no lexicon: letter by letter
        ("mar7aba, kifak?", "مرحبا، كيفك؟"),
    ],
)
def test_arabic_is_read_by_its_consonants_and_what_stands_between_them(text: str, native: str) -> None:
    assert read(ARABIC, text) == native


@given(st.text(alphabet="aeouy3'27 kshtlb-,?я", max_size=60))
@pytest.mark.parametrize("native", [CYRILLIC, ARABIC], ids=["russian", "arabic"])
def test_whatever_is_written_its_words_are_replaced_in_order_and_apart(native: Native, text: str) -> None:
    edits = native.find(text)
    places = [place for start, end, _ in edits for place in (start, end)]
    assert places == sorted(places)
    assert all(start < end <= len(text) for start, end, _ in edits)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("chto is a word", ("", True)),  # one word tells no language
        ("pochemu nikto nichego", ("ru-Latn", True)),
        ("pozhaluysta", ("ru-Latn", True)),  # but a long one, where few are said
        ("dyakuyu duzhe", ("uk-Latn", True)),
        ("ana ya el", ("", False)),  # words that other languages have, too
        ("enta was my shop", ("", True)),
        ("enta el film da", ("ar-Latn", True)),  # beside it words tell that tell nothing alone
        ("7aram 3alek", ("ar-Latn", True)),
        ("h3llo fr3aks", ("", False)),
        ("2nd 3rd 7up mp3 b2b", ("", False)),
        ("mujhe nahi chahiye", ("ur-Latn", True)),
    ],
)
def test_words_that_others_have_not_tell_a_language(text: str, told: tuple[str, bool]) -> None:
    assert detect_romanised(text.split(), text) == told


@pytest.mark.parametrize("spelt", ["nichego", "nichyego", "pozhaluysta", "pojaluista", "eshche", "esche"])
def test_a_russian_word_is_known_in_all_its_spellings(spelt: str) -> None:
    assert speaks_for(spelt, RUSSIAN) == (spelt != "nichyego")
    assert not speaks_for(spelt, UKRAINIAN)


def test_what_is_said_to_be_in_a_language_with_letters_of_its_own_is_read_as_such() -> None:
    assert [in_latin(code) for code in ("ar", "ru", "uk", "de")] == ["ar-Latn", "ru-Latn", "uk", "de"]
