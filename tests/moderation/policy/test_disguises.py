"""A text that is not what it seems, by hidden characters or by a link's letters, waits for a person."""

from __future__ import annotations

import pytest

from moderation.policy import facts
from moderation.tables import Comment
from texts import lookalikes

TURNED = "Hidden characters have it read in another order than it is written in."
FALSE = "The host of a link has letters that only look like Latin ones."


@pytest.mark.parametrize(
    ("text", "name", "url", "why"),
    [
        ("Look at \u202egpj.exe", "Ada", None, TURNED),
        ("Look at &#8238;gpj.exe", "Ada", None, TURNED),
        ("Hello.", "A\u202dda", None, TURNED),
        ("Sign in at http://p\u0430ypal.com/login", "Ada", None, FALSE),
        ("Sign in at \u0440\u0430\u0443\u0440\u04cf.com", "Ada", None, FALSE),
        ("Sign in at xn--pypal-4ve.com", "Ada", None, FALSE),
        ("Hello.", "Ada", "https://g\u043e\u043egle.com", FALSE),
        ("Hello.", "Ada", "https://blog.example", None),
        ("Siehe m\u00fcller-stra\u00dfe.de und caf\u00e9.fr", "J\u00f6rg", None, None),
        (
            "\u0421\u043c. \u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444 \u0438 yandex.ru",
            "\u0410\u043d\u043d\u0430",
            None,
            None,
        ),
        (
            "\u041f\u0440\u0438\u043c\u0435\u0440.com \u0438 xn--e1afmkfd.xn--p1ai",
            "\u0410\u043d\u043d\u0430",
            None,
            None,
        ),
        ("\u200f\u05e9\u05dc\u05d5\u05dd\u200f \u2067English\u2069 example.com", "\u05d3\u05df", None, None),
        ("\u4f8b\u5b50\u4e2d\u56fd.com, abc\u4e2d\u56fd.com", "\u674e", None, None),
        ("I wrote caf\u0430 in a word of two scripts", "Ada", None, None),
    ],
)
def test_what_does_not_read_as_it_is_written_is_a_fact(text: str, name: str, url: str | None, why: str | None) -> None:
    assert facts.of_comment(Comment(comment=text, name=name, url=url)).unreadable == why


@pytest.mark.parametrize("host", ["", ".", "xn--", "xn--\udcff", "xn--99999999999", "a..com", "1.2.3.4"])
def test_no_host_is_too_odd_to_be_looked_at(host: str) -> None:
    assert not lookalikes.is_false_host(host)
