"""Whatever a text says, what programs made of it on its way is undone, and each letter is traced to its place."""

from __future__ import annotations

import html
import json
import quopri
from collections.abc import Callable
from email.header import Header
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from texts import edits
from texts.edits import Edit
from texts.normalization import as_sent, normalize, normalize_with_offsets, visible, visible_with_offsets

#: Words as people write them: each of one script.
SCRIPTS = ("abdeghilmnorstuvwyz", "aeioäéñøß", "жийфяБ", "مرحبا", "नमहर", "字語", "かなひ", "αβγδ", "한국어")
WORDS = st.one_of([st.text(st.sampled_from(letters), min_size=2, max_size=8) for letters in SCRIPTS])
SENTENCES = st.lists(WORDS, min_size=3, max_size=6).map(" ".join)
#: So many texts for each way: the ways are many.
few = settings(max_examples=30)
#: Pieces of which hostile texts are made.
PIECES = st.sampled_from(
    [
        *("%41", "%20", "&amp;", "&#105;", "\\u0069", "=C3=A9", "=\n", "Ã©", "http://a.example/%41 "),
        *("<b>", "</b>", "<!-- a b -->", "[b]", "[/b]", "<img alt='two words'>", "<bdo dir=rtl>", "</bdo>"),
        *("i d i o t", "i\nd\ni\no\nt", "eW91IGlkaW90", "о", "ǝɹ", "𝐢𝐝", "$", "*", "x", "…", "ﷺ"),
        *("e\u0301", "\x01", "\u200b", "\u202e", "か\u3099", "ﾊﾞ", "सा\u0336"),
    ]
)
HOSTILE = st.lists(PIECES | st.text(max_size=6), max_size=10).map("".join)

#: What a program makes of a text, of one that says several words.
WAYS: dict[str, Callable[[str], str]] = {
    "a form": quote_plus,
    "an address": quote,
    "an address, twice": lambda text: quote(quote(text)),
    "HTML": html.escape,
    "HTML, twice": lambda text: html.escape(html.escape(text)),
    "numbers of HTML": lambda text: "".join(f"&#{ord(one)};" if one != " " else one for one in text),
    "hexadecimal numbers of HTML": lambda text: "".join(f"&#x{ord(one):x};" if one != " " else one for one in text),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON within JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "Python": lambda text: text.encode("unicode_escape").decode(),
    "JavaScript": lambda text: "".join(f"\\u{{{ord(one):x}}}" if not one.isascii() else one for one in text),
    "quoted-printable": lambda text: quopri.encodestring(text.encode()).decode().replace("=\n", ""),
    "a mail's header": lambda text: Header(text, "utf-8", maxlinelen=1_000).encode(),
    "UTF-8 taken for Latin-1": lambda text: text.encode().decode("latin-1"),
}


@pytest.mark.parametrize("way", WAYS)
@few
@given(text=SENTENCES)
def test_what_a_program_made_of_a_text_reads_as_the_text(way: str, text: str) -> None:
    made = WAYS[way](text)
    assert " ".join(normalize(made).split()) == normalize(text)


@pytest.mark.parametrize("way", ["an address", "HTML, twice", "JSON", "quoted-printable", "UTF-8 taken for Latin-1"])
@few
@given(text=SENTENCES)
def test_what_was_done_on_the_way_alone_leaves_the_text_as_it_was_written(way: str, text: str) -> None:
    assert as_sent(WAYS[way](text)) == text


@given(HOSTILE)
def test_every_letter_that_is_read_stands_where_it_was_found(text: str) -> None:
    for read, located in ((normalize, normalize_with_offsets), (visible, visible_with_offsets)):
        shown, starts, ends = located(text)
        assert shown == read(text)
        assert len(starts) == len(ends) == len(shown)
        assert all(0 <= start < end <= len(text) for start, end in zip(starts, ends, strict=True))


@given(st.text(st.sampled_from("abc XYZ,.;"), max_size=60))
def test_a_plain_text_stays_as_it_is_letter_by_letter(text: str) -> None:
    assume(not any(len(word) == 1 for word in text.replace(",", " ").replace(".", " ").replace(";", " ").split()))
    shown, starts, ends = normalize_with_offsets(text)
    assert shown == visible(text) == text
    assert starts == list(range(len(text)))
    assert ends == list(range(1, len(text) + 1))


@st.composite
def texts_with_edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """A text, and edits that are in order and apart."""
    text = draw(st.text(st.sampled_from("abcdef"), max_size=20))
    places = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pairs = zip(places[::2], places[1::2], strict=False)
    return text, [(start, end, draw(st.text(st.sampled_from("XYZ"), max_size=3))) for start, end in pairs]


@given(texts_with_edits())
def test_what_no_edit_touches_keeps_its_place_and_what_is_read_has_the_place_of_what_was_written(
    edited: tuple[str, list[Edit]],
) -> None:
    text, made = edited
    places = list(range(len(text)))
    read = edits.edited(text, made)
    starts, ends = edits.moved(places, made, 0), edits.moved([at + 1 for at in places], made, -1)
    assert len(read) == len(starts) == len(ends)
    for letter, start, end in zip(read, starts, ends, strict=True):
        if letter.islower():
            assert (text[start], end) == (letter, start + 1)
        else:
            assert any((start, end) == (first, last) and letter in its for first, last, its in made)
    assert "".join(letter for letter in read if letter.isupper()) == "".join(its for _, _, its in made)


def test_each_step_reads_what_the_one_before_it_left() -> None:
    def first(text: str) -> list[Edit]:
        return [(at, at + 1, "bb") for at, letter in enumerate(text) if letter == "a"]

    def second(text: str) -> list[Edit]:
        return [(at, at + 2, "c") for at in range(0, len(text) - 1, 2) if text[at : at + 2] == "bb"]

    assert edits.read("aa", (first, second)) == "cc"
    assert edits.read("aa", (second, first)) == "bbbb"
    assert edits.read("x", (first, second)) == "x"
