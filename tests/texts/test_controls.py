"""What no sentence needs is taken out, what no database stores is replaced, and nothing commands a terminal."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from texts.controls import CONTROL, printable, storable, without_meaningless
from texts.terms import MOST_TERMS, terms
from texts.visibility import can_be_seen, is_turned_round

#: Any code points, halves of surrogate pairs too.
ANY = st.text(st.characters(codec=None) | st.sampled_from("\0\ud83d\ude47\x1b\u202e\x92"), max_size=30)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\tb\nc\rd", "a\tb\nc\rd"),
        ("a\x00b\x07c\x1b[2J\x7f", "abc[2J"),
        ("don\x92t, 5 \x80", "don’t, 5 €"),  # letters of Windows-1252
        ("a\x81\x85b", "ab"),  # of which it has none here
        ("zero\u200bwidth and \u202eturned", "zero\u200bwidth and \u202eturned"),  # these mean something
        ("plain é 漢", "plain é 漢"),
    ],
)
def test_control_characters_are_taken_out_of_prose(text: str, left: str) -> None:
    assert without_meaningless(text) == left


@given(ANY)
def test_what_is_left_of_prose_has_only_line_breaks_and_tabs(text: str) -> None:
    left = without_meaningless(text)
    assert not CONTROL.search(left.translate(dict.fromkeys(map(ord, "\t\n\r\u2028\u2029"))))
    assert without_meaningless(left) == left


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a\0b", "ab"),
        ("é\0", "é"),
        ("\ud83d\ude47", "\U0001f647"),  # two halves are one character
        ("a\ud83d", "a\ufffd"),
        ("\ude47a", "\ufffda"),
        ("\ude47\ud83d", "\ufffd\ufffd"),
        ("", ""),
    ],
)
def test_what_cannot_be_stored_is_replaced(text: str, stored: str) -> None:
    assert storable(text) == stored


@given(ANY)
def test_whatever_comes_is_stored_and_read_as_it_was_made_storable(text: str) -> None:
    kept = storable(text)
    with sqlite3.connect(":memory:") as connection:
        assert connection.execute("SELECT ?", (kept,)).fetchone() == (kept,)
    connection.close()
    assert "\0" not in kept
    assert storable(kept) == kept


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 漢 \U0001f647", "plain é 漢 \U0001f647"),
        ("a\nb", "a\\nb"),
        ("é 漢\n", "é 漢\\n"),
        ("\x1b[2J\x9b31m", "\\x1b[2J\\x9b31m"),
        ("\u202egpj.exe \u2066x", "\\u202egpj.exe \\u2066x"),
        ("a\u2028b\ud83d", "a\\u2028b\\ud83d"),
    ],
)
def test_what_would_command_a_terminal_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY)
def test_whatever_is_shown_on_a_terminal_is_printable_but_for_what_was_to_be_kept(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(text, keep="\n").replace("\n", "").isprintable()
    assert printable(text, keep="\n").count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text",
    ["a\u202eb", "a\u202db", "a&#x202e;b", "a&#8238;b"],
)
def test_a_text_that_is_shown_in_another_order_is_told(text: str) -> None:
    assert is_turned_round(text)


@pytest.mark.parametrize("text", ["", "plain", "a\u202cb", "a &amp; b", "&#8237", "שלום"])
def test_a_text_that_is_shown_as_it_is_written_is_not(text: str) -> None:
    assert is_turned_round(text) == ("&#8237" in text)  # which a browser reads without its semicolon, too


SEEN = [
    "a",
    " a",
    "🖕",
    "\u0378",  # nobody's character: a box is drawn
    "[b]x[/b]",
    "[x]",  # no tag
    "< b>",
    "<img src=x>",
    "<VIDEO>",
    "<p><input></p>",
    "&amp;amp;amp;nbsp;",  # nobody escapes a blank so often
    "\u202ea",
    "3 > 2",
]
UNSEEN = [
    "",
    " \n\t\u00a0\u3000",
    "\u200b\u200d\ufeff",
    "\u3164\uffa0\u115f\u1160",  # letters of Korean that show a gap
    "\u2800",  # Braille without a dot
    "\U000e0041\U000e0fff",
    "\ufff0\ufff8\ufffc",
    "\u2065",
    "\u0301",
    "<p> </p>",
    "<b>\u200b</b>",
    "<sigh>",
    "<!-- words -->",
    "<imgx>",
    "&nbsp;",
    "&amp;nbsp;",
    "&#8203;",
    "[b][/b]",
    "[B] [/B]",
    "&amp;amp;nbsp;",
    "[url=x] [/url]",
    "[img][/img][quote=a][/quote]",
]


@pytest.mark.parametrize("text", SEEN)
def test_what_a_reader_sees_something_of(text: str) -> None:
    assert can_be_seen(text)


@pytest.mark.parametrize("text", UNSEEN)
def test_what_a_reader_sees_nothing_of(text: str) -> None:
    assert not can_be_seen(text)


@pytest.mark.parametrize(("text", "seen"), [("<sigh>", True), ("<b></b>", False), ("<!-- x -->", False), ("", False)])
def test_a_tag_that_is_none_may_count_as_words(text: str, *, seen: bool) -> None:
    assert can_be_seen(text, unknown_tags=True) is seen


@given(st.sampled_from(UNSEEN), st.sampled_from(UNSEEN), st.sampled_from(SEEN))
def test_something_seen_among_what_is_not_is_seen(before: str, after: str, seen: str) -> None:
    assert can_be_seen(f"{before}{seen}\n{after}")
    assert not can_be_seen(f"{before} {after}")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("one two", ["one", "two"]),
        ('"a phrase" word', ["a phrase", "word"]),
        ("„eine Wendung“ und “two words”", ["eine Wendung", "und", "two words"]),
        ('"a""b"', ["a", "b"]),
        ('" inside "', ["inside"]),
        ('" " word', ["word"]),  # nothing is looked for by nothing
        ('"unclosed phrase', ['"unclosed', "phrase"]),
        ("don't", ["don't"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_what_somebody_looks_for(asked: str, found: list[str]) -> None:
    assert terms(asked) == found


@given(st.text(st.sampled_from('ab "“”„ \n'), max_size=60))
def test_a_search_is_for_a_few_terms_that_all_say_something(asked: str) -> None:
    found = terms(asked)
    assert len(found) <= MOST_TERMS
    assert all(term and term == term.strip() for term in found)
