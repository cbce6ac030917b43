"""HTML as a reader reads it."""

from __future__ import annotations

import pytest

from texts import markup


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<div>a <b>bad</b> word</div>", "a bad word"),
        ("1 &lt; 2, and <br>a bad<i> word</i>", "1 < 2, and \na bad word"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ('<a href="https://a.example/?a=1&amp;b=2">here</a>', "https://a.example/?a=1&b=2 here"),
        ("<a href=https://a.example>here</a>", "https://a.example here"),
        ("<a\nHREF='https://a.example'>here</a>", "https://a.example here"),
        ("<!-- not seen -->seen", "seen"),
        ("<!doctype html>seen", "seen"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("I <3 you", "I <3 you"),
        ("an open <a tag", "an open <a tag"),
        ("&#x49;&#100;iot", "Idiot"),
        ("&#x00000000049;&#00000000100;iot", "Idiot"),
        ("&#0;&#x0;", "\ufffd\ufffd"),
        ("&#" + "0" * 20_000 + "73;", "I"),
        ("&#" + "9" * 20_000 + ";", "\ufffd"),
        ("&#x" + "f" * 20_000 + ";", "\ufffd"),
        ("", ""),
    ],
)
def test_a_page_says_these_words(text: str, words: str) -> None:
    assert markup.words_of(text) == words


def test_tags_part_words_and_entities_stay() -> None:
    assert markup.without_tags("one<br>two &amp; <3") == "one two &amp; <3"
