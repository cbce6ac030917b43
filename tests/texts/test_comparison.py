"""How a list's own words are looked for: in readings of a text that undo what hides them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from texts.comparison import as_read, letters, readings, spelled


@pytest.mark.parametrize(
    ("text", "read"),
    [
        # case, width, gaps and what shows nothing
        ("  Two \n words\t", "two words"),
        ("ＡＢＣ ⓒⓐⓢⓘⓝⓞ ﬁn ①", "abc casino fin 1"),
        ("casi\u200bno ca\u00adsino a\x01b", "casino casino ab"),
        ("c3R1cGlkAWlkaW90", "stupididiot"),  # in Base64, too
        ("c<b>a</b>sino, tea &amp; milk", "casino, tea & milk"),
        # letters that pass for others, and accents
        ("саsinо", "casino"),
        ("Straße, café, İstanbul", "strasse, cafe, istanbul"),
        ("a\u0301", "a"),
        # scripts in which marks spell: without them it would be another word
        ("हिन्दी नमस्ते", "हिन्दी नमस्ते"),
        ("ไทย", "ไทย"),
        ("が か\u3099", "が が"),
        ("ﾊﾞｶ ﾎﾟｲ", "バカ ポイ"),
        ("\u1109\u1175\u1107\u1161\u11af", "시발"),
        ("한국 日本", "한국 日本"),
        # an Arabic word that is lengthened is the same word
        ("كـلـب", "كلب"),
        # a star in a list stands for any letters: no other star becomes that one
        ("★ ＊ •", "★ ＊ •"),
        ("a*b", "a*b"),
        ("", ""),
    ],
)
def test_a_text_is_compared_as_a_reader_reads_it(text: str, read: str) -> None:
    assert as_read(text) == read


#: Text -> all of its readings, in order.
READINGS = {
    "hello world": ["hello world"],
    "2024 $$$ 100%": ["2024 $$$ 100%"],  # without a letter nothing stands for one
    # spelt out: three letters or more, of which none is a part of a word
    "c a s i n o": ["c a s i n o", "casino"],
    "c.a.s.i.n.o": ["c.a.s.i.n.o", "casino"],
    "x_y_z": ["x_y_z", "xyz"],
    "c - a - s": ["cas"],
    "a b": ["a b"],
    "ab c d": ["ab c d"],
    "a b cd e": ["a b cd e"],
    # signs for letters
    "ca$ino": ["ca$ino", "casino"],
    "vi@gra 100": ["vi@gra 100", "viagra 100"],
    "f*ck": ["f*ck", "fck"],
    "d-o-g": ["d-o-g", "dog"],
    "s't.u_p*i-d": ["s't.u_p*i-d", "stupid"],
    # digits for letters: 1 and | are an i or an l
    "c4s1n0x": ["c4s1n0x", "casinox", "caslnox"],
    "b|tch": ["b|tch", "bitch", "bltch"],
    "1ove": ["1ove", "iove", "love"],
    "3at 5hit 7op 8ad 9ood": ["3at 5hit 7op 8ad 9ood", "eat shit top bad good"],
    # at a word's edges digits are a number, or one of them is a letter
    "casin0": ["casin0", "casin", "casino"],
    "pills24": ["pills24", "pills", "pills2a"],
    "4ever": ["4ever", "ever", "aever"],
    # what only ends a sentence is no letter
    "idiot!!": ["idiot!!", "idiot"],
    "free||": ["free||", "free"],
    # letters that are drawn out were one or two
    "caaasino": ["caaasino", "casino", "caasino"],
    "goooogle": ["goooogle", "gogle", "google"],
    "good": ["good"],
}


@pytest.mark.parametrize("text", READINGS)
def test_a_hidden_word_is_among_the_readings_and_no_reading_comes_twice(text: str) -> None:
    assert list(readings(text)) == READINGS[text]


@given(st.text(st.sampled_from("aAeéß1|@$!*.-_' \nбकか漢ـ\u0301\u200b<b>&;"), max_size=40))
def test_every_text_reads_first_as_itself_and_in_five_ways_at_most(text: str) -> None:
    found = list(readings(text))
    assert found[0] == as_read(text)
    assert len(found) == len(set(found)) <= 5
    assert as_read(text) == " ".join(as_read(text).split())


@given(st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=3, max_size=12), st.sampled_from(" .-_*"))
def test_a_word_that_is_spelt_out_is_read_as_the_word(word: str, gap: str) -> None:
    assert word in {reading for one in readings(gap.join(word)) for reading in one.split()} or has_drawn_out(word)


def has_drawn_out(word: str) -> bool:
    return any(letter * 3 in word for letter in word)


@pytest.mark.parametrize(
    ("text", "bare"), [("C-a s.i_n o 7!", "casino7"), ("", ""), ("?! _", ""), ("Café, au lait", "cafeaulait")]
)
def test_bare_letters_have_nothing_between_them(text: str, bare: str) -> None:
    assert letters(text) == bare


@pytest.mark.parametrize(
    ("one", "other"),
    [(" Ada@Example.ORG ", "ada@example.org"), ("É", "e\u0301"), ("Åsa", "a\u030asa"), ("ПЁТР", "пётр")],
)
def test_an_id_is_the_same_in_another_case_or_another_encoding(one: str, other: str) -> None:
    assert spelled(one) == spelled(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.org", "аda@example.org"),  # a Cyrillic a
        ("karl", "\u212aarl"),  # the Kelvin sign, whose small letter is a k
        ("ada", "ada\u200b"),
        ("AB", "ＡＢ"),
        ("strasse", "straße"),
    ],
)
def test_an_id_that_only_looks_alike_is_another(one: str, other: str) -> None:
    assert spelled(one) != spelled(other)


@given(st.text(max_size=20))
def test_an_id_is_compared_with_itself_however_often_it_was_made_comparable(text: str) -> None:
    assert spelled(spelled(text)) == spelled(text)
    assert spelled(unicodedata.normalize("NFC", text.strip())) == spelled(text)
