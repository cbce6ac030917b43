"""The words that a token of an English comment stands for, through what disguises them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reading.tokens import find_token_spans, find_tokens, is_address, is_break
from models.reading.words import Reader

STRONG = frozenset({"idiot", "shit", "fucking", "stupid", "moron", "ass", "asshole", "retarded"})
COMMON = ("this", "the", "you", "are", "is", "hits", "as", "hole", "good", "people", "what", "mother", "in", "law", "a")
READER = Reader(
    dict.fromkeys(STRONG, 60) | dict.fromkeys(COMMON, 5_000) | {"lamp": 40, "lump": 30, "cool": 900}, STRONG
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("You are good.", ["You", "are", "good", "."]),
        ("don't sh*t a$$ $tupid", ["don't", "sh*t", "a$$", "$tupid"]),
        ("s p e l t out", ["s p e l t", "out"]),
        ("s.t-u/p|i~d", ["s.t-u/p|i~d"]),
        ("I a m", ["I a m"]),
        ("I am", ["I", "am"]),
        ("at https://a.example/x?y=1 and a@b.example", ["at", "https://a.example/x?y=1", "and", "a@b.example"]),
        ("what?! no... (yes)", ["what", "?!", "no", "...", "yes"]),
        ("one\n\ntwo", ["one", "\n\n", "two"]),
        ("1.5 or 1,000", ["1.5", "or", "1,000"]),
        ("🌟 ok 🌟🌟", ["🌟", "ok", "🌟🌟"]),
        (", ; : -- '' ()", []),
        ("", []),
    ],
)
def test_a_text_falls_into_what_a_reader_takes_in_at_a_glance(text: str, tokens: list[str]) -> None:
    assert find_tokens(text) == tokens
    assert [text[start:end] for start, end in find_token_spans(text)] == tokens


@given(st.text(max_size=60))
def test_every_token_can_be_read_and_stands_where_it_was_found(text: str) -> None:
    for token, (start, end) in zip(find_tokens(text), find_token_spans(text), strict=True):
        assert text[start:end] == token
        assert all(READER.token_words(token))
        assert len(READER.read(token).words) <= 60


@pytest.mark.parametrize("token", [".", "...", "!", "?!", "\n", "\n\n"])
def test_a_sentences_end(token: str) -> None:
    assert is_break(token)


@pytest.mark.parametrize("token", ["a.", "-", "🌟", "...a", "x\n"])
def test_what_ends_no_sentence(token: str) -> None:
    assert not is_break(token)


@pytest.mark.parametrize(
    "token",
    [
        "http://a.b",
        "HTTPS://b.example",
        "www.cd",
        "a@b.example",
        "pills.com",
        "bit.ly/x",
        "news.example?x",
        "go.example:80",
    ],
)
def test_an_address(token: str) -> None:
    assert is_address(token)


@pytest.mark.parametrize(
    "token", ["a.com", "http://a", "e.g.", "end.Next", "1.500", "pills.community", "x.py", "so.what.now"]
)
def test_no_address(token: str) -> None:
    assert not is_address(token)


#: Token -> the words that it is read as, and whether they had been hidden.
READ: dict[str, tuple[tuple[str, ...], bool]] = {
    # as they stand
    "idiot": (("idiot",), False),
    "IDIOT": (("idiot",), False),
    "unheard": (("unheard",), False),
    # signs for letters
    "1d10t": (("idiot",), True),
    "sh1t": (("shit",), True),
    "a$$": (("ass",), True),
    "c00l": (("cool",), False),  # no word that anybody hides
    "$tup1d": (("stupid",), True),
    # masks: a bad word that fits, else a common one with one letter hidden
    "sh*t": (("shit",), True),
    "id**t": (("idiot",), True),
    "f****ng": (("fucking",), True),
    "g*od": (("good",), False),
    "*diot": (("diot",), False),
    "****": (("*",), False),
    # between two letters
    "s**t": (("shit",), True),
    "s%$t": (("shit",), True),
    "q**z": (("q", "z"), False),
    "s.t": (("st",), False),
    # letters that are drawn out, or said twice
    "idioooot": (("idiot",), True),
    "iddiot": (("idiot",), True),
    "gooood": (("good",), False),
    # two neighbouring letters swapped, but not the first, and no slip of a common word
    "stuipd": (("stupid",), True),
    "diiot": (("diiot",), False),
    "fukcing": (("fucking",), True),
    "idito": (("idiot",), True),
    "shti": (("shti",), False),  # of four letters many a pair is another word
    # backwards; "shit" backwards is "tihs", a slip of "this"
    "toidi": (("idiot",), True),
    "tihs": (("tihs",), False),
    # spelt out
    "i.d.i.o.t": (("idiot",), True),
    "s t u p i d": (("stupid",), True),
    "1 2 3": (("<digits>",), False),
    "x y z": (("xyz",), False),
    "y o u a r e g o o d": (("you", "are", "good"), True),
    "y o u a r e": (("youare",), False),  # too short to be sure of
    # parts that are joined
    "stu-pid": (("stupid",), True),
    "mother-in-law": (("mother", "in", "law"), False),
    "good/people": (("good", "people"), False),
    "ass-hole": (("asshole",), True),
    # run together: words that are usual enough
    "goodpeople": (("good", "people"), False),
    "youareanidiot": (("youareanidiot",), False),  # "an" is not known here
    "youareidiot": (("you", "are", "idiot"), False),
    "Goodpeople": (("goodpeople",), False),  # a name
    "GOodpeople": (("good", "people"), False),
    # numbers
    "7": (("<digit>",), False),
    "42": (("<digit>",), False),
    "2020": (("<digits>",), False),
    "2020s": (("2020s",), False),
    # signs alone
    "!!": (("<many!>",), False),
    "!": ((), False),
    "...": ((), False),
    "?!?": ((), False),
    "🌟🌟💩": (("🌟", "💩"), False),
}


@pytest.mark.parametrize("token", READ)
def test_a_token_is_read_as_the_words_that_it_stands_for(token: str) -> None:
    reading = READER.read(token)
    assert (reading.words, reading.disguised) == READ[token]


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("https://www.shop.example/buy-cheap/pills", ("<url>", "<host shop.example>", "<domain example>")),
        ("www.a.b.example?x", ("<url>", "<host b.example>", "<domain example>")),
        ("ada@mail.example.org", ("<email>",)),
        ("http://user@a.example/", ("<url>",)),
    ],
)
def test_an_address_is_read_as_its_kind_its_host_and_its_words(token: str, words: tuple[str, ...]) -> None:
    assert READER.read(token).words[: len(words)] == words
    assert not READER.read(token).disguised


def test_the_words_of_an_address_are_read_but_not_without_end() -> None:
    words = READER.read("https://a.example/buy/cheap-pills/" + "/".join(["word"] * 50)).words
    assert {"buy", "cheap", "pills"} <= set(words)
    assert len(words) == 15


@pytest.mark.parametrize(
    ("token", "mark"),
    [("sh1t", "<disguised>"), ("YOU", "<shouted>"), ("You", ""), ("AM", ""), ("A1B", ""), ("SH1T", "<disguised>")],
)
def test_how_a_token_is_written_is_marked(token: str, mark: str) -> None:
    assert READER.token_words(token) == (*READER.read(token).words, *([mark] if mark else []))


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("you stu\npid one", "you stupid one"),
        ("you stu-\npid one", "you stupid one"),
        ("you stu- \n  pid one", "you stupid one"),
        ("as\nhole", "as\nhole"),  # two usual words
        ("ass\nhole", "asshole"),
        ("a\nsshole", "asshole"),
        ("good\npeople", "good\npeople"),
        ("stu\n\npid", "stu\n\npid"),
        ("stupid", "stupid"),
        ("stu\npid fuck\ning", "stupid fucking"),
        ("", ""),
    ],
)
def test_a_bad_word_that_a_line_end_parts_is_put_together(text: str, joined: str) -> None:
    assert READER.rejoin(text) == joined


def read_by(known: dict[str, int], strong: set[str], token: str) -> tuple[str, ...]:
    return Reader(known, strong).read(token).words


def test_of_two_words_behind_a_mask_the_more_frequent_is_read() -> None:
    assert read_by({"slut": 10, "shit": 60}, {"slut", "shit"}, "s**t") == ("shit",)
    assert read_by({"slut": 60, "shit": 10}, {"slut", "shit"}, "s**t") == ("slut",)


def test_a_slip_of_a_usual_word_is_no_bad_word_backwards() -> None:
    assert read_by({"have": 5_000, "evha": 9}, {"evha"}, "ahve") == ("ahve",)
    assert read_by({"have": 5, "evha": 9}, {"evha"}, "ahve") == ("evha",)


def test_words_of_two_letters_are_found_in_a_run_only_if_they_are_usual() -> None:
    known = {"good": 5_000, "people": 5_000, "st": 5_000, "or": 5_000}
    assert read_by(known, set(), "goodstpeople") == ("goodstpeople",)
    assert read_by(known, set(), "goodorpeople") == ("good", "or", "people")


@given(st.sampled_from(sorted(STRONG)), st.integers(0, 20), st.integers(2, 6))
def test_a_bad_word_is_read_whichever_letter_is_drawn_out(word: str, at: int, times: int) -> None:
    place = at % len(word)
    written = word[:place] + word[place] * (times + 1) + word[place + 1 :]
    assert word in READER.read(written).words


@given(st.sampled_from(sorted(STRONG - {"ass"})), st.sampled_from(" ._-"))
def test_a_bad_word_is_read_when_it_is_spelt_out(word: str, gap: str) -> None:
    [token] = find_tokens(gap.join(word))
    assert READER.read(token).words == (word,)
    assert READER.read(token).disguised


@given(st.text(min_size=1, max_size=500))
def test_no_token_is_too_odd_to_be_read(token: str) -> None:
    assert isinstance(READER.token_words(token), tuple)
