"""What a reader sees of letters that hide a word from a program, in any script, and where each stood."""

from __future__ import annotations

import pytest

from texts.normalization import normalize, visible, visible_with_offsets


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("hu\0ren\x01so\x7fhn", "hurensohn"),
        ("a\x0bb\tc\nd", "a\x0bb\tc\nd"),  # gaps and line ends stay
        ("ä\x01rger", "ärger"),
        ("s\u200da\u200dl\u200do\u200dp\u200de", "salope"),
        ("s\u034fa\u034flope", "salope"),
        ("s\ufe0fa\ufe0flo\U000e0100pe", "salope"),
        ("s\U000e0061alope", "salope"),
        ("s\u0321\u0335a\u0362\u0335l\u0336\u0488ope", "salope"),
        ("cafe\u0301 a\u0308rger", "café ärger"),
        ("убью\u0301", "убью"),
        ("\u1109\u1175\u1107\u1161\u11af", "시발"),
        ("か\u3099", "が"),
        ("ﾊﾞｶ", "バカ"),
        ("ﾎﾟｲ ﾊﾟﾁﾝｺ", "ポイ パチンコ"),
        ("सा\u0336ला\u0335", "साला"),
        ("साला", "साला"),
        ("ﬁｃｋ 𝐝𝐢𝐜𝐡 ⓢⓐⓛⓞⓟⓔ 🅿🆄🆃🅰", "ﬁck dich salope PUTA"),
        ("ﾀﾋね", "タヒね"),
        ("１º ２ª！", "１º ２ª！"),
        ("ㅅㅂ", "ㅅㅂ"),
        ("كـلـب", "كلب"),
        ("\ufedb\ufee0\ufe90", "كلب"),
        ("пидoр", "пидор"),  # a Latin o
        ("cука", "сука"),  # a Latin c
        ("сосk и ты", "соск и ты"),
        ("іdіоt", "idiot"),  # Cyrillic letters
        ("рutа", "puta"),
        ("🇩🇪 ❤️ 👨‍👩‍👧", "🇩🇪 ❤️ 👨👩👧"),
    ],
)
def test_a_word_is_seen_through_what_hides_its_letters(written: str, seen: str) -> None:
    assert visible(written) == seen
    shown, starts, ends = visible_with_offsets(written)
    assert shown == seen
    assert len(starts) == len(ends) == len(seen)
    assert all(0 <= start < end <= len(written) for start, end in zip(starts, ends, strict=True))


def test_letters_keep_their_places_among_what_shows_nothing() -> None:
    written = "so\u0301 \x01h\0u\u200dre!"
    shown, starts, ends = visible_with_offsets(written)
    word = shown.index("hure")
    assert written[starts[word] : ends[word + 3]] == "h\0u\u200dre"
    assert written[starts[1] : ends[1]] == "o\u0301"


def test_control_characters_part_no_word_for_either_reader() -> None:
    assert normalize("id\x01iot") == visible("id\x01iot") == "idiot"


def test_many_marks_are_read_in_linear_time() -> None:
    assert visible("a" + "\u0301" * 200_000 + "b") == "ab"
