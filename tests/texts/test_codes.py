"""Words in codes, upside down, letter by letter and in what a tag shows are read; what only looks like it stays."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from texts import edits, normalization
from texts.normalization import normalize, normalize_with_offsets, visible

READ = [
    ("⠽⠕⠥ ⠊⠙⠊⠕⠞", "you idiot"),
    ("-.-- --- ..- / .. -.. .. --- -", "you idiot"),
    ("–·–– ––– ··–   ·· –·· ·· ––– –", "you idiot"),
    ("so: eW91IHN0dXBpZCBpZGlvdA==", "so:  you stupid idiot "),
    ("796f75206964696f74 or 79 6f 75 72 73", " you idiot  or  yours "),
    ("0x79 0x6f 0x75 0x72 0x73", " yours "),
    ("01111001 01101111 01110101 01110010", " your "),
    ("ʇoᴉpᴉ pᴉdnʇs noʎ", "you stupid idiot"),
    ("ok\nʇoᴉpᴉ noʎ", "ok\nyou idiot"),
    ("y * o * u", "you"),
    ("**i****d****i****o****t**", "**idiot**"),
    ("~~i~~~~d~~~~i~~~~o~~~~t~~", "~~idiot~~"),
    ("[i][d][i][o][t]", "[idiot]"),
    ("- i\n- d\n- i\n- o\n- t", "- idiot"),
    ("i\rd\ri\ro\rt", "idiot"),
    ("i\u2028d\u2028i\u2028o\u2028t", "idiot"),
    (r"i\d\i\o\t", r"i\d\i\o\t"),  # as the classifier's tokens take it
    ("[color=red]you[/color] [size=2]id[/size]iot", "you idiot"),
    ("<img alt='you idiot' src=x>", " you idiot "),
    ("st<b title='you idiot'>up</b>id", "stupid you idiot "),
    ("st<!-- you idiot -->upid", "stupid  you idiot  "),
    ("¤ne i₫i◯₮, iـdـiـoـt", "one idiot, idiot"),
    # how short a code may be
    ("YmFkbHk=", " badly "),
    ("YmFkIQ==", "YmFkIQ=="),  # of "bad!" three letters are too few
    ("Y2FzaW5v", "Y2FzaW5v"),  # eight letters without an end are a name rather
    ("62 61 64 6c 79", " badly "),
    ("62 61 64 6c", "62 61 64 6c"),
    ("01100010 01100001 01100100 01101100", " badl "),
    ("1100010 1100001 1100100 1101100", " badl "),  # letters of seven bits
    ("01100010011000010110010001101100", " badl "),
    ("... --- ... .-", "sosa"),
    ("-... .- -..|-.. .- -.--", "bad day"),
    ("⠃⠁⠙ ⠿", "bad ⠿"),  # a sign of Braille that is no letter
    # two in a row, and one within another
    ("62 61 64 6c 79, YmFkbHk=", " badly ,  badly "),
    ("c3R1cGlkbHk=", " stupidly "),
    ("-... .- -.. / -.. .- -.-- YmFkbHk=", "bad day  badly "),
    ("ǝɯ ʇno", "out me"),
    ("ɐ ǝ", "ɐ ǝ".translate(str.maketrans("ɐǝ", "ae"))),  # too few to tell: read as look-alikes
]
STAYS = [
    "5f4dcc3b5aa765d61d8327deb882cf99",
    "AAAAB3NzaC1yc2EAAAADAQABAAABgQ",
    "internationalization, the-quick-brown-fox-jumps",
    "2026-11-29 12:00, 00 11 22 33 44 55 66 77",
    "... --- ...? well ... and so on -- or not",
    "- - - - -",
    "1 - 2 - 3 - 4",
    "⣿⣿⡿⠛",
    "one / two / three",
    "के चोल में छपा है",
    "€ 5, § 3a, ₹500",
    "........ -------- ........",
    "--- --- --- ---",
    "-... .- -.. / ----- -....",  # a number: the rest may be one as well
    "x... --- ... .-",
    "5001000100100010001000100010001",
    "#796f75206964696f74",
    "deadbeefdeadbeefdeadbeef",
    "wgIPx3XDqcKj/+8=",
]


@pytest.mark.parametrize(("text", "read"), READ)
def test_it_is_read_as_a_person_reads_it(text: str, read: str) -> None:
    shown, starts, ends = normalize_with_offsets(text)
    assert shown == normalize(text) == read
    assert len(starts) == len(ends) == len(shown)
    assert all(0 <= start < end <= len(text) for start, end in zip(starts, ends, strict=True))


@pytest.mark.parametrize("text", STAYS)
def test_what_is_no_code_stays(text: str) -> None:
    assert visible(text) == text


def test_markers_of_editors_and_empty_titles_say_nothing() -> None:
    assert normalize("<!-- wp:paragraph --><p>Hello</p><!--more--><b title=''>you</b>") == " Hello you"


SURROUNDINGS = st.text(st.sampled_from("xyz .,!é'"), max_size=20)
#: How a code writes the bytes of a text.
WRITTEN: dict[str, Callable[[bytes], str]] = {
    "Base64": lambda data: base64.b64encode(data).decode(),
    "hexadecimal": bytes.hex,
    "hexadecimal, spaced": lambda data: data.hex(" "),
    "hexadecimal, in C": lambda data: ", ".join(f"0x{byte:02x}" for byte in data),
    "binary": lambda data: " ".join(f"{byte:08b}" for byte in data),
    "binary, in one": lambda data: "".join(f"{byte:08b}" for byte in data),
}


@pytest.mark.parametrize("code", WRITTEN)
@given(st.sampled_from(["moron", "idiot", "you idiot", "go away", "дурак", "μονο"]), SURROUNDINGS, SURROUNDINGS)
def test_a_word_in_a_code_is_read_whatever_stands_beside_it(code: str, words: str, before: str, after: str) -> None:
    if code == "Base64" and len(words.encode()) < 9 and len(words.encode()) % 3 == 0:
        return  # eight letters and no sign of it: any word might be one
    assert f" {words} " in visible(f"{before} {WRITTEN[code](words.encode())} {after}")


@given(st.text(st.sampled_from("aio01xX .,-_*/|\\%&;<>[]()+=#\n\t\x00\x1c\x7f"), max_size=40))
def test_no_step_that_a_plain_text_is_spared_would_find_anything_in_it(text: str) -> None:
    assert normalization.without_markup(text) == edits.read(text, normalization._STEPS)
