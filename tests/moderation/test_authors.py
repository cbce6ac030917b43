"""Who an author is: by what the site vouches for, by a name that anybody can type, or by nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import authors
from moderation.authors import Author, BlockedAuthors, TrustedAuthors
from moderation.patterns import PatternError
from texts.folding import fold


@dataclass
class Row:
    """A comment as far as it says who wrote it."""

    user_id: str | None = None
    email: str | None = None
    name: str | None = None
    origin: dict[str, Any] | None = None


@pytest.mark.parametrize(
    ("row", "author"),
    [
        (Row("u1", "a@b.example", "Ada"), Author(user_id="u1", email="a@b.example", name="Ada")),
        # Empty is as good as absent.
        (Row("", "", ""), Author()),
        (Row(None, None, "Anonymous"), Author()),
        (Row(None, None, "(guest)"), Author()),
        # Only typed: somebody else may have this address.
        (
            Row(None, "a@b.example", "Ada", {"email_was_typed": True}),
            Author(email="a@b.example", name="Ada", is_vouched_for=False),
        ),
        (Row(None, "a@b.example", "Ada", {"source": "coral"}), Author(email="a@b.example", name="Ada")),
    ],
)
def test_the_author_of_a_comment_is_what_is_known_of_them(row: Row, author: Author) -> None:
    assert authors.of_comment(row) == author


@pytest.mark.parametrize(
    ("name", "nameless"),
    [
        (None, True),
        ("", True),
        ("   ", True),
        ("\u200b", True),  # nothing can be seen
        ("anonymous", True),
        ("  ANONYMOUS ", True),
        ("Guest", True),
        ("(Anonymous)", True),
        ("ａｎｏｎｙｍｏｕｓ", True),
        ("Ano\u00adnymous", True),  # a soft hyphen shows nothing
        ("Anonymous Bosch", False),
        ("guests", False),
        ("gu est", False),
        ("Ada", False),
        ("Ада", False),
        ("0", False),
    ],
)
def test_a_name_that_a_form_put_there_is_none(name: str | None, nameless: bool) -> None:
    assert authors.is_nameless(name) is nameless
    assert (authors.key_of(None, None, name) is None) is nameless


@pytest.mark.parametrize(
    ("known", "key"),
    [
        (("U1", "a@b.example", "Ada"), "u1"),
        (("", "A@B.example", "Ada"), "a@b.example"),
        ((None, None, "Ada  Lovelace"), "name:ada lovelace"),
        ((None, None, None), None),
        # Nobody takes another's place by typing their id as a name.
        ((None, None, "u1"), "name:u1"),
        # A name may be longer than its column.
        ((None, None, "x" * 500), f"name:{'x' * 395}"),
        (("x" * 500, None, None), "x" * 400),
    ],
)
def test_an_authors_key_is_the_best_that_is_known(known: tuple[str | None, ...], key: str | None) -> None:
    assert authors.key_of(*known) == key


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("Ada", ["ada", "name:ada"]),
        ("name:Ada", ["name:ada"]),
        ("A@B.example", ["a@b.example", "name:a@b.example"]),
        ("x" * 500, ["x" * 400, f"name:{'x' * 395}"]),
    ],
)
def test_who_looks_for_an_author_may_mean_an_id_an_address_or_a_name(typed: str, keys: list[str]) -> None:
    assert authors.keys_meant(typed) == keys


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_an_author_is_found_by_whatever_their_key_was_made_of(user_id: str, email: str, name: str) -> None:
    key = authors.key_of(user_id, email, name)
    if key is not None:
        assert key in authors.keys_meant(user_id or email or name)


@pytest.mark.parametrize(
    ("author", "longest", "entry"),
    [
        (Author(user_id="u1", email="a@b.example", name="Ada"), 50, "id:u1"),
        (Author(email="a@b.example", name="Ada"), 50, "email:a@b.example"),
        (Author(name="Ada"), 50, "name:Ada"),
        (Author(), 50, None),
        # With its kind as long as that fits; an entry that is cut short still says whom it is about.
        (Author(name="Ada Love"), 13, "name:Ada Love"),
        (Author(name="Ada Lovely"), 12, "Ada Lovely"),
        (Author(name="Ada Lovelace"), 8, "Ada Love"),
    ],
)
def test_an_entry_for_an_author_says_what_is_meant(author: Author, longest: int, entry: str | None) -> None:
    assert authors.entry_for(author, longest=longest) == entry


@pytest.mark.parametrize(
    ("entry", "without", "spelling", "is_name"),
    [
        ("id:42", "42", "id:42", False),
        ("ID : 42", "42", "id:42", False),
        ("  Email:A@B.example ", "A@B.example", "email:a@b.example", False),
        ("name:Ada  Love", "Ada  Love", "name:ada love", True),
        ("NAME:x", "x", "name:x", True),
        ("Ada", "Ada", "ada", False),
        # A kind needs something behind it, and is one of three.
        ("id:", "id:", "id:", False),
        ("name: ", "name: ", "name:", False),
        ("phone:7", "phone:7", "phone:7", False),
        ("an id:7", "an id:7", "an id:7", False),
        ("name:two\nlines", "two\nlines", "name:two lines", True),
    ],
)
def test_an_entry_may_begin_with_its_kind(entry: str, without: str, spelling: str, is_name: bool) -> None:
    assert authors.without_kind(entry) == without
    assert authors.spelling(entry) == spelling
    assert authors.is_name(entry) is is_name


PEOPLE = ["id:42", "ada", "email:eve@example.org", "name:Mallory", "ADA ", "mallory", "name:Mal Lory"]


@pytest.mark.parametrize(
    ("author", "numbers"),
    [
        (Author(user_id="42"), [0]),
        (Author(name="42"), []),  # an id's entry is no name
        (Author(email="42"), []),
        # Without a kind, any of the three; of entries that mean the same, the first.
        (Author(user_id="Ada"), [1]),
        (Author(email="ADA"), [1]),
        (Author(name="aDa"), [1]),
        (Author(email="EVE@example.org"), [2]),
        (Author(name="eve@example.org"), []),
        # What follows a plus, people make up; and no more than that.
        (Author(email="eve+2@example.org"), [2]),
        (Author(email="Eve+a+b@example.org"), [2]),
        (Author(email="+eve@example.org"), []),
        (Author(email="eve+2@example.com"), []),
        (Author(name="eve+2@example.org"), []),
        # A name may be listed by its kind and without: each is an entry of its own for other kinds.
        (Author(name="Mallory"), [3]),
        (Author(user_id="Mallory"), [5]),
        # Somebody who is several of them.
        (Author(user_id="42", email="eve@example.org", name="Ada"), [0, 1, 2]),
        # Disguises.
        (Author(name="Ma\u200bllory"), [3]),
        (Author(name="МALLORY"), [3]),  # the first letter is Cyrillic
        (Author(name="Mal\u3164Lory"), [3, 6]),  # a letter that is seen as a blank
        (Author(), []),
        (Author(name="\u200b"), []),
        (Author(name="\u3164"), []),
    ],
)
def test_a_list_of_people_names_its_entries(author: Author, numbers: list[int]) -> None:
    listed = BlockedAuthors(PEOPLE)
    assert listed.matches(author) == numbers
    assert (author in listed) is bool(numbers)


TRUSTED = ["id:42", "ada@example.org", "email:eve@example.org", "id:bob@example.org", "phone:7"]


@pytest.mark.parametrize(
    ("author", "numbers"),
    [
        (Author(user_id="42"), [0]),
        (Author(email="42"), []),
        # Without a kind and with an @: an address, or an id that is one.
        (Author(email="Ada@example.org"), [1]),
        (Author(user_id="ada@example.org"), [1]),
        # An address that was only typed proves nothing.
        (Author(email="ada@example.org", is_vouched_for=False), []),
        (Author(email="ada@example.org", is_vouched_for=False, user_id="42"), [0]),
        (Author(email="eve@example.org"), [2]),
        (Author(user_id="eve@example.org"), []),
        (Author(user_id="bob@example.org"), [3]),
        (Author(email="bob@example.org"), []),
        # An id may begin like a kind.
        (Author(user_id="id:42"), [0]),
        (Author(user_id="phone:7"), [4]),
        # What only looks like a trusted one is somebody else.
        (Author(user_id="4\u200b2"), []),
        (Author(user_id="４２"), []),
        (Author(email="adа@example.org"), []),
        # A name never.
        (Author(name="42"), []),
        (Author(user_id="42", email="eve@example.org"), [0, 2]),
    ],
)
def test_trust_is_compared_letter_by_letter(author: Author, numbers: list[int]) -> None:
    listed = TrustedAuthors(TRUSTED)
    assert listed.matches(author) == numbers
    assert (author in listed) is bool(numbers)


def test_a_list_that_trusts_a_name_is_refused_and_says_what_to_trust() -> None:
    with pytest.raises(PatternError, match="Trust a user id"):
        TrustedAuthors(["id:1", "name:Ada"])


@given(st.lists(st.text(max_size=8), max_size=4), st.text(min_size=1, max_size=8))
def test_nobody_who_is_trusted_under_an_entry_could_not_be_blocked_by_it(entries: list[str], user_id: str) -> None:
    """So the same entry of two opposite lists always means at least the same people."""
    fit = [entry for entry in entries if not authors.is_name(entry)]
    author = Author(user_id=user_id)
    if author in TrustedAuthors(fit) and fold(user_id):
        assert author in BlockedAuthors(fit)
