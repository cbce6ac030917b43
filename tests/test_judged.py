"""A comment that comes again is known by its words and addresses, whatever a client made of its markup."""

from __future__ import annotations

import time

import pytest

from moderation import judged


@pytest.mark.parametrize(
    ("sent", "again"),
    [
        ("Read <a href='https://example.org/'>this</a>", "Read <a href='https://example.org/' rel='nofollow'>this</a>"),
        ("one<br>two", "one\ntwo"),
        ("<p>one</p><p>two</p>", "one two"),
        ("x <!-- a > b --> y", "x y"),
        ("Tea &amp; cake", "Tea & cake"),
        ("a < b and b > c", "a &lt; b and b &gt; c"),
        ("I <3 this", "I &lt;3 this"),
        ("it costs &#8364;5", "it costs €5"),
        ("&#" + "9" * 5000 + ";", "&#x" + "F" * 5000),
    ],
)
def test_only_the_markup_differs(sent: str, again: str) -> None:
    assert judged.says_the_same(sent, again)


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
    assert not judged.says_the_same(sent, other)


@pytest.mark.parametrize("piece", ["<", "< ", "<b><i>", "<a href=x ", "<!--", "--><!--", "&lt;", "&#", "&", "https://"])
def test_hostile_markup_costs_no_more_than_its_length(piece: str) -> None:
    """Quadratic, four times the text would take sixteen times as long."""

    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        times = []
        for _ in range(3):
            began = time.process_time()
            judged.says_the_same(text, text + "x")
            times.append(time.process_time() - began)
        return min(times)

    assert seconds(100_000) < 8 * seconds(25_000) + 0.05
