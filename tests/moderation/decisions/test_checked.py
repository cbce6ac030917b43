"""A comment that comes again is known by its words and addresses, whatever a client made of its markup."""

from __future__ import annotations

import pytest

from moderation.decisions import checked


@pytest.mark.parametrize(
    ("sent", "again"),
    [
        ("Read <a href='https://example.org/'>this</a>", "Read <a href='https://example.org/' rel='nofollow'>this</a>"),
        ("one<br>two", "one\ntwo"),
        ("<p>one</p><p>two</p>", "one two"),
        ("x <!-- a note --> y", "x y"),
        ("Tea &amp; cake", "Tea & cake"),
        ("a < b and b > c", "a &lt; b and b &gt; c"),
        ("I <3 this", "I &lt;3 this"),
        ("it costs &#8364;5", "it costs €5"),
        ("&#" + "9" * 5000 + ";", "&#x" + "F" * 5000),
    ],
)
def test_only_the_markup_differs(sent: str, again: str) -> None:
    assert checked.have_the_same_words(sent, again)


@pytest.mark.parametrize(
    ("sent", "other"),
    [
        ("one two", "onetwo"),
        ("<b>yes</b>", "<b>no</b>"),
        ("I <3 this", "I <4 this"),
        ("never closed <a href=x", "never closed <a href=y"),
        ("&amp;lt;", "<"),
        ("Read <a href='https://example.org/'>this</a>", "Read <a href='https://example.net/'>this</a>"),
    ],
)
def test_the_words_or_the_addresses_differ(sent: str, other: str) -> None:
    assert not checked.have_the_same_words(sent, other)
